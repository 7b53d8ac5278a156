package lockfile_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// The test binary plays the other process when this variable names a role.
const roleVariable = "LOCKFILE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "hold":
		os.Exit(hold(os.Args[1]))
	case "count":
		os.Exit(count(os.Args[1], os.Args[2]))
	}
	os.Exit(m.Run())
}

// hold takes the lock, says so, and waits to be killed.
func hold(path string) int {
	if _, err := lockfile.Acquire(context.Background(), path); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held")
	time.Sleep(time.Minute)
	return 0
}

// count adds one to the number in file, with a gap that a second process
// inside the lock would fall into.
func count(path, file string) int {
	lock, err := lockfile.Acquire(context.Background(), path)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer lock.Release()
	data, _ := os.ReadFile(file)
	n, _ := strconv.Atoi(string(data))
	time.Sleep(2 * time.Millisecond)
	if err := os.WriteFile(file, []byte(strconv.Itoa(n+1)), 0o600); err != nil {
		return 1
	}
	return 0
}

func process(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return cmd
}

func TestAcquireMakesPrivateFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "deep", "a.lock")
	lock, err := lockfile.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if err := lock.Release(); err != nil {
		t.Errorf("second Release: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatalf("released lock file is gone: %v", err)
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if info.Mode().Perm() != 0o600 || folder.Mode().Perm() != 0o700 {
		t.Errorf("modes: file %o, folder %o; want 600, 700", info.Mode().Perm(), folder.Mode().Perm())
	}
}

func TestTry(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.lock")
	lock, ok, err := lockfile.Try(path)
	if !ok || err != nil {
		t.Fatalf("Try of a free lock: %v, %v", ok, err)
	}
	if again, ok, err := lockfile.Try(path); again != nil || ok || err != nil {
		t.Errorf("Try of a held lock: %v, %v, %v; want nil, false, nil", again, ok, err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	lock, ok, err = lockfile.Try(path)
	if !ok || err != nil {
		t.Fatalf("Try of a released lock: %v, %v", ok, err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestTryReportsUnusableFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, ok, err := lockfile.Try(filepath.Join(file, "a.lock"))
	var path *fs.PathError
	if ok || !errors.As(err, &path) {
		t.Errorf("Try below a file: %v, %v; want a path error", ok, err)
	}
}

func TestAcquireEndsWithContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.lock")
	lock, err := lockfile.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	ctx, cancel := context.WithCancel(t.Context())
	var cancelled time.Time
	go func() {
		time.Sleep(150 * time.Millisecond)
		cancelled = time.Now()
		cancel()
	}()
	_, err = lockfile.Acquire(ctx, path)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Acquire = %v, want context.Canceled", err)
	}
	if took := time.Since(cancelled); took > 100*time.Millisecond {
		t.Errorf("Acquire ended %v after the cancellation, want at most 100ms", took)
	}
	if _, err := lockfile.Acquire(ctx, filepath.Join(t.TempDir(), "b")); !errors.Is(err, context.Canceled) {
		t.Errorf("Acquire of a free lock with an ended context = %v", err)
	}
}

func TestKilledHolderReleases(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.lock")
	holder := process(t, "hold", path)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); strings.TrimSpace(line) != "held" {
		t.Fatalf("holder: %q, %v", line, err)
	}
	if _, ok, err := lockfile.Try(path); ok || err != nil {
		t.Fatalf("Try while another process holds it: %v, %v", ok, err)
	}
	if got, want := lockfile.Holder(path), "process "+strconv.Itoa(holder.Process.Pid); runtime.GOOS == "linux" && got != want+" (lockfile.test)" || runtime.GOOS == "darwin" && got != want {
		t.Errorf("holder is %q, want %q", got, want)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	died := time.Now()
	lock, err := lockfile.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if took := time.Since(died); took > 100*time.Millisecond {
		t.Errorf("lock of a dead holder taken after %v, want at most 100ms", took)
	}
}

func TestHolderUnknown(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.lock")
	for _, content := range []string{"", "x", "\nprocess", "\nprocess 42", "\nprocess x sign 1", "\nprocess -1 sign 1", "\nprocess 0 sign 1", "\nprocess 99999999999999999999 sign 1"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := lockfile.Holder(path); got != "another process" {
			t.Errorf("%q: %q", content, got)
		}
	}
	if got := lockfile.Holder(path + ".none"); got != "another process" {
		t.Errorf("no file: %q", got)
	}
}

// TestSign: each sign of life differs from the one before, and notes are told.
func TestSign(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.lock")
	lock, ok, err := lockfile.Try(path)
	if !ok {
		t.Fatal(err)
	}
	defer lock.Release()
	me := "process " + strconv.Itoa(os.Getpid())
	if got := lockfile.Holder(path); !strings.HasPrefix(got, me) || strings.Contains(got, ",") {
		t.Errorf("holder %q, want %q", got, me)
	}
	seen := map[string]bool{lockfile.Sign(path): true}
	for _, note := range []string{"which asks its user", "", "which\x1b[31m" + strings.Repeat("x", 200), "short"} {
		lock.Sign(note)
		if sign := lockfile.Sign(path); seen[sign] || len(sign) != 96 {
			t.Errorf("note %q: sign %q came before, or has not 96 bytes", note, sign)
		}
		seen[lockfile.Sign(path)] = true
		got := lockfile.Holder(path)
		if !strings.HasPrefix(got, me) || len(note) < 50 && note != "" && !strings.HasSuffix(got, ", "+note) || strings.Contains(got, "\x1b") {
			t.Errorf("note %q: holder %q", note, got)
		}
	}
	if lockfile.Sign(path+".none") != "" {
		t.Error("no file, and a sign")
	}
}

func TestDeletedLockFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be deleted")
	}
	path := filepath.Join(t.TempDir(), "a.lock")
	lock, err := lockfile.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	second, err := lockfile.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Release()
	if _, ok, _ := lockfile.Try(path); ok {
		t.Error("the new file's lock was taken twice")
	}
}

func TestGoroutinesExcludeEachOther(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.lock")
	var inside, total atomic.Int32 // the race detector does not see file locks
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			lock, err := lockfile.Acquire(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			defer lock.Release()
			if n := inside.Add(1); n != 1 {
				t.Errorf("%d goroutines inside", n)
			}
			total.Add(1)
			inside.Add(-1)
		})
	}
	group.Wait()
	if total.Load() != 50 {
		t.Errorf("%d of 50 got in", total.Load())
	}
}

func TestProcessesExcludeEachOther(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	lock, file := filepath.Join(folder, "a.lock"), filepath.Join(folder, "n")
	const processes = 20
	var group sync.WaitGroup
	for range processes {
		cmd := process(t, "count", lock, file)
		group.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	group.Wait()
	if data, _ := os.ReadFile(file); string(data) != strconv.Itoa(processes) {
		t.Errorf("counted %q, want %d", data, processes)
	}
}
