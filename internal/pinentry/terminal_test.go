//go:build linux || darwin

package pinentry_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/internal/pinentry"
)

const curses = "pinentry-curses"

// onTerminal asks through the real program on its terminal, then reads a line
// there itself, which shows whether the terminal is as it was.
func onTerminal(mode string) int {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		fmt.Println("no terminal:", err)
		return 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if mode == "deadline" {
		ctx, cancel = context.WithTimeout(ctx, time.Second)
		defer cancel()
	}
	c := pinentry.New(pinentry.Options{Program: curses, Environ: os.Environ(), Terminal: terminal})
	pin, err := c.Ask(ctx, pinentry.Request{Title: "latchkey", Description: "MFA code of device alice", Prompt: "Code:"})
	fmt.Printf("pin %q, %v, canceled %v\n", pin.Reveal(), err, errors.Is(err, context.Canceled))
	_, _ = terminal.WriteString("line: ")
	line, err := bufio.NewReader(terminal).ReadString('\n')
	fmt.Printf("line %q, %v\n", line, err)
	return 0
}

// TestCurses types into the real pinentry-curses.
func TestCurses(t *testing.T) {
	t.Parallel()
	installed.Need(t, curses)
	for _, tt := range []struct{ name, typed, want string }{
		{"answer", "123456\r", `pin "123456", <nil>, canceled false`},
		{"cancel button", "12\t\t\r", `pin "", context canceled, canceled true`},
		{"interrupt", "12\x03", `pin "", context canceled, canceled true`},
		{"deadline", "12", `pin "", context deadline exceeded, canceled false`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, tt.name)
			s.expect("MFA code of device alice")
			s.send(tt.typed)
			s.expect("line: ")
			s.send("as before\r")
			want := tt.want + "\nline \"as before\\n\", <nil>\n"
			if got := s.end(); got != want {
				t.Errorf("got %s, want %s; the screen shows %q", got, want, s.shown())
			}
			s.expect("line: as before") // the terminal shows again what is typed
			if strings.Contains(s.shown(), "123456") {
				t.Errorf("the answer is on the screen: %q", s.shown())
			}
		})
	}
}

// screen is a terminal with a program on it, whose standard output is a pipe.
type screen struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	stdout strings.Builder

	mu   sync.Mutex
	seen []byte
}

func start(t *testing.T, mode string) *screen {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, master: master, cmd: exec.Command(self)}
	s.cmd.Env = append(os.Environ(), modeVariable+"="+mode, "TERM=xterm")
	s.cmd.WaitDelay = time.Second
	s.cmd.Stdout = &s.stdout
	s.cmd.ExtraFiles = []*os.File{slave}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close()
	kill := time.AfterFunc(8*time.Second, func() { _ = s.cmd.Process.Kill() })
	watched := make(chan struct{})
	go s.watch(watched)
	t.Cleanup(func() {
		kill.Stop()
		_ = s.cmd.Process.Kill()
		<-watched
		_ = master.Close()
	})
	return s
}

// watch reads until the program and all that it started are gone.
func (s *screen) watch(watched chan<- struct{}) {
	defer close(watched)
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

func (s *screen) expect(text string) {
	s.t.Helper()
	for end := time.Now().Add(5 * time.Second); !strings.Contains(s.shown(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("no %q; the screen shows %q", text, s.shown())
		}
	}
}

func (s *screen) send(text string) {
	s.t.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) end() string {
	s.t.Helper()
	if err := s.cmd.Wait(); err != nil {
		s.t.Fatalf("%v; the screen shows %q", err, s.shown())
	}
	return s.stdout.String()
}
