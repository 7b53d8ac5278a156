package signin_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/signin"
)

// TestPages: a person types a password only at AWS's, or at this machine's.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url, region string
		safe        bool
	}{
		{"https://us-east-1.signin.aws.amazon.com", "us-east-1", true},
		{"https://us-east-1.signin.aws.amazon.com", "eu-west-1", true}, // an endpoint that was set
		{"https://signin.us-east-1.api.aws", "us-east-1", true},
		{"https://signin-fips.us-east-1.amazonaws.com", "us-east-1", true},
		{"https://cn-north-1.signin.amazonaws.cn", "cn-north-1", true},
		{"https://us-gov-east-1.signin.amazonaws-us-gov.com", "us-gov-east-1", true},
		{"https://signin-fips.amazonaws-us-gov.com", "us-gov-west-1", true},
		{"https://eusc-de-east-1.signin.amazonaws-eusc.eu", "eusc-de-east-1", true},
		{"https://us-iso-east-1.signin.c2shome.ic.gov", "us-iso-east-1", true},
		{"http://127.0.0.1:8080", "us-east-1", true},
		{"http://localhost:8080/below", "us-east-1", true},
		{"http://[::1]:8080", "us-east-1", true},
		{"https://127.0.0.1:8443", "us-east-1", true},
		{"http://us-east-1.signin.aws.amazon.com", "us-east-1", false},
		{"https://us-east-1.signin.aws.amazon.com:8443", "us-east-1", false},
		{"https://signin.corp.test", "us-east-1", false},
		{"https://us-east-1.signin.aws.amazon.com.evil.test", "us-east-1", false},
		{"https://us-east-1-signin.aws.amazon.com", "us-east-1", false},
		{"https://evil.test/us-east-1.signin.aws.amazon.com", "us-east-1", false},
		{"https://signin-fips.s3.amazonaws.com", "s3", false}, // somebody's bucket
		{"https://signin-fips.s3-us-west-2.amazonaws.com", "s3-us-west-2", false},
		{"https://us-east-1.signin.amazonaws.cn", "us-east-1", false},
		{"https://person@us-east-1.signin.aws.amazon.com", "us-east-1", false},
		{"http://localhost.evil.test", "us-east-1", false},
		{"http://192.168.1.1", "us-east-1", false},
		{"ftp://127.0.0.1", "us-east-1", false},
		{"file:///etc/passwd", "us-east-1", false},
		{"javascript:alert(1)", "us-east-1", false},
		{"https://127.0.0.1?x=", "us-east-1", false},
		{"", "us-east-1", false},
		{"https://us-east-1.signin.aws.amazon.com", "", true},
	} {
		for _, flow := range []signin.Flow{signin.FlowBrowser, signin.FlowRemote} {
			d, c := newDesk(t), configFor(t, "")
			c.Endpoint = awsapi.Endpoint{URL: tt.url, SigningRegion: tt.region}
			o := d.options()
			o.Flow = flow
			visited := false
			o.Visit = func(_ context.Context, v signin.Visit) error {
				visited = true
				if !strings.HasPrefix(v.URL, tt.url+"/v1/authorize?") || !strings.HasPrefix(strings.SplitN(tt.url, "://", 2)[1]+"/", v.Host+"/") {
					t.Errorf("visit %+v", v)
				}
				return context.Canceled
			}
			_, err := signin.SignIn(t.Context(), c, o)
			var unsafe *signin.UnsafeURLError
			if visited != tt.safe || errors.As(err, &unsafe) == tt.safe || tt.safe && !errors.Is(err, context.Canceled) {
				t.Errorf("%s, region %s: visited %v, %v", tt.url, tt.region, visited, err)
			}
			if unsafe != nil && (unsafe.Why == "" || unsafe.URL == "" || strings.Contains(err.Error(), "person")) {
				t.Errorf("%s: %v", tt.url, err)
			}
		}
	}
}
