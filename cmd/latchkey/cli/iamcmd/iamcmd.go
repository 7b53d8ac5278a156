// Package iamcmd owns the commands for an IAM user's life: latchkey iam enroll
// and the others, one file each. What they need of the program is passed in; they
// must not know how errors and tables are shown.
package iamcmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/iam"
)

// Asker asks the person.
type Asker interface {
	latchkey.Asker
	Confirm(ctx context.Context, question string) (bool, error)
}

// Caller is who calls IAM: the credentials of a profile, the plan that led to
// them, and where the calls go.
type Caller struct {
	Resolver    *latchkey.Resolver
	Ask         Asker
	Plan        *chain.Plan
	Credentials aws.Credentials
	Client      *awsapi.Client
	At          iam.Endpoints
}

// CallerOptions say whose credentials are wanted.
type CallerOptions struct {
	// User stops before the first role: the credentials are those of the IAM user
	// that a profile begins with.
	User bool
	// MFA wants an MFA session of long-term keys.
	MFA bool
	// Sure takes no guess: nobody picks a profile where none is named, and the role
	// of the machine does not count.
	Sure bool
	// Offline wants no credentials, only the plan that leads to them.
	Offline bool
	// Code is the MFA code of a flag, "" if none.
	Code string
}

// Deps is what the commands need of the program.
type Deps struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Now            func() time.Time
	Env            func(name string) string
	// Load reads the configuration; code is the MFA code of a flag, "" if none.
	Load func(code string) (*latchkey.Resolver, Asker, error)
	// Caller gets the credentials of the profile that the arguments name, or of the
	// default chain, and offers a sign-in where that is needed.
	Caller func(ctx context.Context, args []string, o CallerOptions) (*Caller, error)
	// Interruptible returns a context that ends with the signals that end the
	// program.
	Interruptible func(context.Context) (context.Context, context.CancelFunc)
	// Usage makes the error of a wrong command line, Failure one with a fix.
	Usage   func(what, fix string) error
	Failure func(err error, fix string) error
	// Silent is the error of a command that has said what is wrong as its result.
	Silent func() error
	// NoArgs accepts no arguments, OneProfile at most one.
	NoArgs, OneProfile cobra.PositionalArgs
	// PrintJSON and Table show results.
	PrintJSON func(io.Writer, any) error
	Table     func(rows [][]string) []byte
	// Progress shows how far something has come, until stop.
	Progress func(label string) (update func(done, total int), stop func())
	// Finding shows a finding on standard output: its head, and below it labels with
	// what they stand before. Failed ends the program as one that has said what failed.
	Finding func(head string, labelled [][2]string) error
	Failed  func() error
	// Waiting tells for whom the command waits.
	Waiting func(holder string)
	// Complete completes names of profiles.
	Complete func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)
	// Terminal reports whether standard input is one; OpenTerminal opens the
	// terminal device, nil if there is none.
	Terminal     func(io.Reader) bool
	OpenTerminal func() *os.File
	// Screen is the terminal that questions are asked on; latchkey.ErrNobody where
	// there is none.
	Screen func(Asker) (Screen, error)
	// ReadyVault makes sure that there is a vault; keepIn says what keeps the key of a
	// new one, "" to ask.
	ReadyVault func(ctx context.Context, r *latchkey.Resolver, keepIn string, ask Asker) error
	// Identity asks AWS whose the credentials of a profile are, with an MFA session if
	// that is wanted; the configuration is read anew.
	Identity func(ctx context.Context, profile string, mfa bool) (awsapi.CallerIdentity, error)
}

// Screen is a terminal that something is drawn on.
type Screen interface {
	// Draw writes text as it is; Size returns 0, 0 where that is not known.
	Draw(ctx context.Context, text string) error
	Size() (columns, rows int)
}

// verbs are the commands below iam, one a line.
func verbs() []func(*Deps) *cobra.Command {
	return []func(*Deps) *cobra.Command{
		newEnroll,
		newOnboard,
		newOffboard,
		newReport,
		newPolicy,
	}
}

// New returns the command iam with all that is below it.
func New(d *Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "iam",
		Short: "An IAM user's life, from the first password to the last key",
		Long: `What is done to IAM users: by themselves when they set up their access, and by
administrators who make and remove them.`,
		Example: `  latchkey iam enroll work --role arn:aws:iam::444455556666:role/Developer`,
		Args:    d.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, sub := range verbs() {
		cmd.AddCommand(sub(d))
	}
	return cmd
}

// Say tells the person something on standard error.
//
//go:noinline
func (d *Deps) Say(format string, args ...any) {
	fmt.Fprintf(d.Stderr, "latchkey: "+format+"\n", args...)
}
