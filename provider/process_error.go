package provider

import (
	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/internal/display"
)

// ProcessFailure tells apart what goes wrong with a credential_process.
type ProcessFailure string

// The failures.
const (
	ProcessNotStarted    = ProcessFailure(command.NotStarted)
	ProcessNotFound      = ProcessFailure(command.NotFound)
	ProcessNotExecutable = ProcessFailure(command.NotExecutable)
	ProcessExited        = ProcessFailure(command.Exited)
	ProcessSignalled     = ProcessFailure(command.Signalled)
	ProcessTimedOut      = ProcessFailure(command.TimedOut)
	ProcessTooMuchOutput = ProcessFailure(command.TooMuchOutput)

	ProcessNotJSON      ProcessFailure = "not JSON"
	ProcessWrongVersion ProcessFailure = "wrong version"
	ProcessMissingField ProcessFailure = "missing field"
	ProcessWrongField   ProcessFailure = "wrong field"
)

// ProcessError is a credential_process that gave no credentials. Neither the
// command nor anything that it printed is in it: both may hold secrets.
type ProcessError struct {
	// Profile is whose command it was, "" if unknown.
	Profile string
	// Failure is the kind, Why the same in words for a person.
	Failure ProcessFailure
	Why     string
	// ExitCode is the command's, -1 after a signal.
	ExitCode int
	// Signal is the name of the signal that ended it, "" if none did.
	Signal string
	// Err is the cause, if there is one.
	Err error
}

func (e *ProcessError) Error() string { return processLabel(e.Profile) + ": " + e.Why }

func (e *ProcessError) Unwrap() error { return e.Err }

func processLabel(profile string) string {
	if profile == "" {
		return "credential_process"
	}
	return "credential_process of profile " + display.Text(profile, textLimit)
}
