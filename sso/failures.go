package sso

import (
	"fmt"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// DeniedError says that a person or an administrator refused the sign-in.
type DeniedError struct {
	// Code is the OAuth error code, such as access_denied (RFC 6749, section
	// 4.1.2.1), Description what the service says about it, "" for nothing. Both
	// fit a terminal.
	Code, Description string
	// Err is the answer.
	Err error
}

func (e *DeniedError) Error() string {
	if e.Description == "" {
		return "sso sign-in: refused: " + e.Code
	}
	return "sso sign-in: refused: " + e.Code + " (" + e.Description + ")"
}

func (e *DeniedError) Unwrap() error { return e.Err }

// CodeExpiredError says that nobody completed the sign-in in time.
type CodeExpiredError struct {
	// Flow is the one that was under way.
	Flow Flow
	// Err is what ended it: the service's answer, or the trouble that kept the
	// last questions from being answered. nil: the time was over.
	Err error
}

func (e *CodeExpiredError) Error() string {
	s := "sso sign-in: not completed in time"
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *CodeExpiredError) Unwrap() error { return e.Err }

// UnsafeURLError is a URL that a server sent and that is not opened: it could be
// anybody's.
type UnsafeURLError struct {
	// URL fits a terminal, and is cut to 200 characters.
	URL string
	// Why says what is wrong with it.
	Why string
}

func (e *UnsafeURLError) Error() string {
	return fmt.Sprintf("sso sign-in: the address %s is not opened: %s", e.URL, e.Why)
}

func unsafeURL(raw, why string) error {
	return &UnsafeURLError{URL: display.Text(raw, 200), Why: why}
}

// StartURLError is a start URL that leads to no Identity Center.
type StartURLError struct {
	// URL is the one as configured.
	URL string
	// Why says what is wrong with it.
	Why string
	// Err is the error of the look-up, if there was one.
	Err error
}

func (e *StartURLError) Error() string {
	s := "sso start URL " + display.Text(e.URL, 200) + ": " + e.Why
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *StartURLError) Unwrap() error { return e.Err }

// RegionError says that Identity Center is in another region than configured.
type RegionError struct {
	// Configured is the region that was asked, Actual the one that AWS named.
	Configured, Actual string
	// Err is AWS's answer.
	Err error
}

func (e *RegionError) Error() string {
	return fmt.Sprintf("sso sign-in: Identity Center is in region %s, not in %s", e.Actual, display.Text(e.Configured, 40))
}

func (e *RegionError) Unwrap() error { return e.Err }

// KeepError says that the sign-in went well, and that its token could not be
// written.
type KeepError struct {
	// File is the token file.
	File string
	// Err is the cause.
	Err error
}

func (e *KeepError) Error() string {
	return fmt.Sprintf("sso sign-in: signed in, but the token could not be kept in %s: %v", e.File, e.Err)
}

func (e *KeepError) Unwrap() error { return e.Err }
