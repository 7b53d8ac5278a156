package awsapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// TestSignatureVectors holds signatures against those that botocore computes.
func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, token, headers, signature string }{
		{"no token", "", "content-type;host;x-amz-date", "b57eccc771c57ff3d2d1121eb0768f9b5a596f1e2aa97e452275256232edfb15"},
		{"token", "TOKEN/+=", "content-type;host;x-amz-date;x-amz-security-token", "cd7d8a88112e353ddf2417bb65363d22968b7f3cb2038aacf86dbe331beec6a0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			var body []byte
			c := newClient(t, func(o *awsapi.Options) {
				o.Now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
				o.HTTPClient = roundTrip(func(r *http.Request) (*http.Response, error) {
					got = r
					body, _ = io.ReadAll(r.Body)
					return nil, errNoNetwork
				})
				o.Limits.Attempts = 1
				o.UserAgent = "latchkey/1"
			})
			from := keys()
			from.SessionToken = tt.token
			e, err := awsapi.ResolveEndpoint(awsapi.STS, awsapi.EndpointOptions{Region: "us-east-1"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.GetCallerIdentity(t.Context(), e, from); err == nil {
				t.Fatal("no error")
			}
			want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/sts/aws4_request, SignedHeaders=" + tt.headers + ", Signature=" + tt.signature
			if a := got.Header.Get("Authorization"); a != want {
				t.Errorf("Authorization\n%s, want\n%s", a, want)
			}
			if string(body) != "Action=GetCallerIdentity&Version=2011-06-15" || got.ContentLength != int64(len(body)) {
				t.Errorf("body %q of length %d", body, got.ContentLength)
			}
			for name, value := range map[string]string{
				"User-Agent": "latchkey/1", "Accept-Encoding": "identity", "X-Amz-Date": "20260102T030405Z",
				"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "X-Amz-Security-Token": tt.token,
			} {
				if got.Header.Get(name) != value {
					t.Errorf("%s: %q, want %q", name, got.Header.Get(name), value)
				}
			}
			if got.URL.String() != "https://sts.us-east-1.amazonaws.com/" {
				t.Errorf("URL %s", got.URL)
			}
		})
	}
}

// TestSignatureFollowsSecret guards against keys derived from an older secret
// of the same access key id.
func TestSignatureFollowsSecret(t *testing.T) {
	t.Parallel()
	var seen []string
	c := newClient(t, func(o *awsapi.Options) {
		o.Now = func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
		o.HTTPClient = roundTrip(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.Header.Get("Authorization"))
			return nil, errNoNetwork
		})
		o.Limits.Attempts = 1
	})
	from := keys()
	for _, s := range []string{"first", "second"} {
		from.SecretAccessKey = s
		_, _ = c.GetCallerIdentity(t.Context(), awsapi.Endpoint{URL: "https://sts.example", SigningRegion: "us-east-1"}, from)
	}
	if len(seen) != 2 || seen[0] == seen[1] || !strings.Contains(seen[1], "Signature=") {
		t.Errorf("signatures %q", seen)
	}
}

func TestEndpointPath(t *testing.T) {
	t.Parallel()
	for override, want := range map[string]string{
		"http://127.0.0.1:5000":      "http://127.0.0.1:5000/",
		"http://127.0.0.1:5000/":     "http://127.0.0.1:5000/",
		"http://127.0.0.1:5000/sts":  "http://127.0.0.1:5000/sts/",
		"http://127.0.0.1:5000/sts/": "http://127.0.0.1:5000/sts/",
		"https://[::1]:5000/a%2fb":   "https://[::1]:5000/a%2fb/",
	} {
		e, err := awsapi.ResolveEndpoint(awsapi.STS, awsapi.EndpointOptions{Region: "eu-west-1", Override: override})
		if err != nil {
			t.Errorf("%s: %v", override, err)
			continue
		}
		var got string
		c := newClient(t, func(o *awsapi.Options) {
			o.HTTPClient = roundTrip(func(r *http.Request) (*http.Response, error) {
				got = r.URL.String()
				return nil, errNoNetwork
			})
		})
		_, _ = c.GetCallerIdentity(t.Context(), e, keys())
		if got != want || e.SigningRegion != "eu-west-1" {
			t.Errorf("%s: request to %s, signed for %s; want %s", override, got, e.SigningRegion, want)
		}
	}
}
