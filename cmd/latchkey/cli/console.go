package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/console"
	"github.com/latchkey-aws/latchkey/internal/display"
)

type consoleOptions struct {
	resolve                            resolveFlags
	to, browser, profile, color        string
	lasting                            time.Duration
	print, asJSON, signOut, switchRole bool
}

func newConsole(sys *Sys) *cobra.Command {
	o := consoleOptions{resolve: resolveFlags{picks: true}}
	cmd := &cobra.Command{
		Use:   "console [PROFILE]",
		Short: "Open the AWS web console with a profile's credentials",
		Long: `Open the AWS web console in the browser, signed in with the credentials of a
profile, on the page of --to: a service (s3), a path (s3/buckets/NAME?tab=objects)
or the whole URL of a page of the console. Use it instead of signing in by hand.

A role's session signs in as it is. With the key of an IAM user it is a federated
user, who may do what the user may, narrowed by --read-only, --policy-arn and
--session-policy; what the user may do only with MFA is missing, so a role is better.

The console ends with the session. --for asks for longer; AWS takes it for a user's
key, and for a role that is assumed with one and no MFA session in between.

--sign-out signs the browser out of the console first, which ends all its other
sessions there. Use it if the console says "You must first log out before logging
into a different AWS account".

The link signs in whoever opens it, once and within 15 minutes. It is given to the
browser over a page of 127.0.0.1, never as an argument, which all users could read.
With --print it goes to standard output: over SSH, or for another browser.

With --switch-role it is the link by which somebody who is signed in to the console
already goes on as the profile's role. It is no secret, and AWS is not asked.

With --json, an object: url, page, profile, account, role or user, and expires.`,
		Example: `  latchkey console sso-dev
  latchkey console sso-dev --to s3
  latchkey console sso-dev --to 'ec2/home#Instances:' --region eu-west-1 --sign-out
  latchkey console alice --read-only --for 8h
  latchkey console alice --role arn:aws:iam::444455556666:role/ReadOnly --print
  latchkey console dev --switch-role --color F2B0A9 --print`,
		Args:              oneProfile,
		ValidArgsFunction: completeProfiles(sys),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return o.run(ctx, sys, args)
		},
	}
	o.resolve.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.to, "to", "", "page to open: a service, a path or a URL of the console (default: its home)")
	flags.DurationVar(&o.lasting, "for", 0, "how long the console is to stay open, from 15m to 12h (default: as long as the session)")
	flags.BoolVar(&o.signOut, "sign-out", false, "sign the browser out of the console first (see above)")
	flags.BoolVar(&o.switchRole, "switch-role", false, "the link that switches to the profile's role (see above)")
	flags.StringVar(&o.color, "color", "", "with --switch-role, the role's color in the console: six hexadecimal digits")
	flags.BoolVar(&o.print, "print", false, "print the link, and open nothing")
	flags.StringVar(&o.browser, "browser", "", "command of the browser, as in the variable BROWSER")
	flags.StringVar(&o.profile, "browser-profile", "", "the browser's own profile: a folder's name (Chrome, Edge, Brave) or a name (Firefox)")
	flags.BoolVar(&o.asJSON, "json", false, "print the link as JSON, and open nothing (see above)")
	_ = cmd.RegisterFlagCompletionFunc("to", completeServices) // the flag is there: see above
	return cmd
}

func completeServices(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, name := range console.Services() {
		if strings.HasPrefix(name, typed) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (o *consoleOptions) validate() error {
	switch {
	case o.lasting != 0 && (o.lasting < console.MinDuration || o.lasting > console.MaxDuration):
		return &usageError{what: "the time of --for is not from 15m to 12h", fix: "write for example --for 8h"}
	case o.switchRole && (o.to != "" || o.lasting != 0 || o.signOut):
		return &usageError{what: "--switch-role signs nobody in, and leads to no page", fix: "leave --to, --for and --sign-out out, or --switch-role"}
	case o.color != "" && !o.switchRole:
		return &usageError{what: "--color is for --switch-role", fix: "add --switch-role, or leave --color out"}
	case o.prints() && (o.browser != "" || o.profile != ""):
		return &usageError{what: "a link that is printed opens no browser", fix: "leave --print and --json out, or the browser"}
	}
	return nil
}

func (o *consoleOptions) prints() bool { return o.print || o.asJSON }

// consoleLink is what is made: what --json prints.
type consoleLink struct {
	URL     string     `json:"url"`
	Page    string     `json:"page,omitempty"`
	Profile string     `json:"profile,omitempty"`
	Account string     `json:"account"`
	Role    string     `json:"role,omitempty"`
	User    string     `json:"user,omitempty"`
	Expires *time.Time `json:"expires,omitempty"`
}

func (o *consoleOptions) run(ctx context.Context, sys *Sys, args []string) error {
	var policy chain.Policy
	p, err := o.resolve.plan(ctx, sys, args, func(asked *chain.Policy) {
		asked.Console = true
		policy = *asked
	})
	if err != nil {
		return err
	}
	var b *opener
	if !o.prints() { // nobody is asked for anything that cannot be shown then
		if b, err = o.opener(sys, p.resolver); err != nil {
			return err
		}
	}
	link, says := consoleLink{Profile: p.plan.Profile.Text}, ""
	if o.switchRole {
		says, err = o.switched(p, &link)
	} else {
		says, err = o.signedIn(ctx, sys, p, policy, &link)
	}
	if err != nil {
		return err
	}
	switch {
	case o.asJSON:
		return printJSON(sys.Stdout, link)
	case o.print:
		_, err = fmt.Fprintln(sys.Stdout, link.URL)
		if err == nil && !o.switchRole {
			fmt.Fprintln(sys.Stderr, "latchkey: the link signs in whoever opens it: once, within "+short(console.LinkLife)+says)
		}
		return err
	}
	if err := b.open(ctx, link.URL); err != nil {
		return err
	}
	fmt.Fprintln(sys.Stderr, "latchkey: "+says)
	return nil
}

// switched makes the link that switches to a role, and what to say when it is open.
func (o *consoleOptions) switched(p *planned, link *consoleLink) (says string, err error) {
	made, err := p.resolver.SwitchRole(p.plan, p.plan.Profile.Text, o.color)
	link.URL, link.Account, link.Role = made.URL, made.Account, made.Role
	return "the page that switches to role " + display.Text(link.Role, 100) + " of account " + display.Text(link.Account, 20) + " opens in the browser", err
}

// signedIn makes the link that signs in, and what to say of when it ends.
func (o *consoleOptions) signedIn(ctx context.Context, sys *Sys, p *planned, policy chain.Policy, link *consoleLink) (says string, err error) {
	asked := latchkey.ConsoleOptions{To: o.to, For: o.lasting, SignOut: o.signOut, Bounds: console.Bounds{Policy: policy.SessionPolicy.Text, ReadOnly: policy.ReadOnly}}
	for _, arn := range policy.PolicyARNs {
		asked.Bounds.PolicyARNs = append(asked.Bounds.PolicyARNs, arn.Text)
	}
	made, err := p.console(ctx, asked)
	if err != nil {
		return "", err
	}
	link.URL, link.Page, link.Account, link.Role, link.User = made.URL.Reveal(), made.Page, made.Account, made.Role, made.User
	ends := "when its session does"
	if !made.Expires.IsZero() {
		expires := made.Expires.UTC().Truncate(time.Second)
		link.Expires = &expires
		ends = "at " + expires.Local().Format("15:04")
	}
	for _, note := range consoleNotes(made, o.lasting, asked.Bounds.Policy != "", ends) {
		fmt.Fprintln(sys.Stderr, "latchkey: "+note)
	}
	if o.prints() {
		return "; the console ends " + ends, nil
	}
	who := "role " + made.Role
	if made.User != "" {
		who = "user " + made.User
	}
	return "the console of " + display.Text(cmp.Or(link.Profile, "the environment"), 100) + " (account " + display.Text(made.Account, 20) + ", " + display.Text(who, 100) + ") opens in the browser; it ends " + ends, nil
}

// console makes the link, and has the person sign in for it where that is needed.
func (p *planned) console(ctx context.Context, o latchkey.ConsoleOptions) (latchkey.ConsoleURL, error) {
	signIns, err := p.signing.before(p.plan)
	if err != nil {
		return latchkey.ConsoleURL{}, err
	}
	made, err := p.resolver.Console(ctx, p.plan, o)
	if err != nil {
		if _, err = p.signing.offer(ctx, signIns, err); err == nil {
			made, err = p.resolver.Console(ctx, p.plan, o)
		}
	}
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return made, err
}

// consoleNotes are what a person has to know of the rights and the time that a link
// gives, a line each.
func consoleNotes(made latchkey.ConsoleURL, asked time.Duration, policy bool, ends string) []string {
	var notes []string
	if len(made.Policies) > 0 || policy {
		var names []string
		for _, arn := range made.Policies {
			names = append(names, display.Text(arn[strings.LastIndexByte(arn, '/')+1:], 100))
		}
		if policy {
			names = append(names, "the session policy")
		}
		notes = append(notes, display.Text(made.User, 100)+" signs in as a federated user, who may do what "+display.Text(made.User, 100)+" may and "+strings.Join(names, " or ")+" allows")
	}
	if made.WithoutMFA {
		notes = append(notes, "rights that need MFA are missing there, since AWS takes no MFA session for the console; a role has them: --role ARN")
	}
	if made.Limit != "" {
		notes = append(notes, "--for "+short(asked)+" does not count "+unmet(made.Limit)+"; the console ends "+ends)
	}
	return notes
}

// unmet is why the console does not stay open for as long as was asked.
func unmet(limit console.Limit) string {
	switch limit {
	case console.LimitChained:
		return "for a role that is assumed with another role"
	case console.LimitMFA:
		return "for a role that is assumed with an MFA session (--duration 8h asks for a session of its own)"
	case console.LimitFederated:
		return "for a federated user's session"
	}
	return "for this session, says AWS"
}
