package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/ssocmd"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/tty"
	"github.com/latchkey-aws/latchkey/origin"
)

func newSSO(sys *Sys) *cobra.Command {
	return ssocmd.New(&ssocmd.Deps{
		Stdout: sys.Stdout, Stderr: sys.Stderr, Now: sys.Now,
		Load: func() (*latchkey.Resolver, ssocmd.Asker, error) {
			return sys.resolverAndAsker(nil, "")
		},
		Discover:      sys.discover,
		Progress:      sys.progress,
		Waiting:       sys.waiting,
		Interruptible: interruptible,
		Usage:         func(what, fix string) error { return &usageError{what: what, fix: fix} },
		Failure:       func(err error, fix string) error { return &fixedError{err, fix} },
		NoArgs:        noArgs,
		PrintJSON:     printJSON,
		Table:         aligned,
	})
}

// discover looks through Identity Center's directory, and has the person sign in
// where that is needed.
func (sys *Sys) discover(ctx context.Context, r *latchkey.Resolver, ask ssocmd.Asker, in chain.SignIn, o ssocmd.Discovery) (ssocmd.Found, error) {
	var found ssocmd.Found
	mark := r.SignInMark(in)
	// Whoever names a region on the command line may be wrong, and signed in already.
	if in.Region.Origin.Kind != origin.KindFile {
		if standing, err := r.Standing(ctx, in); err == nil && standing.Region != "" {
			fmt.Fprintf(sys.Stderr, "latchkey: Identity Center is in %s, not in %s\n", standing.Region, display.Text(in.Region.Text, 40))
			found.Region = standing.Region
			if in, err = r.In(in, standing.Region); err != nil {
				return found, err
			}
		}
	}
	var err error
	options := latchkey.AccountsOptions{Roles: o.Roles, Account: o.Account, Progress: o.Progress, Waits: sys.waits}
	found.Accounts, err = r.Accounts(ctx, in, options)
	if !latchkey.NeedsSignIn(err) {
		return found, err
	}
	lead := sys.signingIn(r, ask.(*asker))
	var signedIn latchkey.SignedIn
	if in.StartURL.Origin.Kind == origin.KindFile {
		signedIn, err = lead.offer(ctx, []over{{in, mark}}, err)
	} else { // whoever names the URL of a portal on the command line is there to sign in
		signedIn, err = lead.start(ctx, in, latchkey.SignInOptions{Seen: &mark})
	}
	if err == nil && signedIn.Region != "" {
		found.Region = signedIn.Region
		in, err = r.In(in, signedIn.Region)
	}
	if err == nil {
		found.Accounts, err = r.Accounts(ctx, in, options)
	}
	return found, err
}

// waits tells that AWS has asked to be left alone for a while.
func (sys *Sys) waits(until time.Time) {
	fmt.Fprintln(sys.Stderr, "latchkey: AWS answers too slowly or asks to wait; trying on until "+until.Local().Format(time.TimeOnly)+", Ctrl-C ends it")
}

// progress shows on standard error how far something has come, if that is a
// terminal.
func (sys *Sys) progress(label string) (update func(done, total int), stop func()) {
	bar := tty.NewBar(sys.Stderr, sys.width, label, sys.Now)
	return bar.Update, bar.Clear
}

// width is that of the terminal on standard error, 0 where there is none.
func (sys *Sys) width() int {
	file, ok := sys.Stderr.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}
