package kernelring_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/latchkey-aws/latchkey/internal/kernelring"
)

// The test binary plays the other process when this variable names a role; its
// arguments are the role's.
const roleVariable = "KERNELRING_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // with the race detector, processes wait a second to end otherwise
		os.Exit(m.Run())
	}
	if err := play(role, os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// play acts in a session keyring that has no link to the user's, as a process
// of cron or of systemd does.
func play(role string, args []string) error {
	runtime.LockOSThread()
	if _, err := unix.KeyctlInt(unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("new session keyring: %w", err)
	}
	switch role {
	case "read":
		data, err := kernelring.Ring{}.Read(args[0])
		fmt.Printf("%s\n", data)
		return err
	case "write":
		return kernelring.Ring{}.Write(args[0], []byte(args[1]), time.Hour)
	case "remove":
		return kernelring.Ring{}.Remove(args[0])
	case "fill": // more than an ordinary user's quota of 20,000 bytes
		return kernelring.Ring{}.Write(args[0], make([]byte, kernelring.MaxSize), time.Minute)
	}
	return errors.New("no such role")
}

func process(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return cmd
}

// usable skips where the kernel has no keyring for us, and removes the test's
// key in the end.
func usable(t *testing.T) (ring kernelring.Ring, name string) {
	t.Helper()
	name = "latchkey:test:" + rand.Text()
	err := ring.Write(name, []byte("x"), time.Minute)
	if errors.Is(err, kernelring.ErrUnavailable) {
		t.Skipf("no keyring here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ring.Remove(name); err != nil {
			t.Error(err)
		}
	})
	return ring, name
}

func TestWriteRead(t *testing.T) {
	t.Parallel()
	ring, name := usable(t)
	for _, size := range []int{1, 32, 127, 128, 129, 4096, kernelring.MaxSize} {
		data := make([]byte, size)
		_, _ = rand.Read(data)
		err := ring.Write(name, data, time.Minute)
		if size > 1<<14 && errors.Is(err, unix.EDQUOT) {
			continue // an ordinary user's quota
		}
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		got, err := ring.Read(name)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: read %d others, %v", size, len(got), err)
		}
	}
	if _, err := ring.Read(name + ".other"); !errors.Is(err, kernelring.ErrNotFound) {
		t.Errorf("another name: %v", err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	ring, name := usable(t)
	for range 2 { // the second time there is nothing
		if err := ring.Remove(name); err != nil {
			t.Fatal(err)
		}
		if _, err := ring.Read(name); !errors.Is(err, kernelring.ErrNotFound) {
			t.Fatalf("a removed key: %v", err)
		}
	}
	if err := ring.Write(name, []byte("again"), 0); err != nil {
		t.Fatal(err)
	}
	if got, err := ring.Read(name); string(got) != "again" || err != nil {
		t.Errorf("written after removal: %q, %v", got, err)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	ring, name := usable(t)
	for what, err := range map[string]error{
		"nothing":       ring.Write(name, nil, 0),
		"too much":      ring.Write(name, make([]byte, kernelring.MaxSize+1), 0),
		"negative life": ring.Write(name, []byte("y"), -time.Second),
		"no name":       ring.Write("", []byte("y"), 0),
		"NUL in a name": ring.Write("a\x00b", []byte("y"), 0),
		"long name":     ring.Write(strings.Repeat("n", 5000), []byte("y"), 0),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if got, err := ring.Read(name); string(got) != "x" || err != nil {
		t.Errorf("what was there is now %q, %v", got, err)
	}
}

// TestLife lets the kernel forget a key. Less than a second is not 0, which
// would be for ever.
func TestLife(t *testing.T) {
	t.Parallel()
	ring, name := usable(t)
	if err := ring.Write(name, []byte("short"), time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err := ring.Read(name)
		if errors.Is(err, kernelring.ErrNotFound) {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the key does not end: %v", err)
		}
	}
	if err := ring.Write(name, []byte("new"), time.Minute); err != nil {
		t.Fatalf("write in place of an ended key: %v", err)
	}
	if got, err := ring.Read(name); string(got) != "new" || err != nil {
		t.Errorf("in place of an ended key: %q, %v", got, err)
	}
}

// TestLifeIsTheKernels looks at the time limit where the kernel tells it.
func TestLifeIsTheKernels(t *testing.T) {
	t.Parallel()
	ring, name := usable(t)
	for life, want := range map[time.Duration]string{0: "perm", 90 * time.Minute: "1h", 90 * time.Second: "1m", 1<<63 - 1: "3550w"} {
		if err := ring.Write(name, []byte("y"), life); err != nil {
			t.Fatal(err)
		}
		if got := limit(t, name); got != want {
			t.Errorf("%v: the kernel says %s, want %s", life, got, want)
		}
	}
}

// limit returns the time limit of a key as /proc/keys has it.
func limit(t *testing.T, name string) string {
	t.Helper()
	id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", name, 0)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile("/proc/keys")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(keys)) {
		// serial, flags, links, limit, rights, uid, gid, type, name and size
		f := strings.Fields(line)
		if len(f) < 9 || f[0] != fmt.Sprintf("%08x", id) {
			continue
		}
		if f[4] != "3f0f0000" || f[8] != name+":" {
			t.Errorf("name and rights are %s %s, want %s: 3f0f0000", f[8], f[4], name)
		}
		return f[3]
	}
	t.Fatalf("key %08x is not in /proc/keys", id)
	return ""
}

// TestOtherSession reads, replaces and removes from processes that do not
// possess the user's keyring.
func TestOtherSession(t *testing.T) {
	t.Parallel()
	ring, name := usable(t)
	run := func(role string, args ...string) string {
		t.Helper()
		out, err := process(role, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", role, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if got := run("read", name); got != "x" {
		t.Errorf("another session reads %q, want x", got)
	}
	run("write", name, "theirs")
	if got, err := ring.Read(name); string(got) != "theirs" || err != nil {
		t.Errorf("after another session's write: %q, %v", got, err)
	}
	if got := run("read", name); got != "theirs" {
		t.Errorf("a third session reads %q", got)
	}
	if err := ring.Write(name, []byte("ours"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := run("read", name); got != "ours" {
		t.Errorf("another session reads %q, want ours", got)
	}
	run("remove", name)
	if _, err := ring.Read(name); !errors.Is(err, kernelring.ErrNotFound) {
		t.Errorf("removed by another session: %v", err)
	}
}

// TestReplacedWhole reads while others write: never nothing, never a mixture.
func TestReplacedWhole(t *testing.T) {
	t.Parallel()
	ring, name := usable(t)
	value := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 100+i) }
	if err := ring.Write(name, value(0), time.Minute); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 50 {
				if err := ring.Write(name, value(w*50+i), time.Minute); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for {
		got, err := ring.Read(name)
		if err != nil || !bytes.Equal(got, value(int(got[0]))) {
			t.Fatalf("read %d bytes, %v", len(got), err)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

// TestOrdinaryUser is a user that has never had a keyring, with a quota of its
// own.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	_, name := usable(t)
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	run := func(role string, args ...string) (string, error) {
		cmd := process(role, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	if out, err := run("fill", name); err == nil || !strings.Contains(out, kernelring.ErrUnavailable.Error()) || !strings.Contains(out, "quota") {
		t.Errorf("over the quota: %v, %q", err, out)
	}
	if out, err := run("read", name); err == nil || !strings.Contains(out, kernelring.ErrNotFound.Error()) {
		t.Errorf("another user's key, or a part of one: %v, %q", err, out)
	}
	for _, step := range [][]string{{"write", name, "theirs"}, {"read", name}, {"remove", name}} {
		if out, err := run(step[0], step[1:]...); err != nil || step[0] == "read" && out != "theirs" {
			t.Errorf("%q: %v, %q", step, err, out)
		}
	}
}

// TestAllocations: reading is on the way of every start.
func TestAllocations(t *testing.T) {
	ring, name := usable(t)
	n := testing.AllocsPerRun(100, func() {
		if _, err := ring.Read(name); err != nil {
			t.Fatal(err)
		}
	})
	if n > 3 { // the bytes, and two C strings that x/sys makes
		t.Errorf("%v allocations, want at most 3", n)
	}
}

func BenchmarkRead(b *testing.B) {
	name := "latchkey:test:" + rand.Text()
	var ring kernelring.Ring
	if err := ring.Write(name, make([]byte, 32), time.Minute); err != nil {
		b.Skip(err)
	}
	defer ring.Remove(name)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ring.Read(name); err != nil {
			b.Fatal(err)
		}
	}
}
