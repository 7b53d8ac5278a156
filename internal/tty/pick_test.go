//go:build linux || darwin

package tty_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/latchkey-aws/latchkey/internal/tty"
)

// playPick picks on the terminal, of as many items as the mode says, and prints
// the index.
func playPick(ctx context.Context, terminal *tty.Terminal, mode string) int {
	o := tty.PickOptions{Title: "profile", Items: items("alpha", "beta", "gamma", "delta", "日本語-prod", "epsilon")}
	switch mode {
	case "pick dumb":
		o.Dumb = true
	case "pick many", "pick many dumb":
		o.Items, o.Dumb = many(5000), mode == "pick many dumb"
	case "pick plain":
		o.Plain = true
	case "pick hostile":
		o.Title = "pro\x1b[2Jfile"
		o.Items = append(items("a\x1b]0;title\x07b\n\u202ec"), o.Items...)
	case "pick deadline":
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, 600*time.Millisecond)
		defer stop()
	case "pick panic":
		defer func() { fmt.Println("panic:", recover() != nil) }()
		ctx = broken{ctx}
	}
	n, err := terminal.Pick(ctx, o)
	fmt.Println(n, err)
	if mode == "pick twice" {
		answer, err := terminal.Ask(ctx, "code", false)
		fmt.Println(answer, err)
	}
	return 0
}

// broken is a context that panics in the middle of the work.
type broken struct{ context.Context }

func (b broken) Err() error { panic("broken") }

func TestPick(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, mode, typed, want string }{
		{"the first", "pick", "\r", "0 <nil>"},
		{"typed", "pick", "ga\r", "2 <nil>"},
		{"down and up", "pick", "\x1b[B\x0e\t\x1b[A\r", "2 <nil>"},
		{"up from the first", "pick", "\x1b[A\r", "0 <nil>"},
		{"the last", "pick", "\x1b[F\r", "5 <nil>"},
		{"page down", "pick", "\x1b[6~\r", "5 <nil>"},
		{"and back", "pick", "\x1b[F\x1b[5~\x1b[H\n\r", "1 <nil>"},
		{"taken back", "pick", "gxx\x7f\x7f\r", "2 <nil>"},
		{"a word taken back", "pick", "beta zzz\x17\r", "1 <nil>"},
		{"all taken back", "pick", "beta zzz\x15delt\r", "3 <nil>"},
		{"more than all", "pick", "\x7f\x17\x15\x7fdelt\r", "3 <nil>"},
		{"other letters", "pick", "日語\r", "4 <nil>"},
		{"Enter on nothing", "pick", "zzz\r\r\x15\x1b[B\r", "1 <nil>"},
		{"moving on nothing", "pick", "zzz\x1b[B\x1b[F\x15\r", "0 <nil>"},
		{"pasted", "pick", "\x1b[200~delta\n\x1b[201~\r", "3 <nil>"},
		{"Ctrl-Z and others", "pick", "\x1a\x1c\x13ga\r", "2 <nil>"},
		{"a query is taken away", "pick", "mma\x15\r", "0 <nil>"},
		{"many", "pick many", "4711\r", "4711 <nil>"},
		{"the last of many", "pick many", "\x1b[F\x1b[A\r", "4998 <nil>"},
		{"without colours", "pick plain", "beta\r", "1 <nil>"},
		{"Esc", "pick", "be\x1b", "0 context canceled"},
		{"Ctrl-C", "pick", "be\x03", "0 context canceled"},
		{"Ctrl-D", "pick", "be\x04\x15\x04", "0 terminal: input ended"},
		{"deadline", "pick deadline", "be", "0 context deadline exceeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, tt.mode)
			s.expect("Enter takes one")
			if s.echoes() {
				t.Error("the terminal shows what is typed")
			}
			s.send(tt.typed)
			if got := strings.TrimSpace(s.end()); got != tt.want {
				t.Errorf("got %s, want %s; the screen shows %q", got, tt.want, s.shown())
			}
			s.asNew()
			s.gone()
		})
	}
}

// asNew fails unless the terminal has the modes of a new one.
func (s *screen) asNew() {
	s.t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		s.t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	if got, want := modes(s.t, s.master), modes(s.t, master); got != want {
		s.t.Errorf("modes %+v, want %+v", got, want)
	}
}

func modes(t *testing.T, master *os.File) (m unix.Termios) {
	t.Helper()
	connection, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Control(func(fd uintptr) {
		now, err := unix.IoctlGetTermios(int(fd), getModes)
		if err != nil {
			t.Error(err)
			return
		}
		m = *now
	})
	return m
}

// emulate returns what the terminal shows now.
func (s *screen) emulate(columns, rows int) *emulator {
	e := newEmulator(columns, rows)
	e.write(s.shown())
	return e
}

// gone fails unless nothing of a list is left, now that the program has ended.
func (s *screen) gone() {
	s.t.Helper()
	s.until("an empty screen", func() bool {
		e := s.emulate(80, 24)
		return e.text() == "\n" && e.x == 0 && e.y == 0 && !e.hidden && !e.noWrap && e.odd == "" && strings.HasSuffix(s.shown(), "\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[0m")
	})
}

func TestPickShows(t *testing.T) {
	t.Parallel()
	s := run(t, "pick")
	s.expect("Enter takes one")
	s.send("a\x1b[B")
	want := "profile> a\n  alpha\n> beta\n  gamma\n  delta\n  4 of 6  Enter takes one, Esc none\n"
	s.until(want, func() bool { return s.emulate(80, 24).text() == want })
	if e := s.emulate(80, 24); e.x != 10 || e.y != 0 || e.hidden || e.noWrap || e.odd != "" {
		t.Errorf("the cursor is at %d, %d; %+v", e.x, e.y, e)
	}
	if !strings.Contains(s.shown(), "\x1b[0;1;32ma") {
		t.Errorf("no letter is marked: %q", s.shown())
	}
	s.send("\x15日")
	want = "profile> 日\n> 日本語-prod\n  1 of 6  Enter takes one, Esc none\n"
	s.until(want, func() bool { return s.emulate(80, 24).text() == want })
	if e := s.emulate(80, 24); e.x != 11 {
		t.Errorf("the cursor is in column %d", e.x)
	}
	s.send("\r")
	s.end()
	s.gone()
	plain := run(t, "pick plain")
	plain.expect("Enter takes one")
	plain.send("bet\r")
	plain.end()
	if strings.Contains(plain.shown(), "\x1b[0;") {
		t.Errorf("there are colours: %q", plain.shown())
	}
}

func TestPickIsSanitised(t *testing.T) {
	t.Parallel()
	s := run(t, "pick hostile")
	s.expect("Enter takes one")
	if got, want := s.emulate(80, 24).text(), "pro[2Jfile>\n> a]0;titleb c\n  alpha\n"; !strings.HasPrefix(got, want) {
		t.Errorf("the screen shows %q", got)
	}
	s.send("\x1b")
	s.end()
	s.gone()
}

// TestPickAtTheBottom: what the terminal showed before stays, scrolled up.
func TestPickAtTheBottom(t *testing.T) {
	t.Parallel()
	before := strings.Repeat("line\n", 23) + "last"
	s := run(t, "pick many", "/bin/sh", "-c", "printf '"+strings.ReplaceAll(before, "\n", `\n`)+`\n' >/dev/tty; exec `+self(t))
	s.expect("Enter takes one")
	s.send("\x1b[F")
	s.expect("account-4999")
	if got := s.emulate(80, 24).text(); !strings.HasPrefix(got, before+"\nprofile>\n  prod-account-4987  An account of the organisation") || strings.Count(got, "\n") != 24+15 {
		t.Errorf("the screen shows\n%s", got)
	}
	s.send("\x1b")
	s.end()
	s.until("nothing below", func() bool { return s.emulate(80, 24).text() == before+"\n" })
}

func resize(t *testing.T, s *screen, rows, columns uint16) {
	t.Helper()
	connection, err := s.master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Control(func(fd uintptr) {
		if err := unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}); err != nil {
			t.Error(err)
		}
	})
}

func TestPickResized(t *testing.T) {
	t.Parallel()
	s := run(t, "pick many")
	s.expect("Enter takes one")
	for _, size := range []struct{ rows, columns uint16 }{{6, 20}, {40, 200}, {2, 3}, {1, 1}, {10, 40}} {
		seen := len(s.shown())
		resize(t, s, size.rows, size.columns)
		s.until("a new frame", func() bool {
			frame := s.shown()[seen:]
			return strings.Contains(frame, "\r\x1b[J") && strings.HasSuffix(frame, "\x1b[?25h")
		})
		e := newEmulator(int(size.columns), int(size.rows))
		e.write(s.shown()[seen:])
		lines := strings.Split(e.text(), "\n")
		if len(e.lines) > int(size.rows) || e.y != 0 {
			t.Errorf("%v: the terminal scrolled:\n%s", size, e.text())
		}
		if want := min(int(size.rows), 15); size.rows > 2 && (len(lines)-1 != want || !strings.HasPrefix(lines[1], "> prod-account-000")) {
			t.Errorf("%v: %d lines:\n%s", size, len(lines)-1, e.text())
		}
	}
	s.send("0017\r")
	if got := s.end(); got != "17 <nil>\n" {
		t.Errorf("got %s", got)
	}
}
