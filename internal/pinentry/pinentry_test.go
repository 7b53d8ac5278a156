//go:build linux || darwin

package pinentry_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/internal/pinentry"
)

const (
	// answerVariable makes the test binary a pinentry that answers GETPIN with it.
	answerVariable = "PINENTRY_TEST_ANSWER"
	// logVariable is the file in which it notes what it was told.
	logVariable = "PINENTRY_TEST_LOG"
	// modeVariable makes it a program that asks on its terminal.
	modeVariable = "PINENTRY_TEST_MODE"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeVariable); mode != "" {
		os.Exit(onTerminal(mode))
	}
	if answer, ok := os.LookupEnv(answerVariable); ok {
		os.Exit(standIn(answer))
	}
	os.Exit(m.Run())
}

// standIn is a pinentry. It does not know the option display.
func standIn(answer string) int {
	switch answer {
	case "exit":
		return 3
	case "silent":
		return 0
	}
	var told strings.Builder
	fmt.Println("OK Pleased to meet you")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		line := lines.Text()
		told.WriteString(line + "\n")
		switch {
		case line == "GETPIN" && answer == "hang":
			time.Sleep(time.Minute)
		case line == "GETPIN":
			fmt.Println("# a comment, and a status that nobody asked for")
			fmt.Println("S PIN_REPEATED")
			fmt.Println(answer)
		case strings.HasPrefix(line, "OPTION display="):
			fmt.Println("ERR 83886254 Unknown option <Pinentry>")
		case line == "BYE":
			fmt.Println("OK closing connection")
		default:
			fmt.Println("OK")
		}
	}
	if file := os.Getenv(logVariable); file != "" {
		if err := os.WriteFile(file, []byte(told.String()), 0o600); err != nil {
			return 1
		}
	}
	return 0
}

// client returns a client of the stand-in.
func client(t *testing.T, answer string, environ ...string) *pinentry.Client {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return pinentry.New(pinentry.Options{Program: self, TTY: "/dev/pts/9", Timeout: 90 * time.Second,
		Environ: append(environ, answerVariable+"="+answer)})
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, answer, want string }{
		{"plain", "D 123456\nOK", "123456"},
		{"escaped", "D a%25b%0Ac%3d\nOK", "a%b\nc="},
		{"not an escape", "D 100%\nOK", "100%"},
		{"nor this", "D %zz%4\nOK", "%zz%4"},
		{"blanks", "D  a b \nOK", " a b "},
		{"in two lines", "D one\nD two\nOK", "onetwo"},
		{"empty", "OK", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := client(t, tt.answer, "DISPLAY=:7").Ask(context.Background(), pinentry.Request{})
			if err != nil || got.Reveal() != tt.want {
				t.Errorf("got %q, %v, want %q", got.Reveal(), err, tt.want)
			}
		})
	}
}

func TestTold(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "told")
	c := client(t, "OK", "DISPLAY=:7", "TERM=xterm", "LANG=C.UTF-8", "LC_CTYPE=de_DE.UTF-8", logVariable+"="+log)
	_, err := c.Ask(context.Background(), pinentry.Request{Title: "latchkey", Description: "50% of\nGETPIN\x1b[2J", Prompt: "Code", Error: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	told, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	want := `OPTION ttyname=/dev/pts/9
OPTION ttytype=xterm
OPTION lc-ctype=de_DE.UTF-8
OPTION display=:7
SETTIMEOUT 90
SETTITLE latchkey
SETDESC 50%25 of GETPIN[2J
SETPROMPT Code
SETERROR wrong
GETPIN
BYE
`
	if string(told) != want {
		t.Errorf("told:\n%s\nwant:\n%s", told, want)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	const canary = "canary-secret"
	for _, tt := range []struct {
		name, answer, want string
		code               int
	}{
		{"time-out", "ERR 83886142 Timeout <Pinentry>", "pinentry got no answer in time", 62},
		{"small", "ERR 83886381 too %1B[2Jsmall <Pinentry>", "pinentry failed: too [2Jsmall <Pinentry>", 301},
		{"no number", "ERR what", "pinentry failed: what", 0},
		{"after data", "D " + canary + "\nERR 5", "pinentry failed: ", 5},
		{"silent", "silent", "pinentry ended without an answer", 0},
		{"exit", "exit", "pinentry ended with exit status 3", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := client(t, tt.answer).Ask(context.Background(), pinentry.Request{})
			var failure *pinentry.Error
			if !errors.As(err, &failure) || err.Error() != tt.want || failure.Code != tt.code || !got.Empty() {
				t.Errorf("got %v (%+v), want %q with code %d", err, failure, tt.want, tt.code)
			}
		})
	}
}

// TestNobody has a stand-in, and the real program, without a terminal.
func TestNobody(t *testing.T) {
	t.Parallel()
	clients := map[string]*pinentry.Client{
		"ENOTTY": client(t, "ERR 83918950 Inappropriate ioctl for device <Pinentry>"),
		"ENXIO":  client(t, "ERR 83918952 No such device or address <Pinentry>"),
		"ENOENT": client(t, "ERR 83918929 No such file or directory <Pinentry>"),
	}
	if _, err := exec.LookPath(curses); err == nil {
		clients["real"] = pinentry.New(pinentry.Options{Program: curses, Environ: os.Environ()})
	}
	for name, c := range clients {
		_, err := c.Ask(t.Context(), pinentry.Request{})
		if !errors.Is(err, pinentry.ErrNobody) || err.Error() != "pinentry has neither a window nor a terminal to ask in" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"ERR 83886179 Operation cancelled <Pinentry>", "ERR 83886278 Fully cancelled <Pinentry>"} {
		if _, err := client(t, answer).Ask(context.Background(), pinentry.Request{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", answer, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := client(t, "hang").Ask(ctx, pinentry.Request{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("context ended: got %v", err)
	}
}

func TestNotInstalled(t *testing.T) {
	t.Parallel()
	_, err := pinentry.New(pinentry.Options{Program: "/nowhere/pinentry"}).Ask(context.Background(), pinentry.Request{})
	var cause *command.Error
	if !errors.As(err, &cause) || !strings.HasPrefix(err.Error(), "pinentry could not be started: ") {
		t.Errorf("got %v", err)
	}
}
