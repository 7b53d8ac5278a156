package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/sso"
)

func newLogout(sys *Sys) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "logout [PROFILE|SSO-SESSION]...",
		Short: "Sign out, and forget what was made with the sign-in",
		Long: `Sign out: end the sign-in of profiles or sso-sessions, at Identity Center as well,
and forget the sessions that were made with it, those in the AWS CLI's cache among
them. As one sign-in serves all AWS tools of this user, they are all signed out.
For a profile with an MFA device, its sessions are forgotten; with --all, all are.

Programs that have credentials already keep them: AWS ends those only when they
expire. What the profiles say stays, so that "latchkey login" signs in again.`,
		Example: `  latchkey logout sso-dev
  latchkey logout --all`,
		ValidArgsFunction: completeSignIns(sys),
		Args:              someNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all && len(args) > 0 {
				return &usageError{what: "--all needs no names", fix: "leave the names or --all out"}
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return logout(ctx, sys, args, all)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "sign out of everything, and forget all sessions")
	return cmd
}

func logout(ctx context.Context, sys *Sys, names []string, all bool) error {
	resolver, err := sys.resolver(nil, "")
	switch {
	case err != nil:
		return err
	case all:
		return logoutOfAll(ctx, sys, resolver)
	case len(names) == 0:
		name, ok := meantByNobody(resolver)
		if !ok {
			return &usageError{what: "nothing is named to sign out of", fix: "latchkey logout PROFILE, or the name of an sso-session, or --all"}
		}
		names = []string{name}
	}
	done := map[string]bool{}
	for _, name := range names {
		needs, err := needsOf(resolver, name, chain.Policy{}, 0)
		if err != nil {
			return err
		}
		if len(needs) == 0 {
			fmt.Fprintln(sys.Stderr, "latchkey: "+display.Text(name, 100)+" has no sign-in")
		}
		for _, n := range needs {
			if done[n.key()] {
				continue
			}
			done[n.key()] = true
			if err := signOut(ctx, sys, resolver, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// logoutOfAll signs out of what the config file names, and then of what is left in
// the folders of AWS's tools: an sso-session may have been removed, or never written.
func logoutOfAll(ctx context.Context, sys *Sys, r *latchkey.Resolver) error {
	done := map[string]bool{}
	for _, name := range append(r.Graph().SSOSessions(), r.Graph().Names()...) {
		needs, _ := needsOf(r, name, chain.Policy{}, 0) // what has no plan has made no sign-in
		for _, n := range needs {
			if n.plan != nil || done[n.key()] {
				continue
			}
			done[n.key()] = true
			if err := signOut(ctx, sys, r, n); err != nil {
				return err
			}
		}
	}
	for _, s := range r.CachedSignIns(ctx) {
		if err := signOut(ctx, sys, r, need{signIn: s}); err != nil {
			return err
		}
	}
	return forgetSessions(ctx, sys, "")
}

func signOut(ctx context.Context, sys *Sys, r *latchkey.Resolver, n need) error {
	if n.plan != nil {
		return forgetSessions(ctx, sys, n.plan.Profile.Text)
	}
	name := display.Text(n.signIn.Name(), 100)
	if r.SignInMark(n.signIn) == "" {
		_, err := fmt.Fprintf(sys.Stdout, "not signed in to %s\n", name)
		return err
	}
	err := r.SignOut(ctx, n.signIn)
	var untold *sso.NotToldError
	if errors.As(err, &untold) {
		sys.warn(err)
	} else if err != nil {
		return err
	}
	_, err = fmt.Fprintf(sys.Stdout, "signed out of %s\n", name)
	return err
}
