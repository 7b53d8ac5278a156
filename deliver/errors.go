package deliver

import (
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// A VariableError says that a variable cannot be written for a shell without
// changing its value or its meaning. It never holds the value.
type VariableError struct {
	// Name is the variable, without control characters.
	Name string
	// Shell is the form in which it was to be written.
	Shell Shell
	// Why is the reason, a clause without the value.
	Why string
}

// Error implements error.
func (e *VariableError) Error() string {
	return "variable " + printable(e.Name) + " for " + string(e.Shell) + ": " + e.Why
}

// An UnknownShellError says that no dialect has the name asked for.
type UnknownShellError struct{ Name string }

// Error implements error.
func (e *UnknownShellError) Error() string {
	names := make([]string, 0, 8)
	for _, s := range Shells() {
		names = append(names, string(s))
	}
	return "shell " + printable(e.Name) + ": not known; known are " + strings.Join(names, ", ")
}

// An IncompleteError says that credentials lack what every SDK needs, or hold
// text that JSON cannot carry.
type IncompleteError struct {
	// Field is the JSON field, such as SecretAccessKey.
	Field string
	// Why is the reason, a clause without the value.
	Why string
}

// Error implements error.
func (e *IncompleteError) Error() string { return "credentials: " + e.Field + " " + e.Why }

// printable is a name from outside, fit for a message.
func printable(s string) string {
	if shown := display.Text(s, 64); shown != "" {
		return shown
	}
	return `""`
}
