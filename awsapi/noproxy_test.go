package awsapi

import (
	"net/url"
	"testing"

	"golang.org/x/net/http/httpproxy"
)

// goBypasses is what Go's own programs do.
func goBypasses(list string, u *url.URL) bool {
	config := httpproxy.Config{HTTPProxy: "http://proxy.invalid", HTTPSProxy: "http://proxy.invalid", NoProxy: list}
	used, err := config.ProxyFunc()(u)
	return err != nil || used == nil
}

// TestBypasses compares with Go's reading of NO_PROXY.
func TestBypasses(t *testing.T) {
	t.Parallel()
	lists := []string{
		"", "*", " * ", "amazonaws.com", ".amazonaws.com", "*.amazonaws.com", "sts.amazonaws.com", "STS.AmazonAWS.com", "amazonaws.com:443", "amazonaws.com:8443", ".amazonaws.com:443",
		"other.example", "aws.com", "xamazonaws.com", "10.0.0.0/8", "10.1.2.3", "10.1.2.3:443", "10.1.2.3:80", "10.1.2.4", "2001:db8::/32", "2001:db8::1", "[2001:db8::1]:443",
		"a,b , sts.amazonaws.com", ",,", "amazonaws.com,", "10.0.0.0/33", ":443", "*amazonaws.com", "sts.*.com", "com", ".", "sts.amazonaws.com.",
	}
	for _, raw := range []string{
		"https://sts.amazonaws.com/", "http://sts.amazonaws.com/", "https://sts.amazonaws.com:8443/", "https://amazonaws.com/", "https://10.1.2.3/", "http://10.1.2.3:8080/", "https://[2001:db8::1]/",
		"https://STS.amazonaws.com/", "https://myamazonaws.com/",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range lists {
			if got, want := bypasses(list, u), goBypasses(list, u); got != want {
				t.Errorf("%q for %s: %v, Go says %v", list, raw, got, want)
			}
		}
	}
}

// TestBypassesBrackets: an address as it stands in a URL is meant, too.
func TestBypassesBrackets(t *testing.T) {
	t.Parallel()
	if !bypasses("[2001:db8::1]", &url.URL{Scheme: "https", Host: "[2001:db8::1]"}) {
		t.Error("not taken for the address")
	}
}
