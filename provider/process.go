package provider

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	processTimeout = 60 * time.Second
	// maxOutput is twenty times what the largest credentials need.
	maxOutput = 64 << 10
	// drainTime is how long the pipes are read on after the command has ended:
	// a daemon that it left behind may keep them open for ever.
	drainTime = 500 * time.Millisecond
)

// ProcessOptions say which command prints the credentials.
type ProcessOptions struct {
	// Command is a line for the platform's shell: sh -c, or cmd.exe /C. It may
	// hold secrets and is never shown.
	Command string
	// Profile is whose command it is, for errors.
	Profile string
	// Environ is the whole environment of the command; nothing is added.
	Environ []string
	// AccountID is used when the command gives none.
	AccountID string
	// Timeout is when the command is killed with all that it started; 0 is 60 s.
	Timeout time.Duration
	// Stderr gets what the command writes there, at most 64 KiB, while it
	// runs; nil throws it away. It never gets into an error.
	Stderr io.Writer
	// Stdin is the command's standard input; nil is the null device.
	Stdin *os.File
	// Terminal lets the command ask its user: it becomes the terminal's
	// foreground job while it runs, if this program is that. Without it the
	// command has no controlling terminal, so that one which asks fails at once
	// instead of being stopped by the kernel.
	Terminal *os.File
	Now      func() time.Time
}

// Process yields the credentials that a command prints: the SDKs'
// credential_process (SDK reference guide, feature-process-credentials).
type Process struct{ options ProcessOptions }

// NewProcess returns the provider of o.
func NewProcess(o ProcessOptions) *Process {
	if o.Timeout == 0 {
		o.Timeout = processTimeout
	}
	return &Process{o}
}

// Retrieve runs the command and reads its standard output. The command and all
// that it started are killed when it takes too long, prints too much, or ctx
// ends. Errors: *[ProcessError], *[ExpiredError], *[MalformedError], the wrapped
// error of ctx.
func (p *Process) Retrieve(ctx context.Context) (aws.Credentials, error) {
	output, err := p.run(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	creds, failure := parseProcess(output)
	if failure != nil {
		failure.Profile = p.options.Profile
		return aws.Credentials{}, failure
	}
	if creds.AccountID == "" {
		creds.AccountID = p.options.AccountID
	}
	creds, err = accept(creds, SourceProcess, p.options.Now(), 0)
	var incomplete *IncompleteError
	if errors.As(err, &incomplete) {
		return creds, p.failure(ProcessMissingField, incomplete.Error(), err)
	}
	return creds, err
}

func (p *Process) failure(kind ProcessFailure, why string, cause error) *ProcessError {
	return &ProcessError{Profile: p.options.Profile, Failure: kind, Why: why, Err: cause}
}

// errTimeout tells our limit from the caller's.
var errTimeout = errors.New("time-out")

// run returns what the command printed, if it ended well.
func (p *Process) run(ctx context.Context) ([]byte, error) {
	bounded, cancel := context.WithTimeoutCause(ctx, p.options.Timeout, errTimeout)
	defer cancel()
	stdout := &limited{stop: cancel}
	cmd := shell(bounded, p.options.Command)
	cmd.Env = append(make([]string, 0, len(p.options.Environ)), p.options.Environ...)
	cmd.Stdout = stdout
	cmd.WaitDelay = drainTime
	if p.options.Stdin != nil {
		cmd.Stdin = p.options.Stdin
	}
	if p.options.Stderr != nil {
		cmd.Stderr = &tee{to: p.options.Stderr, left: maxOutput}
	}
	job := newJob(cmd, p.options.Terminal)
	cmd.Cancel = job.kill
	err := cmd.Start()
	if err == nil {
		job.started()
		err = cmd.Wait()
	}
	job.ended()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", p.label(), ctx.Err())
	case stdout.over:
		return nil, p.failure(ProcessTooMuchOutput, "printed more than 64 KiB and was killed", nil)
	case err == nil, errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success():
		return stdout.kept.Bytes(), nil
	case errors.Is(context.Cause(bounded), errTimeout):
		return nil, p.failure(ProcessTimedOut, fmt.Sprintf("did not end within %v and was killed", p.options.Timeout), nil)
	}
	return nil, p.exit(err)
}

func (p *Process) label() string { return processLabel(p.options.Profile) }

// exit explains a command that could not be started or did not end well.
func (p *Process) exit(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		// What os and exec say names the shell at most.
		return p.failure(ProcessNotStarted, "could not be started: "+err.Error(), err)
	}
	if signal := signalOf(exit.ProcessState); signal != "" {
		failure := p.failure(ProcessSignalled, "was ended by the signal: "+signal, nil)
		failure.ExitCode, failure.Signal = -1, signal
		return failure
	}
	failure := p.failure(ProcessExited, fmt.Sprintf("ended with exit status %d", exit.ExitCode()), nil)
	failure.ExitCode = exit.ExitCode()
	switch failure.ExitCode {
	case shellNotFound:
		failure.Failure = ProcessNotFound
		failure.Why += ": the shell does not find the command"
	case shellNotExecutable:
		failure.Failure = ProcessNotExecutable
		failure.Why += ": the command is not executable"
	}
	return failure
}

// limited keeps what a command prints, up to maxOutput, and stops a command
// that prints more.
type limited struct {
	kept bytes.Buffer
	over bool
	stop func()
}

func (l *limited) Write(b []byte) (int, error) {
	if l.kept.Len()+len(b) > maxOutput {
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
