package signin

import (
	"github.com/latchkey-aws/latchkey/internal/display"
)

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
	// LoginSession is the value of login_session as written.
	LoginSession string
	// Action is the IAM action that is missing.
	Action string
	// Err is AWS's answer; nil when another process saw it.
	Err error
}

func (e *PermissionError) Error() string {
	return "login session " + display.Text(e.LoginSession, 200) + ": the identity lacks the permission " + e.Action
}

func (e *PermissionError) Unwrap() error { return e.Err }
