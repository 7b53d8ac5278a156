package mfa

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

// How often a source is tried until it gives a code that was not used before.
const (
	waits    = 4 // a clock that went back by two steps is waited out
	typings  = 5
	oneCode  = 1
	commands = 3
)

// Source is one place that codes come from: [Fixed], [Seed], [Process] or
// [Asked]. The zero value has no codes.
type Source struct {
	name     string
	attempts int
	clock    bool        // its codes follow our clock
	person   bool        // a person who can be told what was wrong
	disturbs bool        // a command or a person: not for quiet requests
	there    func() bool // whether the person can be asked; nil: perhaps
	get      func(context.Context, query) (secret.Text, error)
}

// query is one attempt at a source.
type query struct {
	Request
	attempt int    // from 0
	note    string // what was wrong with the attempt before
	now     time.Time
}

// serves reports whether the source may be used for a request.
func (s Source) serves(r Request) bool {
	return s.get != nil && !(r.Quiet && s.disturbs) && (s.there == nil || s.there())
}

// Ask puts a prompt, which has no colon at its end, to a person and returns what
// they typed. It returns [ErrNobody], wrapped or not, if there is nobody.
type Ask func(ctx context.Context, prompt string) (string, error)

// Fixed is a code that was given with the call; name says where, such as
// TOTP_CODE. It is for the first device that a code is asked of. An empty code
// is none.
func Fixed(name string, code secret.Text) Source {
	var mu sync.Mutex
	var device string
	return Source{name: name, attempts: oneCode, get: func(_ context.Context, q query) (secret.Text, error) {
		mu.Lock()
		defer mu.Unlock()
		if code.Empty() || device != "" && device != q.Serial {
			return secret.Text{}, ErrNobody
		}
		device = q.Serial
		return ParseCode(code.Reveal())
	}}
}

// Seed computes codes from the TOTP seed of a device, in base32. An empty seed
// says that there is none for it. The name is shown in errors.
func Seed(name string, seed func(ctx context.Context, serial string) (secret.Text, error)) Source {
	return Source{name: name, attempts: waits, clock: true, get: func(ctx context.Context, q query) (secret.Text, error) {
		text, err := seed(ctx, q.Serial)
		if err != nil {
			return secret.Text{}, err
		}
		if text.Empty() {
			return secret.Text{}, ErrNobody
		}
		return TOTP(text, q.now)
	}}
}

// ProcessOptions say how a command is run that prints a code.
type ProcessOptions struct {
	// Line is for the platform's shell; "" is no command. It is never shown.
	Line string
	// Environ is the whole environment of the command.
	Environ []string
	// Timeout is when it is killed; 0 is 60 s.
	Timeout time.Duration
	// Stderr gets what it writes there; nil throws it away.
	Stderr io.Writer
	// Terminal lets it ask its user; nil leaves it without a terminal.
	Terminal *os.File
}

// Process is a command that prints a code, as mfa_process in a profile.
func Process(o ProcessOptions) Source {
	return Source{name: "mfa_process", attempts: commands, disturbs: true, get: func(ctx context.Context, _ query) (secret.Text, error) {
		if o.Line == "" {
			return secret.Text{}, ErrNobody
		}
		output, err := command.Run(ctx, command.Options{Line: o.Line, Environ: o.Environ, Timeout: o.Timeout, Stderr: o.Stderr, Terminal: o.Terminal})
		if err != nil {
			return secret.Text{}, err
		}
		return ParseCode(string(output))
	}}
}

// Asked is a person, reached through ask; name says how, such as "the
// terminal".
func Asked(name string, ask Ask) Source {
	return Source{name: name, attempts: typings, person: true, disturbs: true, get: func(ctx context.Context, q query) (secret.Text, error) {
		typed, err := ask(ctx, q.prompt())
		if err != nil {
			return secret.Text{}, err
		}
		return ParseCode(typed)
	}}
}

// If returns the source for where there is true, which is called before the device
// is waited for: whether there is anybody to ask, say.
func (s Source) If(there func() bool) Source {
	s.there = there
	return s
}

// prompt is one line: what was wrong, the device, and what for.
func (q query) prompt() string {
	text := "MFA code of " + display.Text(q.Serial, textLimit)
	if q.Profile != "" {
		text += " for profile " + display.Text(q.Profile, textLimit)
	}
	if q.Reason != "" {
		text += ", " + display.Text(q.Reason, textLimit)
	}
	if q.note != "" {
		text = q.note + ". " + text
	}
	return text
}
