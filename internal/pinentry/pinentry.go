// Package pinentry owns asking through a pinentry program: the window, or the
// box on the terminal, in which GnuPG's users type their secrets.
//
// The programs speak a part of the Assuan protocol on their standard input and
// output. The package must not know what the answers are for.
package pinentry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// defaultTimeout is how long a person has.
	defaultTimeout = 5 * time.Minute
	// grace is how much longer than that the program may live.
	grace = 5 * time.Second
	// textLimit is how much of a text is shown, in characters; an Assuan line
	// holds 1,000 bytes.
	textLimit = 200
)

// Client asks through one program. It is immutable.
type Client struct{ o Options }

// Options say how the program is run.
type Options struct {
	// Program is the pinentry, a path or a name in this process's PATH.
	Program string
	// Environ is its whole environment. TERM, DISPLAY and the locale in it
	// are also told by the protocol, as programs expect.
	Environ []string
	// TTY names the terminal device for programs that draw on one, such as the
	// GPG_TTY of the user; "" is /dev/tty where there is a Terminal.
	TTY string
	// Terminal is the terminal of this process: a program that draws on it is
	// its foreground job while it asks. Nil is for programs with windows.
	Terminal *os.File
	// Timeout is how long the person has; 0 is 5 minutes.
	Timeout time.Duration
}

// Request is what is shown. Control characters are taken out, and of each text
// at most 200 characters are shown.
type Request struct {
	// Title is the window's, Description what is wanted and why, Prompt stands
	// before the field, Error tells what was wrong with the last answer.
	// "" leaves each out.
	Title, Description, Prompt, Error string
}

// ErrNobody says that a pinentry found no way to a person.
var ErrNobody = errors.New("nobody there to ask")

// Error is a pinentry that failed.
type Error struct {
	// Code is its GnuPG error code without the source, 0 where it gave none.
	Code int
	// Why is the same in words for a person, fit for a terminal.
	Why string
	// Err is the cause, if there is one: *command.Error, [ErrNobody].
	Err error
}

func (e *Error) Error() string { return "pinentry " + e.Why }
func (e *Error) Unwrap() error { return e.Err }

// New returns a client; nothing is run yet.
func New(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.TTY == "" && o.Terminal != nil {
		o.TTY = "/dev/tty"
	}
	return &Client{o}
}

// Ask shows the request and returns what is typed, which may be empty. A person
// who cancels ends it with [context.Canceled]. Errors: *[Error], that of ctx.
func (c *Client) Ask(ctx context.Context, r Request) (secret.Text, error) {
	lines := c.script(r)
	restore := c.remember()
	// The answers of a pinentry follow its commands one by one, so all of them can
	// be sent at once.
	output, err := command.Run(ctx, command.Options{
		Args:     []string{c.o.Program},
		Environ:  c.o.Environ,
		Timeout:  c.o.Timeout + grace,
		Stdin:    strings.NewReader(strings.Join(lines, "\n") + "\n"),
		Terminal: c.o.Terminal,
	})
	var failure *command.Error
	switch {
	case err == nil:
		// The last two lines are GETPIN and BYE.
		return parse(output, len(lines)-2)
	case errors.As(err, &failure) && c.interrupted(failure):
		restore()
		return secret.Text{}, context.Canceled
	case failure != nil:
		restore()
		return secret.Text{}, &Error{Why: failure.Why, Err: err}
	}
	restore()
	return secret.Text{}, err
}

// interrupted reports whether Ctrl-C ended the program: it goes to the
// foreground job, which is the pinentry. ncurses makes the signal an exit
// status of 1; a pinentry that fails otherwise says so, and ends with 0.
func (c *Client) interrupted(failure *command.Error) bool {
	return c.o.Terminal != nil && (failure.Signal == "interrupt" || failure.ExitCode == 1)
}

// script returns the commands that put a request.
func (c *Client) script(r Request) []string {
	var lines []string
	option := func(name, value string) {
		if value != "" {
			lines = append(lines, "OPTION "+name+"="+display.Text(value, textLimit))
		}
	}
	option("ttyname", c.o.TTY)
	option("ttytype", c.env("TERM"))
	option("lc-ctype", firstOf(c.env("LC_ALL"), c.env("LC_CTYPE"), c.env("LANG")))
	option("display", c.env("DISPLAY"))
	lines = append(lines, fmt.Sprintf("SETTIMEOUT %d", int(c.o.Timeout.Seconds())))
	text := func(command, value string) {
		if value != "" {
			lines = append(lines, command+" "+escape(display.Text(value, textLimit)))
		}
	}
	text("SETTITLE", r.Title)
	text("SETDESC", r.Description)
	text("SETPROMPT", r.Prompt)
	text("SETERROR", r.Error)
	return append(lines, "GETPIN", "BYE")
}

// remember returns what puts the terminal right after a pinentry that was killed
// while it drew: the modes, the cursor, and the screen that was there before.
func (c *Client) remember() (restore func()) {
	if c.o.Terminal == nil {
		return func() {}
	}
	fd := int(c.o.Terminal.Fd())
	saved, err := term.GetState(fd)
	if err != nil {
		return func() {}
	}
	return func() {
		_ = term.Restore(fd, saved)
		_, _ = c.o.Terminal.WriteString("\x1b[?1049l\x1b[?25h\x1b[0m\r\n")
	}
}

func (c *Client) env(name string) string {
	for _, pair := range c.o.Environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}
