package sso_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/sso"
)

const vanity = "https://aws.corp.example/start"

func safeURLs() []string {
	return []string{
		"https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH",
		"https://device.sso.us-gov-west-1.amazonaws.com/",
		"https://device.sso.cn-north-1.amazonaws.com.cn",
		"https://device.sso.eusc-de-east-1.amazonaws.eu/",
		"https://oidc.us-east-1.amazonaws.com/authorize?x=y",
		"https://oidc-fips.us-east-1.amazonaws.com:443/authorize",
		"https://oidc.us-east-1.api.aws/authorize",
		"https://oidc.cn-north-1.api.amazonwebservices.com.cn/authorize",
		"https://oidc.us-iso-east-1.c2s.ic.gov/authorize",
		"https://oidc.us-isob-east-1.sc2s.sgov.gov/authorize",
		"https://oidc.eu-isoe-west-1.cloud.adc-e.uk/authorize",
		"https://oidc.us-isof-south-1.csp.hci.ic.gov/authorize",
		"https://portal.sso.us-east-1.amazonaws.com/",
		"https://portal.sso-fips.us-east-1.api.aws/",
		"https://corp.awsapps.com/start/#/device?user_code=ABCD-EFGH",
		"https://start.us-gov-home.awsapps.com/directory/x",
		"https://start.home.awsapps.cn/directory/x",
		"https://identitycenter.amazonaws.com/ssoins-1",
		"https://identitycenter.amazonaws.com.cn/ssoins-1",
		"https://ssoins-1.portal.us-east-1.app.aws/#/device",
		"https://ssoins-1.us-east-1.portal.amazonaws.com",
		"https://ssoins-1.portal.cn-north-1.app.amazonwebservices.com.cn/",
		"https://ssoins-1.portal.eusc-de-east-1.api.amazonwebservices.eu/",
		"https://start.c2shome.ic.gov/directory/x",
		"HTTPS://Corp.AWSapps.com/start",
		"https://aws.corp.example/anything",
		"https://aws.corp.example:443",
		"http://127.0.0.1:4321/device?user_code=X",
	}
}

func unsafeURLs() []string {
	return []string{
		"", "https://", "https:///corp.awsapps.com", "https:corp.awsapps.com", "//corp.awsapps.com", "corp.awsapps.com", "-x", "--help",
		"javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://corp.awsapps.com/",
		"http://corp.awsapps.com/start", "http://aws.corp.example/start", "http://device.sso.us-east-1.amazonaws.com/",
		"https://evil.example/", "https://awsapps.com.evil.example/", "https://corpawsapps.com/", "https://awsapps.com/", "https://evil.example/corp.awsapps.com",
		"https://evil.example?https://corp.awsapps.com/", "https://evil.example#@corp.awsapps.com/", `https://evil.example\@corp.awsapps.com/`,
		"https://corp.awsapps.com@evil.example/", "https://user@corp.awsapps.com/", "https://:x@corp.awsapps.com/", "https://@corp.awsapps.com/",
		"https://corp.awsapps.com:8443/", "https://corp.awsapps.com:/", "https://corp.awsapps.com:0443/", "https://aws.corp.example:/", "https://corp.awsapps.com./", "https://.awsapps.com/", "https://a..awsapps.com/",
		"https://-a.awsapps.com/", "https://a_b.awsapps.com/", "https://corp.awsapps.com%2eevil.example/", "https://corp%2eawsapps.com/",
		"https://corp.awsapps.com\n.evil.example/", "https://corp.awsapps.com/\tx", " https://corp.awsapps.com/", "https://corp.awsapps.com/ x",
		"https://corp.awsapps.com/`id`", "https://corp.awsapps.com/$(id)\"", "https://corp.awsapps.com/^&calc", "https://corp.awsapps.com/<x>", "https://corp.awsapps.com/{x}|y",
		"https://cörp.awsapps.com/", "https://corp.awsapps.com/ü", "https://corp。awsapps.com/", "https://corp.awsapps.com/\x1b]0;x\x07", "https://[::1]/", "https://[corp.awsapps.com]/",
		"https://bucket.s3.amazonaws.com/", "https://bucket.s3.us-east-1.amazonaws.com/", "https://x.execute-api.us-east-1.amazonaws.com/",
		"https://x.execute-api.eusc-de-east-1.api.amazonwebservices.eu/", "https://x.us-east-1.elb.amazonaws.com/", "https://device.sso.amazonaws.com/",
		"https://evil.device.sso.us-east-1.amazonaws.com/", "https://device.sso.useast1.amazonaws.com/", "https://us-east-1.amazonaws.com/", "https://oidc.x.y-1-2-.amazonaws.com/",
		"https://sub.aws.corp.example/", "https://aws.corp.example:8443/", "https://aws.corp.example.evil.example/",
		"http://127.0.0.1:4322/device", "https://127.0.0.1:4321/device", "http://127.0.0.1/device", "http://localhost:4321/device", "http://127.0.0.1:4321@evil.example/",
		"https://corp.awsapps.com/" + strings.Repeat("x", 4096),
	}
}

func TestSafeURL(t *testing.T) {
	t.Parallel()
	stand := awsapi.Endpoint{URL: "http://127.0.0.1:4321/region/us-east-1"}
	for _, raw := range safeURLs() {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if host, err := sso.SafeURL(raw, stand, vanity); err != nil || host != strings.ToLower(u.Host) {
			t.Errorf("%s: %q, %v", raw, host, err)
		}
	}
	for _, raw := range unsafeURLs() {
		_, err := sso.SafeURL(raw, stand, vanity)
		var unsafe *sso.UnsafeURLError
		if !errors.As(err, &unsafe) || unsafe.Why == "" {
			t.Errorf("%q: %v", raw, err)
			continue
		}
		if len(err.Error()) > 400 || strings.ContainsFunc(err.Error(), unicode.IsControl) {
			t.Errorf("%q: the error is not fit for a terminal: %q", raw, err)
		}
	}
	// What is allowed by what is configured is allowed by nothing else.
	for _, raw := range []string{"http://127.0.0.1:4321/device", "https://aws.corp.example/"} {
		if _, err := sso.SafeURL(raw, endpointOf("us-east-1"), startURL); err == nil {
			t.Errorf("%s is opened", raw)
		}
	}
	for _, raw := range []string{"http://192.0.2.1/x", "http://oidc.example/x", "https://oidc.example/x"} {
		if _, err := sso.SafeURL(raw, awsapi.Endpoint{URL: raw}, startURL); err == nil {
			t.Errorf("%s is opened because it is the endpoint", raw)
		}
	}
	for _, raw := range []string{"http://[::1]:80/x", "http://localhost/x", "https://127.9.9.9/x"} {
		if _, err := sso.SafeURL(raw, awsapi.Endpoint{URL: strings.TrimSuffix(raw, "/x")}, startURL); err != nil {
			t.Errorf("a stand-in: %v", err)
		}
	}
}

// FuzzSafeURL holds that what is let through is what it seems to be, to any
// reader: https, no credentials, a host that ends as AWS's do.
func FuzzSafeURL(f *testing.F) {
	for _, raw := range append(safeURLs(), unsafeURLs()...) {
		f.Add(raw)
	}
	ends := []string{
		".awsapps.com", ".awsapps.cn", ".app.aws", ".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".amazonwebservices.com.cn", ".amazonwebservices.eu",
		".ic.gov", ".sgov.gov", ".adc-e.uk", ".scloud",
	}
	f.Fuzz(func(t *testing.T, raw string) {
		host, err := sso.SafeURL(raw, endpointOf("us-east-1"), startURL)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q", err)
			}
			return
		}
		// The simplest of all readers: scheme, then everything to the first of / ? #.
		rest, ok := strings.CutPrefix(strings.ToLower(raw), "https://")
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			rest = rest[:i]
		}
		if !ok || rest != host || strings.ContainsAny(raw, "\\ \t\r\n\"`<>|^") || strings.Contains(host, "@") {
			t.Fatalf("%q is let through as %q", raw, host)
		}
		name := strings.TrimSuffix(host, ":443")
		for _, end := range ends {
			if strings.HasSuffix(name, end) && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" {
				return
			}
		}
		t.Fatalf("%q is let through as %q", raw, host)
	})
}
