package session_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/session"
)

// TestOneFetch: however many processes want a session at once, one fetches it,
// and all hand out the same.
func TestOneFetch(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{0, 200 * time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			do := task{Folder: t.TempDir(), Role: "role", User: "user", Delay: delay}
			codes, outs := all(t, times(200, do))
			for i, code := range codes {
				if code != 0 || outs[i] != outs[0] {
					t.Fatalf("process %d: exit %d, %swant exit 0, %s", i, code, outs[i], outs[0])
				}
			}
			if n, m := len(do.calls(t, "role")), len(do.calls(t, "user")); n != 1 || m != 1 {
				t.Errorf("%d and %d fetches, want 1 and 1", n, m)
			}
		})
	}
}

// TestManyRoles: twenty roles over one user are 1 + 20 fetches.
func TestManyRoles(t *testing.T) {
	t.Parallel()
	do := task{Folder: t.TempDir(), User: "user", Delay: 50 * time.Millisecond}
	var tasks []task
	for i := range 80 {
		do.Role = fmt.Sprintf("role%02d", i%20)
		tasks = append(tasks, do)
	}
	codes, outs := all(t, tasks)
	for i, code := range codes {
		if code != 0 || outs[i] != outs[i%20] {
			t.Errorf("process %d: exit %d, %swant exit 0, %s", i, code, outs[i], outs[i%20])
		}
		if n := len(do.calls(t, tasks[i].Role)); n != 1 {
			t.Errorf("%s: %d fetches, want 1", tasks[i].Role, n)
		}
	}
	if n := len(do.calls(t, "user")); n != 1 {
		t.Errorf("%d fetches of the user, want 1", n)
	}
}

// TestFailureIsShared: those who wait fail with the one who tried; who comes
// later tries again.
func TestFailureIsShared(t *testing.T) {
	t.Parallel()
	hang := filepath.Join(t.TempDir(), "hang")
	do := task{Folder: t.TempDir(), Role: "role", User: "user", Fail: "denied", Hang: hang, Delay: 10 * time.Millisecond}
	list := waiters(t, do, 40)
	if err := os.Remove(hang); err != nil {
		t.Fatal(err)
	}
	first := 0
	for i, r := range list {
		code, out := r.wait()
		if code != 1 || !strings.HasPrefix(out, "error: denied") {
			t.Errorf("process %d: exit %d, %s", i, code, out)
		}
		if !strings.Contains(out, "seen by process") {
			first++
		}
	}
	if n := len(do.calls(t, "user")); n != 1 || first != 1 {
		t.Errorf("%d fetches, %d failed on their own; want 1 and 1", n, first)
	}
	do.Fail = ""
	if code, out := do.start(t, nil).wait(); code != 0 {
		t.Errorf("later: exit %d, %s", code, out)
	}
}

// waiters starts n processes and returns when one fetches and the others have
// said that they wait.
func waiters(t *testing.T, do task, n int) []*running {
	t.Helper()
	if err := os.WriteFile(do.Hang, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	name := do.Role
	if do.User != "" {
		name = do.User
	}
	var list []*running
	for i := range n {
		list = append(list, do.start(t, nil))
		if i == 0 {
			eventually(t, "first fetch", func() bool { return len(do.calls(t, name)) == 1 })
		}
	}
	for _, r := range list[1:] {
		eventually(t, "waiting", func() bool { return strings.Contains(r.errOut.String(), "waiting") })
	}
	return list
}

// TestHolderKilled: the next one goes on, with one more call.
func TestHolderKilled(t *testing.T) {
	t.Parallel()
	do := task{Folder: t.TempDir(), Role: "role", Hang: filepath.Join(t.TempDir(), "hang"), Delay: 10 * time.Millisecond}
	list := waiters(t, do, 20)
	if err := list[0].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = list[0].wait()
	eventually(t, "second fetch", func() bool { return len(do.calls(t, "role")) == 2 })
	if err := os.Remove(do.Hang); err != nil {
		t.Fatal(err)
	}
	for i, r := range list[1:] {
		if code, out := r.wait(); code != 0 {
			t.Errorf("process %d: exit %d, %s", i+1, code, out)
		}
		if want := "waiting for process " + strconv.Itoa(list[0].cmd.Process.Pid); !strings.Contains(r.errOut.String(), want) || strings.Count(r.errOut.String(), "waiting") != 1 {
			t.Errorf("process %d said %q, want %q once", i+1, r.errOut.String(), want)
		}
	}
	if n := len(do.calls(t, "role")); n != 2 {
		t.Errorf("%d fetches, want 2", n)
	}
}

// TestHolderStopped: a stopped process is not waited for, and named; one that
// is slow but alive is waited for. A signal ends the wait at once.
func TestHolderStopped(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no such signals")
	}
	do := task{Folder: t.TempDir(), Role: "role", Hang: filepath.Join(t.TempDir(), "hang"), Delay: 10 * time.Millisecond, Silence: 2 * time.Second}
	list := waiters(t, do, 2)
	time.Sleep(2 * do.Silence)
	interrupted := do.start(t, nil)
	stopProcess(t, list[0].cmd.Process)
	stopped := time.Now()
	code, out := list[1].wait()
	if want := "process " + strconv.Itoa(list[0].cmd.Process.Pid) + " ("; code != 3 || !strings.Contains(out, want) || !strings.Contains(out, "no sign of life") {
		t.Errorf("exit %d, %q; want 3 and %q", code, out, want)
	}
	if took := time.Since(stopped); took < do.Silence/2 || took > 3*do.Silence {
		t.Errorf("gave up after %v, want about %v", took, do.Silence)
	}
	_, _ = interrupted.wait()
	if err := list[0].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = list[0].wait()
}

// TestInterrupted: a signal ends a wait at once, and nobody else's.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no such signals")
	}
	do := task{Folder: t.TempDir(), Role: "role", Hang: filepath.Join(t.TempDir(), "hang"), Delay: 10 * time.Millisecond}
	list := waiters(t, do, 3)
	began := time.Now()
	if err := list[1].cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code, out := list[1].wait(); code != 130 {
		t.Errorf("exit %d, %s", code, out)
	}
	if took := time.Since(began); took > time.Second { // 100 ms where nobody else works
		t.Errorf("ended after %v", took)
	}
	// The one who fetches: that is no failure of the last one.
	if err := list[0].cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code, out := list[0].wait(); code != 130 {
		t.Errorf("exit %d, %s", code, out)
	}
	eventually(t, "second fetch", func() bool { return len(do.calls(t, "role")) == 2 })
	if err := os.Remove(do.Hang); err != nil {
		t.Fatal(err)
	}
	if code, out := list[2].wait(); code != 0 {
		t.Errorf("exit %d, %s", code, out)
	}
}

// TestCancelledQuestion: a person who cancels has answered for all who wait,
// also for those who wait further up the chain.
func TestCancelledQuestion(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no such signals")
	}
	do := task{Folder: t.TempDir(), Role: "role", User: "user", Prompts: true, Hang: filepath.Join(t.TempDir(), "hang"), Delay: 10 * time.Millisecond}
	list := waiters(t, do, 10)
	do.Role = "role2"
	list = append(list, do.start(t, nil), do.start(t, nil))
	eventually(t, "waiting", func() bool { return strings.Contains(list[11].errOut.String(), "waiting") })
	if err := list[0].cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for i, r := range list {
		if code, out := r.wait(); code != 130 {
			t.Errorf("process %d: exit %d, %s", i, code, out)
		}
	}
	if n := len(do.calls(t, "user")); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

// ended is the cause of a context that a signal has cancelled.
type ended struct{ terminated bool }

func (e ended) Error() string    { return "a signal" }
func (e ended) Terminated() bool { return e.terminated }

// TestWhoCancels: a question that a person declines is answered for all; a process
// that is told to end has said nothing.
func TestWhoCancels(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cause    error
		prompts  bool
		declined bool // the provider says that a person did it
		shared   bool
	}{
		"Ctrl-C at a code":               {ended{}, true, false, true},
		"Ctrl-C at a passphrase":         {ended{}, false, true, true},
		"Ctrl-C at a call":               {ended{}, false, false, false},
		"terminated at a code":           {ended{true}, true, false, false},
		"terminated at a passphrase":     {ended{true}, false, true, false},
		"a window that is closed":        {nil, false, true, true},
		"the caller's own cancel, asked": {context.Canceled, true, false, true},
	} {
		f := newFixture(t)
		f.about.Prompts = tt.prompts
		ctx, cancel := context.WithCancelCause(t.Context())
		asks := aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			if tt.cause != nil {
				cancel(tt.cause)
			}
			if tt.declined {
				return aws.Credentials{}, session.Declined(ctx, context.Canceled)
			}
			return aws.Credentials{}, ctx.Err()
		})
		if _, err := f.store().Wrap(f.about, asks).Retrieve(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		cancel(nil)
		// Nothing is written down of what concerns one process alone.
		if _, err := os.Stat(filepath.Join(f.folder, f.about.Key+".failed")); (err == nil) != tt.shared {
			t.Errorf("%s: shared %v, want %v", name, !tt.shared, tt.shared)
		}
	}
}
