package iamcmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/iam/policies"
)

type onboardOptions struct {
	adminOptions
	groups, roles, tags       []string
	path, boundary, out       string
	noSelfService, noPassword bool
	accessKey                 bool
}

func newOnboard(d *Deps) *cobra.Command {
	var o onboardOptions
	cmd := &cobra.Command{
		Use:   "onboard USER [PROFILE]",
		Short: "Make an IAM user, with a first password, groups and roles",
		Long: `Make an IAM user, or add what an existing one lacks: a temporary password that has
to be changed at the first sign-in, the policy latchkey-self-service, groups, and
the roles that the user may assume (policy latchkey-assume-roles). The plan is shown
first. Run again, it changes nothing; with other flags it adds what is new, takes
nothing away, and says what stays.

The policy latchkey-self-service lets the user set up password, MFA device and access
keys, and denies all else until there is MFA.

A password or key is shown on the terminal, or written to a new file with --out
before it works. It is never printed to standard output. What was interrupted is
finished by the same command: a password or key that it has made and nobody has used
is replaced. The tag latchkey-onboarding is on the user until then.

At the end it prints what to send to the person. Send the password by another way.

With --json, an object: user, arn, account, alias, sign_in_url, applied, changes
(action, kind, id, why), kept, roles (role, lets, why, add), secrets (where they
are), message.`,
		Example: `  latchkey iam onboard bob --group developers
  latchkey iam onboard bob admin --role arn:aws:iam::444455556666:role/Deploy
  latchkey iam onboard bob --access-key --no-password --out bob.txt --yes`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := d.userArgs(cmd, args); err != nil {
				return err
			}
			return d.checkOnboard(&o)
		},
		ValidArgsFunction: d.completeBehindUser,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return d.onboard(ctx, args, &o)
		},
	}
	o.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&o.groups, "group", nil, "group to put the user into (may be repeated)")
	flags.StringArrayVar(&o.roles, "role", nil, "ARN of a role that the user may assume (may be repeated)")
	flags.BoolVar(&o.noSelfService, "no-self-service", false, "do not attach the policy latchkey-self-service")
	flags.StringVar(&o.path, "path", "", "path of a new user, for example /people/")
	flags.StringArrayVar(&o.tags, "tag", nil, "tag of the user, as KEY=VALUE (may be repeated)")
	flags.StringVar(&o.boundary, "boundary", "", "ARN of the policy that bounds the user's permissions")
	flags.BoolVar(&o.accessKey, "access-key", false, "make a first access key as well")
	flags.BoolVar(&o.noPassword, "no-password", false, "set no password: the user cannot sign in to the console")
	flags.StringVar(&o.out, "out", "", "new file for the password and the key, in place of the terminal")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	_ = cmd.MarkFlagFilename("out") // the flag is there: see above
	return cmd
}

// completeBehindUser completes the profile, which comes second.
func (d *Deps) completeBehindUser(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return d.Complete(cmd, nil, typed)
}

// checkOnboard validates the flags, before anything is read.
func (d *Deps) checkOnboard(o *onboardOptions) error {
	if o.path != "" && (!strings.HasPrefix(o.path, "/") || !strings.HasSuffix(o.path, "/") || len(o.path) > 512) {
		return d.Usage("--path does not begin and end with a slash", "write for example --path /people/")
	}
	if _, err := tagsOf(o.tags); err != nil {
		return d.Usage("--tag: "+err.Error(), "write --tag KEY=VALUE")
	}
	for _, g := range o.groups {
		if g == "" || len(g) > 128 || !plainName(g) {
			return d.Usage("--group: no group can have the name "+cell(g), "write the name of a group, without its path")
		}
	}
	if arn, ok := awsapi.ParseARN(o.boundary); o.boundary != "" && (!ok || !strings.HasPrefix(arn.Resource, "policy/")) {
		return d.Usage("--boundary is not the ARN of a policy", "write --boundary arn:aws:iam::ACCOUNT:policy/NAME")
	}
	if len(o.roles) > 0 {
		if _, err := assumeRoles(o.roles); err != nil {
			return d.Usage("--role: "+err.Error(), "write --role arn:aws:iam::ACCOUNT:role/NAME")
		}
	}
	return nil
}

func assumeRoles(arns []string) (string, error) {
	doc, err := policies.AssumeRoles(arns, policies.AssumeOptions{})
	if err != nil {
		return "", err
	}
	return doc.JSON(), nil
}

// tagsOf reads tags as they are written on the command line.
func tagsOf(list []string) ([]awsapi.Tag, error) {
	var out []awsapi.Tag
	seen := map[string]bool{}
	for _, text := range list {
		key, value, ok := strings.Cut(text, "=")
		switch {
		case !ok || key == "":
			return nil, errors.New(cell(text) + " has no key and value")
		case len(key) > 128 || len(value) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, errors.New("AWS has no tag " + cell(text))
		case seen[key] || key == iam.TagOnboarding:
			return nil, errors.New("the key " + cell(key) + " is given twice, or is one of latchkey's own")
		}
		seen[key] = true
		out = append(out, awsapi.Tag{Key: key, Value: value})
	}
	return out, nil
}

// onboarding is one run of the command.
type onboarding struct {
	*admin
	o    *onboardOptions
	wish iam.Wish
	plan iam.Plan
	res  onboarded
}

func (d *Deps) onboard(ctx context.Context, args []string, o *onboardOptions) error {
	a, err := d.begin(ctx, args[1:], &o.adminOptions)
	if err != nil {
		return err
	}
	b := &onboarding{admin: a, o: o}
	if err := b.prepare(ctx, args[0]); err != nil {
		return err
	}
	if len(b.plan.Changes) == 0 {
		d.Say("user %s is as wished for: nothing to change", args[0])
		return b.finish()
	}
	where, err := b.handover()
	if err != nil {
		return err
	}
	defer where.close()
	if !o.yes {
		yes, err := a.Ask.Confirm(ctx, fmt.Sprintf("Make these changes to user %s of account %s?", args[0], a.account))
		if errors.Is(err, latchkey.ErrNobody) {
			return d.nobody("there is nobody to ask whether this is to be done", "look at the plan above, and say --yes")
		}
		if err != nil {
			return err
		}
		if !yes {
			d.Say("nothing was changed")
			return b.finish()
		}
	}
	return b.apply(ctx, where)
}

// prepare reads what there is, plans, and shows the plan.
func (b *onboarding) prepare(ctx context.Context, user string) error {
	w, err := b.wishOf(ctx, user)
	if err != nil {
		return err
	}
	b.wish = w
	var state iam.UserState
	err = b.watched("looking at "+user, func() (err error) {
		state, err = iam.ReadUser(ctx, &b.Admin, user, iam.OnboardKinds()...)
		return err
	})
	if err != nil {
		return err
	}
	if b.wish.Mark, err = iam.NewMark(b.Now(), rand.Reader); err != nil {
		return err
	}
	b.plan, err = iam.PlanOnboard(state, b.wish)
	var not *iam.PlanError
	if errors.As(err, &not) {
		return b.d.Failure(err, not.Fix)
	}
	if err != nil {
		return err
	}
	b.describe(ctx, state)
	return b.d.plan(b.d.out(&b.o.adminOptions), b.plan)
}

// wishOf is what the flags ask for. That there are the groups is looked at now, where
// that is allowed: later it would stop half-way.
func (b *onboarding) wishOf(ctx context.Context, user string) (iam.Wish, error) {
	o := b.o
	w := iam.Wish{User: user, Path: o.path, Groups: o.groups, Roles: o.roles, Boundary: o.boundary, AssumeRoles: assumeRoles,
		Password: !o.noPassword, AccessKey: o.accessKey}
	w.Tags, _ = tagsOf(o.tags) // checked before
	if !o.noSelfService {
		w.SelfService = policies.SelfService(policies.SelfServiceOptions{Partition: awsapi.PartitionOfARN(b.arn)}).JSON()
	}
	for _, g := range o.groups {
		if err := iam.CheckGroup(ctx, &b.Admin, g); err != nil {
			return w, b.d.Failure(err, "write the name of a group of account "+b.account+", or make it first: aws iam create-group --group-name "+g)
		}
	}
	return w, nil
}

// apply makes the changes, and says how it went.
func (b *onboarding) apply(ctx context.Context, where *handover) error {
	if where.path != "" {
		if err := where.write(); err != nil {
			return err
		}
	}
	err := iam.Onboard(ctx, iam.Onboarding{Admin: &b.Admin, Wish: b.wish, Plan: b.plan, Random: rand.Reader, To: where,
		Progress: func(c *iam.Change) { b.d.Say("%s %s", c.Action, cell(c.Thing())) }})
	if err == nil {
		b.res.Applied, b.res.Secrets = true, where.told
		return b.finish()
	}
	const goOn = "run the same command again: it goes on from there"
	if where.password {
		b.d.Say("the password that was given out may not work; the next run gives out another one")
	}
	var api *awsapi.APIError
	switch {
	case cancelled(err):
		b.d.Say("stopped; %s", goOn)
		return err
	case iam.Denied(err) && errors.As(err, &api):
		return b.d.Failure(err, "have iam:"+api.Operation+" allowed to you, and "+goOn)
	}
	return b.d.Failure(err, "put right what the error names, and "+goOn)
}
