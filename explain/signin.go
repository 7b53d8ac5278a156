package explain

import (
	"errors"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/authcode"
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
		f.Code, f.Why, f.Fix = "sso-sign-in", cached(center.File, center.Reason == sso.ReasonMissing), f.login(center.SessionName)
		f.where(err, chain.InputStartURL)
	case errors.As(err, &console):
		f.Code, f.Why, f.Fix = "console-sign-in", cached(console.File, console.Reason == signin.ReasonMissing), f.login("")
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

// cached says where the sign-in is looked for.
func cached(file string, missing bool) string {
	if missing {
		return "there is no file " + file
	}
	return "the cached sign-in is " + file
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

// signingIn explains what came of a sign-in in the browser.
func signingIn(err error, f *Finding) bool {
	return signInRefused(err, f) || signInWrong(err, f)
}

// signInRefused explains what people did, or did not.
func signInRefused(err error, f *Finding) bool {
	var center *sso.DeniedError
	var console *signin.DeniedError
	var late *sso.CodeExpiredError
	var later *signin.CodeExpiredError
	var paste *signin.PasteError
	var other *signin.OtherIdentityError
	class := ClassRefused
	switch {
	case errors.As(err, &center), errors.As(err, &console):
		f.Code, f.Why = "sign-in-denied", "somebody chose to deny it in the browser, or an administrator allows no such sign-in"
		f.Fix = "sign in again and allow it; if the page itself refuses, ask whoever runs Identity Center or the account"
	case errors.As(err, &late), errors.As(err, &later):
		class, f.Code, f.Why = ClassNeedsUser, "sign-in-late", "a sign-in has to be finished within ten minutes"
		f.Fix = "run the command again, and finish in the browser"
	case errors.As(err, &paste):
		class, f.Code, f.Fix = ClassNeedsUser, "sign-in-paste", "run the command again, and copy the whole code that the page shows"
	case errors.As(err, &other):
		f.Code, f.Why = "sign-in-identity", "the profile's login_session names who its credentials are of"
		f.Fix = "sign out of the console in the browser and sign in as the profile's identity, or name another profile"
	default:
		return false
	}
	f.Class = class
	return true
}

// signInWrong explains what is wrong on this machine or in its settings.
func signInWrong(err error, f *Finding) bool {
	var unsafe *sso.UnsafeURLError
	var unsafeToo *signin.UnsafeURLError
	var start *sso.StartURLError
	var region *sso.RegionError
	var keep *sso.KeepError
	var port *authcode.PortError
	class := ClassConfig
	switch {
	case errors.As(err, &unsafe), errors.As(err, &unsafeToo):
		class, f.Code, f.Why = ClassRefused, "sign-in-address", "only pages of AWS are opened, so that nobody signs in on a page made to look like one"
		f.Fix = "check sso_start_url, sso_region, and that no endpoint_url or proxy stands between"
	case errors.As(err, &start) && unreachable(err):
		return false // what is wrong is the way there
	case errors.As(err, &start):
		f.Code, f.Why, f.Fix = "start-url", "the start URL must be the address of an AWS access portal, or lead there at once", "copy it from the portal's address bar to sso_start_url or --start-url, and check the region"
	case errors.As(err, &region):
		f.Code, f.Why, f.Fix = "sso-region", "Identity Center itself says so", "write sso_region = "+region.Actual
	case errors.As(err, &keep):
		class, f.Code, f.Why = ClassFailed, "sign-in-not-kept", "all AWS tools read the sign-in from there"
		f.Fix = "make the folder one that you may write to, with room on its disk, and sign in again"
	case errors.As(err, &port):
		class, f.Code, f.Why = ClassFailed, "sign-in-port", "the browser returns to that port of 127.0.0.1, and another program has it"
		f.Fix = "end that program, or name another port with --port"
	default:
		return false
	}
	f.Class = class
	return true
}

// unreachable reports whether an error comes of the network, and not of a name that
// does not exist.
func unreachable(err error) bool {
	var away *awsapi.UnreachableError
	return errors.As(err, &away) && away.Reason != awsapi.ReasonDNS
}
