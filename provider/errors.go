package provider

import (
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// textLimit is how many characters of foreign text an error may show.
const textLimit = 200

// ExpiredError says that a source gave credentials which had already expired.
type ExpiredError struct {
	// Source is the provider's.
	Source string
	// Expires is when they ended, Now when they were looked at by this
	// computer's clock.
	Expires, Now time.Time
	// Skew is AWS's clock minus this computer's, 0 if unknown.
	Skew time.Duration
}

// Error says since when, and by how much the clock is wrong if it is.
func (e *ExpiredError) Error() string {
	ago := e.Now.Add(e.Skew).Sub(e.Expires).Round(time.Second)
	text := fmt.Sprintf("%s: credentials expired %v ago, at %s", e.Source, ago, e.Expires.UTC().Format(time.RFC3339))
	switch {
	case ago < 0: // alive for AWS, and of no use here until the clock is right
		return fmt.Sprintf("%s: credentials until %s have expired by this computer's clock, which is %v ahead of AWS's",
			e.Source, e.Expires.UTC().Format(time.RFC3339), (-e.Skew).Round(time.Second))
	case e.Skew < -time.Minute:
		text += fmt.Sprintf(" (this computer's clock is %v ahead of AWS's)", (-e.Skew).Round(time.Second))
	case e.Skew > time.Minute:
		text += fmt.Sprintf(" (this computer's clock is %v behind AWS's)", e.Skew.Round(time.Second))
	}
	return text
}

// IncompleteError says which parts a source's credentials lack.
type IncompleteError struct {
	// Source is the provider's.
	Source string
	// Missing are the names of the members; of the environment, the variables.
	Missing []string
}

func (e *IncompleteError) Error() string {
	return e.Source + ": credentials lack " + strings.Join(e.Missing, " and ")
}

// MalformedError says that a part of a source's credentials cannot be one.
type MalformedError struct {
	// Source is the provider's.
	Source string
	// Field names the part, Why says what is wrong without repeating it.
	Field, Why string
}

func (e *MalformedError) Error() string { return e.Source + ": " + e.Field + " " + e.Why }

// NotAvailableError says that there is no metadata service, or that it has no
// credentials to give.
type NotAvailableError struct {
	// Source is the provider's.
	Source string
	// Endpoint is what was asked.
	Endpoint string
	// Why in a few words; Hint is what may be done, "" if nothing.
	Why, Hint string
	// Configured tells that the source was asked for by name, so that its
	// absence is an error and not the end of a search.
	Configured bool
	// Err is the cause, if there is one.
	Err error
}

func (e *NotAvailableError) Error() string {
	text := fmt.Sprintf("%s: %s: %s", e.Source, display.Text(e.Endpoint, textLimit), e.Why)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *NotAvailableError) Unwrap() error { return e.Err }

// NotConfigured reports whether a chain may go on to its next source.
func (e *NotAvailableError) NotConfigured() bool { return !e.Configured }

// MFARequiredError says that an MFA code is needed and nobody gave one.
type MFARequiredError struct {
	// Serial is the device: an ARN, or a hardware device's number.
	Serial string
}

func (e *MFARequiredError) Error() string {
	return "MFA code required for device " + display.Text(e.Serial, textLimit)
}

// TokenFileError says that a file with a token cannot be used.
type TokenFileError struct {
	// Source is the provider's.
	Source string
	// Path of the file.
	Path string
	// Why in a few words, without any of the file's content.
	Why string
	// Err is the cause, if there is one.
	Err error
}

func (e *TokenFileError) Error() string {
	return fmt.Sprintf("%s: token file %s: %s", e.Source, display.Text(e.Path, textLimit), e.Why)
}

func (e *TokenFileError) Unwrap() error { return e.Err }

// HostError says that a container endpoint may not be asked.
type HostError struct {
	// Host as in the URL.
	Host string
	// Why it is refused.
	Why string
}

func (e *HostError) Error() string {
	return fmt.Sprintf("container: host %q %s", display.Text(e.Host, textLimit), e.Why)
}
