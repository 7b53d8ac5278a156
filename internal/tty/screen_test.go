//go:build linux || darwin

package tty_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/latchkey-aws/latchkey/internal/tty"
)

// modeVariable makes the test binary play a program that asks on its terminal.
const modeVariable = "TTY_TEST_MODE"

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeVariable); mode != "" {
		os.Exit(play(mode))
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // with the race detector, processes wait a second to end otherwise
	os.Exit(m.Run())
}

// play asks as the mode says, and prints the results on standard output.
func play(mode string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT)
	defer stop()
	signal.Ignore(syscall.SIGHUP)
	terminal, err := tty.Open()
	if err != nil {
		fmt.Println("open:", err, errors.Is(err, tty.ErrNoTerminal))
		return 0
	}
	defer terminal.Close()
	show := func(v any, err error) { fmt.Printf("%q %v\n", fmt.Sprint(v), err) }
	switch mode {
	case "visible":
		show(terminal.Ask(ctx, "name", false))
	case "hidden":
		show(terminal.Ask(ctx, "secret", true))
	case "twice":
		show(terminal.Ask(ctx, "name", false))
		show(terminal.Ask(ctx, "secret", true))
	case "hostile":
		show(terminal.Ask(ctx, "na\x1b]0;title\x07me\n\u202e", false))
	case "confirm":
		show(terminal.Confirm(ctx, "sure"))
	case "choose":
		show(terminal.Choose(ctx, "device", []string{"ph\x1bone", "key"}))
	case "deadline":
		ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		_, err := terminal.Ask(ctx, "secret", true)
		end, _ := ctx.Deadline()
		fmt.Println(err, time.Since(end) < time.Second)
		show(terminal.Ask(context.Background(), "again", false))
	case "assign":
		answer, err := terminal.Ask(ctx, "code", false)
		fmt.Printf("ANSWER=%s ERROR='%v'\n", answer, err)
	case "two":
		var group sync.WaitGroup
		waiting, cancel := context.WithCancel(ctx)
		group.Go(func() { show(terminal.Ask(ctx, "first", false)) })
		time.Sleep(200 * time.Millisecond)
		group.Go(func() {
			_, err := terminal.Ask(waiting, "second", false)
			fmt.Println("second:", err)
			fmt.Fprintln(os.Stderr, "gone")
		})
		time.Sleep(200 * time.Millisecond)
		cancel()
		group.Wait()
	case "parent":
		return parent()
	default:
		return playPick(ctx, terminal, mode)
	}
	return 0
}

// parent plays a shell that has its job's terminal taken away in the middle of a
// question, as after Ctrl-Z and bg.
func parent() int {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for _, foreground := range []bool{false, true} {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), modeVariable+"=hidden")
		child.Stdout = os.Stdout
		child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: foreground, Ctty: int(terminal.Fd())}
		if err := child.Start(); err != nil {
			fmt.Println(err)
			return 1
		}
		if foreground {
			time.Sleep(500 * time.Millisecond)
			signal.Ignore(syscall.SIGTTOU)
			if err := unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCSPGRP, os.Getpid()); err != nil {
				fmt.Println(err)
			}
		}
		_ = child.Wait()
	}
	return 0
}

// screen is a terminal with a program on it, whose standard output is a pipe.
type screen struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	stdout bytes.Buffer

	mu   sync.Mutex
	seen []byte
	done chan struct{} // the screen shows nothing any more
}

// run starts a program in a session of its own on a new terminal.
func run(t *testing.T, mode string, args ...string) *screen {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(slave, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	master = closable(t, master)
	if len(args) == 0 {
		args = []string{self(t)}
	}
	s := &screen{t: t, master: master, done: make(chan struct{})}
	s.cmd = exec.Command(args[0], args[1:]...)
	s.cmd.Env = append(os.Environ(), modeVariable+"="+mode)
	s.cmd.Stdout = &s.stdout
	s.cmd.Stderr = slave
	s.cmd.WaitDelay = time.Second
	s.cmd.ExtraFiles = []*os.File{slave}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close()
	go s.watch()
	kill := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	t.Cleanup(func() {
		kill.Stop()
		_ = s.cmd.Process.Kill()
		_ = master.Close()
		<-s.done
	})
	return s
}

// closable returns a terminal that can be closed while it is read: package pty
// has made its own a blocking one.
func closable(t *testing.T, blocking *os.File) *os.File {
	t.Helper()
	defer blocking.Close()
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "terminal")
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *screen) watch() {
	defer close(s.done)
	chunk := make([]byte, 1024)
	for {
		n, err := s.master.Read(chunk)
		s.mu.Lock()
		s.seen = append(s.seen, chunk[:n]...)
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *screen) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.seen)
}

// until waits for a condition.
func (s *screen) until(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("not seen: %s; the screen shows %q", what, s.shown())
		}
	}
}

func (s *screen) expect(text string) {
	s.t.Helper()
	s.until(text, func() bool { return strings.Contains(s.shown(), text) })
}

func (s *screen) send(text string) {
	s.t.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// echoes reports whether the terminal shows what is typed.
func (s *screen) echoes() bool {
	connection, err := s.master.SyscallConn()
	if err != nil {
		s.t.Fatal(err)
	}
	echo := false
	_ = connection.Control(func(fd uintptr) {
		modes, err := unix.IoctlGetTermios(int(fd), getModes)
		echo = err == nil && modes.Lflag&unix.ECHO != 0
	})
	return echo
}

// end waits for the program and returns what it printed on standard output.
func (s *screen) end() string {
	s.t.Helper()
	if err := s.cmd.Wait(); err != nil {
		s.t.Fatalf("%v; the screen shows %q", err, s.shown())
	}
	return s.stdout.String()
}
