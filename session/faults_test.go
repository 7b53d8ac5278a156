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

	"github.com/latchkey-aws/latchkey/internal/installed"
)

// requireStrace skips where strace is missing or may not trace.
func requireStrace(t *testing.T) {
	t.Helper()
	installed.Need(t, "strace", "-f", "-e", "inject=fsync:error=EIO", "true")
}

// writePoints are the calls by which a session, its lock and its key come to
// the disk.
const writePoints = "openat,write,pwrite64,fsync,renameat,fchmod,mkdirat,flock,fchmodat"

// traced runs the task under strace with one more argument.
func traced(t *testing.T, do task, inject string) *running {
	t.Helper()
	cmd := do.command(t)
	args := []string{"strace", "-f", "-qq", "-y", "-o", filepath.Join(do.Folder, "trace"), "-e", "trace=" + writePoints}
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

// span is the first and the last call of a kind that can concern our files.
type span struct{ first, last int }

// points finds the calls that concern the task's folder, as strace counts them:
// for each thread.
func points(t *testing.T) map[string]span {
	t.Helper()
	do := task{Folder: t.TempDir(), Role: "role", Check: true}
	if code, out := traced(t, do, "").wait(); code != 0 {
		t.Fatalf("exit %d, %s", code, out)
	}
	data, err := os.ReadFile(filepath.Join(do.Folder, "trace"))
	if err != nil {
		t.Fatal(err)
	}
	counts, spans := map[string]int{}, map[string]span{}
	for _, m := range regexp.MustCompile(`(?m)^(\d+) +(\w+)\((.*)`).FindAllStringSubmatch(string(data), -1) {
		call := m[2]
		counts[m[1]+call]++
		n := counts[m[1]+call]
		if !strings.Contains(m[3], do.Folder) {
			continue
		}
		s, ok := spans[call]
		if !ok {
			s.first = n
		}
		spans[call] = span{min(s.first, n), max(s.last, n)}
	}
	for _, call := range []string{"openat", "write", "pwrite64", "fsync", "renameat", "flock", "fchmod", "mkdirat"} {
		if spans[call].last == 0 {
			t.Errorf("no %s among the write points: %v", call, spans)
		}
	}
	return spans
}

// TestFaults: whatever fails on the way to the disk, the credentials come out;
// and whenever a process is killed, the next one finds a session or none.
func TestFaults(t *testing.T) {
	t.Parallel()
	requireStrace(t)
	spans := points(t)
	t.Logf("write points: %v", spans)
	faults := []string{"error=ENOSPC", "error=EIO", "error=EACCES", "error=EROFS", "error=EMFILE", "error=EDQUOT", "error=ENOLCK", "signal=SIGKILL"}
	if testing.Short() || underRace {
		faults = []string{"error=ENOSPC", "signal=SIGKILL"}
	}
	for _, fault := range faults {
		for call, span := range spans {
			for n := span.first; n <= span.last; n++ {
				do := task{Folder: t.TempDir(), Role: "role", Check: true}
				inject := fmt.Sprintf("%s:%s:when=%d", call, fault, n)
				r := traced(t, do, inject)
				code, out := r.wait()
				// Go's runtime wakes itself by a write that cannot fail: not ours.
				runtimes := strings.Contains(r.errOut.String(), "netpollBreak")
				if killed := fault == "signal=SIGKILL"; !killed && !runtimes && code != 0 {
					t.Errorf("%s: exit %d, %s%s", inject, code, out, r.errOut.String())
				}
				var said strings.Builder
				if _, err := do.retrieve(t.Context(), &said); err != nil || said.Len() > 0 {
					t.Errorf("after %s: %v, %s", inject, err, said.String())
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
	order := regexp.MustCompile(`(?s)write\([^\n]*"lksess.*?fsync\(.*?renameat\([^\n]*sessions/\.latchkey-[^\n]*\.tmp[^\n]*sessions/[0-9a-f]+".*?openat\([^\n]*sessions".*?fsync\(`)
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
