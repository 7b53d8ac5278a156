package server_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/server"
)

// canary is in every secret: it must be in nothing but an answer with credentials.
const canary = "CANARYcanaryCANARYcanaryCANARYcanary0000"

// source is a provider whose answers a test sets.
type source struct {
	mu    sync.Mutex
	calls int
	life  time.Duration
	creds func(n int) (aws.Credentials, error)
	wait  chan struct{} // closed when calls may return; nil: at once
}

func (s *source) Retrieve(ctx context.Context) (aws.Credentials, error) {
	s.mu.Lock()
	s.calls++
	n, wait, creds := s.calls, s.wait, s.creds
	s.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return aws.Credentials{}, ctx.Err()
		}
	}
	if creds == nil {
		return good(n, s.life), nil
	}
	return creds(n)
}

func (s *source) set(creds func(n int) (aws.Credentials, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.creds = creds
}

func (s *source) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// good are the credentials of the n-th call.
func good(n int, life time.Duration) aws.Credentials {
	if life == 0 {
		life = time.Hour
	}
	id := "ASIA" + strings.Repeat(string(rune('A'+(n-1)%26)), 9) + "EXAMPLE"
	return aws.Credentials{
		AccessKeyID: id, SecretAccessKey: canary, SessionToken: "token-" + id, AccountID: "111122223333",
		CanExpire: true, Expires: time.Now().Add(life),
	}
}

var errPerson = errors.New("a person is needed")

// start serves sources called dev and prod, and ends with the test.
func start(t *testing.T, o server.Options) *server.Server {
	t.Helper()
	l, err := server.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, l, o)
}

func startOn(t *testing.T, l net.Listener, o server.Options) *server.Server {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sources == nil {
		o.Sources = []server.Source{{Name: "dev", Provider: &source{}, Region: "eu-central-1"}, {Name: "prod", Provider: &source{}}}
	}
	s, err := server.Start(l, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// request is one that every check lets through, but for what a test changes.
type request struct {
	method, path, host, token string
	header                    []string // "Name: value"
	body                      string
}

type answer struct {
	status int
	header http.Header
	body   string
	ends   bool // the connection with it
}

// send sends a request as it stands, the last on its connection. A Host of "" is
// the server's.
func send(t *testing.T, s *server.Server, r request) answer {
	t.Helper()
	r.header = append([]string{"Connection: close"}, r.header...)
	return exchange(t, s, r)
}

// exchange leaves it to the server whether the connection is kept.
func exchange(t *testing.T, s *server.Server, r request) answer {
	t.Helper()
	address := strings.TrimPrefix(s.URL(), "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if r.method == "" {
		r.method = http.MethodGet
	}
	if r.host == "" {
		r.host = address
	}
	lines := append([]string{r.method + " " + r.path + " HTTP/1.1", "Host: " + r.host}, r.header...)
	if r.token != "" {
		lines = append(lines, "Authorization: "+r.token)
	}
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"+r.body); err != nil {
		t.Log(err) // it need not be read to its end
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: r.method})
	if err != nil {
		t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil && response.StatusCode != http.StatusRequestHeaderFieldsTooLarge { // which is not read to its end
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body), response.Close}
}
