package sso

import (
	"fmt"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// Reason tells apart why a sign-in is needed.
type Reason string

// The reasons.
const (
	// ReasonMissing: there is no token file, so nobody has signed in yet.
	ReasonMissing Reason = "missing"
	// ReasonDamaged: the token file holds no usable token.
	ReasonDamaged Reason = "damaged"
	// ReasonExpired: the token has expired and cannot be renewed without a person.
	ReasonExpired Reason = "expired"
	// ReasonRefused: the token has expired and AWS refused to renew it.
	ReasonRefused Reason = "refused"
	// ReasonEnded: the token looks alive, and AWS says that its session has ended.
	ReasonEnded Reason = "ended"
	// ReasonExpiring: the token lives, for less time than was asked for.
	ReasonExpiring Reason = "expiring"
)

// SignInRequiredError says that a person must sign in to IAM Identity Center.
type SignInRequiredError struct {
	// SessionName and StartURL are as written in the config, because the token
	// file's name is a digest of the one, or without it of the other.
	SessionName, StartURL string
	// File is the token file that was looked at.
	File string
	// Reason is why, Why the same in words for a person.
	Reason Reason
	Why    string
	// Err is the cause, if there is one.
	Err error
}

func (e *SignInRequiredError) Error() string {
	name := e.SessionName
	if name == "" {
		name = e.StartURL
	}
	return fmt.Sprintf("sso session %s: %s", display.Text(name, 200), e.Why)
}

func (e *SignInRequiredError) Unwrap() error { return e.Err }
