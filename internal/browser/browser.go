// Package browser owns opening a page in the person's browser, and whether
// there is a browser where this program runs.
//
// No shell ever reads the address, and no argument but the one meant for it
// holds a part of it. What is opened is the caller's to judge: the package
// knows no hosts and no sign-ins.
package browser

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	// atOnce is how soon a program ends that cannot open anything, so that the
	// next one is tried. What ends later has shown something by then: a second
	// browser would not be welcome.
	atOnce = time.Second
	// look is how often is looked whether the program has ended.
	look = 20 * time.Millisecond
	// maxURL is what the shell of Windows takes as an address
	// (INTERNET_MAX_URL_LENGTH).
	maxURL = 2083
)

// ErrURL is an address that is not given to any program: it does not begin with
// http:// or https://, is longer than 2,083 bytes, or has in it what no address
// has, such as blanks, quotes and control characters.
var ErrURL = errors.New("not an address for a browser")

// Options are what is known of the machine.
type Options struct {
	// Environ is this program's environment, as NAME=value.
	Environ []string
	// Command names the browser as BROWSER does, and in its place; "": BROWSER does.
	Command string
	// Profile is one of the browser's own, by the name of its folder (Chrome and its
	// kin) or by its name (Firefox); "": whichever the browser takes. It takes a
	// browser that is named.
	Profile string
	// GOOS is the operating system as runtime.GOOS names it; "" is this one.
	GOOS string
	// Root is the file system from its root, for what tells a container or WSL;
	// nil is this machine's.
	Root fs.FS
}

// Open opens url, which begins with http:// or https://, in the person's
// browser.
//
// Where Command or BROWSER names a browser its commands are tried, in order, and nothing
// else: it is a list as Python's webbrowser and xdg-open read it, separated by
// colons (on Windows by semicolons). In a command %s stands for the address, which is one
// argument; without %s it comes last. %c is a colon and %% a percent sign.
// Quotes and backslashes protect blanks and colons as in a shell. A command that
// ends with & is not waited for. Else it is the system's way: xdg-open or
// x-www-browser, open on a Mac, rundll32's FileProtocolHandler on Windows and on
// Linux inside Windows.
//
// The program gets the null device for its input and output, a session of its
// own, and this environment without AWS keys and latchkey's own variables. It is
// never ended: Open waits until it ends by itself or ctx does, and returns nil
// while the program runs. Text browsers are passed over: they would need the
// terminal, and AWS's pages need JavaScript, which they do not have.
//
// Errors: [ErrURL], that of ctx where it has ended before, or *[Error]. A program
// that fails after more than a second is the last that is tried. The address is in
// no error.
func Open(ctx context.Context, o Options, url string) error {
	if !fit(url) {
		return ErrURL
	}
	var failed []error
	for _, c := range o.commands() {
		c = c.in(o.Profile)
		if err := ctx.Err(); err != nil {
			return err
		}
		late, err := o.run(ctx, c, url)
		if err == nil {
			return nil
		}
		failed = append(failed, fmt.Errorf("%s: %w", name(c), err))
		if late {
			break
		}
	}
	return &Error{failed}
}

// Error is that of [Open] where no command has opened the page.
type Error struct {
	// Failed has an error for each command that was tried, in order; each begins
	// with the program's name.
	Failed []error
}

func (e *Error) Error() string {
	texts := make([]string, len(e.Failed))
	for i, err := range e.Failed {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns what happened to each command.
func (e *Error) Unwrap() []error { return e.Failed }

// fit reports whether a text can be an address: RFC 3986 has no blanks, quotes,
// backslashes, angle brackets, braces, bars, carets and backquotes.
func fit(url string) bool {
	if len(url) > maxURL || !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
		return false
	}
	for i := range len(url) {
		if c := url[i]; c <= ' ' || c > '~' || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return false
		}
	}
	return true
}

// name is what an error calls a command.
func name(c command) string {
	if len(c.args) == 0 {
		return "the browser's command"
	}
	base := path.Base(strings.ReplaceAll(c.args[0], `\`, "/"))
	if quoted := strconv.Quote(base); len(quoted) != len(base)+2 || len(base) > 100 {
		return "the browser's program"
	}
	return base
}

// run starts one command and waits for it as Open says. late is set where the
// command failed after a while.
func (o Options) run(ctx context.Context, c command, url string) (late bool, err error) {
	if c.err != nil {
		return false, c.err
	}
	args := c.with(url)
	program, err := o.find(args[0])
	if err != nil {
		return false, err
	}
	cmd := exec.Command(program, args[1:]...)
	cmd.Args[0] = args[0]
	cmd.Env = o.environ()
	apart(cmd)
	if err := cmd.Start(); err != nil {
		// What os says names the program once more.
		var about *fs.PathError
		if errors.As(err, &about) {
			err = about.Err
		}
		return false, err
	}
	if c.background {
		return false, cmd.Process.Release()
	}
	return wait(ctx, cmd.Process)
}

// wait waits for the end of a program or of ctx, whichever comes first. It looks
// from time to time: a goroutine that waits could not be ended with ctx.
func wait(ctx context.Context, p *os.Process) (late bool, err error) {
	began := time.NewTimer(atOnce)
	defer began.Stop()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if code, done := ended(p); done {
			switch {
			case code < 0:
				err = errSignal
			case code > 0:
				err = fmt.Errorf("ended with exit status %d", code)
			}
			return late, err
		}
		select {
		case <-ctx.Done():
			return false, p.Release()
		case <-began.C:
			late = true
			ticker.Reset(10 * look)
		case <-ticker.C:
		}
	}
}

// goos is the operating system.
func (o Options) goos() string {
	if o.GOOS != "" {
		return o.GOOS
	}
	return runtime.GOOS
}

// env looks a variable up, which has another case on Windows.
func (o Options) env(name string) string {
	for _, pair := range o.Environ {
		n, value, _ := strings.Cut(pair, "=")
		if n == name || o.goos() == "windows" && strings.EqualFold(n, name) {
			return value
		}
	}
	return ""
}

// environ is the environment of a browser, which stays when this program has
// ended, and starts others. No secret is for it.
func (o Options) environ() []string {
	list := make([]string, 0, len(o.Environ))
	for _, pair := range o.Environ {
		name, _, _ := strings.Cut(pair, "=")
		if !secret(strings.ToUpper(name)) {
			list = append(list, pair)
		}
	}
	return list
}

func secret(name string) bool {
	switch name {
	case "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ACCESS_KEY", "AWS_SECRET_KEY", "SECRET_ACCESS_KEY",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN", "TOTP_CODE":
		return true
	}
	return strings.HasPrefix(name, "LATCHKEY_") || strings.HasPrefix(name, "AWS_BEARER_TOKEN_")
}
