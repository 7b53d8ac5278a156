package explain

import (
	"context"
	"io/fs"
	"os"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/session"
)

// machineRules are about this machine: its files, other processes, the person's
// own end of a command.
func machineRules() []Rule {
	return []Rule{
		{
			Code: "cancelled", Title: "It was stopped", Class: ClassCancelled,
			Why: "somebody pressed Ctrl-C, or a signal ended it", Fix: "run it again",
			match: []matcher{func(err error, f *Finding) bool {
				f.What, f.Why, f.Fix = "cancelled", "", ""
				return err == context.Canceled
			}},
		},
		{
			Code: "timed-out", Title: "It took too long", Class: ClassFailed,
			Why: "the time that was given for it is over", Fix: "try again; check the network if it stays so",
			Texts: []Text{{Raw: "context deadline exceeded", By: "Go, Terraform", Weak: true}},
			match: []matcher{func(err error, _ *Finding) bool { return err == context.DeadlineExceeded }},
		},
		{
			Code: "session-busy", Title: "Another process fetches the session", Class: ClassFailed,
			Why: "one process fetches a session for all others, so that nobody is asked twice", Fix: "try again; if that process hangs, end it",
			match: []matcher{on(func(e *session.BusyError, f *Finding) bool { f.What = e.Error(); return true })},
		},
		{
			Code: "lock-busy", Title: "Another process holds the lock", Class: ClassFailed,
			Why: "one process at a time asks its user, and one writes", Fix: "go on with that process if it was stopped (fg), or end it, and try again",
			match: []matcher{every[*lockfile.BusyError]()},
		},
		{
			Code: "file", Title: "A file cannot be read or written", Class: ClassFailed,
			Why: "the system does not let it", Fix: "look at the file and its folder: space, permissions, and whether the disk can be written", Covers: []string{"sessions-unreadable"},
			match: []matcher{quietly[*fs.PathError](), quietly[*os.LinkError](), quietly[*os.SyscallError]()},
		},
	}
}

func incomplete(e *provider.IncompleteError, f *Finding) bool {
	f.Class, f.Why, f.Fix = classOf(e.Source), "", "have the source give "+strings.Join(e.Missing, " and ")
	return true
}

func malformed(e *provider.MalformedError, f *Finding) bool {
	f.Class, f.Why, f.Fix = classOf(e.Source), "", "correct "+e.Field+" at its source"
	return true
}

// classOf is the class of credentials that are not whole: what a person wrote
// is configuration, what a service answered means that it does not work.
func classOf(source string) Class {
	switch source {
	case provider.SourceEnvironment, provider.SourceStatic, provider.SourceContainer:
		return ClassConfig
	case provider.SourceProcess:
		return ClassFailed
	}
	return ClassUnreachable
}
