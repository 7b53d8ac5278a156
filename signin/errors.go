package signin

import "github.com/latchkey-aws/latchkey/internal/display"

// Reason tells apart why a sign-in is needed.
type Reason string

// The reasons.
const (
	// ReasonMissing: there is no cache file, so nobody has signed in yet.
	ReasonMissing Reason = "missing"
	// ReasonDamaged: the cache file holds no usable sign-in.
	ReasonDamaged Reason = "damaged"
	// ReasonExpired: the sign-in has reached its end, 12 hours after it began.
	ReasonExpired Reason = "expired"
	// ReasonChanged: the user's password or other credentials have changed.
	ReasonChanged Reason = "changed"
	// ReasonExpiring: the credentials live, but not for as long as was asked for,
	// and nothing in the cache file can renew them.
	ReasonExpiring Reason = "expiring"
	// ReasonRefused: AWS refused to renew the sign-in for another reason.
	ReasonRefused Reason = "refused"
)

// SignInRequiredError says that a person must sign in to the console again.
type SignInRequiredError struct {
	// LoginSession is the value of login_session as written; the file's name is
	// a digest of it.
	LoginSession string
	// File is the cache file that was looked at.
	File string
	// Reason is why, Why the same in words for a person.
	Reason Reason
	Why    string
	// Err is the cause, if there is one.
	Err error
}

func (e *SignInRequiredError) Error() string {
	return "login session " + display.Text(e.LoginSession, 200) + ": " + e.Why
}

func (e *SignInRequiredError) Unwrap() error { return e.Err }

// PermissionError says that the sign-in stands, and its identity may not turn
// it into credentials. Signing in again does not help.
type PermissionError struct {
	// LoginSession is the value of login_session as written; "" when it is not
	// known yet who signed in.
	LoginSession string
	// Action is the IAM action that is missing.
	Action string
	// Err is AWS's answer; nil when another process saw it.
	Err error
}

func (e *PermissionError) Error() string {
	if e.LoginSession == "" {
		return "console sign-in: the identity lacks the permission " + e.Action
	}
	return "login session " + display.Text(e.LoginSession, 200) + ": the identity lacks the permission " + e.Action
}

func (e *PermissionError) Unwrap() error { return e.Err }

// DeniedError says that there will be no sign-in: the person said no in the
// browser, or may not sign in.
type DeniedError struct {
	// Code is the OAuth error code, such as access_denied (RFC 6749, section
	// 4.1.2.1), Description what AWS says about it, "" for nothing. Both fit a
	// terminal.
	Code, Description string
}

func (e *DeniedError) Error() string {
	if e.Description == "" {
		return "console sign-in: refused in the browser: " + e.Code
	}
	return "console sign-in: refused in the browser: " + e.Code + " (" + e.Description + ")"
}

// CodeExpiredError says that the person took too long: more than 10 minutes, or
// longer than AWS keeps the code.
type CodeExpiredError struct {
	// Err is AWS's answer; nil when the code never came.
	Err error
}

func (e *CodeExpiredError) Error() string {
	if e.Err == nil {
		return "console sign-in: not finished within 10 minutes"
	}
	return "console sign-in: the authorization code has expired"
}

func (e *CodeExpiredError) Unwrap() error { return e.Err }

// UnsafeURLError says that a page would have been opened that is not AWS's.
type UnsafeURLError struct {
	// URL of the endpoint, without the sign-in's parameters, fit for a terminal.
	URL string
	// Why in a few words.
	Why string
}

func (e *UnsafeURLError) Error() string {
	return "console sign-in: " + e.URL + " is not opened: " + e.Why
}

// PasteError says that what was pasted is not what the confirmation page shows.
type PasteError struct {
	// Why in a few words, without any of what was pasted.
	Why string
}

func (e *PasteError) Error() string { return "console sign-in: the pasted code: " + e.Why }

// OtherIdentityError says that somebody else signed in than was expected.
type OtherIdentityError struct {
	// Expected is the value of login_session as written, Got that of who signed in.
	Expected, Got string
}

func (e *OtherIdentityError) Error() string {
	return "console sign-in: signed in as " + display.Text(e.Got, 200) + ", expected " + display.Text(e.Expected, 200)
}
