// Package vaultcmd owns the commands of the vault: latchkey vault add, list and
// the others, one file each. What they need of the program is passed in; they
// must not know how errors and tables are shown.
package vaultcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/vault"
)

// Asker asks the person.
type Asker interface {
	latchkey.Asker
	Confirm(ctx context.Context, question string) (bool, error)
}

// Deps is what the commands need of the program.
type Deps struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time
	Environ        []string
	Env            func(name string) string
	// Load reads the configuration; code is the MFA code of a flag, "" if none.
	Load func(code string) (*latchkey.Resolver, Asker, error)
	// Interruptible returns a context that ends with the signals that end the
	// program.
	Interruptible func(context.Context) (context.Context, context.CancelFunc)
	// Usage makes the error of a wrong command line, Failure one with a fix.
	Usage   func(what, fix string) error
	Failure func(err error, fix string) error
	// NoArgs accepts no arguments.
	NoArgs cobra.PositionalArgs
	// PrintJSON and Table show results.
	PrintJSON func(io.Writer, any) error
	Table     func(rows [][]string) []byte
	// Waiting tells for whom the command waits.
	Waiting func(holder string)
	// Complete completes names of profiles.
	Complete func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)
	// Terminal reports whether standard input is one; OpenTerminal opens the
	// terminal device, nil if there is none.
	Terminal     func(io.Reader) bool
	OpenTerminal func() *os.File
}

// New returns the command vault with all that is below it.
func New(d *Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vault",
		Short: "Keep long-term keys encrypted",
		Long: `Keep long-term keys encrypted, instead of in plaintext in ~/.aws. A key in the
vault is used by its name, as a profile:

  latchkey vault add work
  latchkey exec work -- aws s3 ls

Other tools use it by a profile with this line, which vault import and vault add
--write-profile write:

  credential_process = latchkey credentials work

Each entry is a file that the stock age program can decrypt. docs/vault.md says
what each way of keeping the vault's key protects against, and what it does not.`,
		Example: `  latchkey vault add work
  latchkey vault import
  latchkey vault unlock --for 8h`,
		Args: d.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, sub := range []func(*Deps) *cobra.Command{newAdd, newList, newShow, newRemove, newImport, newUnlock, newLock, newRekey, newRotate} {
		cmd.AddCommand(sub(d))
	}
	return cmd
}

// oneName accepts exactly the name of an entry.
func (d *Deps) oneName(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return d.Usage(cmd.CommandPath()+" needs the name of an entry", cmd.CommandPath()+" NAME")
	case len(args) > 1:
		return d.Usage(fmt.Sprintf("%s takes one name, not %d arguments", cmd.CommandPath(), len(args)), cmd.CommandPath()+" NAME")
	}
	return checkName(args[0])
}

// checkName returns why no entry can be put in under a name.
func checkName(name string) error {
	if strings.HasSuffix(name, latchkey.JournalOf("")) {
		return &vault.NameError{Name: name, Why: "names that end in " + latchkey.JournalOf("") + " are those of unfinished rotations"}
	}
	return vault.CheckName(name)
}

// completeEntries completes the names of entries.
func (d *Deps) completeEntries(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	resolver, _, err := d.Load("")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := entries(cmd.Context(), resolver)
	return names, cobra.ShellCompDirectiveNoFileComp
}

// entries lists the names that people gave: without the journals of rotations.
func entries(ctx context.Context, r *latchkey.Resolver) ([]string, error) {
	store, err := r.Vault()
	if err != nil {
		return nil, err
	}
	all, err := store.List(ctx)
	var names []string
	for _, name := range all {
		if !strings.HasSuffix(name, latchkey.JournalOf("")) {
			names = append(names, name)
		}
	}
	return names, err
}

// nobodyError says what a person would have to be asked.
type nobodyError struct{ what string }

func (e *nobodyError) Error() string { return e.what }

func (e *nobodyError) Unwrap() error { return latchkey.ErrNobody }

// say tells the person something on standard error.
//
//go:noinline
func (d *Deps) say(format string, args ...any) {
	fmt.Fprintf(d.Stderr, "latchkey: "+format+"\n", args...)
}

// age is the vault of files, for what only that can do; another backend is an
// error that names it.
func (d *Deps) age(r *latchkey.Resolver, what string) (*vault.Age, error) {
	other, err := otherBackend(r)
	if err != nil {
		return nil, err
	}
	if other != "" {
		return nil, d.Failure(errors.New(what+": the vault is kept by "+other), "use "+other+" itself")
	}
	folder, err := r.VaultFolder()
	if err != nil {
		return nil, err
	}
	return vault.Open(r.VaultOptions(folder)), nil
}

// otherBackend names the backend that keeps the vault in place of age, "" if none
// does.
func otherBackend(r *latchkey.Resolver) (string, error) {
	backend, err := r.Setting("vault", "backend")
	if backend.Text == "age" {
		return "", err
	}
	return display.Text(backend.Text, 40), err
}
