package server_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/loopback"
	"github.com/latchkey-aws/latchkey/server"
)

func TestListen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{":0", "0.0.0.0:0", "localhost:0"} {
		l, err := server.Listen(address)
		var wrong *loopback.AddressError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: %v", address, err)
		}
		if err == nil {
			_ = l.Close()
		}
	}
}

// TestHostFirst: by another name there is not even a path.
func TestHostFirst(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Metadata: "dev"})
	for _, path := range []string{"/", "/none", "/v1/credentials/none", "/latest/none", "/latest/api/token"} {
		for _, method := range []string{"GET", "POST", "OPTIONS", "PUT"} {
			a := send(t, s, request{method: method, path: path, host: "evil.test", header: []string{"Origin: http://evil.test"}})
			if a.status != http.StatusMisdirectedRequest || a.body != "" {
				t.Errorf("%s %s: %d %q", method, path, a.status, a.body)
			}
		}
	}
}

// TestTokenPlace: a token counts in its header alone, not where logs and histories
// would have it.
func TestTokenPlace(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{Metadata: "dev"})
	token, meta := s.Grant("dev").Reveal(), metadataToken(t, s)
	for path, want := range map[string]int{
		server.Path("dev") + "?token=" + token: 403, server.Path("dev") + "?Authorization=" + token: 403,
		"/latest/meta-data?token=" + meta: 401, "/latest/meta-data?X-aws-ec2-metadata-token=" + meta: 401,
	} {
		if a := send(t, s, request{path: path, header: []string{"Cookie: token=" + token}}); a.status != want {
			t.Errorf("%.30s: %d, want %d", path, a.status, want)
		}
	}
}

// TestGrantKeeps: what is granted does not change with the caller's list.
func TestGrantKeeps(t *testing.T) {
	t.Parallel()
	s := start(t, server.Options{})
	names := []string{"dev"}
	token := s.Grant(names...).Reveal()
	names[0] = "prod"
	for name, want := range map[string]int{"dev": 200, "prod": 404} {
		if a := send(t, s, request{path: server.Path(name), token: token}); a.status != want {
			t.Errorf("%s: %d, want %d", name, a.status, want)
		}
	}
}

// TestRefusals holds what all answers have that hold no credentials.
func TestRefusals(t *testing.T) {
	t.Parallel()
	broken := &source{creds: func(int) (aws.Credentials, error) { return aws.Credentials{}, errors.New(canary) }}
	s := start(t, server.Options{Sources: []server.Source{{Name: "dev", Provider: broken}}, Metadata: "dev"})
	token, meta := s.Grant("dev").Reveal(), metadataToken(t, s)
	for _, tt := range []struct {
		r      request
		status int
		ends   bool // the connection
		body   string
	}{
		{request{path: "/"}, 404, true, ""},
		{request{path: "/", host: "evil.test"}, 421, true, ""},
		{request{path: "/", header: []string{"Via: x"}}, 403, true, ""},
		{request{method: "POST", path: server.Path("dev")}, 405, true, ""},
		{request{path: server.Path("dev")}, 403, true, `{"code":"AccessDenied","message":"the authorization token is missing or wrong"}`},
		{request{path: server.Path("none"), token: token}, 404, false, ""},
		{request{path: server.Path("dev"), token: token}, 503, false, `{"code":"CredentialsUnavailable","message":"the credentials of dev could not be renewed"}`},
		{request{path: "/latest/meta-data"}, 401, true, ""},
		{request{method: "PUT", path: "/latest/api/token"}, 400, true, ""},
		{request{path: "/latest/none", header: []string{"X-aws-ec2-metadata-token: " + meta}}, 404, false, ""},
	} {
		a := exchange(t, s, tt.r)
		if a.status != tt.status || a.body != tt.body || a.ends != tt.ends {
			t.Errorf("%s %s: %d %q, the connection ends: %v", tt.r.method, tt.r.path, a.status, a.body, a.ends)
		}
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s: %v", tt.r.method, tt.r.path, a.header)
		}
		if kind := a.header.Get("Content-Type"); (kind == "application/json") != (tt.body != "") {
			t.Errorf("%s %s: a body of type %q", tt.r.method, tt.r.path, kind)
		}
		if allow := a.header.Get("Allow"); (allow == "GET") != (tt.status == 405) {
			t.Errorf("%s %s: allowed is %q", tt.r.method, tt.r.path, allow)
		}
	}
}

// TestEnded: a server that cannot go on says so, and why.
func TestEnded(t *testing.T) {
	t.Parallel()
	for _, pulled := range []bool{false, true} {
		l, err := server.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		s, err := server.Start(l, server.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.Ended():
			t.Error("it has ended before its end")
		default:
		}
		if pulled {
			_ = l.Close()
		} else if err := s.Close(); err != nil {
			t.Error(err)
		}
		select {
		case <-s.Ended():
		case <-time.After(10 * time.Second):
			t.Error("it does not end")
		}
		if err := s.Err(); (err != nil) != pulled {
			t.Errorf("pulled away %v: %v", pulled, err)
		}
		_ = s.Close()
	}
}

// TestCloseWaits: a request under way gets its answer, what it waits for is ended,
// and nothing is left. It is not parallel: it looks at all goroutines.
func TestCloseWaits(t *testing.T) { //nolint:paralleltest // counts goroutines
	before := ours()
	p := &source{wait: make(chan struct{})}
	asking := make(chan struct{})
	var left atomic.Bool
	person := server.Source{
		Name: "person", Provider: &source{creds: func(int) (aws.Credentials, error) { return aws.Credentials{}, errPerson }},
		NeedsPerson: func(error) bool { return true },
		Ask: func(ctx context.Context, _ error) {
			close(asking)
			<-ctx.Done()
			time.Sleep(100 * time.Millisecond)
			left.Store(true)
		},
	}
	l, err := server.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Start(l, server.Options{Now: time.Now, Sources: []server.Source{{Name: "dev", Provider: p}, person}})
	if err != nil {
		t.Fatal(err)
	}
	if a := send(t, s, request{path: server.Path("person"), token: s.Grant("person").Reveal()}); a.status != 503 {
		t.Errorf("%d", a.status)
	}
	<-asking
	got := make(chan answer, 1)
	token := s.Grant("dev").Reveal()
	go func() {
		defer close(got) // send may end the goroutine
		got <- send(t, s, request{path: server.Path("dev"), token: token})
	}()
	for p.count() == 0 {
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	if err := s.Close(); err != nil || time.Since(began) > 4*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if !left.Load() {
		t.Error("a person is still being asked")
	}
	if a := <-got; a.status != 503 || !strings.Contains(a.body, "CredentialsPending") {
		t.Errorf("%d %q", a.status, a.body)
	}
	if after := ours(); after > before {
		t.Errorf("%d goroutines of the server, %d before", after, before)
	}
}

// ours counts the goroutines of the package and of its connections.
func ours() (n int) {
	stacks := make([]byte, 4<<20)
	for _, one := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(one, "latchkey/server.(") || strings.Contains(one, "net/http.(*conn).serve(") {
			n++
		}
	}
	return n
}
