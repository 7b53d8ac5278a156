package ssocmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/profile"
)

type syncOptions struct {
	begin       beginOptions
	name        string
	region      string
	prune       bool
	dryRun, yes bool
	asJSON      bool
}

func newSync(d *Deps) *cobra.Command {
	var o syncOptions
	cmd := &cobra.Command{
		Use:   "sync [SSO-SESSION]",
		Short: "Make profiles for all accounts and roles",
		Long: `Make profiles for all the accounts and roles that IAM Identity Center assigns to
you, in a block of the config file between two marks; everything outside of the
marks keeps its bytes. The change is shown first. Run it again whenever something
may have changed: it does nothing when all is up to date.

Names come from --name, in which {account}, {account-id}, {role}, {email},
{email-local} and {session} stand for what they say, written in letters and digits.
Where two profiles would have one name, the account's id is added. A profile keeps
its name, and what you add to it, until you change --name. Roles that have a
profile outside of the block get no second one. Profiles whose roles are no longer
assigned stay, and are told, unless --prune is said.

With --start-url and --sso-region the block begins with a new sso-session, so that
one command leads from nothing to all profiles.

With --json, an object: session, file, changed, written, backup, profiles; each of
these has profile, account_id, account_name, role, state (added, changed, renamed,
unchanged, removed, unassigned, untold, elsewhere, unusable), was, wanted.`,
		Example: `  latchkey sso sync --dry-run
  latchkey sso sync --name "{account}/{role}" --region eu-west-1 --yes
  latchkey sso sync --prune --yes
  latchkey sso sync --start-url https://example-org.awsapps.com/start --sso-region eu-central-1`,
		Args:              d.oneSession,
		ValidArgsFunction: d.complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := d.checkSync(&o, args); err != nil {
				return err
			}
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return d.sync(ctx, cmd.CommandPath(), args, &o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.name, "name", "", "how profiles are named; default "+defaultTemplate+", or as last time")
	flags.StringVar(&o.region, "region", "", "region of the profiles; default that of Identity Center, or as last time")
	flags.BoolVar(&o.prune, "prune", false, "remove profiles of roles that are no longer assigned")
	flags.BoolVar(&o.dryRun, "dry-run", false, "show what would change, and change nothing")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON (see above), and what would change on standard error")
	flags.StringVar(&o.begin.startURL, "start-url", "", "URL of the access portal, for a new sso-session")
	flags.StringVar(&o.begin.region, "sso-region", "", "region of Identity Center, for a new sso-session")
	flags.StringVar(&o.begin.session, "session", "", "name of the new sso-session; default made of the URL")
	return cmd
}

// checkSync validates the flags, before anything is read.
func (d *Deps) checkSync(o *syncOptions, args []string) error {
	if o.name != "" {
		if _, err := parseTemplate(o.name); err != nil {
			return d.Usage("--name: "+err.Error(), "write it as in --name "+defaultTemplate)
		}
	}
	if o.region != "" {
		if err := checkRegion(o.region); err != nil {
			return d.Usage("--region: "+err.Error(), "write it as in eu-west-1")
		}
	}
	return d.checkBegin(&o.begin, args)
}

func (d *Deps) sync(ctx context.Context, command string, args []string, o *syncOptions) error {
	r, ask, err := d.Load()
	if err != nil {
		return err
	}
	if r.Graph().Locations().Config == "" {
		return d.Usage("no home folder is known, so there is no config file", "set HOME or AWS_CONFIG_FILE")
	}
	in, isNew, err := d.syncTarget(r, command, args, o)
	if err != nil {
		return err
	}
	if _, _, err := openBlock(r, in); err != nil {
		return err // before anybody signs in for nothing
	}
	found, err := d.discover(ctx, r, ask, in, Discovery{Roles: true})
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		c, err := prepare(r, in, isNew, found, o)
		if err != nil {
			return err
		}
		err = d.apply(ctx, r, ask, c, o)
		var meanwhile *profile.ChangedError
		if !errors.As(err, &meanwhile) || !o.yes || try == 3 {
			return err
		}
	}
}

// syncTarget is the sign-in whose profiles are made; it needs an sso-session.
func (d *Deps) syncTarget(r *latchkey.Resolver, command string, args []string, o *syncOptions) (in chain.SignIn, isNew bool, err error) {
	if o.begin.given() {
		return d.begin(r, &o.begin)
	}
	in, err = d.target(r, command, args)
	if err == nil && !in.Session.Set() {
		err = d.Usage("profile "+cell(in.Profile)+" signs in without an sso-session, which the new profiles need",
			"latchkey sso sync --start-url "+explain.Word(cell(in.StartURL.Text))+" --sso-region "+explain.Word(cell(in.Region.Text)))
	}
	return in, false, err
}

// change is what a sync would do.
type change struct {
	edit  *profile.Edit
	out   outcome
	isNew bool // no file has the sso-session yet
}

// openBlock opens the file and reads the block.
func openBlock(r *latchkey.Resolver, in chain.SignIn) (e *profile.Edit, old profile.Block, err error) {
	if e, err = profile.OpenEdit(r.Graph().Locations().Config, profile.ConfigFile); err == nil {
		old, _, err = e.Block(blockName(in.Session.Text))
	}
	return e, old, err
}

// prepare makes the change of the file as it is now.
func prepare(r *latchkey.Resolver, in chain.SignIn, isNew bool, found Found, o *syncOptions) (*change, error) {
	edit, old, err := openBlock(r, in)
	if err != nil {
		return nil, err
	}
	outside, err := withoutBlock(r.Env, r.Graph().Locations(), in.Session.Text)
	if err != nil {
		return nil, err
	}
	center := cmp.Or(found.Region, in.Region.Text)
	p := &planning{signIn: in, accounts: found.Accounts, force: o.region != "", prune: o.prune, old: old, outside: outside}
	name, region := madeWith(old)
	p.rename = o.name != "" && o.name != name
	name, p.region = cmp.Or(o.name, name, defaultTemplate), cmp.Or(o.region, region, center)
	if p.template, err = parseTemplate(name); err != nil {
		return nil, err
	}
	if isNew && !hasSession(outside, old, in.Session.Text) {
		p.session = sessionSection(in, center)
	}
	sections, rows := p.plan()
	b := profile.Block{Name: blockName(in.Session.Text), Notes: notes(in.Session.Text, name, p.region), Sections: sections}
	if err := edit.SetBlock(b); err != nil {
		return nil, err
	}
	c := &change{edit: edit, isNew: isNew, out: outcome{Session: in.Session.Text, File: edit.Path(), Changed: edit.Changed(), Profiles: rows}}
	c.out.places(outside)
	return c, nil
}

// hasSession reports whether another process has written the sso-session meanwhile.
func hasSession(outside *profile.Graph, old profile.Block, name string) bool {
	return slices.Contains(outside.SSOSessions(), name) ||
		slices.ContainsFunc(old.Sections, func(s profile.BlockSection) bool { return s.Section == "sso-session "+name })
}

// apply shows the change, asks, and writes it.
func (d *Deps) apply(ctx context.Context, r *latchkey.Resolver, ask Asker, c *change, o *syncOptions) error {
	preview := d.Stdout
	if o.asJSON {
		preview = d.Stderr
	}
	if _, err := fmt.Fprint(preview, c.edit.Diff()); err != nil {
		return err
	}
	d.tell(&c.out)
	if !c.out.Changed || o.dryRun {
		if c.out.Changed {
			d.unchanged(c)
		}
		return d.print(&c.out, o)
	}
	if !o.yes {
		yes, err := ask.Confirm(ctx, "Make these changes of "+cell(c.out.File)+"?")
		if errors.Is(err, latchkey.ErrNobody) {
			return d.Usage("there is nobody to ask whether this is to be written", "say --yes, or --dry-run to see it only")
		}
		if err != nil {
			return err
		}
		if !yes {
			d.unchanged(c)
			return d.print(&c.out, o)
		}
	}
	backup, err := c.edit.Save(ctx, profile.SaveOptions{Now: d.Now(), Lock: r.EditLock(), Waiting: d.Waiting})
	if err != nil {
		return err
	}
	c.out.Written, c.out.Backup = true, backup
	if backup != "" {
		d.say("%s is changed; what it was is in %s", cell(c.out.File), cell(backup))
	} else {
		d.say("%s is written", cell(c.out.File))
	}
	if name := c.out.first(stateAdded); name != "" {
		d.say("use a profile: latchkey exec %s -- COMMAND, or AWS_PROFILE=%s with any AWS tool", explain.Word(name), explain.Word(name))
	}
	return d.print(&c.out, o)
}

// unchanged says what is so all the same: whoever had nothing is signed in to
// something that no file names.
func (d *Deps) unchanged(c *change) {
	d.say("nothing was changed")
	if c.isNew {
		d.say("you stay signed in to %s; latchkey logout --all ends that", cell(c.out.Session))
	}
}

func (d *Deps) print(out *outcome, o *syncOptions) error {
	if !o.asJSON {
		return nil
	}
	return d.PrintJSON(d.Stdout, out)
}

// plural writes a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
