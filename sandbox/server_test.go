package sandbox_test

import (
	"encoding/json"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestGuard sends what no AWS client sends, to every kind of path.
func TestGuard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	port := b.URL()[strings.LastIndex(b.URL(), ":"):]
	for _, path := range []string{"/", "/token", "/v1/token", "/assignment/accounts", "/container/credentials", "/latest/api/token", "/_sandbox/ready"} {
		for _, c := range []struct {
			method, header, value string
			want                  int
		}{
			{"GET", "Host", "evil.example", 421},
			{"GET", "Host", "127.0.0.1", 421},
			{"GET", "Host", "127.0.0.1:1", 421},
			{"GET", "Origin", "null", 403},
			{"GET", "Referer", "http://127.0.0.1/", 403},
			{"GET", "Sec-Fetch-Mode", "navigate", 403},
			{"GET", "X-Forwarded-Host", "x", 403},
			{"GET", "Forwarded", "for=x", 403},
			{"GET", "Via", "1.1 x", 403},
			{"OPTIONS", "Accept", "*/*", 403},
		} {
			status, body, header := b.send(c.method, path, "", c.header, c.value)
			if status != c.want || body != "" || header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s with %s: %d %q", c.method, path, c.header, status, body)
			}
		}
	}
	for _, host := range []string{"localhost" + port, "[::1]" + port, "127.0.0.1" + port} {
		if status, _, _ := b.send("GET", "/_sandbox/ready", "", "Host", host); status != 200 {
			t.Errorf("host %s: %d", host, status)
		}
	}
	if status, body, _ := b.send("GET", "/bucket/key", ""); status != 404 || body != "" {
		t.Errorf("unknown path: %d %q", status, body)
	}
	if status, _, _ := b.send("POST", "/", strings.Repeat("x", 65<<10)); status != 413 {
		t.Errorf("large body: %d", status)
	}
}

// TestAddress listens where it is told, and on loopback only.
func TestAddress(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return start() }
	for addr, want := range map[string]string{
		"0.0.0.0:0": "not loopback", "192.0.2.1:0": "not loopback", "[::]:0": "not loopback",
		"localhost:0": "not IP:PORT", ":0": "not IP:PORT", "127.0.0.1": "not IP:PORT",
	} {
		if s, err := sandbox.New(sandbox.Options{Now: now, Addr: addr}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", addr, s, err)
		}
	}
	if _, err := sandbox.New(sandbox.Options{}); err == nil {
		t.Error("a server without a clock")
	}
	first := sandbox.Start(t)
	if _, err := sandbox.New(sandbox.Options{Now: now, Addr: strings.TrimPrefix(first.URL(), "http://")}); err == nil {
		t.Error("a second server on a port in use")
	}
}

// TestClose leaves nothing behind: no listener, no goroutine, and twice is fine.
// It is not parallel because it counts goroutines.
func TestClose(t *testing.T) { //nolint:paralleltest // counts goroutines
	before := runtime.NumGoroutine()
	s, err := sandbox.New(sandbox.Options{Now: func() time.Time { return start() }})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	client := &http.Client{Transport: transport}
	for range 20 {
		resp, err := client.Get(s.URL() + "/_sandbox/ready")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	transport.CloseIdleConnections()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.URL(), "http://"), time.Second); err == nil {
		conn.Close()
		t.Error("still listens")
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

// TestControl uses the sandbox's own API.
func TestControl(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, body, _ := b.send("GET", "/_sandbox/ready", "")
	var ready sandbox.Ready
	if err := json.Unmarshal([]byte(body), &ready); err != nil || ready.URL != b.URL() || ready.Endpoints.Container != b.URL()+"/container/credentials" ||
		ready.Region != "eu-central-1" || len(ready.Accounts) != 4 || len(ready.Profiles) != 10 {
		t.Errorf("ready: %v %s", err, body)
	}
	if ic := ready.IdentityCenter; ic == nil || ic.StartURL != startURL || ic.Region != "eu-central-1" || ic.Session != "example-org" ||
		len(ic.Users) != 2 || ic.Users[1] != "bob" || ready.AutoApprove {
		t.Errorf("ready: %s", body)
	}
	if u := ready.Users[0]; u.Name != "alice" || u.AccessKeys[0].ID != alice().AccessKeyID || u.AccessKeys[0].Status != "Active" || u.MFADevices[0].Serial != aliceSerial {
		t.Errorf("first user: %+v", u)
	}
	status, code, _ := b.send("POST", "/_sandbox/mfa-code?user=alice", "")
	if status != 200 || len(code) != 7 {
		t.Fatalf("code: %d %q", status, code)
	}
	b.must(alice(), form("GetSessionToken", "SerialNumber", aliceSerial, "TokenCode", strings.TrimSpace(code)))
	b.code("alice")
	b.code("alice")
	status, body, header := b.send("POST", "/_sandbox/mfa-code?user=alice", "")
	if status != 429 || header.Get("Retry-After") != "23" || body != "no unused MFA code for alice for another 23s\n" {
		t.Errorf("no code left: %d %s %q", status, header.Get("Retry-After"), body)
	}
	status, body, _ = b.send("POST", "/_sandbox/web-identity-token?identity=ci", "")
	if status != 200 || strings.Count(body, ".") != 2 {
		t.Errorf("token: %d %q", status, body)
	}
	for path, want := range map[string]int{
		"/_sandbox/mfa-code?user=bob": 404, "/_sandbox/mfa-code": 404, "/_sandbox/web-identity-token": 404, "/_sandbox/else": 404,
	} {
		if status, _, _ := b.send("POST", path, ""); status != want {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _, _ := b.send("GET", "/_sandbox/mfa-code?user=alice", ""); status != 405 {
		t.Errorf("a code by GET: %d", status)
	}
}

// TestRequests looks at what is recorded, and for what must not be.
func TestRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	code := b.code("alice")
	v := form("GetSessionToken", "SerialNumber", aliceSerial, "TokenCode", code)
	session := b.must(alice(), v)
	b.call(alice(), v, nil)
	b.call(key(alice().AccessKeyID, "wrong", ""), form("GetCallerIdentity"), nil)
	b.send("GET", credsPath, "")
	want := []sandbox.Recorded{
		{Time: start(), Service: "sts", Operation: "GetSessionToken", AccessKeyID: alice().AccessKeyID, Status: 200},
		{Time: start(), Service: "sts", Operation: "GetSessionToken", AccessKeyID: alice().AccessKeyID, Status: 403, Code: "AccessDenied"},
		{Time: start(), Service: "sts", Operation: "GetCallerIdentity", Status: 403, Code: "SignatureDoesNotMatch"},
		{Time: start(), Service: "imds", Operation: "GetMetadata", Status: 401, Code: "Unauthorized"},
	}
	got := b.Requests()
	if len(got) != len(want) {
		t.Fatalf("%d requests: %+v", len(got), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("request %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	_, body, _ := b.send("GET", "/_sandbox/requests", "")
	for _, secret := range []string{code, alice().SecretAccessKey, session.SecretAccessKey, session.SessionToken} {
		if strings.Contains(body, secret) {
			t.Errorf("the record holds %q", secret)
		}
	}
	if !strings.Contains(body, `"operation":"GetSessionToken","access_key_id":"AKIAALICE0001EXAMPLE","status":200}`) {
		t.Errorf("record: %s", body)
	}
}

// TestIPv6 listens on the other loopback.
func TestIPv6(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 loopback")
	}
	l.Close()
	b := newBench(t, sandbox.WithAddr("[::1]:0"))
	if got := b.call(alice(), form("GetCallerIdentity"), nil); got.Status != 200 || !strings.HasPrefix(b.URL(), "http://[::1]:") {
		t.Errorf("%s: %d %s", b.URL(), got.Status, got.Message)
	}
}

// TestGuessing slows down who tries tokens.
func TestGuessing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 100 {
		b.send("GET", "/container/credentials", "", "Authorization", "x")
	}
	begin := time.Now()
	if status, _, _ := b.send("GET", "/container/credentials", "", "Authorization", "x"); status != 403 || time.Since(begin) < time.Second {
		t.Errorf("the 101st guess: %d after %s", status, time.Since(begin))
	}
	begin = time.Now()
	if status, _, _ := b.send("GET", "/container/credentials", "", "Authorization", b.Ready().ContainerToken); status != 200 || time.Since(begin) > time.Second {
		t.Errorf("the right token: %d after %s", status, time.Since(begin))
	}
}
