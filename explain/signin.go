package explain

import (
	"errors"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
)

// signIn explains that a person is needed.
func signIn(err error, f *Finding) bool {
	var mfa *provider.MFARequiredError
	var center *sso.SignInRequiredError
	var console *signin.SignInRequiredError
	switch {
	case errors.As(err, &mfa):
		f.What = label(f) + mfa.Error()
		f.Code, f.Why = "mfa-required", "the code of an MFA device is needed, and there is no terminal to ask on"
		f.Fix = "run " + f.again() + " in a terminal: it asks once, for all programs; or give the six digits with --mfa-code 123456 or TOTP_CODE in the environment"
		f.where(err, chain.InputMFASerial)
	case errors.As(err, &center):
		f.Code, f.Why, f.Fix = "sso-sign-in", "the cached sign-in is "+center.File, f.login(center.SessionName)
		f.where(err, chain.InputStartURL)
	case errors.As(err, &console):
		f.Code, f.Why, f.Fix = "console-sign-in", "the cached sign-in is "+console.File, f.login("")
		f.where(err, chain.InputLoginSession)
	default:
		return false
	}
	f.Class = ClassNeedsUser
	return true
}

// where points at the input of the step that failed.
func (f *Finding) where(err error, input string) {
	var step *chain.StepError
	if !errors.As(err, &step) {
		return
	}
	if in, ok := step.Step.Input(input); ok {
		f.Where = at(in.Origin)
	}
}

// login is the command that signs in: by the profile that is wanted, else by the
// sign-in's own name.
func (f *Finding) login(name string) string {
	if f.Profile != "" {
		name = f.Profile
	}
	if name == "" {
		return "sign in: latchkey login"
	}
	return "sign in: latchkey login " + Word(name)
}
