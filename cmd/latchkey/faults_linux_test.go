package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/latchkey-aws/latchkey/vault"
)

// The program "locked" is latchkey whose work stays on the first thread, which
// alone is traced then: so the n-th call of a kind is the same in each run.
func init() {
	if filepath.Base(os.Args[0]) == "locked" {
		runtime.LockOSThread()
	}
}

// An act is a command that writes, and what must hold whatever happens to it.
type act struct {
	name  string
	args  []string
	input string
	more  []string // environment
	// every so many points are tried unless there is time for all; workers do so
	// beside each other, where an act mostly waits.
	every, workers int
	// prepare puts there what the command finds; codes is whether it needs one.
	prepare func(s *stage)
	// holds checks all that must be true after the command ended with code,
	// -1 for a kill; it may go on with the work.
	holds func(s *stage, end ending)
}

// writePoints are the calls by which things come to the disk, or do not.
const writePoints = "openat,write,pwrite64,fsync,renameat,renameat2,linkat,unlinkat,fchmod,fchmodat,mkdirat,flock,ftruncate"

// A point is the n-th call of a kind, which concerns a path below the home.
type point struct {
	call string
	n    int
	what string
}

// traced runs the act under strace and returns the lines of the trace.
func (a *act) traced(s *stage, strace, inject string) (ending, []string) {
	s.t.Helper()
	trace := filepath.Join(s.t.TempDir(), "trace")
	args := []string{strace, "-qq", "-y", "-s", "0", "-o", trace, "-e", "trace=" + writePoints}
	if inject != "" {
		args = append(args, "-e", "inject="+inject)
	}
	end := finishOf(s.start(a.more, a.input, append(append(args, "locked"), a.args...)...))
	text, err := os.ReadFile(trace)
	if err != nil {
		s.t.Fatal(err)
	}
	return end, strings.Split(string(text), "\n")
}

// points finds where the act touches the home folder.
func (a *act) points(t *testing.T, strace string) []point {
	t.Helper()
	s := newStage(t)
	a.prepare(s)
	end, lines := a.traced(s, strace, "")
	if end.Code != 0 {
		t.Fatalf("%s: %+v", a.name, end)
	}
	a.holds(s, end)
	counts := map[string]int{}
	var list []point
	call := regexp.MustCompile(`^(\w+)\((.*)`)
	for _, line := range lines {
		m := call.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		counts[m[1]]++
		if strings.Contains(m[2], s.home+"/") && !strings.Contains(m[2], "/tmp/latchkey") {
			list = append(list, point{m[1], counts[m[1]], strings.ReplaceAll(m[2], s.home, "~")})
		}
	}
	return list
}

// errnos are the errors that are injected, and what they are called.
func errnos() []string { return []string{"ENOSPC", "EIO", "EACCES", "EROFS", "EMFILE", "EDQUOT"} }

// causes are the words by which a message names them.
func causes() map[string]string {
	return map[string]string{"ENOSPC": "no space left on device", "EIO": "input/output error", "EACCES": "permission denied",
		"EROFS": "read-only file system", "EMFILE": "too many open files", "EDQUOT": "disk quota exceeded"}
}

// TestFaults kills each command at each point where it touches the disk, and has
// each of these calls fail.
func TestFaults(t *testing.T) {
	t.Parallel()
	strace := canTrace(t)
	for _, a := range acts() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			list := a.points(t, strace)
			runs, hits := a.sufferAll(t, strace, list)
			t.Logf("%d points, %d runs, %d faults at the point meant", len(list), runs, hits)
			if hits < runs*9/10 {
				t.Errorf("only %d of %d faults were where they were meant to be", hits, runs)
			}
		})
	}
}

// sufferAll chooses the faults. All of them take minutes, so that each run of the
// tests takes some: another point has another fault.
func (a *act) sufferAll(t *testing.T, strace string, list []point) (runs, hits int) {
	t.Helper()
	type task struct {
		point
		fault string
	}
	var tasks []task
	every := 1
	if !longTests() {
		every = a.every
	}
	if raceDetector {
		every *= 3
	}
	for i, p := range list {
		faults := append([]string{""}, errnos()...)
		// Giving a lock back cannot fail.
		if p.call == "flock" && strings.Contains(p.what, "LOCK_UN") {
			faults = []string{""}
		}
		switch {
		case i%every != 0:
			continue
		case !longTests():
			faults = faults[i/every%len(faults):][:1]
		}
		for _, fault := range faults {
			tasks = append(tasks, task{p, fault})
		}
	}
	var struck atomic.Int32
	var workers sync.WaitGroup
	queue := make(chan task)
	for range max(1, a.workers) {
		workers.Go(func() {
			for next := range queue {
				if a.suffers(t, strace, next.point, next.fault) {
					struck.Add(1)
				}
			}
		})
	}
	for _, next := range tasks {
		queue <- next
	}
	close(queue)
	workers.Wait()
	return len(tasks), int(struck.Load())
}

// suffers runs the act with one fault, "" for a kill, and checks what must hold. It
// reports whether the fault struck a path below the home.
func (a *act) suffers(t *testing.T, strace string, p point, fault string) (hit bool) {
	t.Helper()
	name := fmt.Sprintf("%s %d %s", p.call, p.n, fault)
	t.Run(name, func(t *testing.T) {
		s := newStage(t)
		a.prepare(s)
		inject := fmt.Sprintf("%s:error=%s:when=%d", p.call, fault, p.n)
		if fault == "" {
			inject = fmt.Sprintf("%s:signal=SIGKILL:when=%d", p.call, p.n)
		}
		end, lines := a.traced(s, strace, inject)
		struck := ""
		for _, line := range lines {
			if strings.Contains(line, "INJECTED") {
				struck = line
			}
			if fault == "" && strings.HasPrefix(line, p.call+"(") {
				struck = line // the last one is the one it was killed in
			}
		}
		hit = strings.Contains(struck, s.home+"/")
		if !hit {
			return // it hit the runtime, or nothing
		}
		if strings.Contains(end.Err, "panic") || strings.Contains(end.Err, "goroutine ") {
			t.Errorf("it panicked: %s", end.Err)
		}
		if fault == "" {
			if end.Code != -1 && end.Code != 137 {
				t.Errorf("killed, and it ended with %d: %s", end.Code, end.Err)
			}
			end.Code = -1
		}
		if end.Code > 0 && !strings.Contains(end.Err, causes()[fault]) {
			t.Errorf("exit %d does not name the cause: %s", end.Code, end.Err)
		}
		if end.Code > 0 && !strings.Contains(end.Err, s.home+"/") {
			t.Errorf("exit %d does not name the file: %s", end.Code, end.Err)
		}
		a.holds(s, end)
		if t.Failed() {
			t.Logf("after %s\nexit %d: %s", strings.ReplaceAll(struck, s.home, "~"), end.Code, strings.ReplaceAll(end.Err, s.home, "~"))
		}
	})
	return hit
}

// acts are the commands that write.
func acts() []act {
	key := aliceKey + "\n" + aliceSecret + "\n"
	return []act{
		{name: "add", every: 3, args: []string{"vault", "add", "new", "--stdin", "--no-verify"}, input: key,
			prepare: func(s *stage) { s.vaultInFile(); s.putOld() },
			holds: func(s *stage, end ending) {
				s.oldStands()
				s.newStands("new", end.Code == 0)
				s.mayNeed(s.feed(nil, key, "vault", "add", "new", "--stdin", "--no-verify", "--replace"))
				s.newStands("new", true)
			}},
		{name: "first add", every: 4, args: []string{"vault", "add", "new", "--stdin", "--no-verify", "--keep-in", "file:key.txt"}, input: key,
			prepare: func(s *stage) { s.identity() },
			holds: func(s *stage, end ending) {
				s.newStands("new", end.Code == 0)
				s.mayNeed(s.feed(nil, key, "vault", "add", "new", "--stdin", "--no-verify", "--replace", "--keep-in", "file:key.txt"))
				s.newStands("new", true)
			}},
		{name: "replace", every: 4, args: []string{"vault", "add", "old", "--stdin", "--no-verify", "--replace"}, input: key,
			prepare: func(s *stage) { s.vaultInFile(); s.putOld() },
			holds: func(s *stage, end ending) {
				e, err := s.entry("old")
				if err != nil || e.AccessKeyID != oldKey && e.AccessKeyID != aliceKey || end.Code == 0 && e.AccessKeyID != aliceKey ||
					e.Secret.Reveal() != map[string]string{oldKey: oldSecret, aliceKey: aliceSecret}[e.AccessKeyID] {
					s.t.Errorf("the entry is %s, %v", e.AccessKeyID, err)
				}
			}},
		{name: "remove", every: 3, args: []string{"vault", "remove", "old", "--yes"},
			prepare: func(s *stage) { s.vaultInFile(); s.putOld(); s.put("second", oldKey, oldSecret) },
			holds: func(s *stage, end ending) {
				if e, err := s.entry("second"); err != nil || e.Secret.Reveal() != oldSecret {
					s.t.Errorf("another entry: %v", err)
				}
				if e, err := s.entry("old"); err == nil && (end.Code == 0 || e.Secret.Reveal() != oldSecret) || err != nil && !errors.Is(err, vault.ErrNotFound) {
					s.t.Errorf("exit %d, and the entry: %v", end.Code, err)
				}
			}},
		{name: "import", every: 4, args: []string{"vault", "import", "--yes", "--no-verify"}, prepare: func(s *stage) { s.vaultInFile(); s.putOld() }, holds: imported},
		{name: "session", every: 3, args: []string{"credentials", "p"}, prepare: func(s *stage) { s.codeProcess("p", "R00") }, holds: fetched},
		{name: "rotate", every: 5, workers: 12, args: []string{"vault", "rotate", "work", "--grace", "0s"}, prepare: func(s *stage) {
			s.vaultInFile()
			s.put("work", aliceKey, aliceSecret)
		}, holds: rotated},
	}
}

// imported checks that the files are old or new, and the key in one place or both;
// and that the same command goes on.
func imported(s *stage, end ending) {
	s.t.Helper()
	s.oldStands()
	path := filepath.Join(s.home, ".aws", "credentials")
	before := "[alice]\naws_access_key_id = " + aliceKey + "\naws_secret_access_key = " + aliceSecret + "\n"
	after := "[alice]\ncredential_process = latchkey credentials alice\n"
	text, err := os.ReadFile(path)
	if err != nil || string(text) != before && string(text) != after {
		s.t.Errorf("the file is %q, %v", text, err)
	}
	s.newStands("alice", string(text) == after || end.Code == 0)
	if end.Code == 0 && string(text) != after {
		s.t.Error("acknowledged, and the file is the old one")
	}
	s.mayNeed(s.run(nil, "vault", "import", "--yes", "--no-verify"))
	if text, err = os.ReadFile(path); err != nil || string(text) != after {
		s.t.Errorf("after the second try the file is %q, %v", text, err)
	}
	s.newStands("alice", true)
}

// fetched checks that the credentials came out whatever could not be written, and
// that the next call has some too.
func fetched(s *stage, end ending) {
	s.t.Helper()
	switch {
	case end.Code == 0 && !strings.Contains(end.Out, `"SessionToken"`):
		s.t.Errorf("exit 0 without credentials: %s", end.Err)
	// What cannot be read cannot be planned.
	case end.Code > 0 && !strings.Contains(end.Err, s.home+"/.aws/") && !strings.Contains(end.Err, "open "+s.home+"/.local/"):
		s.t.Errorf("the credentials were withheld: exit %d", end.Code)
	}
	s.write("code", s.code()) // the first may be used up
	s.mayNeed(s.run(nil, "credentials", "p"))
	if end.Code == 0 && s.way.calls("AssumeRole") > 2 {
		s.t.Errorf("%d calls", s.way.calls("AssumeRole"))
	}
}

// rotated checks that the key in the vault works, and that the rotation can be
// finished: then there is one key, and it is in the vault.
func rotated(s *stage, end ending) {
	s.t.Helper()
	names, err := s.open().List(context.Background())
	if err != nil || len(names) == 0 {
		s.t.Fatalf("the list: %q, %v", names, err)
	}
	s.mayNeed(s.run(nil, "whoami", "work"))
	last := s.run(nil, "vault", "rotate", "work", "--grace", "0s")
	s.mayNeed(last)
	s.mayNeed(s.run(nil, "whoami", "work"))
	if e, err := s.entry("work"); err != nil || e.AccessKeyID == aliceKey {
		s.t.Errorf("after the second try the key is %s, %v", e.AccessKeyID, err)
	}
	if names, err := s.open().List(context.Background()); err != nil || len(names) != 1 {
		s.t.Errorf("after the second try the list is %q, %v", names, err)
	}
}

// TestReadOnlyHome takes away the right to write: what is cached comes out, what
// is new does too, with a warning, and what must be written fails.
func TestReadOnlyHome(t *testing.T) {
	t.Parallel()
	mount := func(t *testing.T, s *stage, how string) []string {
		t.Helper()
		outer := []string{"unshare", "-m", "sh", "-c", how, "sh", s.home}
		if out, err := exec.Command(outer[0], append(outer[1:], "true")...).CombinedOutput(); err != nil {
			t.Skipf("nothing can be mounted here: %v: %s", err, out)
		}
		return outer
	}
	readOnly := `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"`
	// The disk has room for what is there and not a page more.
	full := `keep=$(mktemp -d -p /var/tmp) && cp -a "$1/." "$keep" && mount -t tmpfs -o size=2m none "$1" && cp -a "$keep/." "$1" && rm -r "$keep" && (cat /dev/zero > "$1/tmp/full" 2>/dev/null; true) && shift && exec "$@"`
	for name, how := range map[string]string{"read-only": readOnly, "full": full} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.vaultInFile()
			s.putOld()
			s.codeProcess("p", "R00")
			cause := map[string]string{"read-only": "read-only file system", "full": "no space left on device"}[name]
			outer := mount(t, s, how)
			in := func(input string, args ...string) ending {
				return finishOf(s.start(nil, input, append(append(append([]string(nil), outer...), "latchkey"), args...)...))
			}
			if end := in("", "credentials", "p"); end.Code != 0 || !strings.Contains(end.Out, "SessionToken") || !strings.Contains(end.Err, cause) || !strings.Contains(end.Err, "latchkey: warning: ") {
				t.Errorf("fetched: %d, %s", end.Code, end.Err)
			}
			s.write("code", s.code())
			s.mayNeed(s.run(nil, "credentials", "p")) // for the cache
			before := len(s.server.Requests())
			if end := in("", "credentials", "p"); end.Code != 0 || !strings.Contains(end.Out, "SessionToken") || len(s.server.Requests()) != before {
				t.Errorf("cached: %d, %s", end.Code, end.Err)
			}
			if end := in("", "vault", "list"); end.Code != 0 || !strings.Contains(end.Out, "old") {
				t.Errorf("list: %d, %s%s", end.Code, end.Out, end.Err)
			}
			key := aliceKey + "\n" + aliceSecret + "\n"
			for _, args := range [][]string{{"vault", "add", "new", "--stdin", "--no-verify"}, {"vault", "import", "--yes", "--no-verify"}} {
				if end := in(key, args...); end.Code == 0 || !strings.Contains(end.Err, cause) || !strings.Contains(end.Err, s.home) {
					t.Errorf("%s: %d, %s", args[1], end.Code, end.Err)
				} else {
					t.Logf("%s: exit %d", args[1], end.Code)
				}
			}
			s.oldStands()
		})
	}
}

// TestOddHomes runs without what programs take for granted.
func TestOddHomes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.codeProcess("p", "R00")
	config := []string{"AWS_CONFIG_FILE=" + filepath.Join(s.home, ".aws/config"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(s.home, ".aws/credentials")}
	for name, more := range map[string][]string{
		"home is missing": {"HOME=" + filepath.Join(s.home, "no", "such")},
		"tmp is missing":  {"TMPDIR=" + filepath.Join(s.home, "no-tmp"), "HOME=" + filepath.Join(s.home, "other")},
	} {
		leave(t, []string{more[len(more)-1]})
		code, err := s.server.MFACode("alice")
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		s.write("code", code)
		if end := s.run(append(append([]string(nil), config...), more...), "credentials", "p"); end.Code != 0 || !strings.Contains(end.Out, "SessionToken") {
			t.Errorf("%s: %d, %s", name, end.Code, end.Err)
		}
	}
}

// oldStands checks that the entry that was there is there, and listed.
func (s *stage) oldStands() {
	s.t.Helper()
	if e, err := s.entry("old"); err != nil || e.AccessKeyID != oldKey || e.Secret.Reveal() != oldSecret {
		s.t.Errorf("the old entry: %s, %v", e.AccessKeyID, err)
	}
	if names, err := s.open().List(context.Background()); err != nil || len(names) < 1 {
		s.t.Errorf("the list: %q, %v", names, err)
	}
}

// newStands checks an entry of alice's key, which must be there if sure.
func (s *stage) newStands(name string, sure bool) {
	s.t.Helper()
	e, err := s.entry(name)
	if err == nil && (e.AccessKeyID != aliceKey || e.Secret.Reveal() != aliceSecret) || err != nil && (sure || !errors.Is(err, vault.ErrNotFound) && !errors.Is(err, vault.ErrNoVault)) {
		s.t.Errorf("entry %s (sure: %v): %s, %v", name, sure, e.AccessKeyID, err)
	}
}
