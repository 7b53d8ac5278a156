package sso

import (
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
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
		homeOf("aws", "awsapps.com", "app.aws", "portal.amazonaws.com"),
		homeOf("aws-cn", "awsapps.cn", "app.amazonwebservices.com.cn", "portal.amazonaws.com.cn"),
		homeOf("aws-eusc", "portal.amazonaws.eu"),
		homeOf("aws-iso", "c2shome.ic.gov"),
		homeOf("aws-iso-b", "sc2shome.sgov.gov"),
		homeOf("aws-iso-e", "csphome.adc-e.uk"),
		homeOf("aws-iso-f", "csphome.hci.ic.gov"),
	}
}

func homeOf(partition string, portals ...string) home {
	plain, dual := awsapi.Suffixes(partition)
	return home{plain, dual, portals}
}

// portalHost reports whether an access portal can be at host.
func portalHost(host string) bool {
	host = strings.ToLower(host)
	for _, h := range homes() {
		if host == "identitycenter."+h.suffix {
			return true
		}
		for _, domain := range h.portals {
			if _, ok := below(host, domain); ok {
				return true
			}
		}
		// ID.portal.REGION.api.…: others are below the same suffix.
		if labels, ok := below(host, h.dual); ok && len(labels) == 3 && labels[1] == "portal" && awsapi.IsRegion(labels[2]) {
			return true
		}
	}
	return false
}

// serviceHost reports whether host is an endpoint of Identity Center that has
// pages for people: the OIDC service's and the device page's, the portal's.
func serviceHost(host string) bool {
	host = strings.ToLower(host)
	for _, h := range homes() {
		for _, suffix := range [...]string{h.suffix, h.dual} {
			labels, ok := below(host, suffix)
			if !ok || !awsapi.IsRegion(labels[len(labels)-1]) {
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
