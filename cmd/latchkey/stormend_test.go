//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/latchkey-aws/latchkey/internal/installed"
)

// codeProcess is a profile whose code comes from a file, which a test can change.
func (s *stage) codeProcess(name, role string) {
	s.t.Helper()
	s.write("code", s.code())
	s.profile(name, "role_arn = arn:aws:iam::444455556666:role/"+role+"\nsource_profile = alice\nmfa_serial = "+aliceDevice+
		"\nmfa_process = cat "+s.home+"/code\n")
}

// beside starts a crowd of n beside a process that is held up, and returns when
// they have been waiting for it.
func (s *stage) beside(n int, task ...string) (*started, func() []ending) {
	s.t.Helper()
	command, endings := s.crowdOf(times(n, task...))
	crowd := s.start(nil, "", command...)
	s.wait(command, n)
	return crowd, endings
}

// TestWinnerKilled kills the process that all wait for, in its call: another one
// makes it once more.
func TestWinnerKilled(t *testing.T) {
	t.Run("role", func(t *testing.T) {
		s := newStage(t)
		s.codeProcess("p", "R00")
		open := s.way.shut("AssumeRole")
		winner := s.start(nil, "", "latchkey", "credentials", "p")
		soon(t, "the call", func() bool { return s.way.calls("AssumeRole") == 1 })
		crowd, endings := s.beside(many(), "latchkey", "credentials", "p")
		_ = winner.cmd.Process.Kill()
		_ = winner.cmd.Wait()
		killed := time.Now()
		soon(t, "the second call", func() bool { return s.way.calls("AssumeRole") == 2 })
		t.Logf("the next one called %v after the kill", time.Since(killed).Round(time.Millisecond))
		open()
		if end := finishOf(crowd); end.Code != 0 {
			t.Fatalf("%+v", end)
		}
		s.allSame(endings())
		s.calledOnce(2)
	})
	t.Run("MFA session", func(t *testing.T) {
		s := newStage(t)
		open := s.way.shut("GetSessionToken")
		first := inTerminal(t, s.env, "latchkey", "credentials", "r00")
		first.await(codePrompt, 1)
		command, endings := s.crowdOf(times(20, "latchkey", "credentials", "r00"))
		crowd := inTerminal(t, s.env, command...)
		first.typed(s.code() + "\n")
		soon(t, "the call", func() bool { return s.way.calls("GetSessionToken") == 1 })
		_ = first.cmd.Process.Kill()
		crowd.await(codePrompt, 1) // the code is gone, so the next one asks
		open()
		crowd.typed(s.code() + "\n")
		if code := crowd.code(); code != 0 {
			t.Fatalf("the crowd ended with %d:\n%s", code, crowd.screen())
		}
		s.allSame(endings())
		if n, m := s.way.calls("GetSessionToken"), s.way.calls("AssumeRole"); n != 2 || m != 1 {
			t.Errorf("%d GetSessionToken and %d AssumeRole, want 2 and 1", n, m)
		}
	})
}

// allFailed checks that all ended with the exit code and say a text.
func (s *stage) allFailed(list []ending, code int, texts ...string) {
	s.t.Helper()
	failed := 0
	for i, end := range list {
		wrong := end.Code != code || end.Out != ""
		for _, text := range texts {
			wrong = wrong || !strings.Contains(end.Err, text)
		}
		if wrong {
			if failed++; failed <= 3 {
				s.t.Errorf("process %d: exit %d, %s%s; want %d and %q", i, end.Code, secretless(end.Out), end.Err, code, texts)
			}
		}
	}
	if failed > 3 {
		s.t.Errorf("and %d more of %d", failed-3, len(list))
	}
}

// TestWinnerRefused: all who waited fail with the one call, and the next call
// tries anew.
func TestWinnerRefused(t *testing.T) {
	t.Run("wrong code", func(t *testing.T) {
		s := newStage(t)
		s.way.slow(200 * time.Millisecond)
		command, endings := s.crowdOf(times(many(), "latchkey", "credentials", "r00"))
		ty := inTerminal(t, s.env, command...)
		ty.await(codePrompt, 1)
		s.wait(command, many()-1)
		ty.typed("000000\n")
		typed := time.Now()
		if code := ty.code(); code != 0 {
			t.Fatalf("the crowd ended with %d:\n%s", code, ty.screen())
		}
		t.Logf("%d processes: all done %v after the wrong code", many(), time.Since(typed).Round(time.Millisecond))
		s.allFailed(endings(), 5, "AccessDenied")
		if n := s.way.calls("GetSessionToken"); n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
		ty = inTerminal(t, s.env, "latchkey", "credentials", "r00")
		ty.await(codePrompt, 1)
		ty.typed(s.code() + "\n")
		if code := ty.code(); code != 0 {
			t.Errorf("the next call: exit %d:\n%s", code, ty.screen())
		}
	})
	t.Run("role", func(t *testing.T) {
		s := newStage(t)
		s.codeProcess("p", "Refused")
		open := s.way.shut("AssumeRole")
		winner := s.start(nil, "", "latchkey", "credentials", "p")
		soon(t, "the call", func() bool { return s.way.calls("AssumeRole") == 1 })
		crowd, endings := s.beside(many(), "latchkey", "credentials", "p")
		open()
		s.allFailed([]ending{finishOf(winner)}, 5, "AccessDenied")
		if end := finishOf(crowd); end.Code != 0 {
			t.Fatalf("%+v", end)
		}
		s.allFailed(endings(), 5, "AccessDenied")
		if n, m := s.way.calls("GetSessionToken"), s.way.calls("AssumeRole"); n != 1 || m != 1 {
			t.Errorf("%d GetSessionToken and %d AssumeRole, want 1 and 1", n, m)
		}
		time.Sleep(2100 * time.Millisecond) // the refusal serves late comers of the crowd
		s.allFailed([]ending{s.run(nil, "credentials", "p")}, 5, "AccessDenied")
		if n, m := s.way.calls("GetSessionToken"), s.way.calls("AssumeRole"); n != 1 || m != 2 {
			t.Errorf("the next call: %d GetSessionToken and %d AssumeRole, want 1 and 2", n, m)
		}
	})
}

// TestNobodyToAsk: where nobody can be asked all end at once, and say what to do.
func TestNobodyToAsk(t *testing.T) {
	s := newStage(t)
	began := time.Now()
	list := s.crowded(nil, times(many(), "latchkey", "credentials", "r00"))
	slowest := time.Duration(0)
	for _, end := range list {
		slowest = max(slowest, end.Took)
	}
	t.Logf("%d processes: all done after %v, the slowest took %v", many(), time.Since(began).Round(time.Millisecond), slowest.Round(time.Millisecond))
	s.allFailed(list, 4, "MFA code required for device "+aliceDevice, "run latchkey whoami r00 in a terminal")
	if len(s.server.Requests()) > 0 {
		t.Errorf("AWS was asked: %v", s.server.Requests())
	}
	// Writing down each of these failures would keep the others waiting.
	if records, err := filepath.Glob(filepath.Join(s.home, ".cache", "latchkey", "locks", "*.failed")); err != nil || len(records) > 0 {
		t.Errorf("failures were recorded: %q, %v", records, err)
	}
	if end := s.run([]string{"LATCHKEY_PROMPT=none"}, "exec", "r00", "--", "true"); end.Code != 125 || !strings.Contains(end.Err, "run latchkey whoami r00") {
		t.Errorf("exec: %+v", end)
	}
}

// TestPromptCancelled presses Ctrl-C at the question: all who wait end, and the
// terminal shows again what is typed.
func TestPromptCancelled(t *testing.T) {
	s := newStage(t)
	outside, outsideEndings := s.crowdOf(times(20, "latchkey", "credentials", "r00"))
	command, endings := s.crowdOf(times(many()-20, "latchkey", "credentials", "r00"))
	ty := inTerminal(t, s.env, command...)
	before, err := unix.IoctlGetTermios(int(ty.tty.Fd()), termiosOf)
	if err != nil {
		t.Fatal(err)
	}
	ty.await(codePrompt, 1)
	crowd := s.start(nil, "", outside...) // these get no Ctrl-C of their own
	s.wait(command, many()-20-1)
	s.wait(outside, 20)
	ty.typed("\x03")
	pressed := time.Now()
	if end := finishOf(crowd); end.Code != 0 {
		t.Fatalf("%+v", end)
	}
	took := time.Since(pressed)
	if code := ty.code(); code != 0 {
		t.Fatalf("the crowd ended with %d:\n%s", code, ty.screen())
	}
	t.Logf("%d processes without a terminal ended %v after Ctrl-C, all %d after %v", 20, took.Round(time.Millisecond), many(), time.Since(pressed).Round(time.Millisecond))
	s.allFailed(append(endings(), outsideEndings()...), 130, "latchkey: error: cancelled")
	after, err := unix.IoctlGetTermios(int(ty.tty.Fd()), termiosOf)
	if err != nil || after.Lflag != before.Lflag || after.Iflag != before.Iflag {
		t.Errorf("the terminal's modes are %x %x, were %x %x: %v", after.Lflag, after.Iflag, before.Lflag, before.Iflag, err)
	}
	if len(s.server.Requests()) > 0 {
		t.Errorf("AWS was asked: %v", s.server.Requests())
	}
}

// TestHolderStopped: a stopped process is named, and Ctrl-C ends the wait for it.
func TestHolderStopped(t *testing.T) {
	s := newStage(t)
	s.codeProcess("p", "R00")
	open := s.way.shut("AssumeRole")
	defer open()
	holder := s.start(nil, "", "latchkey", "credentials", "p")
	soon(t, "the call", func() bool { return s.way.calls("AssumeRole") == 1 })
	if err := holder.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.cmd.Process.Kill(); _ = holder.cmd.Wait() }()
	name := fmt.Sprintf("process %d (latchkey)", holder.cmd.Process.Pid)
	impatient := inTerminal(t, s.env, "latchkey", "credentials", "p")
	impatient.await("waiting for "+name, 1)
	impatient.typed("\x03")
	pressed := time.Now()
	if code := impatient.code(); code != 130 {
		t.Errorf("exit %d:\n%s", code, impatient.screen())
	}
	t.Logf("Ctrl-C ended the wait after %v", time.Since(pressed).Round(time.Millisecond))
	if !longTests() {
		return
	}
	end := s.run(nil, "credentials", "p")
	t.Logf("given up after %v with exit %d:\n%s", end.Took.Round(time.Millisecond), end.Code, end.Err)
	if end.Code == 0 || end.Took > 31*time.Second || !strings.Contains(end.Err, name) || !strings.Contains(end.Err, "no sign of life") {
		t.Errorf("%+v", end)
	}
}

// TestStormWithoutKeyring has no keyring of the kernel to keep the key of the
// sessions in: still one question.
func TestStormWithoutKeyring(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have none")
	}
	strace := canTrace(t)
	refuse := []string{strace, "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=keyctl,add_key", "-e", "inject=keyctl,add_key:error=EPERM"}
	ways := map[string][]string{"XDG_RUNTIME_DIR": nil, "memory": {"unshare", "-m", "sh", "-c", "mount -t tmpfs none /run && mount -t tmpfs -o mode=1777 none /dev/shm && exec \"$@\"", "sh"}}
	for name, outer := range ways {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.codeProcess("p", "R00")
			var more []string
			if outer != nil {
				more = []string{"XDG_RUNTIME_DIR="}
			}
			if outer != nil && exec.Command(outer[0], append(outer[1:], "true")...).Run() != nil {
				t.Skip("no file systems can be mounted here")
			}
			n := 40
			command, endings := s.crowdOf(times(n, "latchkey", "credentials", "p"))
			began := time.Now()
			if end := finishOf(s.start(more, "", append(append(append([]string(nil), outer...), refuse...), command...)...)); end.Code != 0 {
				t.Fatalf("%+v", end)
			}
			t.Logf("%d processes: all done after %v", n, time.Since(began).Round(time.Millisecond))
			list := endings()
			s.allSame(list)
			s.calledOnce(1)
			if outer == nil {
				if files, err := os.ReadDir(filepath.Join(s.home, "run", "latchkey")); err != nil || len(files) == 0 {
					t.Errorf("no key below XDG_RUNTIME_DIR: %v, %v", files, err)
				}
			}
		})
	}
}

// canTrace returns strace, where it is there and may trace.
func canTrace(t *testing.T) string {
	t.Helper()
	return installed.Need(t, "strace", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true")
}
