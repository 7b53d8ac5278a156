//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli"
)

// A typist is a program in a terminal of its own, and who types there.
type typist struct {
	t       *testing.T
	cmd     *exec.Cmd
	tty     *os.File
	done    chan struct{}
	leaving atomic.Bool
	mu      sync.Mutex
	seen    []byte
}

// inTerminal starts a command in a terminal of 24 lines and 80 columns.
func inTerminal(t *testing.T, environ []string, args ...string) *typist {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env, cmd.Dir = append(environ, "TERM=dumb", "PS1=ready> ", "INPUTRC=/dev/null"), t.TempDir()
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Skipf("no terminal to be had: %v", err)
	}
	ty := &typist{t: t, cmd: cmd, tty: tty, done: make(chan struct{})}
	go func() {
		defer close(ty.done)
		buffer := make([]byte, 4096)
		for {
			n, err := tty.Read(buffer)
			ty.mu.Lock()
			ty.seen = append(ty.seen, buffer[:n]...)
			ty.mu.Unlock()
			if err != nil || ty.leaving.Load() {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = tty.Close()
		<-ty.done
	})
	return ty
}

func (ty *typist) screen() string {
	ty.mu.Lock()
	defer ty.mu.Unlock()
	return string(bytes.ReplaceAll(ty.seen, []byte("\r"), nil))
}

// await waits until the text has come n times.
func (ty *typist) await(text string, n int) {
	ty.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		screen := ty.screen()
		if strings.Count(screen, text) >= n {
			return
		}
		if time.Now().After(deadline) {
			ty.t.Fatalf("%q did not come %d times:\n%s", text, n, screen)
		}
	}
}

func (ty *typist) typed(text string) {
	ty.t.Helper()
	if _, err := ty.tty.WriteString(text); err != nil {
		ty.t.Fatal(err)
	}
}

// insists types a key until the program ends. A shell that is between two commands
// may let a Ctrl-C pass; who sees nothing happen presses again.
func (ty *typist) insists(key string) {
	ty.t.Helper()
	ty.typed(key)
	for range 20 {
		select {
		case <-ty.done:
			return
		case <-time.After(time.Second):
			_, _ = ty.tty.WriteString(key) // it may be over
		}
	}
}

// leave closes the terminal. A read that is under way would keep it open, so it
// is given an echo to read.
func (ty *typist) leave() {
	ty.t.Helper()
	ty.leaving.Store(true)
	ty.typed("x")
	<-ty.done
	if err := ty.tty.Close(); err != nil {
		ty.t.Fatal(err)
	}
}

// code waits for the end and returns the exit code.
func (ty *typist) code() int {
	ty.t.Helper()
	timer := time.AfterFunc(time.Minute, func() { _ = ty.cmd.Process.Kill() })
	defer timer.Stop()
	_ = ty.cmd.Wait()
	return ty.cmd.ProcessState.ExitCode()
}

// counter is a program that says ready, and then each signal that reaches it. It
// ends with 7 on a line of input, and with 9 when the terminal is closed.
func counter() {
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGWINCH, syscall.SIGHUP)
	rows, columns, err := pty.Getsize(os.Stdin)
	if err != nil || !term(os.Stdout) || !term(os.Stderr) {
		os.Exit(8)
	}
	fmt.Println("ready", rows, columns)
	go func() {
		if _, err := os.Stdin.Read(make([]byte, 10)); err == nil {
			os.Exit(7)
		}
	}()
	for s := range signals {
		switch s {
		case syscall.SIGHUP:
			_ = os.WriteFile(os.Getenv("OUT"), []byte("hung up\n"), 0o600)
			os.Exit(9)
		case syscall.SIGWINCH:
			rows, columns, _ = pty.Getsize(os.Stdin)
			fmt.Println("got-WINCH", rows, columns)
		default:
			fmt.Println("got", s)
		}
	}
}

func term(f *os.File) bool {
	_, _, err := pty.Getsize(f)
	return err == nil
}

// TestExecTerminal looks at the command's terminal: it is the same one, and
// each key and change reaches the command once.
func TestExecTerminal(t *testing.T) {
	t.Parallel()
	dir, environ := staticHome(t)
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			ty := inTerminal(t, append(environ, "OUT="+filepath.Join(dir, m.name)), m.command("counter")...)
			ty.await("ready 24 80", 1)
			ty.typed("\x03")
			ty.await("got interrupt", 1)
			ty.typed("\x1c")
			ty.await("got quit", 1)
			if err := pty.Setsize(ty.tty, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
				t.Fatal(err)
			}
			ty.await("got-WINCH 30 100", 1)
			time.Sleep(200 * time.Millisecond) // for a second one that must not come
			ty.typed("\x03")
			ty.await("got interrupt", 2)
			ty.typed("end\n")
			if code := ty.code(); code != 7 {
				t.Errorf("exit code %d", code)
			}
			if s := ty.screen(); strings.Count(s, "got interrupt") != 2 || strings.Count(s, "got quit") != 1 || strings.Count(s, "got-WINCH") != 1 {
				t.Errorf("not each signal once:\n%s", s)
			}
		})
	}
}

// TestHangUp closes the terminal: the command is told, and the sandbox puts its
// folder away.
func TestHangUp(t *testing.T) {
	t.Parallel()
	for _, m := range modes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			dir, environ := staticHome(t)
			out := filepath.Join(dir, "out")
			ty := inTerminal(t, append(environ, "OUT="+out), m.command("counter")...)
			ty.await("ready", 1)
			ty.leave()
			if code := ty.code(); code != 9 {
				t.Errorf("exit code %d", code)
			}
			if text, err := os.ReadFile(out); err != nil || string(text) != "hung up\n" {
				t.Errorf("the command was not told: %q, %v", text, err)
			}
			empty(t, filepath.Join(dir, "tmp"))
		})
	}
}

// TestJobControl stops the command with Ctrl-Z and takes it up again, in a real
// shell.
func TestJobControl(t *testing.T) {
	t.Parallel()
	_, environ := staticHome(t)
	for _, m := range modes() {
		line := strings.Join(m.command("sleep", "100"), " ")
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			ty := inTerminal(t, environ, "bash", "--norc", "--noprofile", "-i")
			ty.await("ready> ", 1)
			ty.typed(line + "\n")
			time.Sleep(500 * time.Millisecond)
			ty.typed("\x1a")
			ty.await("Stopped", 1)
			ty.typed("jobs -r; fg\n")
			ty.await(line, 3) // typed, stopped, and told by fg
			time.Sleep(300 * time.Millisecond)
			ty.typed("\x03")
			ty.typed("echo code-$?\n")
			ty.await("code-130", 1)
			ty.typed("exit\n")
		})
	}
}

// TestStoppedAtHelper stops a program that latchkey runs with Ctrl-Z while it asks on
// the terminal: the shell takes over, and fg goes on with the question, which still
// does not show what is typed.
func TestStoppedAtHelper(t *testing.T) {
	t.Parallel()
	dir, environ := staticHome(t)
	put(t, filepath.Join(dir, "ask"), `printf 'pin? ' >/dev/tty
stty -echo </dev/tty
read -r pin </dev/tty
stty echo </dev/tty
echo '{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "secret-'$pin'-EXAMPLEKEY"}'
`)
	put(t, filepath.Join(dir, ".aws", "config"), "[profile asks]\ncredential_process = sh "+filepath.Join(dir, "ask")+"\n")
	for name, line := range map[string]string{
		"by itself":       `latchkey exec asks -- sh -c 'test "$AWS_SECRET_ACCESS_KEY" = secret-4711-EXAMPLEKEY && echo good'`,
		"below a program": `sh -c 'latchkey credentials asks | grep -c secret-4711-EXAMPLEKEY; echo good'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ty := inTerminal(t, environ, "bash", "--norc", "--noprofile", "-i")
			ty.await("ready> ", 1)
			ty.typed(line + "\n")
			ty.await("pin? ", 1)
			stop := func(how string, n int) {
				t.Helper()
				time.Sleep(300 * time.Millisecond) // until it reads
				ty.typed(how)
				ty.await("Stopped", n)
				ty.typed(fmt.Sprintf("echo shell-$((%d+1))\n", n))
				ty.await(fmt.Sprintf("shell-%d\n", n+1), 1)
			}
			stop("\x1a", 1)
			stop("bg; sleep 1\n", 2) // as soon as it reads in the background
			ty.typed("fg\n")
			stop("\x1a", 3)
			ty.typed("fg\n")
			time.Sleep(300 * time.Millisecond)
			ty.typed("4711\n")
			ty.await("good\n", 1)
			ty.typed("exit\n")
			<-ty.done
			if s := ty.screen(); strings.Contains(s, "4711\n") {
				t.Errorf("the answer is shown:\n%s", s)
			}
		})
	}
	t.Run("without a shell", func(t *testing.T) {
		t.Parallel()
		ty := inTerminal(t, environ, "latchkey", "credentials", "asks")
		ty.await("pin? ", 1)
		time.Sleep(300 * time.Millisecond)
		ty.typed("\x1a")
		time.Sleep(time.Second) // nobody could continue it: it goes on by itself
		ty.typed("4711\n")
		if screen := ty.ends(0); !strings.Contains(screen, "secret-4711-EXAMPLEKEY") || strings.Contains(screen, "4711\n") {
			t.Errorf("it says:\n%s", screen)
		}
	})
}

// TestCtrlC cancels commands that wait: 130, and nothing left behind.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	dir, environ := staticHome(t)
	for _, args := range [][]string{{"credentials", "slow"}, {"exec", "slow", "--", "true"}, {"whoami", "slow"}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			ty := inTerminal(t, environ, append([]string{"latchkey"}, args...)...)
			ty.await("started", 1)
			ty.insists("\x03")
			if code := ty.code(); code != 130 {
				t.Errorf("exit code %d:\n%s", code, ty.screen())
			}
			<-ty.done
			if s := ty.screen(); !strings.Contains(s, "latchkey: error: cancelled") {
				t.Errorf("it says:\n%s", s)
			}
		})
	}
	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		ty := inTerminal(t, environ, "latchkey", "demo")
		ty.await("# Which", 1)
		ty.typed("\x03")
		if code := ty.code(); code != 130 && code != 0 { // it may have been through
			t.Errorf("exit code %d:\n%s", code, ty.screen())
		}
		empty(t, filepath.Join(dir, "tmp"))
	})
}

// TestEnvHint types env where its output would only be looked at.
func TestEnvHint(t *testing.T) {
	t.Parallel()
	_, environ := staticHome(t)
	ty := inTerminal(t, environ, "latchkey", "env", "work", "--shell", "fish")
	if code := ty.code(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	<-ty.done
	if s := ty.screen(); !strings.Contains(s, "set -gx AWS_ACCESS_KEY_ID 'AKIAIOSFODNN7EXAMPLE';\n") ||
		!strings.Contains(s, "latchkey: printed, not set; to set them in this shell: latchkey env work --shell fish | source\n") {
		t.Errorf("it says:\n%s", s)
	}
}

// TestCompletion presses Tab in real shells. What is completed becomes the
// arguments of printf.
func TestCompletion(t *testing.T) {
	t.Parallel()
	_, environ := staticHome(t)
	shells := map[string][]string{
		"bash": {"bash", "--norc", "--noprofile", "-i"},
		"zsh":  {"zsh", "-f", "-i"},
		"fish": {"fish", "--no-config", "-i"},
	}
	load := map[string]string{
		"bash": "source <(latchkey completion bash)\n",
		"zsh":  "PS1='ready> '; autoload -U compinit; compinit -u -D; source <(latchkey completion zsh)\n",
		"fish": "latchkey completion fish | source\n",
	}
	for shell, start := range shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			if ok, err := have(shell); err != nil {
				t.Fatal(err)
			} else if !ok {
				t.Skip(shell + " is not installed")
			}
			for typed, want := range map[string]string{
				"latchkey exec my\t":        "<latchkey><exec><my prod>",
				"latchkey exec team:d\t":    "<latchkey><exec><team:dev>",
				"latchkey whoami tea\t":     "<latchkey><whoami><team:dev>",
				"latchkey cred\t":           "<latchkey><credentials>",
				"latchkey env --shell po\t": "<latchkey><env><--shell><powershell>",
			} {
				// How long a shell takes is not known; the next try gives it more.
				last := ""
				for _, patience := range []time.Duration{time.Second, 3 * time.Second, 9 * time.Second} {
					if last = completed(t, environ, start, load[shell], typed, patience); strings.Contains(last, want) {
						break
					}
				}
				if !strings.Contains(last, want) {
					t.Errorf("%q is not completed to %s:\n%q", typed, want, last)
				}
			}
		})
	}
}

// completed returns the screen of a shell after a line with a Tab was typed and
// made the arguments of printf.
func completed(t *testing.T, environ, shell []string, load, typed string, patience time.Duration) string {
	t.Helper()
	ty := inTerminal(t, environ, shell...)
	defer func() { _ = ty.cmd.Process.Kill() }()
	ty.typed(load + "echo load''ed\n")
	ty.await("loaded\n", 1)
	ty.typed(typed)
	time.Sleep(patience)
	ty.typed("\x01printf '<%s>' \x05; echo do''ne\n")
	ty.await("done", 1)
	return ty.screen()
}

// staticHome makes a home folder with profiles of static keys, one of them with
// a blank and one with a colon in its name, and one whose process hangs.
func staticHome(t *testing.T) (dir string, environ []string) {
	t.Helper()
	dir = t.TempDir()
	text := ""
	for _, name := range []string{"work", "my prod", "team:dev"} {
		text += fmt.Sprintf("[%s]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n", name)
	}
	for path, text := range map[string]string{".aws/credentials": text, ".aws/config": "[profile slow]\ncredential_process = echo started >&2; sleep 60\n[profile temporary]\ncredential_process = echo " + temporaryKey + "\n"} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir, []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + filepath.Join(dir, "tmp"), "AWS_EC2_METADATA_DISABLED=true", "GORACE=atexit_sleep_ms=0"}
}

// empty checks that nothing was left in a folder.
func empty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind in %s: %v, %v", dir, left, err)
	}
}

// unixPrograms adds the programs that tests on Unix run.
func unixPrograms(programs map[string]func()) {
	programs["counter"] = counter
	programs["fetcher"] = fetcher
	programs["inspect"] = inspect
	programs["crowd"] = crowd
	programs["derived"] = derived
	programs["gopeer"] = goPeer
	programs["gocaller"] = goCaller
	programs["locked"] = func() { os.Exit(cli.Main(system())) } // see init
}
