package server_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/latchkey-aws/latchkey/server"
)

// ask has another user ask for credentials, with a socket of its own that a
// thread of its own connects. "" is no answer.
func ask(t *testing.T, uid int, to unix.Sockaddr, host, token string) (answer string) {
	t.Helper()
	family := unix.AF_INET
	if _, file := to.(*unix.SockaddrUnix); file {
		family = unix.AF_UNIX
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Fchown(fd, uid, -1); err != nil {
		t.Fatal(err)
	}
	if err := connectAs(uid, fd, to); err != nil {
		t.Log(err)
		return ""
	}
	_, _ = unix.Write(fd, []byte("GET "+server.Path("dev")+" HTTP/1.0\r\nHost: "+host+"\r\nAuthorization: "+token+"\r\n\r\n"))
	b := make([]byte, 4096)
	n, err := unix.Read(fd, b)
	if err != nil || n < 0 {
		return ""
	}
	return string(b[:n])
}

// TestOtherUser: to other users of the machine a token is of no use, on an address
// nor on a socket.
func TestOtherUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	s := start(t, server.Options{})
	token := s.Grant("dev").Reveal()
	host := strings.TrimPrefix(s.URL(), "http://")
	folder, err := os.MkdirTemp("", "latchkey-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "s")
	l, err := server.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	onSocket := startOn(t, l, server.Options{})
	if onSocket.URL() != "" {
		t.Errorf("a socket has the URL %s", onSocket.URL())
	}
	// Even where the file's mode would let everybody in.
	for _, name := range []string{folder, path} {
		if err := os.Chmod(name, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	port := l4(t, host)
	for uid, want := range map[int]bool{0: true, 65534: false} {
		if got := ask(t, uid, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: port}, host, token); strings.Contains(got, canary) != want || !want && got != "" {
			t.Errorf("user %d gets %q", uid, got)
		}
		if got := ask(t, uid, &unix.SockaddrUnix{Name: path}, "localhost", onSocket.Grant("dev").Reveal()); strings.Contains(got, canary) != want || !want && got != "" {
			t.Errorf("user %d gets %q over the socket", uid, got)
		}
	}
}

func l4(t *testing.T, host string) int {
	t.Helper()
	address, err := net.ResolveTCPAddr("tcp4", host)
	if err != nil {
		t.Fatal(err)
	}
	return address.Port
}

// TestNear: the metadata service's answers do not leave the machine.
func TestNear(t *testing.T) {
	t.Parallel()
	for name, metadata := range map[string]string{"with the service": "dev", "without": ""} {
		inner, err := server.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		l := &watched{Listener: inner}
		s := startOn(t, l, server.Options{Metadata: metadata})
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(conn, "GET "+server.Path("dev")+" HTTP/1.1\r\nHost: "+inner.Addr().String()+"\r\nAuthorization: "+s.Grant("dev").Reveal()+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Fatal(err)
		}
		if ttl := l.ttl(t); (ttl == 1) != (metadata != "") {
			t.Errorf("%s: a time to live of %d", name, ttl)
		}
	}
}

// watched keeps the connection that it has accepted last.
type watched struct {
	net.Listener
	mu   sync.Mutex
	last *net.TCPConn
}

func (w *watched) Accept() (net.Conn, error) {
	conn, err := w.Listener.Accept()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, _ = conn.(*net.TCPConn)
	return conn, err
}

func (w *watched) ttl(t *testing.T) (ttl int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	raw, err := w.last.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) { ttl, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TTL) })
	if err != nil {
		t.Fatal(err)
	}
	return ttl
}

// connectAs connects as another user, whom a socket of the file system has down as
// its peer: on a thread of its own, which ends with the goroutine.
func connectAs(uid, fd int, to unix.Sockaddr) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); errno != 0 {
			done <- errno
			return
		}
		done <- unix.Connect(fd, to)
	}()
	return <-done
}
