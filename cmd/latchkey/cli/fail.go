package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/profile"
)

// The exit codes (DESIGN, section 4).
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitNeedsUser   = 4
	exitRefused     = 5
	exitUnreachable = 6
	exitStore       = 7
	exitExec        = 125
	exitCannotRun   = 126
	exitNoCommand   = 127
	exitCancelled   = 130
)

// usageError is a command line that cannot be understood.
type usageError struct{ what, fix string }

func (e *usageError) Error() string { return e.what }

// exitError ends the program with a code. What there is to say has been said
// where err is nil.
type exitError struct {
	code int
	err  error
	fix  string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// finish prints the error of a command and returns the exit code.
func finish(sys *Sys, cmd *cobra.Command, err error) int {
	if err == nil {
		return exitOK
	}
	var exit *exitError
	if errors.As(err, &exit) && exit.err == nil {
		return exit.code
	}
	f := findingOf(err)
	f.Fix = withFlags(f, cmd)
	sys.findings(sys.Stderr).failure(f)
	switch {
	case exit != nil:
		return exit.code
	case cmd != nil && cmd.Name() == "exec" && f.Class != explain.ClassCancelled:
		return exitExec
	}
	return exitCode(f.Class)
}

// withFlags adds to the command that a person is told to run the flags that this
// one was given and that make another session of it.
func withFlags(f explain.Finding, cmd *cobra.Command) string {
	if f.Class != explain.ClassNeedsUser || cmd == nil {
		return f.Fix
	}
	added := ""
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		name, value := flag.Name, flag.Value.String()
		switch name {
		case "for": // it asks for a duration where the default is not enough
			if d, err := time.ParseDuration(value); err != nil || d <= time.Hour || cmd.Name() == "console" {
				return
			}
			name = "duration"
		case "policy-arn":
			list, _ := cmd.Flags().GetStringArray(name) // it is one
			value = strings.Join(list, " --policy-arn ")
			added += " --policy-arn " + value
			return
		case "mfa", "read-only", "role", "region", "duration", "session-policy":
		default:
			return
		}
		if flag.Value.Type() == "bool" {
			added += " --" + name
			return
		}
		added += " --" + name + " " + explain.Word(value)
	})
	again := "latchkey whoami"
	if cmd.Name() == "login" {
		again = "latchkey login"
	}
	return strings.Replace(f.Fix, "latchkey whoami", again+added, 1)
}

// findingOf explains an error.
func findingOf(err error) explain.Finding {
	f := whatFailed(err)
	if f.Class == explain.ClassFailed && errors.Is(err, latchkey.ErrNobody) {
		f.Class = explain.ClassNeedsUser
	}
	return f
}

func whatFailed(err error) explain.Finding {
	var usage *usageError
	var exit *exitError
	var fixed *fixedError
	switch {
	case errors.As(err, &fixed):
		f := explain.Error(fixed.error)
		f.What, f.Fix = fixed.Error(), fixed.fix
		return f
	case errors.As(err, &usage):
		return explain.Finding{Code: "usage", Class: explain.ClassConfig, What: usage.what, Fix: usage.fix}
	case errors.As(err, &exit):
		return explain.Finding{Code: "exit", What: exit.Error(), Fix: exit.fix}
	case errors.Is(err, latchkey.ErrNoHome):
		return explain.Finding{Code: profile.CodeNoHome, Class: explain.ClassFailed, What: err.Error(), Fix: "set HOME"}
	}
	return explain.Error(err)
}

func exitCode(c explain.Class) int {
	switch c {
	case explain.ClassConfig:
		return exitUsage
	case explain.ClassNotFound:
		return exitNotFound
	case explain.ClassNeedsUser:
		return exitNeedsUser
	case explain.ClassRefused:
		return exitRefused
	case explain.ClassUnreachable:
		return exitUnreachable
	case explain.ClassStore:
		return exitStore
	case explain.ClassCancelled:
		return exitCancelled
	}
	return exitFailed
}

// flagError turns pflag's message into a usage error that says what to do.
func flagError(cmd *cobra.Command, err error) error {
	what, fix := err.Error(), cmd.CommandPath()+" --help lists the flags"
	switch {
	case strings.Contains(what, "--profile"), strings.HasPrefix(what, "unknown shorthand flag: 'p'"):
		fix = "the profile is an argument: " + cmd.CommandPath() + " PROFILE"
	case strings.Contains(what, ": time: "): // of a flag that takes a time
		what, _, _ = strings.Cut(what, ": time: ")
		fix = "write a number and its unit: 90s, 30m, 2h or 1h30m"
	case !cmd.HasParent():
		fix = "flags come after the command; latchkey help lists the commands"
	}
	return &usageError{what: what, fix: fix}
}

// noArgs accepts none. Behind a command with others below it, what is there is
// taken for the name of one.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	what, fix := cmd.CommandPath()+" takes no arguments", cmd.CommandPath()+" --help"
	switch {
	case !cmd.HasParent():
		what, fix = fmt.Sprintf("unknown command %q", args[0]), "latchkey help lists the commands"
	case cmd.HasAvailableSubCommands():
		what, fix = fmt.Sprintf("unknown command %q of %s", args[0], cmd.Name()), fix+" lists the commands"
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		fix = "did you mean " + cmd.CommandPath() + " " + near[0] + "?"
	}
	return &usageError{what: what, fix: fix}
}

// oneProfile accepts at most the name of a profile.
func oneProfile(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return &usageError{what: fmt.Sprintf("%s takes one profile, not %d arguments", cmd.CommandPath(), len(args)), fix: cmd.UseLine()}
	}
	if len(args) == 1 && args[0] == "" {
		return &usageError{what: "the profile's name is empty", fix: "name a profile, or leave the argument out"}
	}
	return nil
}
