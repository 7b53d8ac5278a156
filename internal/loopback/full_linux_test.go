package loopback_test

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// TestListenSocketHidden: the socket comes into the folder in one step, as it is to
// be. One made there would be anybody's for a moment.
func TestListenSocketHidden(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, err := unix.InotifyAddWatch(fd, folder, unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_ATTRIB); err != nil {
		t.Fatal(err)
	}
	l, err := loopback.ListenSocket(filepath.Join(folder, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b := make([]byte, 64<<10)
	n, err := unix.Read(fd, b)
	if err != nil {
		t.Fatal(err)
	}
	moved := 0
	for b = b[:n]; len(b) >= unix.SizeofInotifyEvent; b = b[unix.SizeofInotifyEvent+binary.NativeEndian.Uint32(b[12:]):] {
		switch mask := binary.NativeEndian.Uint32(b[4:]); {
		case mask&unix.IN_ISDIR != 0:
		case mask&unix.IN_MOVED_TO != 0:
			moved++
		default:
			t.Errorf("something is made or changed in the folder itself: event %#x", mask)
		}
	}
	if moved != 1 {
		t.Errorf("%d files are moved in", moved)
	}
}

// TestListedOther: the table's user is told, whoever that is.
func TestListedOther(t *testing.T) {
	t.Parallel()
	const head, tail = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n", " 01 00000000:00000000 00:00000000 00000000  4711        0 12345 1 0\n"
	at, to := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")
	ends := map[bool]string{true: "0100007F:0001 0100007F:0002", false: "7F000001:0001 7F000001:0002"}[binary.NativeEndian.Uint16([]byte{1, 0}) == 1]
	if got := loopback.InTable(strings.NewReader(head+"   0: "+ends+tail), at, to); got != "found 4711" {
		t.Errorf("%s", got)
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
