package loopback_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

// serve starts a server that ends with the test.
func serve(t *testing.T, o loopback.Options) (*loopback.Server, string) {
	t.Helper()
	l, err := loopback.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	if o.Handler == nil {
		o.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })
	}
	s := loopback.Serve(l, o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, l.Addr().String()
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, loopback.Options{})
	h := s.HTTP()
	got := fmt.Sprint(h.ReadHeaderTimeout, h.ReadTimeout, h.WriteTimeout, h.IdleTimeout, h.MaxHeaderBytes, loopback.MaxConnections, loopback.FreeTries, loopback.TryDelay)
	if want := "5s 10s 30s 1m0s 8192 1024 100 1s"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if s, _ := serve(t, loopback.Options{MaxHeader: 100}); s.HTTP().MaxHeaderBytes != 100 {
		t.Error("another limit on headers is not heeded")
	}
}

// TestErrorLog: what net/http would log are addresses and bytes of strangers.
func TestErrorLog(t *testing.T) { //nolint:paralleltest // it is the process's log that is looked at
	var logged strings.Builder
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	s, address := serve(t, loopback.Options{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("of a stranger") })})
	if got := raw(t, address, "GET / HTTP/1.0\r\n\r\n"); got != "" {
		t.Errorf("%q", got)
	}
	_ = s.Close()
	if logged.Len() > 0 {
		t.Errorf("net/http logs %s", logged.String())
	}
}

// TestCloseWaits: when Close returns, all have left who were inside, and so has
// who accepts.
func TestCloseWaits(t *testing.T) {
	t.Parallel()
	inner, err := loopback.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	entered := make(chan struct{})
	var left atomic.Bool
	s := loopback.Serve(lingering{inner}, loopback.Options{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		time.Sleep(100 * time.Millisecond)
		left.Store(true)
	})})
	go func() { _ = raw(t, inner.Addr().String(), "GET / HTTP/1.0\r\n\r\n") }()
	<-entered
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !left.Load() {
		t.Error("a request is still under way")
	}
	select {
	case <-s.Ended():
	default:
		t.Error("it still accepts")
	}
}

// lingering is a listener that takes its time to end.
type lingering struct{ net.Listener }

func (l lingering) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		time.Sleep(300 * time.Millisecond)
	}
	return conn, err
}

// TestOptions: "OPTIONS *" comes to the handler like everything else.
func TestOptions(t *testing.T) {
	t.Parallel()
	_, address := serve(t, loopback.Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) })})
	if got := raw(t, address, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 403") {
		t.Errorf("%q", got)
	}
}

func TestSingle(t *testing.T) {
	t.Parallel()
	for _, single := range []bool{false, true} {
		_, address := serve(t, loopback.Options{Single: single})
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if response, err := http.ReadResponse(r, nil); err != nil {
			t.Fatal(err)
		} else {
			_, _ = io.Copy(io.Discard, response.Body)
		}
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := http.ReadResponse(r, nil); (err != nil) != single {
			t.Errorf("single %v: the second request: %v", single, err)
		}
	}
}

// TestClose gives requests their time, and no more.
func TestClose(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		takes time.Duration
		want  string
	}{{50 * time.Millisecond, "done"}, {time.Hour, ""}} {
		entered := make(chan struct{})
		left := make(chan struct{})
		s, address := serve(t, loopback.Options{Drain: 2 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(left)
			close(entered)
			select {
			case <-time.After(tt.takes):
				_, _ = io.WriteString(w, "done")
			case <-r.Context().Done():
			}
		})})
		answer := make(chan string, 1)
		go func() { answer <- raw(t, address, "GET / HTTP/1.0\r\nHost: x\r\n\r\n") }()
		<-entered
		began := time.Now()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("closing took %v", took)
		}
		select {
		case <-left:
		default:
			t.Error("a request is still under way")
		}
		if got := <-answer; !strings.HasSuffix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("the request got %q, want %q", got, tt.want)
		}
		if err := s.Err(); !errors.Is(err, loopback.ErrClosed) {
			t.Errorf("ended with %v", err)
		}
		if _, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			t.Error("it still listens")
		}
	}
}

// TestEnd tells when a server cannot go on.
func TestEnd(t *testing.T) {
	t.Parallel()
	l, err := loopback.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	s := loopback.Serve(l, loopback.Options{Handler: http.NotFoundHandler()})
	defer s.Close()
	_ = l.Close() // pulled away
	select {
	case <-s.Ended():
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
	if err := s.Err(); err == nil || errors.Is(err, loopback.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
}

// TestSlots: who takes all places keeps them for the limit on headers, and what
// comes then is answered.
func TestSlots(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes five seconds")
	}
	_, address := serve(t, loopback.Options{})
	conns := make([]net.Conn, loopback.MaxConnections)
	for i := range conns {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHo"); err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
	}
	began := time.Now()
	got := raw(t, address, "GET / HTTP/1.0\r\n\r\n")
	if took := time.Since(began); !strings.HasSuffix(got, "here") || took < 2*time.Second || took > 20*time.Second {
		t.Errorf("%q after %v", got, took)
	}
	for _, conn := range conns {
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) {
			t.Error("a slow connection is still open")
		}
	}
}

func TestTries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries loopback.Tries
		began := time.Now()
		for range loopback.FreeTries {
			tries.Refused(t.Context())
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("%d tries took %v", loopback.FreeTries, took)
		}
		tries.Refused(t.Context())
		if took := time.Since(began); took != loopback.TryDelay {
			t.Errorf("the next one took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if tries.Refused(ctx); time.Since(began) != loopback.TryDelay {
			t.Error("who has gone is still waited for")
		}
	})
}

func TestReset(t *testing.T) {
	t.Parallel()
	_, address := serve(t, loopback.Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		loopback.Reset(conn)
		_ = conn.Close()
	})})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadAll(conn); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no reset, but %v", err)
	}
}

// TestNoGoroutines: nothing is left of a server and its connections.
func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		l, err := loopback.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		s := loopback.Serve(l, loopback.Options{Handler: http.NotFoundHandler()})
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET ")
		_, _ = bufio.NewReader(conn).ReadString('\n')
		_ = s.Close()
		_ = conn.Close()
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

// raw sends a request and returns all that comes back.
func raw(t *testing.T, address, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	_, _ = io.WriteString(conn, request)
	answer, _ := io.ReadAll(conn)
	return string(answer)
}
