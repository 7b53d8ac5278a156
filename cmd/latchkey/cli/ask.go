package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/pinentry"
	"github.com/latchkey-aws/latchkey/internal/tty"
)

// The ways to ask, as LATCHKEY_PROMPT and the setting prompt.method name them.
const (
	askTerminal = "terminal"
	askPinentry = "pinentry"
	askNobody   = "none"
)

// asker asks the person who uses the program: on the terminal, or through a
// pinentry where the settings say so. Neither is opened before it is needed.
type asker struct {
	sys      *Sys
	resolver *latchkey.Resolver
	// silent: nobody is asked for now. It is for a server, which asks when somebody
	// waits for the answer and not whenever something is renewed.
	silent atomic.Bool

	once     sync.Once
	terminal *tty.Terminal
	err      error
}

// method is the way to ask: the environment's, else the settings', else the
// terminal.
func (a *asker) method() (string, error) {
	if a.silent.Load() {
		return askNobody, nil
	}
	if method := a.sys.env("LATCHKEY_PROMPT"); method != "" {
		if method != askTerminal && method != askPinentry && method != askNobody {
			return "", &usageError{what: "LATCHKEY_PROMPT is none of terminal, pinentry and none", fix: "set it to one of them, or unset it"}
		}
		return method, nil
	}
	setting, err := a.resolver.Setting("prompt", "method")
	switch setting.Text {
	case "":
		return askTerminal, err
	case askTerminal, askPinentry, askNobody:
		return setting.Text, err
	}
	return "", &chain.ConfigError{Origin: setting.Origin, Message: "the prompt's method is none of terminal, pinentry and none", Fix: "write one of them"}
}

func (a *asker) open() (*tty.Terminal, error) {
	a.once.Do(func() { a.terminal, a.err = tty.Open() })
	return a.terminal, nobody(a.err)
}

// Ready says before a wait for others whether there is somebody to ask.
func (a *asker) Ready() error {
	method, err := a.method()
	switch {
	case err != nil:
		return err
	case method == askNobody:
		return latchkey.ErrNobody
	case method == askTerminal:
		_, err = a.open()
	}
	return err
}

// Ask implements latchkey.Asker.
func (a *asker) Ask(ctx context.Context, q latchkey.Question) (string, error) {
	method, err := a.method()
	switch {
	case err != nil:
		return "", err
	case method == askNobody:
		return "", latchkey.ErrNobody
	case method == askPinentry:
		return a.pinentry(ctx, q)
	}
	t, err := a.open()
	if err != nil {
		return "", err
	}
	if q.Error != "" {
		fmt.Fprintln(a.sys.Stderr, "latchkey: "+display.Text(q.Error, 200))
	}
	answer, err := t.Ask(ctx, q.Prompt, q.Hidden)
	return answer, nobody(err)
}

func (a *asker) pinentry(ctx context.Context, q latchkey.Question) (string, error) {
	program, err := a.resolver.Setting("prompt", "pinentry")
	if err != nil {
		return "", err
	}
	if program.Text == "" {
		program.Text = "pinentry"
	}
	client := pinentry.New(pinentry.Options{Program: program.Text, Environ: a.sys.Environ, TTY: a.sys.env("GPG_TTY"), Terminal: terminal()})
	answer, err := client.Ask(ctx, pinentry.Request{Title: "latchkey", Description: q.Reason, Prompt: q.Prompt, Error: q.Error})
	return answer.Reveal(), nobody(err)
}

// forLists opens the terminal also where a pinentry asks, which has neither lists
// nor a yes and no.
func (a *asker) forLists() (*tty.Terminal, error) {
	method, err := a.method()
	if err != nil {
		return nil, err
	}
	if method == askNobody {
		return nil, latchkey.ErrNobody
	}
	return a.open()
}

// Choose implements latchkey.Asker.
func (a *asker) Choose(ctx context.Context, title string, items []string) (int, error) {
	t, err := a.forLists()
	if err != nil {
		return 0, err
	}
	n, err := t.Choose(ctx, title, items)
	return n, nobody(err)
}

// Confirm asks for a yes or a no; the end of the input is a no.
func (a *asker) Confirm(ctx context.Context, question string) (bool, error) {
	t, err := a.forLists()
	if err != nil {
		return false, err
	}
	yes, err := t.Confirm(ctx, question)
	if errors.Is(err, tty.ErrEnded) {
		return false, nil
	}
	return yes, nobody(err)
}

// nobody makes the error of a missing terminal the façade's.
func nobody(err error) error {
	switch {
	case errors.Is(err, tty.ErrNoTerminal):
		return latchkey.ErrNobody
	case errors.Is(err, pinentry.ErrNobody):
		return fmt.Errorf("%w: %w", latchkey.ErrNobody, err)
	}
	return err
}

// The messages of work that goes on, on standard error.

func (sys *Sys) waiting(holder string) {
	if strings.HasPrefix(holder, fmt.Sprintf("process %d ", os.Getpid())) {
		return // one profile that is served waits for what is asked for another
	}
	fmt.Fprintln(sys.Stderr, "latchkey: waiting for "+display.Text(holder, 200)+"; Ctrl-C ends the wait")
}

func (sys *Sys) codeWait(d time.Duration) {
	fmt.Fprintf(sys.Stderr, "latchkey: the device's code of now has been used; the next one comes in %s\n", d.Round(time.Second))
}

// warn tells what went wrong on the way, once: a folder that cannot be written to
// is in the way of many a file.
func (sys *Sys) warn(err error) {
	about := err.Error()
	var file *fs.PathError
	if errors.As(err, &file) {
		about = file.Err.Error()
	}
	if _, told := sys.warned.LoadOrStore(about, true); told {
		return
	}
	fmt.Fprintln(sys.Stderr, "latchkey: warning: "+display.Text(err.Error(), 500))
}
