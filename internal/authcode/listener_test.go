package authcode_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/authcode"
)

func TestBusyPort(t *testing.T) {
	t.Parallel()
	first := listen(t)
	busy, err := strconv.Atoi(port(first))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{busy, -1, 65536} {
		l, err := authcode.Listen(authcode.Options{Port: want, State: state})
		var failure *authcode.PortError
		if !errors.As(err, &failure) || failure.Port != want || failure.Err == nil || l != nil {
			t.Errorf("port %d: %v, %v", want, l, err)
		}
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	again, err := authcode.Listen(authcode.Options{Port: busy, State: state})
	if err != nil {
		t.Skip("somebody else took the port meanwhile")
	}
	defer again.Close()
	if again.RedirectURI() != first.RedirectURI() {
		t.Errorf("%s, want %s", again.RedirectURI(), first.RedirectURI())
	}
}

func TestNoState(t *testing.T) {
	t.Parallel()
	if l, err := authcode.Listen(authcode.Options{}); err == nil {
		_ = l.Close()
		t.Error("a listener without a state")
	}
}

// TestOnlyLoopback: other addresses of this machine are not listened on.
func TestOnlyLoopback(t *testing.T) {
	t.Parallel()
	l := listen(t)
	if !strings.HasPrefix(l.RedirectURI(), "http://127.0.0.1:") || !strings.HasSuffix(l.RedirectURI(), "/oauth/callback") {
		t.Errorf("redirect URI %s", l.RedirectURI())
	}
	var hosts []string
	if runtime.GOOS == "linux" {
		hosts = append(hosts, "127.0.0.2")
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			hosts = append(hosts, ip.String())
		}
	}
	if len(hosts) == 0 {
		t.Skip("no other address on this machine")
	}
	for _, host := range hosts {
		if conn, err := net.DialTimeout("tcp", net.JoinHostPort(host, port(l)), time.Second); err == nil {
			_ = conn.Close()
			t.Errorf("%s is listened on", host)
		}
	}
}

// TestSlowRequest: a request that trickles in is given up, and its place free.
func TestSlowRequest(t *testing.T) {
	t.Parallel()
	l := listen(t)
	conns := make([]net.Conn, authcode.MaxConnections)
	for i := range conns {
		conn, err := net.Dial("tcp", address(l))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET /oauth/callback?"+good+" HTTP/1.1\r\nHost: "); err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
	}
	begun := time.Now()
	// All places are taken, so the browser waits until the first ones are given up.
	if status, _, _ := ask(t, l, request{query: good}); status != 200 {
		t.Errorf("status %d", status)
	}
	if took := time.Since(begun); took < authcode.HeaderTimeout/2 || took > 4*authcode.HeaderTimeout {
		t.Errorf("answered after %v", took)
	}
	if code, err := l.Wait(t.Context()); err != nil || code.Reveal() != canary {
		t.Errorf("%q, %v", code.Reveal(), err)
	}
	for _, conn := range conns {
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.ReadAll(conn); errors.Is(err, context.DeadlineExceeded) {
			t.Error("a slow connection is still open")
		}
	}
}

// TestPatience: nobody sits there for longer, and a code does not live longer.
func TestPatience(t *testing.T) {
	t.Parallel()
	if authcode.Patience != 10*time.Minute || listen(t).Patience() != authcode.Patience {
		t.Errorf("%v, and the listener waits %v", authcode.Patience, listen(t).Patience())
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do   func(*authcode.Listener, context.CancelFunc)
		want error
	}{
		"cancelled":   {func(_ *authcode.Listener, cancel context.CancelFunc) { cancel() }, context.Canceled},
		"closed":      {func(l *authcode.Listener, _ context.CancelFunc) { _ = l.Close() }, authcode.ErrClosed},
		"no patience": {func(*authcode.Listener, context.CancelFunc) {}, authcode.ErrPatience},
	} {
		l := listen(t)
		if tt.want == authcode.ErrPatience {
			l.SetPatience(50 * time.Millisecond)
		}
		// Connections that are open at the end must not hold it up.
		conn, err := net.Dial("tcp", address(l))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var at time.Time
		done := make(chan struct{})
		time.AfterFunc(30*time.Millisecond, func() { at = time.Now(); tt.do(l, cancel); close(done) })
		_, err = l.Wait(ctx)
		<-done
		if took := time.Since(at); !errors.Is(err, tt.want) || took > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, took)
		}
		if err := l.Close(); err != nil {
			t.Errorf("%s: closed again: %v", name, err)
		}
		if status, _, _ := ask(t, l, request{query: good}); status != 0 {
			t.Errorf("%s: answered %d after the end", name, status)
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: an open connection at the end: %v", name, err)
		}
		_ = conn.Close()
		cancel()
	}
}

// TestCloseDuringADelay: a request that is being slowed down does not hold up the
// end, even if its connection has more to say and so is not seen to be gone.
func TestCloseDuringADelay(t *testing.T) {
	t.Parallel()
	l := listen(t)
	for range authcode.MaxMisses {
		ask(t, l, request{query: "state=x"})
	}
	conn, err := net.Dial("tcp", address(l))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	one := "GET /oauth/callback?state=x HTTP/1.1\r\nHost: " + address(l) + "\r\n\r\n"
	for range 2 {
		if _, err := io.WriteString(conn, one); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	begun := time.Now()
	if err := l.Close(); err != nil || time.Since(begun) > authcode.MissDelay/2 {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}

// TestNothingIsLeft is not parallel: it looks at all goroutines. One that is on
// its last step may still be seen.
func TestNothingIsLeft(t *testing.T) {
	l := listen(t)
	for range authcode.MaxConnections {
		conn, err := net.Dial("tcp", address(l))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET "); err != nil {
			t.Fatal(err)
		}
	}
	served := func() int {
		stacks := make([]byte, 4<<20)
		return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "net/http.(*conn).serve(")
	}
	for range 100 {
		if served() == authcode.MaxConnections {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if n := served(); n != authcode.MaxConnections {
		t.Fatalf("%d connections are served, want %d", n, authcode.MaxConnections)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if n := served(); n > 3 {
		t.Errorf("%d connections are served after the end", n)
	}
}

// TestOptionsForAll: net/http would answer this one itself, to any host.
func TestOptionsForAll(t *testing.T) {
	t.Parallel()
	l := listen(t)
	for host, want := range map[string]string{"evil.test": "421", address(l): "404"} {
		conn, err := net.Dial("tcp", address(l))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 "+want+" ") {
			t.Errorf("%s: %.40s, %v", host, answer, err)
		}
	}
}

// TestWholePageBeforeTheEnd: Wait closes all connections, but not before the
// page has gone out.
func TestWholePageBeforeTheEnd(t *testing.T) {
	t.Parallel()
	if !listen(t).SentFirst(good) {
		t.Error("the page is sent after the answer is known")
	}
	for range 10 {
		l := listen(t)
		type result struct {
			status int
			body   string
		}
		got := make(chan result, 1)
		go func() {
			answer, err := http.Get(l.RedirectURI() + "?" + good)
			if err != nil {
				got <- result{body: err.Error()}
				return
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			got <- result{answer.StatusCode, string(body) + fmt.Sprint(err)}
		}()
		if _, err := l.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := <-got; r.status != 200 || !strings.HasSuffix(r.body, "</html>\n<nil>") {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
}
