package awsapi

import (
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// Service names a service as AWS_ENDPOINT_URL_<SERVICE> does, in lower case.
type Service string

// The services.
const (
	STS     Service = "sts"
	SSO     Service = "sso" // the Identity Center portal
	SSOOIDC Service = "sso_oidc"
	SignIn  Service = "signin"
	IAM     Service = "iam"
)

// EndpointOptions is what decides about an endpoint.
type EndpointOptions struct {
	// Region may be a pseudo region (aws-global): the partition's implicit region
	// is meant then.
	Region          string
	FIPS, DualStack bool
	// Override is a custom http or https URL, "" for none. A path is kept:
	// requests go below it. With it a missing Region counts as us-east-1, which
	// signs requests to services that stand in for AWS.
	Override string
}

// Endpoint is where calls go and the region they are signed for.
type Endpoint struct {
	URL           string // without a slash at the end
	SigningRegion string
}

// ResolveEndpoint builds a service's endpoint from the rule sets of the SDKs.
// It fails with an [*EndpointError] when FIPS or DualStack stands together with
// Override, when the region is missing or is no region (it becomes part of a
// host name), and when Override is no URL that can be used; a URL is never
// shown, since it may hold a password.
func ResolveEndpoint(s Service, o EndpointOptions) (Endpoint, error) {
	fail := func(why string) (Endpoint, error) { return Endpoint{}, &EndpointError{s, why} }
	if why := checkRegion(o.Region, o.Override != "" || s == IAM); why != "" {
		return fail(why)
	}
	p := findPartition(PartitionOf(o.Region))
	region := o.Region
	if region == "" || strings.HasSuffix(region, "-global") {
		region = p.region
	}
	if o.Override != "" {
		base, why := checkOverride(o)
		if why != "" {
			return fail(why)
		}
		if s == IAM {
			_, region = iamHost(p, o)
		}
		return Endpoint{base, region}, nil
	}
	host := ""
	switch s {
	case STS:
		host = regionalHost("sts", region, p, o)
		if o.Region == "aws-global" && !o.FIPS && !o.DualStack {
			host = "sts.amazonaws.com"
		}
	case SSO:
		host = regionalHost("portal.sso", region, p, o)
	case SSOOIDC:
		host = regionalHost("oidc", region, p, o)
	case SignIn:
		host = signInHost(region, p, o)
	case IAM:
		host, region = iamHost(p, o)
	default:
		return fail("service not known")
	}
	return Endpoint{"https://" + host, region}, nil
}

// checkRegion refuses what could change the host that a region becomes a part of.
func checkRegion(region string, optional bool) string {
	if region == "" {
		if optional {
			return ""
		}
		return "region is not set"
	}
	if len(region) > 63 || region[0] == '-' || region[len(region)-1] == '-' ||
		strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "not a region: " + quote(region)
	}
	return ""
}

func checkOverride(o EndpointOptions) (base, why string) {
	switch {
	case o.FIPS: // the SDKs' words
		return "", "Invalid Configuration: FIPS and custom endpoint are not supported"
	case o.DualStack:
		return "", "Invalid Configuration: Dualstack and custom endpoint are not supported"
	}
	u, err := url.Parse(strings.TrimSpace(o.Override))
	switch {
	case err != nil:
		return "", "custom endpoint is not a URL"
	case u.Scheme != "http" && u.Scheme != "https":
		return "", "custom endpoint does not start with http:// or https://"
	case u.Hostname() == "":
		return "", "custom endpoint has no host"
	case u.User != nil:
		return "", "custom endpoint holds a user name or password"
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", "custom endpoint has a query or fragment"
	}
	return strings.TrimRight(u.String(), "/"), ""
}

func regionalHost(name, region string, p partition, o EndpointOptions) string {
	suffix := p.suffix
	if o.DualStack {
		suffix = p.dualSuffix
	}
	// The plain names of GovCloud are FIPS endpoints already.
	if o.FIPS && (p.id != "aws-us-gov" || o.DualStack) {
		name += "-fips"
	}
	return name + "." + region + "." + suffix
}

func signInHost(region string, p partition, o EndpointOptions) string {
	if o.DualStack {
		return regionalHost("signin", region, p, o)
	}
	if o.FIPS {
		switch {
		case region == "us-gov-west-1":
			return "signin-fips.amazonaws-us-gov.com"
		case p.id == "aws-us-gov":
			return region + ".signin-fips.amazonaws-us-gov.com"
		}
		return regionalHost("signin", region, p, o)
	}
	domain := "signin.aws.amazon.com"
	switch p.id {
	case "aws-cn":
		domain = "signin.amazonaws.cn"
	case "aws-us-gov":
		domain = "signin.amazonaws-us-gov.com"
	case "aws-eusc":
		domain = "signin.amazonaws-eusc.eu"
	case "aws-iso":
		domain = "signin.c2shome.ic.gov"
	case "aws-iso-b":
		domain = "signin.sc2shome.sgov.gov"
	case "aws-iso-e":
		domain = "signin.csphome.adc-e.uk"
	case "aws-iso-f":
		domain = "signin.csphome.hci.ic.gov"
	}
	return region + "." + domain
}

// iamHost returns the one host that IAM has in a partition, and where it signs.
func iamHost(p partition, o EndpointOptions) (host, region string) {
	region = p.region
	switch p.id {
	case "aws-us-gov": // FIPS by its plain name
		if o.DualStack {
			return "iam.us-gov.api.aws", region
		}
		return "iam.us-gov.amazonaws.com", region
	case "aws-cn":
		if !o.FIPS {
			region = "cn-north-1"
		}
	}
	name, suffix := "iam", p.suffix
	if o.DualStack {
		suffix = p.dualSuffix
	}
	switch {
	case o.FIPS:
		name += "-fips"
		switch {
		case p.id == "aws" && o.DualStack:
			name += ".global"
		case (p.id == "aws-iso" || p.id == "aws-iso-b") && !o.DualStack:
			name += "." + region
		}
	case o.DualStack && (p.id == "aws" || p.id == "aws-cn"):
		name += ".global"
	case !o.DualStack && p.id != "aws":
		name += "." + region
	}
	return name + "." + suffix, region
}

func quote(s string) string { return "\"" + display.Text(s, maxName) + "\"" }
