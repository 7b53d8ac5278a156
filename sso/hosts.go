package sso

import (
	"net/netip"
	"net/url"
	"strings"
)

// home is where one partition of AWS has Identity Center.
type home struct {
	// suffix and dual end the names of services' endpoints. Customers' machines
	// and buckets have names there too: only the patterns of serviceHost count.
	suffix, dual string
	// portals are domains that hold nothing but AWS's own pages: access portals
	// and sign-in pages, and no customer's content.
	portals []string
}

// homes is the one list of AWS's names that pages are opened on. GovCloud shares
// the names of the commercial partition. The portals of the isolated
// partitions are the domains of their sign-in pages.
func homes() []home {
	return []home{
		{"amazonaws.com", "api.aws", []string{"awsapps.com", "app.aws", "portal.amazonaws.com"}},
		{"amazonaws.com.cn", "api.amazonwebservices.com.cn", []string{"awsapps.cn", "app.amazonwebservices.com.cn", "portal.amazonaws.com.cn"}},
		{"amazonaws.eu", "api.amazonwebservices.eu", []string{"portal.amazonaws.eu"}},
		{"c2s.ic.gov", "api.aws.ic.gov", []string{"c2shome.ic.gov"}},
		{"sc2s.sgov.gov", "api.aws.scloud", []string{"sc2shome.sgov.gov"}},
		{"cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", []string{"csphome.adc-e.uk"}},
		{"csp.hci.ic.gov", "api.aws.hci.ic.gov", []string{"csphome.hci.ic.gov"}},
	}
}

// portalHost reports whether an access portal can be at host, and the region
// that the name gives, "" for none.
func portalHost(host string) (region string, ok bool) {
	host = strings.ToLower(host)
	for _, h := range homes() {
		if host == "identitycenter."+h.suffix {
			return "", true
		}
		for _, domain := range h.portals {
			if labels, ok := below(host, domain); ok {
				return portalRegion(labels, domain), true
			}
		}
		// ID.portal.REGION.api.…: others are below the same suffix.
		if labels, ok := below(host, h.dual); ok && len(labels) == 3 && labels[1] == "portal" && isRegion(labels[2]) {
			return labels[2], true
		}
	}
	return "", false
}

// portalRegion reads the region of ID.portal.REGION.app.aws and of
// ID.REGION.portal.amazonaws.com.
func portalRegion(labels []string, domain string) string {
	region := ""
	switch {
	case len(labels) == 3 && labels[1] == "portal":
		region = labels[2]
	case len(labels) == 2 && strings.HasPrefix(domain, "portal."):
		region = labels[1]
	}
	if !isRegion(region) {
		return ""
	}
	return region
}

// serviceHost reports whether host is an endpoint of Identity Center that has
// pages for people: the OIDC service's and the device page's, the portal's.
func serviceHost(host string) bool {
	host = strings.ToLower(host)
	for _, h := range homes() {
		for _, suffix := range [...]string{h.suffix, h.dual} {
			labels, ok := below(host, suffix)
			if !ok || !isRegion(labels[len(labels)-1]) {
				continue
			}
			switch strings.Join(labels[:len(labels)-1], ".") {
			case "oidc", "oidc-fips", "device.sso", "device.sso-fips", "portal.sso", "portal.sso-fips":
				return true
			}
		}
	}
	return false
}

// below returns the labels of host in front of domain, if there are any.
func below(host, domain string) ([]string, bool) {
	rest, ok := strings.CutSuffix(host, "."+domain)
	if !ok || rest == "" || strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
		return nil, false
	}
	labels := strings.Split(rest, ".")
	for _, label := range labels {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return nil, false
		}
	}
	return labels, true
}

// isRegion reports whether s has the form of a region's name, such as
// us-gov-west-1. It says nothing about whether there is such a region.
func isRegion(s string) bool {
	parts := strings.Split(s, "-")
	if len(s) > 32 || len(parts) < 3 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return false
	}
	for _, part := range parts {
		if part == "" {
			return false
		}
	}
	return strings.Trim(parts[0], "abcdefghijklmnopqrstuvwxyz") == "" && strings.Trim(parts[len(parts)-1], "0123456789") == ""
}

// loopback reports whether u stays on this machine.
func loopback(u *url.URL) bool {
	address, err := netip.ParseAddr(u.Hostname())
	return err == nil && address.IsLoopback() || strings.EqualFold(u.Hostname(), "localhost")
}
