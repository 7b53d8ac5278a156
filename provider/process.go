package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/command"
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
func NewProcess(o ProcessOptions) *Process { return &Process{o} }

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

// run returns what the command printed, if it ended well.
func (p *Process) run(ctx context.Context) ([]byte, error) {
	o := p.options
	what := command.Options{Line: o.Command, Environ: o.Environ, Timeout: o.Timeout, Stderr: o.Stderr, Terminal: o.Terminal}
	if o.Stdin != nil {
		what.Stdin = o.Stdin
	}
	output, err := command.Run(ctx, what)
	var failed *command.Error
	switch {
	case errors.As(err, &failed):
		return nil, &ProcessError{Profile: o.Profile, Failure: ProcessFailure(failed.Failure), Why: failed.Why,
			ExitCode: failed.ExitCode, Signal: failed.Signal, Err: failed.Err}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", processLabel(o.Profile), err)
	}
	return output, nil
}
