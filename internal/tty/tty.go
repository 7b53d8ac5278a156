// Package tty owns the terminal device: questions to the person who sits there,
// while standard input and output are pipes. That is the case under
// eval "$(latchkey env)" and in a credential_process.
//
// Nothing that is answered here is logged or put into an error, and nothing
// that is asked can change the terminal: control characters are taken out. The
// package must not know what the answers are for.
package tty

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/internal/display"
)

var (
	// ErrNoTerminal says that there is nobody to ask: the process has no
	// terminal, or is a background job, which the kernel would stop.
	ErrNoTerminal = errors.New("no terminal to ask on")
	// ErrEnded says that the person gave no answer but the end of the input
	// (Ctrl-D), or that the terminal was closed.
	ErrEnded = errors.New("terminal: input ended")

	errTooLong = errors.New("terminal: the answer is longer than 4 KiB")
)

const (
	// textLimit is how much of a question is shown, in characters.
	textLimit = 600
	// lineLimit is how long an answer may be, in bytes: what a terminal takes in
	// one line.
	lineLimit = 4096
)

// Terminal is the terminal device of this process. Questions of several
// goroutines are put one after another.
type Terminal struct {
	device *device
	turn   chan struct{}
}

// Open opens the terminal device (/dev/tty, or CONIN$ and CONOUT$) of the
// process. Errors: [ErrNoTerminal], wrapped.
func Open() (*Terminal, error) {
	d, err := openDevice()
	if err != nil {
		return nil, err
	}
	return &Terminal{device: d, turn: make(chan struct{}, 1)}, nil
}

// Close closes the device. No question may be open.
func (t *Terminal) Close() error { return t.device.close() }

// Ask writes the prompt, a colon and a blank, and returns the line that is
// typed, without its end. A hidden answer is not shown while it is typed.
// An answer that is empty, has control characters or is not UTF-8 is asked for
// again. When ctx ends, the terminal shows again what is typed, what was typed of
// the answer is thrown away, and the error of ctx comes back within 100 ms.
//
// SIGINT must end ctx, which is the caller's business: otherwise it ends the
// process, and a terminal that hides an answer would stay so.
// Errors: [ErrNoTerminal], [ErrEnded], that of ctx.
func (t *Terminal) Ask(ctx context.Context, prompt string, hidden bool) (string, error) {
	done, err := t.take(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return t.ask(ctx, display.Text(prompt, textLimit)+": ", hidden)
}

// Confirm asks a question that is answered with y, yes, n or no, in either
// case; any other answer is asked for again. Errors: those of [Terminal.Ask].
func (t *Terminal) Confirm(ctx context.Context, question string) (bool, error) {
	done, err := t.take(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	prompt := display.Text(question, textLimit) + " [y/n]: "
	for {
		answer, err := t.ask(ctx, prompt, false)
		if err != nil {
			return false, err
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

// Choose shows the items with numbers from 1 under the title and returns the
// index, from 0, of the one whose number is typed; any other answer is asked for
// again. Errors: those of [Terminal.Ask], and one for an empty list.
func (t *Terminal) Choose(ctx context.Context, title string, items []string) (int, error) {
	if len(items) == 0 {
		return 0, errors.New("terminal: nothing to choose from")
	}
	done, err := t.take(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	var list strings.Builder
	list.WriteString(display.Text(title, textLimit) + "\n")
	for i, item := range items {
		fmt.Fprintf(&list, "  %d  %s\n", i+1, display.Text(item, textLimit))
	}
	prompt := fmt.Sprintf("number, 1 to %d: ", len(items))
	before := list.String()
	for {
		answer, err := t.ask(ctx, before+prompt, false)
		if err != nil {
			return 0, err
		}
		n, err := strconv.Atoi(strings.TrimSpace(answer))
		if err == nil && n >= 1 && n <= len(items) {
			return n - 1, nil
		}
		before = ""
	}
}

// take waits for the end of other questions.
func (t *Terminal) take(ctx context.Context) (func(), error) {
	select {
	case t.turn <- struct{}{}:
		return func() { <-t.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask puts the prompt until there is an answer that can be one.
func (t *Terminal) ask(ctx context.Context, prompt string, hidden bool) (string, error) {
	for {
		line, err := t.device.question(ctx, prompt, hidden)
		if err != nil {
			return "", err
		}
		answer, why := clean(line)
		if why == "" {
			return answer, nil
		}
		prompt = why + "\n" + prompt[strings.LastIndexByte(prompt, '\n')+1:]
	}
}

// clean takes the end and the marks of a paste off a typed line, and says why
// what remains cannot be an answer.
func clean(line string) (answer, why string) {
	answer = strings.TrimRight(line, "\r\n")
	// A terminal that was left in the mode of bracketed paste sends these.
	answer = strings.ReplaceAll(answer, "\x1b[200~", "")
	answer = strings.ReplaceAll(answer, "\x1b[201~", "")
	switch {
	case answer == "":
		return "", "(Ctrl-C to give up)"
	case !utf8.ValidString(answer):
		return "", "that was not UTF-8; once more:"
	case strings.ContainsFunc(answer, unicode.IsControl):
		return "", "that had control characters in it, as an arrow key sends; once more:"
	}
	return answer, ""
}
