// Package command owns the running of other programs for what they print: a
// credential_process, a password manager, a program that knows MFA codes.
//
// Such a program ends, or is ended with all that it started, in bounded time
// and after bounded output. What it printed is in no error: it may be a secret.
// The package must not know what the output means.
package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

const (
	// defaultTimeout is that of the Go SDK for a credential_process.
	defaultTimeout = 60 * time.Second
	// MaxOutput is how much a command may print, in bytes: twenty times what
	// the largest credentials need.
	MaxOutput = 64 << 10
	// drainTime is how long the pipes are read on after the command has ended:
	// a daemon that it left behind may keep them open for ever.
	drainTime = 500 * time.Millisecond
)

// Options say what is run. Neither Line nor Args are ever shown.
type Options struct {
	// Line is a line for the platform's shell: sh -c, or cmd.exe /C.
	Line string
	// Args are a program and its arguments, run without a shell; they are
	// used where Line is "". A name without a slash is looked up in this
	// process's PATH.
	Args []string
	// Environ is the whole environment of the command; nothing is added.
	Environ []string
	// Timeout is when the command is killed with all that it started; 0 is 60 s.
	Timeout time.Duration
	// Stderr gets what the command writes there, at most 64 KiB, while it
	// runs; nil throws it away. It never gets into an error.
	Stderr io.Writer
	// Stdin is the command's standard input; nil is the null device.
	Stdin io.Reader
	// Terminal lets the command ask its user: it becomes the terminal's
	// foreground job while it runs, if this program is that. Without it the
	// command has no controlling terminal, so that one which asks fails at once
	// instead of being stopped by the kernel.
	Terminal *os.File
}

// Failure tells apart what goes wrong with a command.
type Failure string

// The failures.
const (
	NotStarted    Failure = "not started"
	NotFound      Failure = "not found"
	NotExecutable Failure = "not executable"
	Exited        Failure = "exit status"
	Signalled     Failure = "signal"
	TimedOut      Failure = "time-out"
	TooMuchOutput Failure = "too much output"
)

// Error is a command that did not end well. Neither the command nor anything
// that it printed is in it.
type Error struct {
	// Failure is the kind, Why the same in words for a person.
	Failure Failure
	Why     string
	// ExitCode is the command's, -1 after a signal.
	ExitCode int
	// Signal is the name of the signal that ended it, "" if none did.
	Signal string
	// Err is the cause, if there is one.
	Err error
}

func (e *Error) Error() string { return e.Why }

func (e *Error) Unwrap() error { return e.Err }

// errTimeout tells our limit from the caller's.
var errTimeout = errors.New("time-out")

// Run returns what the command printed, if it ended well. The command and all
// that it started are killed when it takes too long, prints too much, or ctx
// ends. Errors: *[Error], or that of ctx.
func Run(ctx context.Context, o Options) ([]byte, error) {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	bounded, cancel := context.WithTimeoutCause(ctx, o.Timeout, errTimeout)
	defer cancel()
	stdout := &limited{stop: cancel}
	cmd := o.command(bounded)
	cmd.Env = append(make([]string, 0, len(o.Environ)), o.Environ...)
	cmd.Stdin = o.Stdin
	cmd.Stdout = stdout
	cmd.WaitDelay = drainTime
	if o.Stderr != nil {
		cmd.Stderr = &tee{to: o.Stderr, left: MaxOutput}
	}
	job := newJob(cmd, o.Terminal)
	cmd.Cancel = job.kill
	err := cmd.Start()
	if err == nil {
		job.started()
		err = cmd.Wait()
	}
	job.ended()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case stdout.over:
		return nil, &Error{Failure: TooMuchOutput, Why: "printed more than 64 KiB and was killed"}
	case err == nil, errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success():
		return stdout.kept.Bytes(), nil
	case errors.Is(context.Cause(bounded), errTimeout):
		return nil, &Error{Failure: TimedOut, Why: fmt.Sprintf("did not end within %v and was killed", o.Timeout)}
	}
	return nil, o.failure(err)
}

func (o Options) command(ctx context.Context) *exec.Cmd {
	if o.Line == "" {
		return exec.CommandContext(ctx, o.Args[0], o.Args[1:]...)
	}
	return shell(ctx, o.Line)
}

// failure explains a command that could not be started or did not end well.
func (o Options) failure(err error) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return &Error{Failure: NotFound, Why: "is not installed, or not in PATH", Err: err}
	case !errors.As(err, &exit):
		// What os and exec say names the program at most.
		return &Error{Failure: NotStarted, Why: "could not be started: " + err.Error(), Err: err}
	}
	if signal := signalOf(exit.ProcessState); signal != "" {
		return &Error{Failure: Signalled, Why: "was ended by the signal: " + signal, ExitCode: -1, Signal: signal}
	}
	failure := &Error{Failure: Exited, Why: fmt.Sprintf("ended with exit status %d", exit.ExitCode()), ExitCode: exit.ExitCode()}
	switch {
	case o.Line == "":
	case failure.ExitCode == shellNotFound:
		failure.Failure = NotFound
		failure.Why += ": the shell does not find the command"
	case failure.ExitCode == shellNotExecutable:
		failure.Failure = NotExecutable
		failure.Why += ": the command is not executable"
	}
	return failure
}

// limited keeps what a command prints, up to MaxOutput, and stops a command
// that prints more.
type limited struct {
	kept bytes.Buffer
	over bool
	stop func()
}

func (l *limited) Write(b []byte) (int, error) {
	if l.kept.Len()+len(b) > MaxOutput {
		l.over = true
		l.stop()
		return 0, errors.New("too much output")
	}
	return l.kept.Write(b)
}

// tee passes on a bounded part of what a command writes to stderr, and lets the
// command go on when nobody takes it.
type tee struct {
	to   io.Writer
	left int
}

func (t *tee) Write(b []byte) (int, error) {
	part := b[:min(len(b), t.left)]
	t.left -= len(part)
	if len(part) > 0 {
		_, _ = t.to.Write(part)
	}
	return len(b), nil
}
