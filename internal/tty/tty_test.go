//go:build linux || darwin

package tty_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/latchkey-aws/latchkey/internal/installed"
)

// TestAnswers types on a real terminal while standard input is the null device
// and standard output is a pipe.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, mode, typed, want string }{
		{"plain", "visible", "alice\n", `"alice" <nil>`},
		{"Enter as terminals send it", "visible", "alice\r", `"alice" <nil>`},
		{"blanks stay", "hidden", " a b \n", `" a b " <nil>`},
		{"backspace", "visible", "alix\x7fce\n", `"alice" <nil>`},
		{"line taken back", "hidden", "wrong\x15right\n", `"right" <nil>`},
		{"marks of a paste", "hidden", "\x1b[200~pasted\x1b[201~\r", `"pasted" <nil>`},
		{"line ends of Windows pasted", "twice", "alice\r\nsecret\r\n", "\"alice\" <nil>\n\"secret\" <nil>"},
		{"two lines pasted", "twice", "alice\nsecret\n", "\"alice\" <nil>\n\"secret\" <nil>"},
		{"nothing is asked again", "visible", "\n\r\nalice\n", `"alice" <nil>`},
		{"arrow key", "hidden", "x\x1b[A\nsecret\n", `"secret" <nil>`},
		{"not UTF-8", "hidden", "\xff\xfe\nsecret\n", `"secret" <nil>`},
		{"other letters", "visible", "Jürgen 钥匙\n", `"Jürgen 钥匙" <nil>`},
		{"end of input", "visible", "\x04", `"" terminal: input ended`},
		{"end of input in a line", "hidden", "abc\x04\x04", `"" terminal: input ended`},
		{"yes", "confirm", "maybe\n\nYES \n", `"true" <nil>`},
		{"no", "confirm", "n\n", `"false" <nil>`},
		{"number", "choose", "0\n3\nkey\n 2\n", `"1" <nil>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, tt.mode)
			s.expect(": ")
			s.send(tt.typed)
			if got := strings.TrimSpace(s.end()); got != tt.want {
				t.Errorf("got %s, want %s; the screen shows %q", got, tt.want, s.shown())
			}
			if !s.echoes() {
				t.Error("the terminal does not show what is typed any more")
			}
		})
	}
}

// TestTypedAhead has the answer there before the question.
func TestTypedAhead(t *testing.T) {
	t.Parallel()
	s := run(t, "visible", "/bin/sh", "-c", "sleep 0.3; exec "+self(t))
	s.send("early\n")
	if got := s.end(); got != "\"early\" <nil>\n" {
		t.Errorf("got %s", got)
	}
}

func TestHiddenIsNotShown(t *testing.T) {
	t.Parallel()
	s := run(t, "hidden")
	s.expect("secret: ")
	if s.echoes() {
		t.Fatal("the terminal shows what is typed")
	}
	// A shell that brings a stopped job back puts its own modes in.
	echoOn(t, s)
	s.until("hidden again", func() bool { return !s.echoes() })
	s.send("canary\n")
	if got := s.end(); got != "\"canary\" <nil>\n" {
		t.Errorf("got %s", got)
	}
	s.expect("secret: \r\n")
	if strings.Contains(s.shown(), "canary") {
		t.Errorf("the screen shows %q", s.shown())
	}
}

func echoOn(t *testing.T, s *screen) {
	t.Helper()
	connection, err := s.master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Control(func(fd uintptr) {
		modes, err := unix.IoctlGetTermios(int(fd), getModes)
		if err == nil {
			modes.Lflag |= unix.ECHO
			err = unix.IoctlSetTermios(int(fd), setModes, modes)
		}
		if err != nil {
			t.Error(err)
		}
	})
}

func TestPromptsAreSanitised(t *testing.T) {
	t.Parallel()
	s := run(t, "hostile")
	s.expect("na]0;titleme : ")
	s.send("x\n")
	s.end()
	s = run(t, "choose")
	s.expect("device\r\n  1  phone\r\n  2  key\r\nnumber, 1 to 2: ")
	s.send("1\n")
	s.end()
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	s := run(t, "hidden")
	s.expect("secret: ")
	s.send("half\x03")
	if got := s.end(); got != "\"\" context canceled\n" {
		t.Errorf("got %s", got)
	}
	if !s.echoes() {
		t.Error("the terminal does not show what is typed any more")
	}
}

// TestDeadline ends a question while half of a secret is typed, which must not
// be the beginning of the next answer, nor of a shell's next command.
func TestDeadline(t *testing.T) {
	t.Parallel()
	s := run(t, "deadline")
	s.expect("secret: ")
	s.send("half")
	s.expect("again: ")
	if !s.echoes() {
		t.Error("the terminal does not show what is typed any more")
	}
	s.send("whole\n")
	if got, want := s.end(), "context deadline exceeded true\n\"whole\" <nil>\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestHangUp(t *testing.T) {
	t.Parallel()
	for mode, shown := range map[string]string{"hidden": "secret: ", "pick": "Enter takes one"} {
		s := run(t, mode)
		s.expect(shown)
		_ = s.master.Close()
		// The kernel takes a session's terminal away, so either of two is seen.
		got := s.end()
		if !strings.Contains(got, "input ended") && !strings.Contains(got, "no terminal") {
			t.Errorf("%s: got %s", mode, got)
		}
	}
}

func TestNoTerminal(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(self(t))
	cmd.Env = append(os.Environ(), modeVariable+"=visible")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(output); !strings.HasPrefix(got, "open: no terminal to ask on: /dev/tty: ") || !strings.HasSuffix(got, " true\n") {
		t.Errorf("got %s", got)
	}
}

// TestBackground starts a job in the background, and takes another's terminal
// away: the kernel would stop either of them without a word.
func TestBackground(t *testing.T) {
	t.Parallel()
	s := run(t, "parent")
	want := "open: no terminal to ask on: a background job true\n" +
		"\"\" no terminal to ask on: a background job\n"
	if got := s.end(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOneQuestionAtATime(t *testing.T) {
	t.Parallel()
	s := run(t, "two")
	s.expect("first: ")
	s.expect("gone")
	s.send("one\n")
	got := s.end()
	for _, want := range []string{"\"one\" <nil>\n", "second: context canceled\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	if strings.Contains(s.shown(), "second: ") {
		t.Errorf("both questions are on the screen: %q", s.shown())
	}
}

// TestUnderEval asks from a command substitution of an interactive shell.
func TestUnderEval(t *testing.T) {
	t.Parallel()
	shell := installed.Need(t, "bash")
	s := run(t, "assign", shell, "--norc", "--noprofile", "-i", "-c", `eval "$(`+self(t)+`)"; echo "$ANSWER/$ERROR"`)
	s.expect("code: ")
	s.send("123456\n")
	if got := s.end(); got != "123456/<nil>\n" {
		t.Errorf("got %q", got)
	}
}
