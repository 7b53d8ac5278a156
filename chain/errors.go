package chain

import (
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// ConfigError is a configuration that cannot yield credentials: a missing or
// contradictory key, a loop, a value out of range.
type ConfigError struct {
	// Profile is the profile at fault, "" where the environment is.
	Profile string
	// Origin is the line or variable to look at.
	Origin origin.Origin
	// Message says what is wrong, without the profile and the position.
	Message string
	// Why says which rule it breaks, Fix what to change; both may be "".
	Why, Fix string
}

func (e *ConfigError) Error() string {
	var b strings.Builder
	if e.Profile != "" {
		b.WriteString("profile " + e.Profile + ": ")
	}
	b.WriteString(e.Message)
	if e.Origin.Kind != origin.KindDefault {
		b.WriteString(" (" + e.Origin.Position() + ")")
	}
	return b.String()
}

// SelectionError is an error of the profile that the environment selected.
type SelectionError struct {
	// Selected is the name, with the variable that it comes from.
	Selected origin.Value
	Err      error
}

func (e *SelectionError) Error() string {
	return e.Err.Error() + " (selected by " + e.Selected.Origin.String() + ")"
}

func (e *SelectionError) Unwrap() error { return e.Err }

// NoCredentialsError means that nothing is configured: every source was looked
// at and none is there.
type NoCredentialsError struct {
	// Profile is the selected profile, "" if there is none.
	Profile origin.Value
	// Looked lists the sources in order, each with what was found missing.
	Looked []string
	// Last is what the last source that was tried answered, if one was.
	Last error
}

func (e *NoCredentialsError) Error() string {
	if e.Profile.Text != "" {
		return "profile " + e.Profile.Text + ": no credentials found"
	}
	return "no credentials found"
}

func (e *NoCredentialsError) Unwrap() error { return e.Last }

// StepError is the failure of one step of a plan while it was run.
type StepError struct {
	Step Step
	Err  error
}

func (e *StepError) Error() string {
	name := string(e.Step.Kind)
	if e.Step.Profile != "" {
		name = "profile " + e.Step.Profile + ": " + name
	}
	return name + ": " + e.Err.Error()
}

func (e *StepError) Unwrap() error { return e.Err }
