//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// seen is what a program finds when it starts.
type seen struct {
	PID, Parent    int
	Args, Environ  []string
	Files          uint64
	Umask          int
	Open           []string
	HangUp, Notice bool // SIGHUP and SIGINT are ignored
}

// inspect is a program that prints what it has found.
func inspect() {
	var limit syscall.Rlimit
	// The Go runtime raises the soft limit of this very program, so it asks a
	// program that leaves it alone.
	out, err := exec.Command("sh", "-c", "ulimit -Sn").Output()
	if err != nil {
		os.Exit(8)
	}
	if _, err := fmt.Sscan(string(out), &limit.Cur); err != nil {
		os.Exit(8)
	}
	s := seen{PID: os.Getpid(), Parent: os.Getppid(), Args: os.Args, Environ: os.Environ(), Files: uint64(limit.Cur), Umask: syscall.Umask(0),
		HangUp: signal.Ignored(syscall.SIGHUP), Notice: signal.Ignored(syscall.SIGINT)}
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && !strings.Contains(target, "/fd") && !strings.HasPrefix(target, "anon_inode:") {
			s.Open = append(s.Open, target)
		}
	}
	if json.NewEncoder(os.Stdout).Encode(s) != nil {
		os.Exit(8)
	}
	os.Exit(0)
}

// look starts a command by a shell line and returns what inspect printed last.
func look(t *testing.T, environ []string, line string, args ...string) (seen, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command("bash", append([]string{"--norc", "--noprofile", "-c", line, "bash"}, args...)...)
	cmd.Env = environ
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, stderr.String())
	}
	var s seen
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatalf("%v: %.500s", err, out)
	}
	return s, cmd
}

// TestExecIsExec compares what a program finds with latchkey in front of it with
// what it finds without.
func TestExecIsExec(t *testing.T) {
	t.Parallel()
	_, environ := staticHome(t)
	environ = append(environ, "NOEQUALS", "=emptyname", "BYTES=\xff\xfe", "LINES=a\nb", "aws_profile=kept", "AWS_PROFILE=work", "AWS_ACCESS_KEY_ID=old")
	// Without the limit being lowered the test would not see it raised.
	const set = `ulimit -Sn 200; umask 027; trap "" HUP INT; exec 7</dev/zero; exec %s inspect one "two  words" "" "$@"`
	direct, _ := look(t, environ, fmt.Sprintf(set, ""))
	through, cmd := look(t, environ, fmt.Sprintf(set, "latchkey exec work --"))
	if through.PID != cmd.Process.Pid || through.Parent != os.Getpid() {
		t.Errorf("process %d of parent %d, started as %d by %d", through.PID, through.Parent, cmd.Process.Pid, os.Getpid())
	}
	if !slices.Equal(through.Args, direct.Args) || through.Files != 200 || direct.Files != 200 || through.Umask != 0o027 || !through.HangUp || !through.Notice {
		t.Errorf("direct:  %+v\nthrough: %+v", direct, through)
	}
	if len(through.Open) != len(direct.Open) { // the pipes differ
		t.Errorf("open files %q, without latchkey %q", through.Open, direct.Open)
	}
	for _, entry := range []string{"BYTES=\ufffd\ufffd", "LINES=a\nb", "aws_profile=kept", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE"} {
		if !slices.Contains(through.Environ, entry) { // JSON cannot tell the bytes, but that they are there
			t.Errorf("%q is not in %q", entry, through.Environ)
		}
	}
	names := map[string]int{}
	for _, entry := range through.Environ {
		name, _, _ := strings.Cut(entry, "=")
		if names[name]++; names[name] > 1 || name == "AWS_PROFILE" {
			t.Errorf("%s is there, the %d. time", name, names[name])
		}
	}
}

// TestExecEnvironBytes hands over an environment that no shell would make.
func TestExecEnvironBytes(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("no /proc")
	}
	_, environ := staticHome(t)
	path, err := exec.LookPath("latchkey")
	if err != nil {
		t.Fatal(err)
	}
	odd := []string{"NOEQUALS", "=emptyname", "BYTES=\xff\xfe\x80", "TOTP_CODE", "AWS_PROFILE", "BIG=" + strings.Repeat("x", 100_000)}
	for i := range 8 {
		odd = append(odd, fmt.Sprintf("BIG%d=%s", i, strings.Repeat("x", 100_000)))
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	argv := []string{"latchkey", "exec", "work", "--", "cat", "/proc/self/environ"}
	process, err := os.StartProcess(path, argv, &os.ProcAttr{Env: append(environ, odd...), Files: []*os.File{os.Stdin, w, os.Stderr}})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(r); err != nil {
		t.Error(err)
	}
	if state, err := process.Wait(); err != nil || !state.Success() {
		t.Errorf("%v, %v", state, err)
	}
	got := strings.Split(out.String(), "\x00")
	for i, entry := range odd {
		if kept := slices.Contains(got, entry); kept != (i != 3 && i != 4) {
			t.Errorf("%.50q kept: %v", entry, kept)
		}
	}
}

// TestExecManyArguments passes a mebibyte of them.
func TestExecManyArguments(t *testing.T) {
	t.Parallel()
	_, environ := staticHome(t)
	argument := strings.Repeat("y", 100<<10)
	args := []string{"exec", "work", "--", "printf", "%s"}
	for range 10 {
		args = append(args, argument)
	}
	cmd := exec.Command("latchkey", args...)
	cmd.Env = environ
	if out, err := cmd.Output(); err != nil || string(out) != strings.Repeat(argument, 10) {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

// TestEnding sends signals to the sandbox and the demo: their folders are put
// away, and the command that runs is told.
func TestEnding(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			dir, environ := staticHome(t)
			cmd := exec.Command("latchkey", "sandbox", "--", "sh", "-c", "echo ready; exec sleep 60")
			// Away from any terminal, whose Ctrl-C would reach both.
			cmd.Env, cmd.SysProcAttr = environ, &syscall.SysProcAttr{Setsid: true}
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := out.Read(make([]byte, 10)); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 128+int(s) {
				t.Errorf("exit code %d: %v", cmd.ProcessState.ExitCode(), err)
			}
			empty(t, filepath.Join(dir, "tmp"))
		})
	}
}
