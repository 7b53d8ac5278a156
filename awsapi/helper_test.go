package awsapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

var errNoNetwork = errors.New("test reached for the network")

// roundTrip is an HTTPClient made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(r *http.Request) (*http.Response, error) { return f(r) }

// naps records the waits between attempts and takes none of them.
type naps struct {
	mu   sync.Mutex
	list []time.Duration
}

func (n *naps) sleep(ctx context.Context, d time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, d)
	return ctx.Err()
}

// newClient returns a client that never really waits between attempts.
func newClient(t testing.TB, change func(*awsapi.Options)) *awsapi.Client {
	t.Helper()
	o := awsapi.Options{Now: time.Now, Sleep: (&naps{}).sleep}
	if change != nil {
		change(&o)
	}
	c := awsapi.New(o)
	t.Cleanup(c.CloseIdle)
	return c
}

// server starts a server and counts its requests.
func server(t testing.TB, h http.HandlerFunc) (awsapi.Endpoint, *atomic.Int32) {
	t.Helper()
	var n atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return awsapi.Endpoint{URL: s.URL, SigningRegion: "us-east-1"}, &n
}

// answer is a handler that always says the same.
func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// script answers the nth request with its nth handler, and the rest with the last.
func script(handlers ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		handlers[min(int(n.Add(1)), len(handlers))-1](w, r)
	}
}

const (
	xmlType  = "text/xml"
	jsonType = "application/json"
)

func keys() aws.Credentials {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
}

const credentialsXML = `<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>sEcReT/+</SecretAccessKey>` +
	`<SessionToken>tOkEn==</SessionToken><Expiration>2026-01-02T03:04:05Z</Expiration></Credentials>`

const assumeRoleXML = `<?xml version="1.0"?><AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>` +
	credentialsXML + `<AssumedRoleUser><AssumedRoleId>AROAX:me</AssumedRoleId><Arn>arn:aws:sts::012345678901:assumed-role/r/me</Arn></AssumedRoleUser>` +
	`<PackedPolicySize>42</PackedPolicySize><SourceIdentity>alice</SourceIdentity></AssumeRoleResult>` +
	`<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></AssumeRoleResponse>`

func errorXML(code, message string) string {
	return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` + code +
		`</Code><Message>` + message + `</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`
}
