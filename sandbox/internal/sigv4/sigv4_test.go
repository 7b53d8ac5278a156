package sigv4_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox/internal/sigv4"
)

// TestVectors has signatures that botocore made.
func TestVectors(t *testing.T) {
	t.Parallel()
	const body, secret = "Action=GetCallerIdentity&Version=2011-06-15", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct{ token, headers, signature string }{
		{"", "content-type;host;x-amz-date", "b57eccc771c57ff3d2d1121eb0768f9b5a596f1e2aa97e452275256232edfb15"},
		{"TOKEN/+=", "content-type;host;x-amz-date;x-amz-security-token", "cd7d8a88112e353ddf2417bb65363d22968b7f3cb2038aacf86dbe331beec6a0"},
	} {
		r, err := http.NewRequest(http.MethodPost, "https://sts.us-east-1.amazonaws.com/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		r.Header.Set("X-Amz-Date", "20260102T030405Z")
		if c.token != "" {
			r.Header.Set("X-Amz-Security-Token", c.token)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/sts/aws4_request, SignedHeaders="+c.headers+", Signature="+c.signature)
		s, fail := sigv4.Parse(r, "sts", now)
		if fail != nil || s.KeyID != "AKIDEXAMPLE" || s.Region != "us-east-1" || s.Token != c.token {
			t.Fatalf("parse: %v, %+v", fail, s)
		}
		if fail := s.Verify(r, []byte(body), secret); fail != nil {
			t.Errorf("%s: %v", c.headers, fail)
		}
		for name, wrong := range map[string]func() *sigv4.Error{
			"secret": func() *sigv4.Error { return s.Verify(r, []byte(body), secret+"x") },
			"body":   func() *sigv4.Error { return s.Verify(r, []byte(body+"x"), secret) },
		} {
			if fail := wrong(); fail == nil || fail.Status != 403 || fail.Code != "SignatureDoesNotMatch" {
				t.Errorf("wrong %s: %v", name, fail)
			}
		}
	}
}

// FuzzParse takes any header without a panic.
func FuzzParse(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=A/20260102/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=x", "20260102T030405Z")
	f.Add("AWS4-HMAC-SHA256 a=b c,=,", "")
	f.Fuzz(func(t *testing.T, header, date string) {
		r, err := http.NewRequest(http.MethodGet, "http://h/a%2Fb?x=1&x=0", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Authorization": {header}, "X-Amz-Date": {date}}
		s, fail := sigv4.Parse(r, "sts", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		if (s == nil) == (fail == nil) && fail == nil {
			t.Fatal("neither a signature nor an error")
		}
		if fail == nil {
			s.Verify(r, nil, "secret")
		}
	})
}
