package loopback_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

// TestListenSocketFull: a server that is behind with accepting is alive, and its
// socket stays where it is.
func TestListenSocketFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if conn, err := net.Dial("unix", path); err == nil {
			defer conn.Close()
		}
	}
	var busy *loopback.BusyError
	if l, err := loopback.ListenSocket(path); !errors.As(err, &busy) {
		t.Errorf("%v", err)
		if err == nil {
			_ = l.Close()
		}
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
}

// TestPeersWithoutFiles: where no file can be opened to ask the kernel, nobody is
// let in on trust. It runs itself again: the limit is the whole process's.
func TestPeersWithoutFiles(t *testing.T) {
	t.Parallel()
	if os.Getenv("LATCHKEY_TEST_NO_FILES") == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		again := exec.Command(self, "-test.run=^TestPeersWithoutFiles$")
		again.Env = append(os.Environ(), "LATCHKEY_TEST_NO_FILES=1")
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if !loopback.Own.Welcome(conn) {
		t.Error("our own user is not let in")
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	full := limit
	full.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &full); err != nil {
		t.Fatal(err)
	}
	in := loopback.Own.Welcome(conn)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if in {
		t.Error("let in without being asked")
	}
}
