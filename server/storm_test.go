package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/server"
)

// long reports whether there is time for more.
func long() bool { return os.Getenv("LATCHKEY_TEST_LONG") != "" }

// pool is a client that keeps n connections.
func pool(t *testing.T, n int) *http.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: n, MaxConnsPerHost: n}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

func do(c *http.Client, method, url string, header ...string) (int, string, error) {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, "", err
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	a, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	return a.StatusCode, string(body), err
}

// TestExpiryUnderLoad: at the expiry one call fetches anew, and until then and from
// then on nobody gets credentials that are about to end, or those of two calls.
func TestExpiryUnderLoad(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Now()}
	p := &source{}
	p.creds = func(n int) (aws.Credentials, error) {
		time.Sleep(50 * time.Millisecond)
		creds := good(n, 0)
		creds.Expires = c.Now().Add(time.Hour).Truncate(time.Second)
		return creds, nil
	}
	s := start(t, server.Options{Now: c.Now, Sources: []server.Source{{Name: "dev", Provider: p}}})
	token, client := s.Grant("dev").Reveal(), pool(t, 64)
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var answers atomic.Int64
	for range 64 {
		all.Go(func() {
			for ctx.Err() == nil {
				asked := c.Now()
				status, body, err := do(client, "GET", s.URL()+server.Path("dev"), "Authorization", token)
				var got struct {
					AccessKeyID string `json:"AccessKeyId"`
					Token       string
					Expiration  time.Time
				}
				if err == nil {
					err = json.Unmarshal([]byte(body), &got)
				}
				if err != nil || status != 200 || got.Token != "token-"+got.AccessKeyID || got.Expiration.Sub(asked) < time.Minute {
					t.Errorf("%v, %d with %v left: %s", err, status, got.Expiration.Sub(asked), body)
					return
				}
				answers.Add(1)
			}
		})
	}
	const lives = 5
	for life := range lives + 1 {
		for before := answers.Load(); (p.count() <= life || answers.Load() < before+100) && !t.Failed(); {
			time.Sleep(10 * time.Millisecond)
		}
		if life < lives {
			c.add(59*time.Minute + 2*time.Second)
		}
	}
	stop()
	all.Wait()
	if n := p.count(); n != lives+1 {
		t.Errorf("%d calls for %d lives, %d answers", n, lives+1, answers.Load())
	}
	t.Logf("%d answers, %d calls", answers.Load(), p.count())
}

// TestStorm: everything at once, and then the end in the middle of it.
func TestStorm(t *testing.T) { //nolint:paralleltest // counts goroutines
	before := ours()
	l, err := server.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	var seen atomic.Int64
	fickle := &source{creds: func(n int) (aws.Credentials, error) {
		switch n % 4 {
		case 0:
			return aws.Credentials{}, errPerson
		case 1:
			panic(canary)
		case 2:
			return good(n, 30*time.Second), nil
		}
		return good(n, 61*time.Second), nil
	}}
	s, err := server.Start(l, server.Options{
		Now: time.Now, Metadata: "dev", Seen: func(server.Request) { seen.Add(1) },
		Sources: []server.Source{{Name: "dev", Provider: &source{life: 61 * time.Second}}, {
			Name: "prod", Provider: fickle, NeedsPerson: func(err error) bool { return err == errPerson }, Ask: func(context.Context, error) {}, Failed: func(error, bool) {},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	length := 2 * time.Second
	if long() {
		length = time.Minute
	}
	end := time.Now().Add(length)
	client := pool(t, 32)
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			for time.Now().Before(end.Add(100 * time.Millisecond)) { // and beyond its end
				if err := storm(s, client, i); err != nil && time.Now().Before(end) {
					t.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(time.Until(end))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	client.CloseIdleConnections()
	if after := ours(); after > before {
		t.Errorf("%d goroutines of the server, %d before", after, before)
	}
	if seen.Load() < 100 {
		t.Errorf("%d requests", seen.Load())
	}
	t.Logf("%d requests", seen.Load())
}

// storm is one of many things that can be done.
func storm(s *server.Server, client *http.Client, i int) error {
	token := s.Grant("dev", "prod")
	defer s.Revoke(token)
	const meta, ttl = "X-aws-ec2-metadata-token", "X-aws-ec2-metadata-token-ttl-seconds"
	var status int
	var body string
	var err error
	want := []int{200}
	switch i % 4 {
	case 0:
		status, body, err = do(client, "GET", s.URL()+server.Path("dev"), "Authorization", token.Reveal())
	case 1:
		status, body, err = do(client, "GET", s.URL()+server.Path("prod"), "Authorization", token.Reveal())
		want = []int{200, 503}
	case 2:
		if status, body, err = do(client, "PUT", s.URL()+"/latest/api/token", ttl, "1"); err == nil && status == 200 {
			status, body, err = do(client, "GET", s.URL()+"/latest/meta-data/iam/security-credentials/dev", meta, body)
		}
		want = []int{200, 401} // a second may pass between the two
	default:
		status, body, err = do(client, "DELETE", s.URL()+server.Path("dev"), "Authorization", token.Reveal())
		want = []int{405}
	}
	if err == nil && !slices.Contains(want, status) {
		err = fmt.Errorf("%d: %d %s", i%4, status, body)
	}
	return err
}

// cycle is a connection that ends in the middle.
func cycle(t *testing.T, s *server.Server, line string) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Error(err)
		return
	}
	_, _ = io.WriteString(conn, line)
	if strings.HasSuffix(line, "\r\n\r\n") {
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, _ = conn.Read(make([]byte, 1))
	}
	_ = conn.(*net.TCPConn).SetLinger(0) // ports are not endless
	_ = conn.Close()
}

// TestCycles: connections come and go, at all places of a request, and leave no file
// open.
func TestCycles(t *testing.T) { //nolint:paralleltest // counts files
	cycles := 2000
	if long() {
		cycles = 100_000
	}
	s := start(t, server.Options{Metadata: "dev"})
	send(t, s, request{path: server.Path("dev"), token: s.Grant("dev").Reveal()})
	before, lines := openFiles(), []string{"", "GET ", "GET / HTTP/1.1\r\nHost: ", "GET / HTTP/1.1\r\n\r\n", "\r\n\r\n"}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range cycles / 8 {
				cycle(t, s, lines[(worker+i)%len(lines)])
			}
		})
	}
	all.Wait()
	deadline := time.Now().Add(5 * time.Second)
	for (openFiles() > before+2 || ours() > 3) && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if after := openFiles(); after > before+2 {
		t.Errorf("%d files are open after %d cycles, %d before", after, cycles, before)
	}
	if n := ours(); n > 3 { // the two keepers, and one that accepts
		t.Errorf("%d goroutines of the server", n)
	}
}

// openFiles is how many files this process has open, 0 where the system does not
// say.
func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// TestManyRequests: ten thousand requests over two hundred connections, and then
// none of them.
func TestManyRequests(t *testing.T) { //nolint:paralleltest // counts goroutines
	s := start(t, server.Options{Metadata: "dev"})
	token, client := s.Grant("dev").Reveal(), pool(t, 200)
	var all sync.WaitGroup
	took := make([]time.Duration, 10_000)
	for worker := range 200 {
		all.Go(func() {
			for i := range 50 {
				began := time.Now()
				status, body, err := do(client, "GET", s.URL()+server.Path("dev"), "Authorization", token)
				took[worker*50+i] = time.Since(began)
				if err != nil || status != 200 || !strings.Contains(body, canary) {
					t.Errorf("%v, %d %s", err, status, body)
					return
				}
			}
		})
	}
	all.Wait()
	client.CloseIdleConnections()
	deadline := time.Now().Add(5 * time.Second)
	for ours() > 3 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := ours(); n > 3 {
		t.Errorf("%d goroutines of the server", n)
	}
	slices.Sort(took)
	t.Logf("half within %v, 99 of 100 within %v, %s", took[5000], took[9900], fmt.Sprint(runtime.NumGoroutine(), " goroutines in all"))
}
