package latchkey

import (
	"errors"

	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
)

// sharedSignIn is what those are told who waited for a sign-in in a browser: one of
// these, without the answer of AWS that may be its cause.
type sharedSignIn struct {
	Denied        *sso.DeniedError           `json:"denied,omitempty"`
	Late          *sso.CodeExpiredError      `json:"late,omitempty"`
	Unsafe        *sso.UnsafeURLError        `json:"unsafe,omitempty"`
	StartURL      *sso.StartURLError         `json:"start_url,omitempty"`
	Region        *sso.RegionError           `json:"region,omitempty"`
	ConsoleDenied *signin.DeniedError        `json:"console_denied,omitempty"`
	ConsoleLate   *signin.CodeExpiredError   `json:"console_late,omitempty"`
	ConsoleUnsafe *signin.UnsafeURLError     `json:"console_unsafe,omitempty"`
	Identity      *signin.OtherIdentityError `json:"identity,omitempty"`
	Permission    *signin.PermissionError    `json:"permission,omitempty"`
}

// setSignIn writes down what came of a sign-in, unless it is of this process alone,
// as a port that is taken is, or a file that it may not write.
func (s *sharedFailure) setSignIn(err error) bool {
	var b sharedSignIn
	switch {
	case errors.As(err, &b.Denied):
		b.Denied = &sso.DeniedError{Code: b.Denied.Code, Description: b.Denied.Description}
	case errors.As(err, &b.Late):
		b.Late = &sso.CodeExpiredError{Flow: b.Late.Flow}
	case errors.As(err, &b.StartURL):
		b.StartURL = &sso.StartURLError{URL: b.StartURL.URL, Why: b.StartURL.Why}
	case errors.As(err, &b.Region):
		b.Region = &sso.RegionError{Configured: b.Region.Configured, Actual: b.Region.Actual}
	case errors.As(err, &b.ConsoleLate):
		b.ConsoleLate = &signin.CodeExpiredError{}
	case errors.As(err, &b.Permission):
		b.Permission = &signin.PermissionError{LoginSession: b.Permission.LoginSession, Action: b.Permission.Action}
	case errors.As(err, &b.Unsafe), errors.As(err, &b.ConsoleDenied), errors.As(err, &b.ConsoleUnsafe), errors.As(err, &b.Identity):
	default:
		return false
	}
	s.Browser = &b
	return true
}

func (b *sharedSignIn) error() error {
	switch {
	case b.Denied != nil:
		return b.Denied
	case b.Late != nil:
		return b.Late
	case b.Unsafe != nil:
		return b.Unsafe
	case b.StartURL != nil:
		return b.StartURL
	case b.Region != nil:
		return b.Region
	case b.ConsoleDenied != nil:
		return b.ConsoleDenied
	case b.ConsoleLate != nil:
		return b.ConsoleLate
	case b.ConsoleUnsafe != nil:
		return b.ConsoleUnsafe
	case b.Identity != nil:
		return b.Identity
	case b.Permission != nil:
		return b.Permission
	}
	return errUnknownFailure
}
