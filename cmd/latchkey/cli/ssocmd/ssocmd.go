// Package ssocmd owns the commands of IAM Identity Center's directory: latchkey
// sso accounts, roles and sync, one file each. What they need of the program is
// passed in; they must not know how a person signs in, nor how errors and tables
// are shown.
package ssocmd

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/sso"
)

// Asker asks the person.
type Asker interface {
	Confirm(ctx context.Context, question string) (bool, error)
}

// Discovery is what is to be found out with a sign-in.
type Discovery struct {
	// Roles, Account and Progress are those of sso.DiscoverOptions.
	Roles    bool
	Account  string
	Progress func(done, total int)
}

// Found is what was found. Region is where Identity Center is, "" where that is
// the region of the sign-in.
type Found struct {
	Accounts []sso.Account
	Region   string
}

// Deps is what the commands need of the program.
type Deps struct {
	Stdout, Stderr io.Writer
	Now            func() time.Time
	// Load reads the configuration.
	Load func() (*latchkey.Resolver, Asker, error)
	// Discover looks through the directory, and has the person sign in before that
	// where it takes one. The sign-in may be one that no file has yet; then the
	// origins of its values are arguments.
	Discover func(context.Context, *latchkey.Resolver, Asker, chain.SignIn, Discovery) (Found, error)
	// Progress shows how far something has come, until stop; a total of 0 is not
	// known yet.
	Progress func(label string) (update func(done, total int), stop func())
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
}

// New returns the command sso with all that is below it.
func New(d *Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sso",
		Short: "List what Identity Center gives you, and make profiles of it",
		Long: `List the accounts and roles that IAM Identity Center assigns to you, and make
profiles of them for all AWS tools. Each command signs you in where that is
needed.

Who has an access portal and no profiles yet begins with its URL and region:

  latchkey sso sync --start-url https://corp.awsapps.com/start --sso-region eu-west-1

An SSO-SESSION is the name of an [sso-session] section of the config file, or of
a profile that signs in with one. It can be left out where there is one only, and
where AWS_PROFILE names such a profile.`,
		Example: `  latchkey sso accounts
  latchkey sso sync --dry-run`,
		Args: d.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, sub := range []func(*Deps) *cobra.Command{newAccounts, newRoles, newSync} {
		cmd.AddCommand(sub(d))
	}
	return cmd
}

// oneSession accepts at most the name of an sso-session.
func (d *Deps) oneSession(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 1:
		return d.Usage(fmt.Sprintf("%s takes one sso-session, not %d arguments", cmd.CommandPath(), len(args)), cmd.UseLine())
	case len(args) == 1 && args[0] == "":
		return d.Usage("the sso-session's name is empty", "name an sso-session, or leave the argument out")
	}
	return nil
}

// complete completes the names of sso-sessions.
func (d *Deps) complete(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	r, _, err := d.Load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return r.Graph().SSOSessions(), cobra.ShellCompDirectiveNoFileComp
}

// discover looks through the directory and shows how far it has come. What shows
// that begins with the first news, behind whatever the sign-in asks.
func (d *Deps) discover(ctx context.Context, r *latchkey.Resolver, ask Asker, in chain.SignIn, o Discovery) (Found, error) {
	var update func(done, total int)
	stop := func() {}
	o.Progress = func(done, total int) {
		if update == nil {
			update, stop = d.Progress("accounts of " + cell(in.Name()))
		}
		update(done, total)
	}
	found, err := d.Discover(ctx, r, ask, in, o)
	stop()
	return found, err
}

// list finds out what a command that only lists shows.
func (d *Deps) list(ctx context.Context, command string, args []string, o Discovery) (r *latchkey.Resolver, in chain.SignIn, found Found, err error) {
	r, ask, err := d.Load()
	if err == nil {
		in, err = d.target(r, command, args)
	}
	if err == nil {
		found, err = d.discover(ctx, r, ask, in, o)
	}
	return r, in, found, err
}

// show prints rows as JSON or as a table, whose first row is its head; none is said
// where there is nothing below that.
func (d *Deps) show(asJSON bool, rows any, table [][]string, none string) error {
	switch {
	case asJSON:
		return d.PrintJSON(d.Stdout, rows)
	case len(table) == 1:
		d.say("%s", none)
		return nil
	}
	_, err := d.Stdout.Write(d.Table(table))
	return err
}

// say tells the person something on standard error.
//
//go:noinline
func (d *Deps) say(format string, args ...any) {
	fmt.Fprintf(d.Stderr, "latchkey: "+format+"\n", args...)
}

// cell makes a text fit for a table: nothing a terminal acts on.
func cell(s string) string { return display.Text(s, 120) }
