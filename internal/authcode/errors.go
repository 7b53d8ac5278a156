package authcode

import (
	"errors"
	"fmt"
)

// ErrPatience says that the browser brought nothing within [Patience].
var ErrPatience = errors.New("no answer from the browser within 10 minutes")

// ErrClosed says that the listener was closed while it was waited for.
var ErrClosed = errors.New("the listener for the browser is closed")

// DeniedError is the answer of the sign-in pages that there will be no code: the
// person said no, or may not sign in.
type DeniedError struct {
	// Code is the OAuth error code, such as access_denied (RFC 6749, section
	// 4.1.2.1), Description what the service says about it, "" for nothing. Both
	// fit a terminal.
	Code, Description string
}

func (e *DeniedError) Error() string {
	if e.Description == "" {
		return "sign-in refused in the browser: " + e.Code
	}
	return "sign-in refused in the browser: " + e.Code + " (" + e.Description + ")"
}

// PortError says that the port that was asked for cannot be listened on. No
// other is tried: a forwarded port or a registered URL depends on it.
type PortError struct {
	// Port is the one that was asked for.
	Port int
	// Err is the system's answer.
	Err error
}

func (e *PortError) Error() string {
	return fmt.Sprintf("listen for the browser on port %d: %v", e.Port, e.Err)
}

func (e *PortError) Unwrap() error { return e.Err }
