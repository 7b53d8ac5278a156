package awsapi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// hangUp closes the connection after the request, without an answer.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// cutShort sends half of the body that it promised.
func cutShort(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n"+assumeRoleXML[:200])
		_ = conn.Close()
	}
}

// TestRequestCounts: how many requests a server sees that never gets better,
// for a request that may be repeated and for one with a part used once.
func TestRequestCounts(t *testing.T) {
	t.Parallel()
	xmlError := func(status int, code string) http.HandlerFunc { return answer(status, xmlType, errorXML(code, "m")) }
	tests := []struct {
		name        string
		h           http.HandlerFunc
		plain, once int32
	}{
		{"500", xmlError(500, "InternalFailure"), 3, 3},
		{"502 page", answer(502, "text/html", "<html>"), 3, 3},
		{"503", xmlError(503, "ServiceUnavailable"), 3, 3},
		{"504", answer(504, "text/html", "<html>"), 3, 1},
		{"501", xmlError(501, "NotImplemented"), 1, 1},
		{"429", xmlError(429, "X"), 3, 3},
		{"Throttling", xmlError(400, "Throttling"), 3, 3},
		{"ThrottlingException", xmlError(400, "ThrottlingException"), 3, 3},
		{"RequestLimitExceeded", xmlError(403, "RequestLimitExceeded"), 3, 3},
		{"TooManyRequestsException", xmlError(400, "TooManyRequestsException"), 3, 3},
		{"SlowDown", xmlError(400, "SlowDown"), 3, 3},
		{"IDPCommunicationError", xmlError(400, "IDPCommunicationError"), 3, 1},
		{"InvalidIdentityToken", xmlError(400, "InvalidIdentityToken"), 3, 1},
		{"AccessDenied", xmlError(403, "AccessDenied"), 1, 1},
		{"ExpiredToken", xmlError(403, "ExpiredToken"), 1, 1},
		{"connection lost", hangUp, 3, 1},
		{"body cut short", cutShort, 3, 1},
		{"garbage", answer(200, xmlType, "<"), 1, 1},
	}
	for _, tt := range tests {
		for code, want := range map[string]int32{"": tt.plain, "123456": tt.once} {
			t.Run(tt.name+" "+code, func(t *testing.T) {
				t.Parallel()
				e, n := server(t, tt.h)
				var waits naps
				c := newClient(t, func(o *awsapi.Options) { o.Sleep = waits.sleep })
				_, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{TokenCode: secret.New(code)})
				if n.Load() != want || err == nil || len(waits.list) != int(want)-1 || attempts(err) != int(want) {
					t.Errorf("%d requests, %d waits, %d attempts by the error %v; want %d", n.Load(), len(waits.list), attempts(err), err, want)
				}
				for i, d := range waits.list {
					if d < 50*time.Millisecond<<i || d > 100*time.Millisecond<<i {
						t.Errorf("wait %d is %v", i, d)
					}
				}
			})
		}
	}
}

// TestRepeatsOfTransportCount: net/http by itself repeats a GET that met a kept
// connection which has been closed; that one counts.
func TestRepeatsOfTransportCount(t *testing.T) {
	t.Parallel()
	e, n := server(t, script(answer(200, jsonType, portalJSON), hangUp))
	c := newClient(t, nil)
	in := awsapi.RoleCredentialsInput{AccessToken: secret.New("bearer-1")}
	if _, err := c.GetRoleCredentials(t.Context(), e, in); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetRoleCredentials(t.Context(), e, in); n.Load() != 4 || attempts(err) != 3 {
		t.Errorf("%d requests, %v", n.Load()-1, err)
	}
}

// TestLostRefreshIsRepeated: the service may not have seen the refresh token; a
// code is never sent twice.
func TestLostRefreshIsRepeated(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*awsapi.Client, awsapi.Endpoint, secret.Text, secret.Text) error{
		jsonToken: func(c *awsapi.Client, e awsapi.Endpoint, refresh, code secret.Text) error {
			_, err := c.CreateToken(t.Context(), e, awsapi.CreateTokenInput{RefreshToken: refresh, Code: code})
			return err
		},
		jsonSignIn: func(c *awsapi.Client, e awsapi.Endpoint, refresh, code secret.Text) error {
			_, err := c.CreateSignInToken(t.Context(), e, awsapi.SignInTokenInput{RefreshToken: refresh, Code: code})
			return err
		},
	} {
		e, n := server(t, script(hangUp, cutShort, answer(200, jsonType, name)))
		if err := call(newClient(t, nil), e, secret.New("refresh"), secret.Text{}); err != nil || n.Load() != 3 {
			t.Errorf("refresh token: %v after %d requests", err, n.Load())
		}
		e, n = server(t, script(hangUp, answer(200, jsonType, name)))
		if err := call(newClient(t, nil), e, secret.Text{}, secret.New("code")); err == nil || n.Load() != 1 {
			t.Errorf("code: %v after %d requests", err, n.Load())
		}
	}
}

const (
	jsonToken  = `{"accessToken":"at","refreshToken":"rt","tokenType":"Bearer","expiresIn":28800}`
	jsonSignIn = `{"accessToken":{"accessKeyId":"ASIAEXAMPLE","secretAccessKey":"s","sessionToken":"t"},"refreshToken":"rt","expiresIn":900}`
)

func attempts(err error) int {
	var a *awsapi.APIError
	var u *awsapi.UnreachableError
	var r *awsapi.ResponseError
	switch {
	case errors.As(err, &a):
		return a.Attempts
	case errors.As(err, &u):
		return u.Attempts
	case errors.As(err, &r):
		return r.Attempts
	}
	return -1
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	good := answer(200, xmlType, assumeRoleXML)
	for name, tt := range map[string]struct {
		bad  http.HandlerFunc
		code string
	}{
		"500": {answer(500, "", ""), ""}, "lost": {hangUp, ""}, "cut": {cutShort, ""}, "503 and a code": {answer(503, "", ""), "123456"},
	} {
		var bodies []string
		read := func(h http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				bodies = append(bodies, string(b))
				h(w, r)
			}
		}
		e, n := server(t, script(read(tt.bad), read(good)))
		out, err := newClient(t, nil).AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{TokenCode: secret.New(tt.code)})
		if err != nil || out.Credentials.AccessKeyID != "ASIAEXAMPLE" || n.Load() != 2 || bodies[0] != bodies[1] || bodies[0] == "" {
			t.Errorf("%s: %v after %d requests with bodies %q", name, err, n.Load(), bodies)
		}
	}
}

// TestOnceIsSentOnAFreshConnection: a kept connection that the server closed
// must not cost the MFA code.
func TestOnceIsSentOnAFreshConnection(t *testing.T) {
	t.Parallel()
	var remotes []string
	e, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		remotes = append(remotes, r.RemoteAddr)
		answer(200, xmlType, assumeRoleXML)(w, r)
	})
	c := newClient(t, nil)
	for _, code := range []string{"", "", "123456"} {
		if _, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{TokenCode: secret.New(code)}); err != nil {
			t.Fatal(err)
		}
	}
	if remotes[0] != remotes[1] || remotes[1] == remotes[2] {
		t.Errorf("connections %v", remotes)
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	e := awsapi.Endpoint{URL: "http://" + l.Addr().String(), SigningRegion: "us-east-1"}
	_, err = newClient(t, nil).AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{TokenCode: secret.New("123456")})
	var ue *awsapi.UnreachableError
	if !errors.As(err, &ue) || ue.Reason != awsapi.ReasonConnect || ue.Attempts != 3 {
		t.Errorf("got %v", err) // even with a code: nothing was sent
	}
	if !strings.Contains(err.Error(), "sts AssumeRole: no answer from "+e.URL+"/: connect: ") || !strings.HasSuffix(err.Error(), "(3 attempts)") {
		t.Errorf("text %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		header   string
		requests int32
		waits    time.Duration
		tells    time.Duration
	}{
		{"1", 3, time.Second, time.Second},
		{"5", 3, 5 * time.Second, 5 * time.Second},
		{"6", 1, 0, 6 * time.Second},
		{"3600", 1, 0, time.Hour},
		{"Fri, 02 Jan 2026 03:04:07 GMT", 3, 2 * time.Second, 2 * time.Second},
		{"Fri, 02 Jan 2026 04:04:05 GMT", 1, 0, time.Hour},
		{"Fri, 02 Jan 2026 01:04:05 GMT", 3, 0, 0},
		{"soon", 3, 0, 0},
	}
	for _, tt := range tests {
		for _, h := range []http.HandlerFunc{
			answer(503, xmlType, errorXML("ServiceUnavailable", "m")), answer(503, "text/html", "<html>"), answer(400, xmlType, errorXML("Throttling", "m")),
		} {
			e, n := server(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", tt.header)
				h(w, r)
			})
			var waits naps
			c := newClient(t, func(o *awsapi.Options) {
				o.Now = func() time.Time { return now }
				o.Sleep = waits.sleep
			})
			_, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
			var told time.Duration
			var a *awsapi.APIError
			var r *awsapi.ResponseError
			if errors.As(err, &a) {
				told = a.RetryAfter
			} else if errors.As(err, &r) {
				told = r.RetryAfter
			}
			if n.Load() != tt.requests || told != tt.tells {
				t.Errorf("%s: %d requests, told %v: %v", tt.header, n.Load(), told, err)
			}
			if tt.tells > 0 && !strings.Contains(err.Error(), "retry after "+tt.tells.String()) {
				t.Errorf("%s: text %v", tt.header, err)
			}
			for _, d := range waits.list {
				if d < tt.waits || d > tt.waits+time.Second {
					t.Errorf("%s: waited %v", tt.header, d)
				}
			}
		}
	}
}

// TestRealBackoff: three failures pass within the time that a person waits.
func TestRealBackoff(t *testing.T) {
	t.Parallel()
	e, _ := server(t, answer(500, "", ""))
	c := newClient(t, func(o *awsapi.Options) { o.Sleep = nil })
	start := time.Now()
	_, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
	if took := time.Since(start); err == nil || took < 150*time.Millisecond || took > 5*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server watches the connection
		<-r.Context().Done()
	}
	e, n := server(t, hang)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	_, err := newClient(t, nil).AssumeRole(ctx, e, keys(), awsapi.AssumeRoleInput{})
	if !errors.Is(err, context.Canceled) || time.Since(start) > time.Second || n.Load() != 1 {
		t.Errorf("during a request: %v after %v, %d requests", err, time.Since(start), n.Load())
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = newClient(t, nil).AssumeRole(ctx, e, keys(), awsapi.AssumeRoleInput{})
	var ue *awsapi.UnreachableError
	if !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &ue) {
		t.Errorf("the caller's own deadline: %v", err)
	}
	e, n = server(t, answer(500, "", ""))
	ctx, cancel2 := context.WithCancel(t.Context())
	c := newClient(t, func(o *awsapi.Options) {
		o.Sleep = func(ctx context.Context, _ time.Duration) error { cancel2(); return ctx.Err() }
	})
	if _, err = c.AssumeRole(ctx, e, keys(), awsapi.AssumeRoleInput{}); !errors.Is(err, context.Canceled) || n.Load() != 1 {
		t.Errorf("during a wait: %v, %d requests", err, n.Load())
	}
	if _, err = c.AssumeRole(ctx, e, keys(), awsapi.AssumeRoleInput{}); !errors.Is(err, context.Canceled) || n.Load() != 1 {
		t.Errorf("before: %v, %d requests", err, n.Load())
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	var got string
	e, n := server(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.RequestURI + " " + r.Header.Get("X-Ttl") + " " + string(b)
		w.Header().Set("X-Back", "1")
		w.WriteHeader(404)
		_, _ = w.Write([]byte("none"))
	})
	c := newClient(t, nil)
	req := awsapi.Request{Method: "PUT", URL: e.URL + "/latest/api/token?x=1", Header: http.Header{"X-Ttl": {"21600"}}, Body: []byte("b"), Operation: "imds token"}
	res, err := c.Fetch(t.Context(), req, awsapi.Limits{Direct: true})
	if err != nil || res.Status != 404 || string(res.Body) != "none" || res.Header.Get("X-Back") != "1" || n.Load() != 1 || got != "PUT /latest/api/token?x=1 21600 b" {
		t.Errorf("%+v, %v: %s", res, err, got)
	}
	res, err = c.Fetch(t.Context(), req, awsapi.Limits{Attempts: 2, Retry: func(s int) bool { return s == 404 }})
	if err != nil || res.Status != 404 || n.Load() != 3 {
		t.Errorf("retried status: %+v, %v after %d requests", res, err, n.Load())
	}
	if _, err := c.Fetch(t.Context(), awsapi.Request{URL: "http://x", Header: http.Header{"A": {"CANARY\n"}}}, awsapi.Limits{}); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("header with a line break: %v", err)
	}
	if _, err := c.Fetch(t.Context(), awsapi.Request{URL: "http://x\x00CANARY"}, awsapi.Limits{}); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("not a URL: %v", err)
	}
	e, _ = server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("a"), 1<<20+1)) })
	var re *awsapi.ResponseError
	if _, err := c.Fetch(t.Context(), awsapi.Request{Method: "GET", URL: e.URL}, awsapi.Limits{}); !errors.As(err, &re) {
		t.Errorf("huge body: %v", err)
	}
}
