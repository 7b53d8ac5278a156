package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/session"
)

type loginOptions struct {
	resolve                                            resolveFlags
	least                                              time.Duration
	check, force, browser, deviceCode, remote, console bool
	port                                               int
	asJSON                                             bool
}

func newLogin(sys *Sys) *cobra.Command {
	var o loginOptions
	cmd := &cobra.Command{
		Use:   "login [PROFILE|SSO-SESSION]...",
		Short: "Sign in: Identity Center, the console's sign-in, or MFA",
		Long: `Sign in for profiles, whichever way they need: at IAM Identity Center, at the
console (as "aws login" does), or with the code of an MFA device. Nothing happens
where what is there lasts for --min; of a sign-in that renews itself half an hour
counts at most, since AWS does not say how long it will be renewed. One sign-in
serves all AWS tools of this user. Without a name it is for the profile of
AWS_PROFILE, a default one with credentials, or the only sso-session; else you
pick.

The browser of this machine is used. Over SSH, in a container and without a
display it is a device code instead, for any browser anywhere; the setting
"method" of [login], --browser and --device-code say otherwise. To sign in
through a forwarded port: ssh -L 8400:127.0.0.1:8400 HOST, and there --port 8400.

A profile that has no credentials yet gets those of a sign-in at the console with
--console, which needs no access key: it writes login_session to the profile.

With --check nobody is asked and nothing is printed: the exit code is 0 if
nothing has to be done, else 4. With --json, a list of objects: name, kind (sso,
console or mfa), profile, expires, renews (without a person), and signed_in, which
is true if it was done now.`,
		Example: `  latchkey login sso-dev
  latchkey login --check sso-dev --min 30m
  latchkey login --device-code example-org
  latchkey login prod --mfa-code 123456`,
		ValidArgsFunction: completeSignIns(sys),
		Args:              someNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return o.run(ctx, sys, args)
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&o.least, "min", 15*time.Minute, "how long a sign-in that is left as it is must last")
	flags.BoolVar(&o.check, "check", false, "only answer by the exit code: 0 if nothing has to be done, 4 if somebody has to sign in")
	flags.BoolVar(&o.force, "force", false, "sign in anew in any case")
	flags.BoolVar(&o.browser, "browser", false, "use the browser of this machine")
	flags.BoolVar(&o.deviceCode, "device-code", false, "use a device code, which any browser can confirm")
	flags.BoolVar(&o.remote, "remote", false, "sign in at the console with a browser elsewhere, and paste the code that it shows")
	flags.IntVar(&o.port, "port", 0, "port of 127.0.0.1 to which the browser returns, for one that is forwarded (default: a free one)")
	flags.BoolVar(&o.console, "console", false, "have the profile use a sign-in at the console")
	flags.StringVar(&o.resolve.region, "region", "", "region of the sign-in at the console, where the profile has none")
	flags.BoolVar(&o.resolve.mfa, "mfa", false, "make an MFA session of a profile with long-term keys")
	flags.StringVar(&o.resolve.mfaCode, "mfa-code", "", "six-digit code of the MFA device (else TOTP_CODE in the environment)")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON (see above)")
	return cmd
}

func someNames(_ *cobra.Command, args []string) error {
	for _, name := range args {
		if name == "" {
			return &usageError{what: "a name is empty", fix: "name a profile or an sso-session"}
		}
	}
	return nil
}

func (o *loginOptions) validate() error {
	ways := 0
	for _, way := range []bool{o.browser, o.deviceCode, o.remote} {
		if way {
			ways++
		}
	}
	switch {
	case ways > 1:
		return &usageError{what: "there is more than one way to sign in", fix: "give one of --browser, --device-code and --remote"}
	case o.check && (o.force || o.console):
		return &usageError{what: "--check signs nobody in", fix: "leave --check or the other flag out"}
	case o.least < 0 || o.least > 12*time.Hour:
		return &usageError{what: "the time of --min is not from 0 to 12h", fix: "write for example --min 1h"}
	case o.port != 0 && (o.deviceCode || o.remote):
		return &usageError{what: "no browser returns to a port with a code that is confirmed elsewhere", fix: "leave --port or the other flag out"}
	case o.console && (o.resolve.mfa || o.resolve.mfaCode != ""):
		return &usageError{what: "--console and MFA are two ways to get credentials", fix: "leave one of them out"}
	case o.port < 0 || o.port > 65535:
		return &usageError{what: "the port is not from 1 to 65535", fix: "write for example --port 8400"}
	}
	return nil
}

func (o *loginOptions) flow() string {
	switch {
	case o.browser:
		return latchkey.FlowBrowser
	case o.deviceCode, o.remote:
		return latchkey.FlowDeviceCode
	}
	return ""
}

// loginRow is what a sign-in has come to.
type loginRow struct {
	Name     string    `json:"name"`
	Kind     string    `json:"kind"`
	Profile  string    `json:"profile,omitempty"`
	Expires  time.Time `json:"expires,omitzero"`
	Renews   bool      `json:"renews"`
	SignedIn bool      `json:"signed_in"`
}

func (o *loginOptions) run(ctx context.Context, sys *Sys, names []string) error {
	policy, err := o.resolve.policy()
	if err != nil {
		return err
	}
	resolver, ask, err := sys.resolverAndAsker(&o.resolve, "")
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if names, err = o.unnamed(ctx, sys, resolver, ask); err != nil {
			return err
		}
	}
	rows := []loginRow{}
	err = o.all(ctx, sys, resolver, ask, names, policy, func(row loginRow) error {
		rows = append(rows, row)
		return o.print(sys, row)
	})
	if o.asJSON && !o.check { // what has been done is told, whatever came then
		err = cmp.Or(err, printJSON(sys.Stdout, rows))
	}
	return err
}

// all sees to the needs of all names, and tells what came of each.
func (o *loginOptions) all(ctx context.Context, sys *Sys, r *latchkey.Resolver, ask *asker, names []string, policy chain.Policy, tell func(loginRow) error) error {
	done := map[string]bool{}
	for _, name := range names {
		needs, err := o.needs(r, name, policy)
		if err != nil {
			return err
		}
		if len(needs) == 0 && !o.check && !o.asJSON {
			fmt.Fprintln(sys.Stderr, "latchkey: "+display.Text(name, 100)+" needs no sign-in"+o.instead(r, name))
		}
		for _, n := range needs {
			if done[n.key()] {
				continue
			}
			done[n.key()] = true
			row, err := o.meet(ctx, sys, r, ask, n)
			if err != nil {
				return o.checked(err)
			}
			if err := tell(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// needs is what there is to see to for a name.
func (o *loginOptions) needs(r *latchkey.Resolver, name string, policy chain.Policy) ([]need, error) {
	if o.console {
		s, err := r.ConsoleSignIn(name, policy.Region)
		return []need{{signIn: s}}, err
	}
	return needsOf(r, name, policy, o.least)
}

// instead is what somebody may have meant who signs in for a profile that needs none.
func (o *loginOptions) instead(r *latchkey.Resolver, name string) string {
	plan, err := r.Plan(name, chain.Policy{Order: []chain.Source{chain.SourceProfile}})
	var none *chain.NoCredentialsError
	switch {
	case errors.As(err, &none):
		return ", and has no credentials; --console gives it those of a sign-in at the console"
	case err == nil && (plan.Last().Kind == chain.KindStatic || plan.Last().Kind == chain.KindVault) && !plan.Last().Temporary():
		return "; --mfa makes an MFA session of its key"
	}
	return ""
}

// unnamed is what login without a name is for, in the end what the person picks.
func (o *loginOptions) unnamed(ctx context.Context, sys *Sys, r *latchkey.Resolver, ask *asker) ([]string, error) {
	if o.console {
		return []string{chain.ProfileFromEnv(r.Env).Text}, nil
	}
	if name, ok := meantByNobody(r); ok {
		return []string{name}, nil
	}
	name, err := sys.pickProfile(ctx, r, ask, "sign in for which profile?", "")
	if errors.Is(err, latchkey.ErrNobody) || err == nil && name == "" {
		err = &usageError{what: "nothing is named to sign in for", fix: "latchkey login PROFILE, or the name of an sso-session; latchkey profiles lists the profiles"}
	}
	return []string{name}, err
}

// meet sees to one need, or with --check to whether there is one.
func (o *loginOptions) meet(ctx context.Context, sys *Sys, r *latchkey.Resolver, ask *asker, n need) (loginRow, error) {
	if n.plan != nil {
		return o.meetCode(ctx, r, n.plan)
	}
	s := n.signIn
	row := loginRow{Name: s.Name(), Kind: "sso", Profile: s.Profile}
	if s.Kind == chain.KindLogin {
		row.Kind = "console"
	}
	var in latchkey.SignedIn
	var err error
	if o.check {
		in, err = r.SignedIn(ctx, s, o.least)
	} else {
		lead := sys.signingIn(r, ask)
		lead.flow, lead.port = o.flow(), o.port
		in, err = lead.start(ctx, s, latchkey.SignInOptions{Least: o.least, Always: o.force})
	}
	if err != nil {
		return row, err
	}
	row.Expires, row.Renews, row.SignedIn = in.Expires.UTC(), in.Renews, in.Anew
	return row, nil
}

// meetCode makes the MFA session of a plan.
func (o *loginOptions) meetCode(ctx context.Context, r *latchkey.Resolver, plan *chain.Plan) (loginRow, error) {
	row := loginRow{Name: plan.Profile.Text, Kind: "mfa", Profile: plan.Profile.Text}
	if !o.force {
		if creds, ok := r.Held(ctx, plan); ok {
			row.Expires = creds.Expires.UTC()
			return row, nil
		}
	}
	if o.check {
		return row, &exitError{code: exitNeedsUser}
	}
	p, err := r.Provider(plan)
	if err != nil {
		return row, err
	}
	if o.force {
		p.Invalidate()
	}
	creds, err := p.Retrieve(ctx)
	row.Expires, row.SignedIn = creds.Expires.UTC(), true
	return row, err
}

// checked makes the answer of --check of the error that somebody is needed.
func (o *loginOptions) checked(err error) error {
	var hangs *session.BusyError
	if o.check && (latchkey.NeedsSignIn(err) || errors.As(err, &hangs)) {
		return &exitError{code: exitNeedsUser}
	}
	return err
}

func (o *loginOptions) print(sys *Sys, row loginRow) error {
	if o.check || o.asJSON {
		return nil
	}
	what := "signed in to "
	if row.Kind == "mfa" {
		what = "MFA session of "
	}
	state := "already valid, until "
	if row.SignedIn {
		state = "until "
	}
	renews := ""
	if row.Renews {
		renews = ", and then renewed as long as AWS lets it"
	}
	left := short(row.Expires.Sub(sys.Now()).Round(time.Minute))
	_, err := fmt.Fprintf(sys.Stdout, "%s%s: %s%s (%s)%s\n", what, display.Text(row.Name, 100), state, row.Expires.Local().Format(time.DateTime), left, renews)
	return err
}

// completeSignIns completes the names of profiles and sso-sessions.
func completeSignIns(sys *Sys) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		resolver, err := sys.resolver(nil, "")
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, name := range append(resolver.Graph().Names(), resolver.Graph().SSOSessions()...) {
			if strings.HasPrefix(name, typed) && !slices.Contains(args, name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
