package provider_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
)

const containerBody = `{"RoleArn": "arn:aws:iam::1:role/r", "AccessKeyId": "ASIA1", "SecretAccessKey": "canary-secret", "Token": "canary-token", "Expiration": "2026-01-02T13:00:00Z", "AccountId": "123456789012"}`

// newAPI returns a real client whose waits between attempts are short.
func newAPI() *awsapi.Client {
	return awsapi.New(awsapi.Options{Now: now, Sleep: func(context.Context, time.Duration) error { return nil }})
}

// serve starts a server on loopback whose clock is the tests'.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

func container(url string, change ...func(*provider.ContainerOptions)) *provider.Container {
	o := provider.ContainerOptions{API: newAPI(), URL: url, Now: now}
	for _, c := range change {
		c(&o)
	}
	return provider.NewContainer(o)
}

func TestContainer(t *testing.T) {
	t.Parallel()
	var got *http.Request
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		fmt.Fprint(w, containerBody)
	})
	token := func(o *provider.ContainerOptions) { o.Token = secret.New("Basic canary=") }
	creds, err := container(server.URL+"/v1/credentials?x=1", token).Retrieve(t.Context())
	want := aws.Credentials{
		AccessKeyID: "ASIA1", SecretAccessKey: "canary-secret", SessionToken: "canary-token", AccountID: "123456789012",
		Source: "container", CanExpire: true, Expires: noon.Add(time.Hour),
	}
	if err != nil || creds != want {
		t.Errorf("got %+v, %v", creds, err)
	}
	if got.Method != "GET" || got.RequestURI != "/v1/credentials?x=1" || got.Header.Get("Authorization") != "Basic canary=" ||
		got.Header.Get("Accept") != "application/json" {
		t.Errorf("asked %s %s %v", got.Method, got.RequestURI, got.Header)
	}
	if _, err := container(server.URL).Retrieve(t.Context()); err != nil || got.Header.Get("Authorization") != "" {
		t.Errorf("without token: %v, %v", got.Header, err)
	}
}

func TestContainerTokenFile(t *testing.T) {
	t.Parallel()
	var got atomic.Value
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got.Store(r.Header.Get("Authorization"))
		fmt.Fprint(w, containerBody)
	})
	path := filepath.Join(t.TempDir(), "token")
	p := container(server.URL, func(o *provider.ContainerOptions) { o.TokenFile, o.Token = path, secret.New("canary-other") })
	for _, tt := range []struct{ content, sent, why string }{
		{"canary-1", "canary-1", ""},
		{"canary-2", "canary-2", ""},
		{"canary-3\n", "", "it ends with a newline, which the Authorization header cannot carry"},
		{"canary-4\r\n", "", "it ends with a newline, which the Authorization header cannot carry"},
		{"canary\n5", "", "it contains a line break"},
		{"canary\x01", "", "it contains a control character"},
		{"", "", "it is empty"},
	} {
		got.Store("")
		if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := p.Retrieve(t.Context())
		var file *provider.TokenFileError
		if tt.why == "" && err != nil || tt.why != "" && (!errors.As(err, &file) || file.Why != tt.why || file.Path != path) {
			t.Errorf("%q: %v, want %s", tt.content, err, tt.why)
		}
		if got.Load() != tt.sent {
			t.Errorf("%q: sent %q", tt.content, got.Load())
		}
		clean(t, err)
	}
	_, err := container(server.URL, func(o *provider.ContainerOptions) { o.Token = secret.New("canary\n") }).Retrieve(t.Context())
	if err == nil || !strings.Contains(err.Error(), "AWS_CONTAINER_AUTHORIZATION_TOKEN ends with a newline") {
		t.Errorf("token with a newline: %v", err)
	}
	clean(t, err)
}

func TestContainerHosts(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, containerBody)
	})
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	loopback, foreign := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.1")
	tests := []struct {
		url     string
		answers []netip.Addr
		want    string // "" is success
	}{
		{"http://127.0.0.1" + port, nil, ""},
		{"http://[::ffff:127.0.0.1]" + port, nil, ""},
		{"http://localhost" + port, []netip.Addr{loopback}, ""},
		{"http://two.test" + port, []netip.Addr{netip.MustParseAddr("127.0.0.2"), loopback}, ""},
		{"http://mixed.test" + port, []netip.Addr{loopback, foreign}, `host "mixed.test" has the address 203.0.113.1`},
		{"http://evil.test" + port, []netip.Addr{foreign}, `host "evil.test" has the address 203.0.113.1`},
		{"http://none.test" + port, nil, "no address"},
		{"http://203.0.113.1/x", nil, `host "203.0.113.1" has the address`},
		{"http://169.254.169.254/x", nil, "has the address 169.254.169.254"},
		{"http://169.254.170.3/x", nil, "has the address 169.254.170.3"},
		{"http://[fd00:ec2::24]/x", nil, "has the address fd00:ec2::24"},
		{"http://[fe80::1%25lo]/x", nil, "has the address fe80::1%lo"},
		{"http://user@127.0.0.1/x", nil, "contains a user name"},
		{"ftp://127.0.0.1/x", nil, "neither the scheme http nor https"},
		{"/v1/credentials", nil, "not a complete URL"},
		{"http://[::1/x", nil, "not a complete URL"},
	}
	for _, tt := range tests {
		lookup := func(o *provider.ContainerOptions) {
			o.LookupIP = func(context.Context, string) ([]netip.Addr, error) { return tt.answers, nil }
		}
		before := asked.Load()
		_, err := container(tt.url, lookup).Retrieve(t.Context())
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %s", tt.url, err, tt.want)
		}
		if (asked.Load() > before) != (tt.want == "") {
			t.Errorf("%s: %d requests", tt.url, asked.Load()-before)
		}
	}
}

// fetched keeps what would be fetched.
type fetched struct {
	urls []string
	host string
}

func (f *fetched) Fetch(_ context.Context, r awsapi.Request, _ awsapi.Limits) (awsapi.Response, error) {
	f.urls, f.host = append(f.urls, r.URL), r.Header.Get("Host")
	return awsapi.Response{Status: 200, Body: []byte(containerBody)}, nil
}

// TestContainerAsksTheCheckedAddress: a second look-up could give another one.
func TestContainerAsksTheCheckedAddress(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"http://name.test:8080/a?b=c":         "http://169.254.170.23:8080/a?b=c",
		"http://name.test/a":                  "http://169.254.170.23/a",
		"http://[fd00:ec2::23]/v1":            "http://[fd00:ec2::23]/v1",
		"http://169.254.170.2/x":              "http://169.254.170.2/x",
		"https://anywhere.example.test:1/x?y": "https://anywhere.example.test:1/x?y",
	} {
		lookups := 0
		api := &fetched{}
		_, err := container(url, func(o *provider.ContainerOptions) {
			o.API = api
			o.LookupIP = func(context.Context, string) ([]netip.Addr, error) {
				lookups++
				return []netip.Addr{netip.MustParseAddr("169.254.170.23")}, nil
			}
		}).Retrieve(t.Context())
		if err != nil || len(api.urls) != 1 || api.urls[0] != want || lookups > 1 || !strings.Contains(url, "//"+api.host) {
			t.Errorf("%s: asked %v of host %s after %d look-ups, %v", url, api.urls, api.host, lookups, err)
		}
	}
	relative := func(o *provider.ContainerOptions) { o.Relative, o.API = true, &fetched{} }
	if _, err := container("http://169.254.170.2/v2", relative).Retrieve(t.Context()); err != nil {
		t.Errorf("relative: %v", err)
	}
	_, err := container("http://169.254.170.2.evil.test/v2", relative).Retrieve(t.Context())
	var host *provider.HostError
	if !errors.As(err, &host) {
		t.Errorf("relative with another host: %v", err)
	}
}

func TestContainerAnswers(t *testing.T) {
	t.Parallel()
	const static = `{"AccessKeyId": "ASIA1", "SecretAccessKey": "canary"}`
	tests := []struct {
		name   string
		status int
		body   string
		want   string // "" is success
		calls  int32
	}{
		{"without expiration", 200, static, "", 1},
		{"null expiration", 200, `{"AccessKeyId": "ASIA1", "SecretAccessKey": "canary", "Token": null, "Expiration": null}`, "", 1},
		{"code success", 200, `{"Code": "Success", "AccessKeyId": "ASIA1", "SecretAccessKey": "canary"}`, "", 1},
		{"code failed", 200, `{"Code": "Failed\u001b[1m", "Message": "no \u0007role"}`, "Failed[1m: no role (HTTP 200)", 1},
		{"other case", 200, `{"accessKeyId": "ASIA1", "secretAccessKey": "canary"}`, "credentials lack AccessKeyId and SecretAccessKey", 1},
		{"no secret", 200, `{"AccessKeyId": "ASIA1"}`, "credentials lack SecretAccessKey", 1},
		{"expired", 200, strings.Replace(containerBody, "13:00", "11:59", 1), "credentials expired 1m0s ago", 1},
		{"bad time", 200, strings.Replace(containerBody, "13:00", "canary", 1), "Expiration is not an ISO 8601 time", 1},
		{"wrong type", 200, strings.Replace(containerBody, `"canary-token"`, `{"canary": 1}`, 1), "Token is not a string", 1},
		{"html", 200, "<html>canary</html>", "the body begins like HTML", 1},
		{"truncated", 200, containerBody[:150], "the body begins like JSON and is broken", 1},
		{"empty", 200, "", "the body is empty", 1},
		{"huge", 200, strings.Repeat("x", 2<<20), "more than 1 MiB", 1},
		{"denied", 403, `{"code": "AccessDenied", "message": "token Basic-canary-token is\u0000 wrong"}`,
			"container GetCredentials: AccessDenied: token [redacted] is wrong (HTTP 403)", 1},
		{"upper case", 400, `{"Code": "Bad", "Message": "m"}`, "Bad: m (HTTP 400)", 1},
		{"not found", 404, "<html>canary", "NotFound (HTTP 404)", 1},
		{"redirect", 302, "", "a redirect or unknown status 302", 1},
		{"busy", 503, "", "ServiceUnavailable (HTTP 503 from http://127.0.0.1:", 3},
		{"throttled", 429, `{"code": "Slow", "message": "down"}`, "Slow: down (HTTP 429 from http://127.0.0.1:", 3},
		{"no content", 204, "", "a redirect or unknown status 204", 1},
		{"empty expiration", 200, `{"AccessKeyId": "ASIA1", "SecretAccessKey": "canary", "Expiration": ""}`, "Expiration is not an ISO 8601 time", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			creds, err := container(server.URL, func(o *provider.ContainerOptions) { o.Token = secret.New("Basic-canary-token") }).Retrieve(t.Context())
			switch {
			case tt.want == "" && (err != nil || creds.CanExpire || creds.AccessKeyID != "ASIA1" || creds.SecretAccessKey != "canary"):
				t.Errorf("got %+v, %v", creds, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\x1b\x07\x00")):
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if calls.Load() != tt.calls {
				t.Errorf("%d requests, want %d", calls.Load(), tt.calls)
			}
			clean(t, err)
		})
	}
}

// limits remembers how it was asked, and gives no answer.
type limits struct{ last awsapi.Limits }

func (l *limits) Fetch(_ context.Context, _ awsapi.Request, limits awsapi.Limits) (awsapi.Response, error) {
	l.last = limits
	return awsapi.Response{}, errors.New("none")
}

// TestContainerProxies: only https may go through a proxy.
func TestContainerProxies(t *testing.T) {
	t.Parallel()
	for url, direct := range map[string]bool{"http://169.254.170.2/x": true, "http://127.0.0.1:1": true, "https://credentials.example/x": false} {
		var asked limits
		_, err := container(url, func(o *provider.ContainerOptions) { o.API = &asked }).Retrieve(t.Context())
		if err == nil || asked.last.Attempts == 0 || asked.last.Direct != direct {
			t.Errorf("%s: %v, %+v", url, err, asked.last)
		}
	}
}

func TestContainerIsCancelled(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := container(server.URL).Retrieve(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// FuzzMetadata holds that nothing secret of an answer gets into an error, and
// that errors are fit to be printed.
func FuzzMetadata(f *testing.F) {
	f.Add(200, []byte(containerBody))
	f.Add(200, []byte(`{"Code": "AssumeRoleUnauthorizedAccess", "Message": "m"}`))
	f.Add(403, []byte(`{"code": "x", "message": "y"}`))
	f.Add(302, []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		creds, err := provider.ExportParseMetadata("imds", status, body)
		if err == nil && status != 200 {
			t.Errorf("status %d taken as %+v", status, creds)
		}
		if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Errorf("%d %q: %q", status, body, err)
		}
		_, err = provider.ExportParseMetadata("imds", 200, append([]byte(`{"SecretAccessKey": "canary", `), body...))
		clean(t, err)
	})
}
