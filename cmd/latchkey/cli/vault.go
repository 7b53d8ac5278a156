package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/vaultcmd"
)

func newVault(sys *Sys) *cobra.Command { return vaultcmd.New(sys.vaultDeps()) }

func (sys *Sys) vaultDeps() *vaultcmd.Deps {
	return &vaultcmd.Deps{
		Stdin: sys.Stdin, Stdout: sys.Stdout, Stderr: sys.Stderr, Now: sys.Now, Environ: sys.Environ, Env: sys.env,
		Load: func(code string) (*latchkey.Resolver, vaultcmd.Asker, error) {
			return sys.resolverAndAsker(&resolveFlags{mfaCode: code}, "")
		},
		Waiting:       sys.waiting,
		Interruptible: interruptible,
		Usage:         func(what, fix string) error { return &usageError{what: what, fix: fix} },
		Failure:       func(err error, fix string) error { return &fixedError{err, fix} },
		NoArgs:        noArgs,
		PrintJSON:     printJSON,
		Table:         aligned,
		Complete:      completeProfiles(sys),
		Terminal: func(r io.Reader) bool {
			file, ok := r.(*os.File)
			return ok && isTerminal(file)
		},
		OpenTerminal: terminal,
	}
}

// fixedError is an error with a fix of its own; its class, and so the exit code,
// is that of its cause.
type fixedError struct {
	error
	fix string
}

func (e *fixedError) Unwrap() error { return e.error }
