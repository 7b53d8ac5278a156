package loopback_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

// nobody is another user than any that tests run as.
const nobody = 65534

// as calls f as another user, which only root can: on a thread of its own that
// ends with it.
func as(t *testing.T, uid int, f func()) {
	t.Helper()
	if uid != os.Getuid() && os.Getuid() != 0 {
		t.Skip("needs root")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); errno != 0 {
			t.Error(errno)
			return
		}
		f()
	}()
	<-done
}

// dial connects with a socket that this thread makes, so that it is its user's.
func dial(t *testing.T, to netip.AddrPort, mapped bool) (net.Conn, error) {
	t.Helper()
	family, address := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())})
	if mapped {
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Addr: netip.AddrFrom16(to.Addr().As16()).As16(), Port: int(to.Port())}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(fd, address); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "socket")
	defer file.Close()
	return net.FileConn(file)
}

// TestOtherUser: of others nothing is even read, not where they close their half
// at once either: they could still read an answer.
func TestOtherUser(t *testing.T) {
	t.Parallel()
	_, address := serve(t, loopback.Options{})
	ask := func(uid int, half, mapped bool) (answer string) {
		as(t, uid, func() {
			conn, err := dial(t, netip.MustParseAddrPort(address), mapped)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
			if half {
				_ = conn.(*net.TCPConn).CloseWrite()
			}
			_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			all, _ := io.ReadAll(conn)
			answer = string(all)
		})
		return answer
	}
	for _, half := range []bool{false, true} {
		for _, mapped := range []bool{false, true} {
			if got := ask(os.Getuid(), half, mapped); !strings.HasSuffix(got, "here") {
				t.Errorf("half closed %v, mapped %v: our own user gets %q", half, mapped, got)
			}
			if got := ask(nobody, half, mapped); got != "" {
				t.Errorf("half closed %v, mapped %v: another user gets %q", half, mapped, got)
			}
		}
	}
}

// TestPeers compares both ways to learn of the other end, in all states that it
// can be in.
func TestPeers(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", where)
		if err != nil {
			continue // no IPv6
		}
		defer l.Close()
		for _, tt := range []struct {
			name string
			do   func(net.Conn)
			uid  int
			want string
		}{
			{"open", func(net.Conn) {}, os.Getuid(), "found"},
			{"half closed", func(c net.Conn) { _ = c.(*net.TCPConn).CloseWrite() }, os.Getuid(), "found"},
			{"closed", func(c net.Conn) { _ = c.Close() }, os.Getuid(), "gone"},
			{"reset", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); _ = c.Close() }, os.Getuid(), "gone"},
		} {
			client, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			tt.do(client)
			want := fmt.Sprint(tt.want)
			if tt.want == "found" {
				want += fmt.Sprint(" ", tt.uid)
			}
			from, to := server.RemoteAddr().(*net.TCPAddr).AddrPort(), server.LocalAddr().(*net.TCPAddr).AddrPort()
			if got := loopback.Diagnose(from, to); got != want {
				t.Errorf("%s, %s: sock_diag says %q, want %q", where, tt.name, got, want)
			}
			if got := loopback.Listed(from, to); got != want {
				t.Errorf("%s, %s: the table says %q, want %q", where, tt.name, got, want)
			}
			if got := loopback.Own.Welcome(server); got != (tt.want == "found") {
				t.Errorf("%s, %s: let in: %v", where, tt.name, got)
			}
			_, _ = client.Close(), server.Close()
		}
		none := netip.MustParseAddrPort("127.0.0.1:1")
		if got := loopback.Diagnose(none, none) + " " + loopback.Listed(none, none); got != "gone gone" {
			t.Errorf("of no connection: %s", got)
		}
	}
}

// TestListenerIsNoPeer: where the client's socket is gone and another listens on
// its port, that one is not taken for it.
func TestListenerIsNoPeer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	from := l.Addr().(*net.TCPAddr).AddrPort()
	to := netip.MustParseAddrPort("127.0.0.1:1")
	if got := loopback.Diagnose(from, to); got != "gone" {
		t.Errorf("%s", got)
	}
}

func TestDiagAnswer(t *testing.T) {
	t.Parallel()
	for _, b := range [][]byte{nil, make([]byte, 19), make([]byte, 88), {88, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}} {
		if got := loopback.Answer(b); !strings.HasPrefix(got, "error") {
			t.Errorf("%d bytes: %s", len(b), got)
		}
	}
}

func FuzzTables(f *testing.F) {
	f.Add("  sl  local_address\n   0: 0100007F:0001 0100007F:0001 01 00000000:00000000 00:00000000 00000000 1000 0 4711 1\n", []byte(strings.Repeat("\x14", 88)))
	f.Fuzz(func(t *testing.T, table string, answer []byte) {
		at := netip.MustParseAddrPort("127.0.0.1:1")
		loopback.InTable(strings.NewReader(table), at, at)
		loopback.Answer(answer)
	})
}

// TestSocket: only the owner and root may connect to a socket of the file system.
func TestSocket(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "s")
	l, err := loopback.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	s := loopback.Serve(l, loopback.Options{Peers: loopback.OwnOrRoot, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") })})
	defer s.Close()
	if got := overSocket(path); !strings.HasSuffix(got, "here") {
		t.Errorf("our own user gets %q", got)
	}
	if os.Getuid() != 0 {
		return
	}
	// Even where the file's mode would let everybody in.
	for _, name := range []string{path, folder, filepath.Dir(folder), filepath.Dir(filepath.Dir(folder))} {
		if info, err := os.Stat(name); err == nil && info.Mode().Perm() != 0o777 && strings.HasPrefix(name, os.TempDir()+"/") {
			if err := os.Chmod(name, 0o777); err != nil {
				t.Fatal(err)
			}
		}
	}
	as(t, nobody, func() {
		if got := overSocket(path); got != "" {
			t.Errorf("another user gets %q", got)
		}
	})
}

// overSocket asks on this thread, so that the kernel notes its user.
func overSocket(path string) string {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return err.Error()
	}
	if _, err := unix.Write(fd, []byte("GET / HTTP/1.0\r\n\r\n")); err != nil && err != syscall.EPIPE {
		return err.Error()
	}
	var all []byte
	for b := make([]byte, 1000); ; {
		n, err := unix.Read(fd, b)
		if n <= 0 || err != nil {
			return string(all)
		}
		all = append(all, b[:n]...)
	}
}

// TestNear looks at what the kernel would send.
func TestNear(t *testing.T) {
	t.Parallel()
	for _, want := range []bool{false, true} {
		got := make(chan int, 1)
		_, address := serve(t, loopback.Options{Near: want, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
			}
			got <- loopback.TTL(conn)
			_ = conn.Close()
		})})
		_ = raw(t, address, "GET / HTTP/1.0\r\n\r\n")
		if ttl := <-got; (ttl == 1) != want {
			t.Errorf("near %v: a time to live of %d", want, ttl)
		}
	}
}
