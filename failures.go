package latchkey

import (
	"encoding/json"
	"errors"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
	"github.com/latchkey-aws/latchkey/vault"
)

// failures passes the failure of a step on to the processes that waited for it.
type failures struct {
	plan *chain.Plan
	// code is the name of the code that this process alone was given, or "".
	code string
}

// sharedFailure is what they are told: the step, and one of the others. It makes
// the same finding and exit code there as here, so that an error which cannot be
// written down whole is not shared.
type sharedFailure struct {
	Step    string                      `json:"step,omitempty"` // session key
	Call    string                      `json:"call,omitempty"` // awsapi.Record
	Process *provider.ProcessError      `json:"process,omitempty"`
	Center  *sso.SignInRequiredError    `json:"center,omitempty"`
	Console *signin.SignInRequiredError `json:"console,omitempty"`
	Device  *provider.NoDeviceError     `json:"device,omitempty"`
	Expires *session.ExpiringError      `json:"expires,omitempty"`
	Command *vault.CommandError         `json:"command,omitempty"`
	Locked  *vault.LockedError          `json:"locked,omitempty"`
	Wrong   *vault.PassphraseError      `json:"wrong,omitempty"`
	Code    *sharedCode                 `json:"code,omitempty"`
	Browser *sharedSignIn               `json:"browser,omitempty"`
}

// sharedCode is an *mfa.SourceError.
type sharedCode struct {
	Source, Text string
	Format       bool // it was not six digits
}

// encode writes a failure down, unless it is of this process alone: nobody was
// there to be asked, what it was given for this one call was of no use, or it
// lies in files and variables that each process reads for itself.
func (f failures) encode(err error) (string, bool) {
	var code *mfa.SourceError
	if errors.As(err, &code) && code.Source == f.code || ownFailure(err) {
		return "", false
	}
	var shared sharedFailure
	var step *chain.StepError
	if errors.As(err, &step) {
		shared.Step, err = step.Step.Key, step.Err
	}
	if !shared.set(err) {
		return "", false
	}
	text, err := json.Marshal(shared)
	return string(text), err == nil
}

// set writes down what explains an error, which may have the answer of AWS as its
// cause.
func (s *sharedFailure) set(err error) (ok bool) {
	var code *mfa.SourceError
	switch {
	case errors.As(err, &s.Process):
		s.Process = &provider.ProcessError{Profile: s.Process.Profile, Failure: s.Process.Failure, Why: s.Process.Why, ExitCode: s.Process.ExitCode, Signal: s.Process.Signal}
	case errors.As(err, &s.Center):
		s.Center = &sso.SignInRequiredError{SessionName: s.Center.SessionName, StartURL: s.Center.StartURL, File: s.Center.File, Reason: s.Center.Reason, Why: s.Center.Why}
	case errors.As(err, &s.Console):
		c := *s.Console
		c.Err, s.Console = nil, &c
	case errors.As(err, &s.Command):
		s.Command = &vault.CommandError{Name: s.Command.Name, Why: s.Command.Why}
	case errors.As(err, &code):
		s.Code = &sharedCode{code.Source, code.Err.Error(), errors.Is(code, mfa.ErrFormat)}
	case errors.As(err, &s.Locked):
		s.Locked = &vault.LockedError{Folder: s.Locked.Folder, Why: s.Locked.Why, Program: s.Locked.Program}
	case errors.As(err, &s.Device), errors.As(err, &s.Expires), errors.As(err, &s.Wrong):
	case s.setSignIn(err):
	default:
		var away *provider.NotAvailableError
		var permission *signin.PermissionError
		if errors.As(err, &away) || errors.As(err, &permission) {
			return false
		}
		s.Call, ok = awsapi.Record(err)
		return ok
	}
	return true
}

func (s *sharedFailure) error() error {
	switch {
	case s.Process != nil:
		return s.Process
	case s.Center != nil:
		return s.Center
	case s.Console != nil:
		return s.Console
	case s.Command != nil:
		return s.Command
	case s.Locked != nil:
		return s.Locked
	case s.Wrong != nil:
		return s.Wrong
	case s.Device != nil:
		return s.Device
	case s.Expires != nil:
		return s.Expires
	case s.Browser != nil:
		return s.Browser.error()
	case s.Code != nil && s.Code.Format:
		return &mfa.SourceError{Source: s.Code.Source, Err: mfa.ErrFormat}
	case s.Code != nil:
		return &mfa.SourceError{Source: s.Code.Source, Err: errors.New(s.Code.Text)}
	}
	err, ok := awsapi.FromRecord(s.Call)
	if !ok {
		return errUnknownFailure // of another version of latchkey
	}
	return err
}

var errUnknownFailure = errors.New("the process that was waited for failed")

func (f failures) decode(text string) error {
	var shared sharedFailure
	if json.Unmarshal([]byte(text), &shared) != nil {
		return errUnknownFailure
	}
	err := shared.error()
	for step := range steps(f.plan) {
		if step.Key == shared.Step {
			return &chain.StepError{Step: step, Err: err}
		}
	}
	return err
}
