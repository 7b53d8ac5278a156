//go:build linux

package session_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// requireStrace skips where strace is missing or may not trace; with
// LATCHKEY_TEST_REQUIRE=1 that is a failure.
func requireStrace(t *testing.T) {
	t.Helper()
	out, err := exec.Command("strace", "-f", "-e", "inject=fsync:error=EIO", "true").CombinedOutput()
	if err == nil {
		return
	}
	if os.Getenv("LATCHKEY_TEST_REQUIRE") == "1" {
		t.Fatalf("strace: %v: %s", err, out)
	}
	t.Skip("strace cannot be used here")
}

// writePoints are the calls by which a session, its lock and its key come to
// the disk.
const writePoints = "openat,write,pwrite64,fsync,renameat,fchmod,mkdirat,flock,fchmodat"

// traced runs the task under strace with one more argument.
func traced(t *testing.T, do task, inject string) *running {
	t.Helper()
	cmd := do.command(t)
	args := []string{"strace", "-f", "-qq", "-o", filepath.Join(do.Folder, "trace"), "-e", "trace=" + writePoints}
	if inject != "" {
		args = append(args, "-e", "inject="+inject)
	}
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path, cmd.Args = path, append(args, cmd.Path)
	r := &running{cmd: cmd}
	cmd.Stdout, cmd.Stderr = &r.out, &r.errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// points counts the calls of each kind that concern the task's folder or come
// after those: with them the counting of strace reaches everything of ours.
func points(t *testing.T) map[string]int {
	t.Helper()
	do := task{Folder: t.TempDir(), Role: "role"}
	if code, out := traced(t, do, "").wait(); code != 0 {
		t.Fatalf("exit %d, %s", code, out)
	}
	data, err := os.ReadFile(filepath.Join(do.Folder, "trace"))
	if err != nil {
		t.Fatal(err)
	}
	// strace counts for each thread: the most of any thread is the most there can be.
	perThread := map[string]int{}
	counts := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^(\d+) +(\w+)\(`).FindAllStringSubmatch(string(data), -1) {
		perThread[m[1]+m[2]]++
		counts[m[2]] = max(counts[m[2]], perThread[m[1]+m[2]])
	}
	for _, name := range []string{"openat", "write", "pwrite64", "fsync", "renameat", "flock", "fchmod", "mkdirat"} {
		if counts[name] == 0 {
			t.Errorf("no %s among the write points: %v", name, counts)
		}
	}
	return counts
}

// TestFaults: whatever fails on the way to the disk, the credentials come out;
// and whenever a process is killed, the next one finds a session or none.
func TestFaults(t *testing.T) {
	t.Parallel()
	requireStrace(t)
	counts := points(t)
	faults := []string{"error=ENOSPC", "error=EIO", "error=EACCES", "error=EROFS", "error=EMFILE", "error=EDQUOT", "error=ENOLCK", "signal=SIGKILL"}
	if testing.Short() {
		faults = []string{"error=ENOSPC", "signal=SIGKILL"}
	}
	for _, fault := range faults {
		for call, most := range counts {
			for n := 1; n <= most; n++ {
				do := task{Folder: t.TempDir(), Role: "role", Check: true}
				inject := fmt.Sprintf("%s:%s:when=%d", call, fault, n)
				r := traced(t, do, inject)
				code, out := r.wait()
				// Go's runtime wakes itself by a write that cannot fail: not ours.
				runtimes := strings.Contains(r.errOut.String(), "netpollBreak")
				if killed := fault == "signal=SIGKILL"; !killed && !runtimes && code != 0 {
					t.Errorf("%s: exit %d, %s%s", inject, code, out, r.errOut.String())
				}
				after := do.start(t, nil)
				if code, out := after.wait(); code != 0 || strings.Contains(after.errOut.String(), "damaged") {
					t.Errorf("after %s: exit %d, %s%s", inject, code, out, after.errOut.String())
				}
			}
		}
	}
}

// TestOrderOfDurability: written, synced, renamed, and the folder synced.
func TestOrderOfDurability(t *testing.T) {
	t.Parallel()
	requireStrace(t)
	do := task{Folder: t.TempDir(), Role: "role"}
	if code, out := traced(t, do, "").wait(); code != 0 {
		t.Fatalf("exit %d, %s", code, out)
	}
	data, err := os.ReadFile(filepath.Join(do.Folder, "trace"))
	if err != nil {
		t.Fatal(err)
	}
	order := regexp.MustCompile(`(?s)write\(\d+, "lksess.*?fsync\(.*?renameat\([^\n]*sessions/\.latchkey-[^\n]*\.tmp[^\n]*sessions/[0-9a-f]+".*?openat\([^\n]*sessions".*?fsync\(`)
	if !order.Match(data) {
		t.Errorf("the trace has no write, fsync, rename, fsync of the folder:\n%s", data)
	}
}

// TestStoppedForReal waits as long as users would.
func TestStoppedForReal(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	do := task{Folder: t.TempDir(), Role: "role", Hang: filepath.Join(t.TempDir(), "hang"), Delay: 10 * time.Millisecond}
	list := waiters(t, do, 1)
	stopProcess(t, list[0].cmd.Process)
	began := time.Now()
	code, out := do.start(t, nil).wait()
	if took := time.Since(began); code != 3 || took < 20*time.Second || took > 31*time.Second {
		t.Errorf("exit %d after %v: %s", code, took, out)
	}
	if err := list[0].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = list[0].wait()
}
