package sandbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// start is when every test's clock begins.
func start() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bench is a server with its clock and a client that signs with the SDK's signer.
type bench struct {
	*sandbox.Server
	t     *testing.T
	clock *clock
}

func newBench(t *testing.T, opts ...sandbox.Option) *bench {
	t.Helper()
	c := &clock{now: start()}
	return &bench{sandbox.Start(t, append([]sandbox.Option{sandbox.WithClock(c.Now)}, opts...)...), t, c}
}

// answer is any STS answer, read as far as the tests look at it.
type answer struct {
	Status               int
	Code, Message, Type  string
	RequestID            string
	Arn, Account, UserID string
	AssumedID            string
	SourceIdentity       string
	Packed               string
	Subject, Audience    string
	Provider             string
	Expiration           time.Time
	Credentials          aws.Credentials
	Header               http.Header
	Body                 string
}

func key(id, secret, token string) aws.Credentials {
	return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}
}

func alice() aws.Credentials {
	return key("AKIAALICE0001EXAMPLE", "alice/Sandbox+Secret/0001/bPxREXAMPLEKEY", "")
}

func bob() aws.Credentials {
	return key("AKIABOB000001EXAMPLE", "bob/Sandbox+Secret/000001/bPxREXAMPLEKEY", "")
}

func carol() aws.Credentials {
	return key("AKIACAROL0001EXAMPLE", "carol/Sandbox+Secret/0001/bPxREXAMPLEKEY", "")
}

// form builds a request body; pairs are name, value, name, value.
func form(action string, pairs ...string) url.Values {
	v := url.Values{"Action": {action}, "Version": {"2011-06-15"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// call signs and sends; change, if not nil, may spoil the signed request.
func (b *bench) call(c aws.Credentials, v url.Values, change func(*http.Request)) answer {
	b.t.Helper()
	body := v.Encode()
	r := b.request(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if c.AccessKeyID != "" {
		sum := sha256.Sum256([]byte(body))
		if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(sum[:]), "sts", "eu-central-1", b.clock.Now()); err != nil {
			b.t.Fatal(err)
		}
	}
	if change != nil {
		change(r)
	}
	return b.sts(r)
}

func (b *bench) request(method, path, body string) *http.Request {
	b.t.Helper()
	r, err := http.NewRequest(method, b.URL()+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// do sends a request and reads the whole answer.
func (b *bench) do(r *http.Request) (int, string, http.Header) {
	b.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(body), resp.Header
}

func (b *bench) sts(r *http.Request) answer {
	b.t.Helper()
	status, body, header := b.do(r)
	out := answer{Status: status, Header: header, Body: body}
	d := xml.NewDecoder(bytes.NewReader([]byte(body)))
	var name string
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			name = token.Name.Local
		case xml.EndElement:
			name = ""
		case xml.CharData:
			out.set(name, string(token))
		}
	}
	return out
}

func (a *answer) set(name, text string) {
	switch name {
	case "Code":
		a.Code = text
	case "Message":
		a.Message = text
	case "Type":
		a.Type = text
	case "RequestId":
		a.RequestID = text
	case "Arn":
		a.Arn = text
	case "Account":
		a.Account = text
	case "UserId":
		a.UserID = text
	case "SourceIdentity":
		a.SourceIdentity = text
	case "PackedPolicySize":
		a.Packed = text
	case "SubjectFromWebIdentityToken":
		a.Subject = text
	case "Audience":
		a.Audience = text
	case "Provider":
		a.Provider = text
	case "AccessKeyId":
		a.Credentials.AccessKeyID = text
	case "SecretAccessKey":
		a.Credentials.SecretAccessKey = text
	case "SessionToken":
		a.Credentials.SessionToken = text
	case "AssumedRoleId":
		a.AssumedID = text
	case "Expiration":
		a.Expiration, _ = time.Parse(time.RFC3339, text)
	}
}

func (b *bench) code(user string) string {
	b.t.Helper()
	code, err := b.MFACode(user)
	if err != nil {
		b.t.Fatal(err)
	}
	return code
}
