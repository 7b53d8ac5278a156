package sandbox_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	mismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	badToken = "The security token included in the request is invalid."
)

// editAuth spoils the Authorization header.
func editAuth(old, new string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
	}
}

// TestSignature sends GetCallerIdentity in every wrong way that AWS tells apart.
func TestSignature(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	session := b.call(alice(), form("GetSessionToken"), nil).Credentials
	other := b.call(alice(), form("GetSessionToken"), nil).Credentials
	for _, c := range []struct {
		name          string
		creds         aws.Credentials
		change        func(*http.Request)
		status        int
		code, message string
	}{
		{"right", alice(), nil, 200, "", ""},
		{"right session", session, nil, 200, "", ""},
		{"unsigned", aws.Credentials{}, nil, 403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
		{"wrong secret", key(alice().AccessKeyID, bob().SecretAccessKey, ""), nil, 403, "SignatureDoesNotMatch", mismatch},
		{"unknown key", key("AKIANOBODY001EXAMPLE", "x", ""), nil, 403, "InvalidClientTokenId", badToken},
		{"inactive key", key("AKIABOB000002EXAMPLE", "bob/Sandbox+Secret/000002/bPxREXAMPLEKEY", ""), nil, 403, "InvalidClientTokenId", badToken},
		{"long-term key with a token", key(alice().AccessKeyID, alice().SecretAccessKey, "stale"), nil, 403, "InvalidClientTokenId", badToken},
		{"session without its token", key(session.AccessKeyID, session.SecretAccessKey, ""), nil, 403, "InvalidClientTokenId", badToken},
		{"session with another's token", key(session.AccessKeyID, session.SecretAccessKey, other.SessionToken), nil, 403, "InvalidClientTokenId", badToken},
		{"changed body", alice(), func(r *http.Request) {
			n := strings.NewReader("Version=2011-06-15&Action=GetCallerIdentity")
			r.Body, r.ContentLength = http.NoBody, int64(n.Len())
			r.Body = readCloser{n}
		}, 403, "SignatureDoesNotMatch", mismatch},
		{"changed query", alice(), func(r *http.Request) { r.URL.RawQuery = "x=1" }, 403, "SignatureDoesNotMatch", mismatch},
		{"changed content type", alice(), func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 403, "SignatureDoesNotMatch", mismatch},
		{"another service", alice(), editAuth("/sts/", "/iam/"), 403, "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'. "},
		{"no region", alice(), editAuth("/eu-central-1/", "/frankfurt/"), 403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region. "},
		{"another region", alice(), editAuth("/eu-central-1/", "/us-east-1/"), 403, "SignatureDoesNotMatch", mismatch},
		{"another day", alice(), editAuth("/20260304/", "/20260303/"), 403, "SignatureDoesNotMatch",
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260303' != '20260304', from '20260304T050607Z'."},
		{"no terminator", alice(), editAuth("aws4_request", "aws5_request"), 403, "SignatureDoesNotMatch",
			"Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."},
		{"short credential", alice(), editAuth("/aws4_request", ""), 400, "IncompleteSignature",
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIAALICE0001EXAMPLE/20260304/eu-central-1/sts'"},
		{"host not signed", alice(), editAuth(";host;", ";"), 403, "SignatureDoesNotMatch",
			"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		{"token added unsigned", alice(), func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") }, 403, "SignatureDoesNotMatch",
			"'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization."},
		{"bad date", alice(), func(r *http.Request) { r.Header.Set("X-Amz-Date", "today") }, 400, "IncompleteSignature",
			"Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601"},
		{"another algorithm", alice(), editAuth("AWS4-HMAC-SHA256", "AWS3"), 400, "IncompleteSignature", "Unsupported AWS 'algorithm': 'AWS3'."},
	} {
		got := b.call(c.creds, form("GetCallerIdentity"), c.change)
		if got.Status != c.status || got.Code != c.code || got.Message != c.message {
			t.Errorf("%s: %d %s: %q\nwant %d %s: %q", c.name, got.Status, got.Code, got.Message, c.status, c.code, c.message)
		}
		if got.RequestID == "" || got.RequestID != got.Header.Get("X-Amzn-Requestid") {
			t.Errorf("%s: request id %q, header %q", c.name, got.RequestID, got.Header.Get("X-Amzn-Requestid"))
		}
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// TestIncompleteSignature has the texts that show the header.
func TestIncompleteSignature(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.call(alice(), form("GetCallerIdentity"), editAuth("AKIAALICE0001EXAMPLE", "AKIAALICE0001 EXAMPLE"))
	if got.Status != 400 || got.Code != "IncompleteSignature" || !strings.Contains(got.Message, "not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 ") {
		t.Errorf("blank in key id: %d %s: %s", got.Status, got.Code, got.Message)
	}
	got = b.call(alice(), form("GetCallerIdentity"), func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Signature=x") })
	want := "Authorization header requires 'Credential' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Signature=x"
	if got.Status != 400 || got.Message != want {
		t.Errorf("only a signature: %d %q", got.Status, got.Message)
	}
}

// TestClockSkew moves the server's clock away from the client's.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by      time.Duration
		message string
	}{
		{15 * time.Minute, ""},
		{-15 * time.Minute, ""},
		{16 * time.Minute, "Signature expired: 20260304T050607Z is now earlier than 20260304T050707Z (20260304T052207Z - 15 min.)"},
		{-16 * time.Minute, "Signature not yet current: 20260304T050607Z is still later than 20260304T050507Z (20260304T045007Z + 15 min.)"},
	} {
		b := newBench(t)
		r := b.request(http.MethodPost, "/", form("GetCallerIdentity").Encode())
		sum := sha256.Sum256([]byte(form("GetCallerIdentity").Encode()))
		if err := v4.NewSigner().SignHTTP(context.Background(), alice(), r, hex.EncodeToString(sum[:]), "sts", "us-east-1", start()); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(c.by)
		got := b.sts(r)
		if got.Message != c.message || (got.Status == 403) != (c.message != "") {
			t.Errorf("%s: %d %s: %q, want %q", c.by, got.Status, got.Code, got.Message, c.message)
		}
		if date := got.Header.Get("Date"); date != start().Add(c.by).Format(http.TimeFormat) {
			t.Errorf("%s: Date is %q", c.by, date)
		}
	}
}

// TestPresigned reads GetCallerIdentity out of a presigned URL.
func TestPresigned(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	presign := func(creds aws.Credentials) *http.Request {
		r := b.request(http.MethodGet, "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60", "")
		sum := sha256.Sum256(nil)
		signed, _, err := v4.NewSigner().PresignHTTP(context.Background(), creds, r, hex.EncodeToString(sum[:]), "sts", "us-east-1", start())
		if err != nil {
			t.Fatal(err)
		}
		r, err = http.NewRequest(http.MethodGet, signed, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if got := b.sts(presign(alice())); got.Status != 200 || got.Arn != "arn:aws:iam::111122223333:user/alice" {
		t.Errorf("presigned: %d %s %s", got.Status, got.Message, got.Arn)
	}
	if got := b.sts(presign(key(alice().AccessKeyID, "wrong", ""))); got.Code != "SignatureDoesNotMatch" {
		t.Errorf("presigned with a wrong secret: %d %s", got.Status, got.Code)
	}
	late := presign(alice())
	b.clock.Advance(2 * time.Minute)
	if got := b.sts(late); got.Code != "SignatureDoesNotMatch" || !strings.HasPrefix(got.Message, "Signature expired: ") {
		t.Errorf("presigned and late: %d %s: %s", got.Status, got.Code, got.Message)
	}
}

// TestExpiredToken lets a session end.
func TestExpiredToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.call(alice(), form("GetSessionToken", "DurationSeconds", "900"), nil)
	if want := start().Add(15 * time.Minute); !got.Expiration.Equal(want) {
		t.Errorf("expires %s, want %s", got.Expiration, want)
	}
	b.clock.Advance(15*time.Minute - time.Second)
	if a := b.call(got.Credentials, form("GetCallerIdentity"), nil); a.Status != 200 {
		t.Errorf("a second before the end: %d %s", a.Status, a.Code)
	}
	b.clock.Advance(time.Second)
	a := b.call(got.Credentials, form("GetCallerIdentity"), nil)
	if a.Status != 403 || a.Code != "ExpiredToken" || a.Message != "The security token included in the request is expired" {
		t.Errorf("at the end: %d %s: %s", a.Status, a.Code, a.Message)
	}
}

// TestQueryProtocol has the calls that never come to a signature.
func TestQueryProtocol(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		method, body string
		header       string
		status       int
		want         string
	}{
		{"POST", "Action=ListSAMLProviders&Version=2010-05-08", "", 400, "<Code>InvalidAction</Code><Message>Could not find operation ListSAMLProviders for version 2010-05-08</Message>"},
		{"POST", "Action=GetCallerIdentity&Version=2010-05-08", "", 400, "Could not find operation GetCallerIdentity for version 2010-05-08"},
		{"POST", "Action=<b>&Version=2011-06-15", "", 400, "operation &lt;b&gt; for"},
		{"POST", "", "", 400, "<Code>MissingAction</Code>"},
		{"POST", "Action=%zz", "", 400, "<Code>MalformedQueryString</Code>"},
		{"DELETE", "", "", 405, ""},
		{"POST", "{}", "DynamoDB_20120810.ListTables", 400, `"__type":"UnknownOperationException"`},
	} {
		r := b.request(c.method, "/", c.body)
		if c.header != "" {
			r.Header.Set("X-Amz-Target", c.header)
		}
		status, body, _ := b.do(r)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %q: %d %s", c.method, c.body, status, body)
		}
	}
	if log := fmt.Sprint(b.Requests()); strings.Contains(log, "<b>") || strings.Contains(log, "ListSAMLProviders") {
		t.Errorf("an unknown operation is recorded as it came: %s", log)
	}
}
