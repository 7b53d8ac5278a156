package awsapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// listener accepts connections and hands each to f, until the test ends.
func listener(t testing.TB, f func(net.Conn)) awsapi.Endpoint {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		handlers := make(chan struct{}, 100)
		n := 0
		for {
			conn, err := l.Accept()
			if err != nil {
				break
			}
			n++
			go func() {
				defer func() { _ = conn.Close(); handlers <- struct{}{} }()
				defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
				f(conn)
			}()
		}
		for range n {
			<-handlers
		}
	}()
	t.Cleanup(func() { cancel(); _ = l.Close(); <-done })
	return awsapi.Endpoint{URL: "http://" + l.Addr().String(), SigningRegion: "us-east-1"}
}

func readRequest(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) }

// drain reads until the client gives the connection up.
func drain(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

const okHead = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"

func short(o *awsapi.Options) {
	o.Limits = awsapi.Limits{Connect: 100 * time.Millisecond, TLS: 100 * time.Millisecond, Attempt: 100 * time.Millisecond, Total: 250 * time.Millisecond}
}

func faults() map[string]struct {
	serve  func(net.Conn)
	reason awsapi.Reason // "" for a ResponseError
	why    string
} {
	type fault = struct {
		serve  func(net.Conn)
		reason awsapi.Reason
		why    string
	}
	say := func(s string) func(net.Conn) {
		return func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, s) }
	}
	return map[string]fault{
		"silence": {drain, awsapi.ReasonTimeout, "no complete answer within 100ms"},
		"silence after headers": {func(c net.Conn) {
			say(okHead + "Content-Length: 100\r\n\r\n")(c)
			drain(c)
		}, awsapi.ReasonTimeout, "no complete answer within 100ms"},
		"trickle": {func(c net.Conn) {
			say(okHead + "Content-Length: 100000\r\n\r\n")(c)
			for {
				if _, err := c.Write([]byte{' '}); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}, awsapi.ReasonTimeout, "no complete answer within 100ms"},
		"trickled header": {func(c net.Conn) {
			readRequest(c)
			for {
				if _, err := c.Write([]byte{'H'}); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}, awsapi.ReasonTimeout, "no complete answer within 100ms"},
		"closed at once":  {func(net.Conn) {}, awsapi.ReasonClosed, "connection lost"},
		"closed later":    {readRequest, awsapi.ReasonClosed, "connection lost"},
		"closed mid-body": {say(okHead + "Content-Length: 100\r\n\r\n<a>"), awsapi.ReasonClosed, "unexpected EOF"},
		"reset": {func(c net.Conn) {
			readRequest(c)
			_ = c.(*net.TCPConn).SetLinger(0)
		}, awsapi.ReasonClosed, "connection lost"},
		"not HTTP":     {say("\x00\x01SSH-2.0-x\x1b[31m\r\n\r\n"), "", "not HTTP"},
		"header flood": {say(okHead + "X: " + strings.Repeat("a", 70<<10) + "\r\n\r\n"), "", "header of more than 64 KiB"},
		"endless header": {func(c net.Conn) {
			say(okHead)(c)
			for {
				if _, err := io.WriteString(c, "X: "+strings.Repeat("a", 1000)+"\r\n"); err != nil {
					return
				}
			}
		}, "", "header of more than 64 KiB"},
		"endless body": {func(c net.Conn) {
			say(okHead + "\r\n")(c)
			for {
				if _, err := c.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}, "", "body of more than 1 MiB"},
		"chunks that are none": {say(okHead + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "", "not HTTP"},
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := listener(t, tt.serve)
			start := time.Now()
			c := newClient(t, short)
			if tt.reason == "" { // generous: this is about size, not time
				c = newClient(t, nil)
			}
			_, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			var ue *awsapi.UnreachableError
			var re *awsapi.ResponseError
			switch {
			case tt.reason != "" && (!errors.As(err, &ue) || ue.Reason != tt.reason || ue.Attempts < 1):
				t.Errorf("got %v", err)
			case tt.reason == "" && !errors.As(err, &re):
				t.Errorf("got %v", err)
			}
			if err == nil || !strings.Contains(err.Error(), tt.why) || strings.ContainsAny(err.Error(), "\x00\x1b\r\n") || len(err.Error()) > 500 {
				t.Errorf("text %q, want %q", err, tt.why)
			}
		})
	}
}

// TestGzipBomb: compressed bodies are not asked for and not unpacked.
func TestGzipBomb(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 64 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	for _, custom := range []awsapi.HTTPClient{nil, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}} {
		var asked string
		e, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
			asked = r.Header.Get("Accept-Encoding")
			w.Header().Set("Content-Encoding", "gzip")
			answer(200, xmlType, b.String())(w, r)
		})
		c := newClient(t, func(o *awsapi.Options) { o.HTTPClient = custom })
		_, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
		var re *awsapi.ResponseError
		if !errors.As(err, &re) || asked != "identity" {
			t.Errorf("asked for %q, got %v", asked, err)
		}
	}
}

// TestNameWithoutAddress uses RFC 6761's name that never has one.
func TestNameWithoutAddress(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(o *awsapi.Options) {
		o.HTTPClient = roundTrip(func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "sts.us-esat-1.amazonaws.com", IsNotFound: true}}
		})
	})
	e := awsapi.Endpoint{URL: "https://sts.us-esat-1.amazonaws.com", SigningRegion: "us-esat-1"}
	_, err := c.GetCallerIdentity(t.Context(), e, keys())
	var ue *awsapi.UnreachableError
	if !errors.As(err, &ue) || ue.Reason != awsapi.ReasonDNS || ue.Attempts != 1 || !strings.Contains(err.Error(), "no such host: sts.us-esat-1.amazonaws.com") {
		t.Errorf("got %v", err)
	}
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		t.Error("cause is not kept")
	}
}

// TestNoGoroutinesLeft counts goroutines, and so runs alone.
func TestNoGoroutinesLeft(t *testing.T) { //nolint:paralleltest // counts goroutines
	before := runtime.NumGoroutine()
	t.Run("all", func(t *testing.T) {
		for name, tt := range faults() {
			t.Run(name, func(t *testing.T) {
				e := listener(t, tt.serve)
				c := newClient(t, short)
				_, _ = c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
				_, _ = c.Fetch(t.Context(), awsapi.Request{Method: "GET", URL: e.URL, Operation: "x"}, awsapi.Limits{Attempts: 1})
			})
		}
		e, _ := server(t, answer(200, xmlType, assumeRoleXML))
		c := newClient(t, nil)
		for range 10 {
			if _, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{}); err != nil {
				t.Error(err)
			}
		}
	})
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}
