//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// temporaryKey is what a credential_process of staticHome prints.
const temporaryKey = `'{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY","SessionToken":"token","Expiration":"2099-01-01T00:00:00Z"}'`

// mode is a way in which latchkey runs a command, in the home of staticHome.
type mode struct {
	name   string
	prefix []string
	// inPlace: the command takes latchkey's place.
	inPlace bool
}

func modes() []mode {
	return []mode{
		{"exec", []string{"latchkey", "exec", "work", "--"}, true},
		{"serve", []string{"latchkey", "exec", "temporary", "--serve", "--"}, true},
		{"sandbox", []string{"latchkey", "sandbox", "--"}, false},
	}
}

func (m mode) command(args ...string) []string { return append(slices.Clone(m.prefix), args...) }

// TestExitCodes: the command's own, 128+n where a signal ended it, 126 and 127
// where there is nothing to run.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	dir, environ := staticHome(t)
	note, script := filepath.Join(dir, "note"), filepath.Join(dir, "script")
	put(t, note, "no program\n")
	put(t, script, "exit 43\n")
	if err := os.Chmod(note, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, m := range modes() {
		for _, tt := range []struct {
			want int
			args []string
		}{
			{0, []string{"true"}}, {1, []string{"false"}}, {42, []string{"sh", "-c", "exit 42"}}, {255, []string{"sh", "-c", "exit 255"}},
			{126, []string{note}}, {126, []string{dir}}, {127, []string{"no-such-program"}}, {127, []string{filepath.Join(dir, "none")}}, {43, []string{script}},
		} {
			cmd := exec.Command("latchkey", m.command(tt.args...)[1:]...)
			cmd.Env = environ
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != tt.want {
				t.Errorf("%s: %q ends with %d, want %d: %s", m.name, tt.args, code, tt.want, out)
			}
		}
		for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGKILL, syscall.SIGSEGV} {
			// A shell says of its child what it would say of the command itself.
			cmd := exec.Command("bash", append([]string{"--norc", "--noprofile", "-c", `"$@"; exit $?`, "bash"}, m.command("sh", "-c", fmt.Sprintf("kill -%d $$; sleep 10", int(s)))...)...)
			cmd.Env = environ
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 128+int(s) {
				t.Errorf("%s: killed by %v, ends with %d: %s", m.name, s, code, out)
			}
		}
	}
}

// TestParentEnds ends latchkey, or what has taken its place: the command is told
// once, or is gone as well.
func TestParentEnds(t *testing.T) {
	t.Parallel()
	for _, m := range modes() {
		for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
			t.Run(m.name+" "+s.String(), func(t *testing.T) {
				t.Parallel()
				dir, environ := staticHome(t)
				out := filepath.Join(dir, "out")
				const told = `trap 'echo told >>"$OUT"; ended=yes' TERM; echo $$; while test -z "$ended"; do sleep 0.05; done; sleep 0.3; exit 9`
				cmd := exec.Command("latchkey", m.command("sh", "-c", told)[1:]...)
				cmd.Env, cmd.SysProcAttr = append(environ, "OUT="+out), &syscall.SysProcAttr{Setsid: true}
				pid := begin(t, cmd)
				if m.inPlace != (pid == cmd.Process.Pid) {
					t.Errorf("process %d in latchkey's %d", pid, cmd.Process.Pid)
				}
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait()
				if s == syscall.SIGTERM && cmd.ProcessState.ExitCode() != 9 {
					t.Errorf("ended with %v", cmd.ProcessState)
				}
				if s == syscall.SIGKILL && runtime.GOOS != "linux" && !m.inPlace {
					_ = syscall.Kill(pid, syscall.SIGKILL) // only Linux tells a child
					return
				}
				vanish(t, pid)
				text, _ := os.ReadFile(out)
				want := "told\n"
				if s == syscall.SIGKILL && m.inPlace {
					want = ""
				}
				if s == syscall.SIGKILL && !m.inPlace { // the kernel tells of the end of each thread
					text = bytes.Join(slices.CompactFunc(bytes.SplitAfter(text, []byte("\n")), bytes.Equal), nil)
				}
				if string(text) != want {
					t.Errorf("the command was told %q, want %q", text, want)
				}
			})
		}
	}
}

// begin starts a command that prints its process id first.
func begin(t *testing.T, cmd *exec.Cmd) (pid int) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		pid, err = strconv.Atoi(strings.TrimSpace(line))
	}
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return pid
}

// vanish waits until a process is no more.
func vanish(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); unix.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatalf("process %d is still there", pid)
		}
	}
}

// endpointOf is the process that serves for a command.
func endpointOf(t *testing.T, of int) (pid int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(all) == 0 {
		t.Skip("no /proc")
	}
	for _, file := range all {
		line, _ := os.ReadFile(file)
		if bytes.Contains(line, fmt.Appendf(nil, "\x00endpoint\x00--of\x00%d\x00", of)) {
			pid, _ = strconv.Atoi(strings.Split(file, "/")[2])
			return pid
		}
	}
	t.Fatalf("no endpoint for process %d", of)
	return 0
}

// TestEndpointEnds: the endpoint goes with its command, in each way that the
// command can end, and is no child of its.
func TestEndpointEnds(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	for name, how := range map[string]string{"by itself": "", "killed": "kill -KILL $$", "leaving a child": "sleep 100 >&- 2>&- & echo $! >left"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, environ := staticHome(t)
			cmd := exec.Command("latchkey", "exec", "temporary", "--serve", "--", "sh", "-c", `echo $$; read go; `+how)
			cmd.Env, cmd.Dir = environ, dir
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			endpoint := endpointOf(t, begin(t, cmd))
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", endpoint))
			if err != nil || strings.Contains(string(status), fmt.Sprintf("PPid:\t%d\n", cmd.Process.Pid)) {
				t.Errorf("%v\n%s", err, status)
			}
			_, _ = in.Write([]byte("\n"))
			_ = cmd.Wait()
			vanish(t, endpoint)
			if left, err := os.ReadFile(filepath.Join(dir, "left")); err == nil {
				if pid, err := strconv.Atoi(strings.TrimSpace(string(left))); err == nil {
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		})
	}
}

// TestEndpointKilled: the command goes on without it, and who runs it is told
// where the endpoint can still tell.
func TestEndpointKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	_, environ := staticHome(t)
	cmd := exec.Command("latchkey", "exec", "temporary", "--serve", "--", "sh", "-c", `echo $$; read go; exit 5`)
	cmd.Env = environ
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	endpoint := endpointOf(t, begin(t, cmd))
	if err := syscall.Kill(endpoint, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	vanish(t, endpoint)
	_, _ = in.Write([]byte("\n"))
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 5 {
		t.Errorf("the command ended with %v", err)
	}
	if !strings.Contains(stderr.String(), "latchkey: error: the endpoint of the command's credentials has ended, so that they are not renewed any more: terminated") {
		t.Errorf("said: %s", stderr.String())
	}
}

// TestServeOpenFiles: the command has no more files open than without latchkey, its
// standard files are its own, and what reads its output sees the end with it.
func TestServeOpenFiles(t *testing.T) {
	t.Parallel()
	_, environ := staticHome(t)
	direct, _ := look(t, environ, `exec inspect`)
	through, _ := look(t, environ, `exec latchkey exec temporary --serve -- inspect`)
	if len(through.Open) != len(direct.Open) {
		t.Errorf("open files %q, without latchkey %q", through.Open, direct.Open)
	}
	for _, entry := range through.Environ {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains([]string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}, name) {
			t.Errorf("%s is there", name)
		}
	}
}

// TestServeWaits: a command that waits for all of its children waits for none of
// latchkey's.
func TestServeWaits(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	_, environ := staticHome(t)
	cmd := exec.Command("latchkey", "exec", "temporary", "--serve", "--", python, "-c", "import os\ntry:\n  os.wait()\nexcept ChildProcessError:\n  print('none')")
	cmd.Env = environ
	timer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	if out, err := cmd.Output(); err != nil || string(out) != "none\n" {
		t.Errorf("%q, %v", out, err)
	}
}
