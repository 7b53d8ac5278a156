//go:build linux || darwin

package tty_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
)

// TestPickNumbers: where nothing can be drawn, there are numbers.
func TestPickNumbers(t *testing.T) {
	t.Parallel()
	s := run(t, "pick dumb")
	s.expect("profile\r\n  1  alpha\r\n  2  beta\r\n")
	s.send("2\n")
	if got := s.end(); got != "1 <nil>\n" || strings.Contains(s.shown(), "\x1b") {
		t.Errorf("got %s; the screen shows %q", got, s.shown())
	}
	s = run(t, "pick many dumb")
	s.expect("profile (5000 of 5000 fit; type a part of one): ")
	s.send("no such thing\n")
	s.expect("profile (0 of 5000 fit; type a part of one): ")
	s.send("account-4711\n")
	s.expect("profile (the best 40 of 117)\r\n  1  prod-account-4711  An account of the organisation  000037306409  AdministratorAccess\r\n")
	s.send("1\n")
	if got := s.end(); got != "4711 <nil>\n" {
		t.Errorf("got %s", got)
	}
}

// TestPickTypedAhead: what comes behind the Enter is for the next question.
func TestPickTypedAhead(t *testing.T) {
	t.Parallel()
	s := run(t, "pick twice")
	s.expect("Enter takes one")
	s.send("gam\r123456\r")
	if got := s.end(); got != "2 <nil>\n123456 <nil>\n" {
		t.Errorf("got %s", got)
	}
}

func TestPickPanics(t *testing.T) {
	t.Parallel()
	s := run(t, "pick panic")
	if got := s.end(); got != "panic: true\n" {
		t.Errorf("got %s", got)
	}
	s.asNew()
}

// TestPickSignalled: a signal ends the picker through its context.
func TestPickSignalled(t *testing.T) {
	t.Parallel()
	s := run(t, "pick")
	s.expect("Enter takes one")
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := s.end(); got != "0 context canceled\n" {
		t.Errorf("got %s", got)
	}
	s.asNew()
	s.gone()
}

// TestPickStopped: a shell that brings a stopped job back has put its own modes in,
// and its words on the screen.
func TestPickStopped(t *testing.T) {
	t.Parallel()
	s := run(t, "pick")
	s.expect("Enter takes one")
	echoOn(t, s)
	s.until("raw again and drawn anew", func() bool { return !s.echoes() && strings.Count(s.shown(), "\r\x1b[J") > 1 })
	s.send("\r")
	if got := s.end(); got != "0 <nil>\n" {
		t.Errorf("got %s", got)
	}
}

// TestPickUnderEval picks in a command substitution, whose output is a pipe.
func TestPickUnderEval(t *testing.T) {
	t.Parallel()
	shell := installed.Need(t, "bash")
	for typed, want := range map[string]string{"gam\r": "got 2 <nil>\n", "\x03": "got 0 context canceled\n"} {
		s := run(t, "pick", shell, "--norc", "--noprofile", "-i", "-c", `answer="$(`+self(t)+`)"; echo "got $answer"`)
		s.expect("Enter takes one")
		s.send(typed)
		if got := s.end(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
