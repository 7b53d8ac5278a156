package iamcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/iam"
)

type offboardOptions struct {
	adminOptions
	everything bool
}

func newOffboard(d *Deps) *cobra.Command {
	var o offboardOptions
	cmd := &cobra.Command{
		Use:   "offboard USER [PROFILE]",
		Short: "Shut an IAM user out, and delete it with --delete",
		Long: `Shut an IAM user out: find everything that hangs on it, show what is to be done, and
do it. First everything is denied (inline policy latchkey-offboarded), which also ends
sessions that the user has made with GetSessionToken or signed in for. Then the
console password is deleted, which AWS cannot deactivate, and access keys, signing
certificates, SSH keys and service-specific credentials are made inactive. All but
the password can be undone.

With --delete all of it is deleted then: MFA devices, memberships and policies too, and
at last the user. You type the user's name to confirm that.

What AWS does not let you see or change does not stop the rest; it is told, and the
exit code is not 0. Interrupted at any point, the user has less access than before,
and the same command goes on. At the end AWS is asked again, until nothing of the
user's works, and a key of the user that this machine has is tried. Sessions of roles
that the user has assumed already go on until they expire: how to end them is told.

With --json, an object: user, arn, account, exists, found (kind, id, status, created,
last_used), changes, kept, unseen (what, permission, error), applied, failed (change,
error), proof (holds, deleted, denied, left, keys (id, where, works)), and roles
(reachable, until, find, policy).`,
		Example: `  latchkey iam offboard bob
  latchkey iam offboard bob admin --delete
  latchkey iam offboard bob --delete --yes --json`,
		Args:              d.userArgs,
		ValidArgsFunction: d.completeBehindUser,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return d.offboard(ctx, args, &o)
		},
	}
	o.add(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&o.everything, "delete", false, "delete the user and all that hangs on it, after it is shut out")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	return cmd
}

// offboarding is one run of the command.
type offboarding struct {
	*admin
	o      *offboardOptions
	state  iam.UserState
	plan   iam.Plan
	failed []error
	res    offboarded
}

func (d *Deps) offboard(ctx context.Context, args []string, o *offboardOptions) error {
	a, err := d.begin(ctx, args[1:], &o.adminOptions)
	if err != nil {
		return err
	}
	b := &offboarding{admin: a, o: o}
	if err := b.look(ctx, args[0]); err != nil {
		return err
	}
	if !b.state.Exists {
		return b.nobodyThere()
	}
	if len(b.plan.Changes) > 0 {
		if yes, err := b.confirmed(ctx); err != nil || !yes {
			if err == nil {
				d.Say("nothing was changed")
				err = b.print()
			}
			return err
		}
		b.failed = iam.Offboard(ctx, &b.Admin, b.plan, func(c *iam.Change) { d.Say("%s %s", c.Action, cell(c.Thing())) })
		b.res.Applied = true
	} else {
		d.Say("user %s is shut out already: nothing to change", args[0])
	}
	if ctx.Err() != nil {
		d.Say("stopped; run the same command again: it goes on from there")
		return ctx.Err()
	}
	return b.end(ctx)
}

// look finds everything, makes the plan and shows both.
func (b *offboarding) look(ctx context.Context, user string) error {
	err := b.watched("looking at "+user, func() (err error) {
		b.state, err = iam.ReadUser(ctx, &b.Admin, user)
		return err
	})
	if err != nil {
		return err
	}
	if err := b.mayGo(user); err != nil {
		return err
	}
	b.plan = iam.PlanOffboard(b.state, b.o.everything)
	b.describe()
	if !b.state.Exists {
		return nil
	}
	w := b.d.out(&b.o.adminOptions)
	var table [][]string
	for _, t := range b.state.Things {
		table = append(table, []string{"  " + cell(t.Label()), strings.ToLower(cell(t.Status)), day(t.Created), lastUsed(t)})
	}
	if len(table) == 0 {
		table = [][]string{{"  nothing"}}
	}
	if _, err := fmt.Fprintf(w, "user %s has:\n%s", cell(b.name()), b.d.Table(append([][]string{{"  WHAT", "STATUS", "MADE", "LAST USED"}}, table...))); err != nil {
		return err
	}
	b.res.Unseen = b.d.unseen(b.state.Unseen)
	if len(b.plan.Changes) > 0 {
		if _, err := fmt.Fprintln(w, "to be done:"); err != nil {
			return err
		}
	}
	return b.d.plan(w, b.plan)
}

func (b *offboarding) name() string {
	if b.state.ARN != "" {
		return b.state.ARN
	}
	return b.state.Name
}

// mayGo refuses those who must stay: whoever calls, and root.
func (b *offboarding) mayGo(user string) error {
	self := b.state.ARN != "" && strings.EqualFold(b.state.ARN, b.arn)
	if at := strings.LastIndexByte(b.arn, '/'); b.state.ARN == "" && strings.Contains(b.arn, ":user/") {
		self = strings.EqualFold(b.arn[at+1:], user)
	}
	switch {
	case self:
		return b.d.Failure(errors.New("user "+user+" is the one whose credentials these are: you would shut yourself out half-way"),
			"name a profile of another administrator: latchkey iam offboard "+user+" PROFILE")
	case !b.state.Exists && strings.EqualFold(user, "root"):
		return b.d.Failure(errors.New("root is no IAM user, and cannot be offboarded"), "latchkey iam report says how root's access stands")
	}
	return nil
}

// nobodyThere ends where there is no such user: after --delete that is what was wanted,
// and elsewhere the name may be mistyped.
func (b *offboarding) nobodyThere() error {
	if !b.o.everything {
		return b.d.Failure(errors.New("there is no user "+b.state.Name+" in account "+b.account), "see that the name is written as in: aws iam list-users")
	}
	b.d.Say("there is no user %s in account %s (NoSuchEntity): nothing to do, if the name is right", b.state.Name, b.account)
	b.res.Proof = proofRow{Holds: true, Deleted: true, Left: []*iam.Thing{}, Keys: []keyRow{}}
	return b.print()
}

// confirmed asks. A deletion is confirmed by the user's name.
func (b *offboarding) confirmed(ctx context.Context) (bool, error) {
	if b.o.yes {
		return true, nil
	}
	var yes bool
	var err error
	if b.o.everything {
		var typed string
		typed, err = b.Ask.Ask(ctx, latchkey.Question{Prompt: "This cannot be undone. Type the name of the user to be deleted"})
		if yes = strings.TrimSpace(typed) == b.state.Name; !yes && err == nil {
			b.d.Say("that is not %s", b.state.Name)
		}
	} else {
		yes, err = b.Ask.Confirm(ctx, "Shut user "+b.state.Name+" of account "+b.account+" out?")
	}
	if errors.Is(err, latchkey.ErrNobody) {
		err = b.d.nobody("there is nobody to ask whether this is to be done", "look at the plan above, and say --yes")
	}
	return yes, err
}

// end proves that nothing works any more, and tells what cannot be ended from here.
func (b *offboarding) end(ctx context.Context) error {
	for _, err := range b.failed {
		b.d.Say("failed: %s", cell(err.Error()))
		b.res.Failed = append(b.res.Failed, cell(err.Error()))
	}
	gone := b.plan.Ends() && !b.stays()
	var proof iam.Proof
	err := b.watched("waiting until AWS knows everywhere", func() (err error) {
		proof, err = iam.Prove(ctx, &b.Admin, b.state.Name, gone)
		return err
	})
	if err != nil {
		return err
	}
	if err := b.proven(ctx, proof); err != nil {
		return err
	}
	if err := b.print(); err != nil {
		return err
	}
	return b.verdict(proof)
}

// stays reports whether something failed that keeps the user from being deleted.
func (b *offboarding) stays() bool {
	for _, err := range b.failed {
		var change *iam.ChangeError
		if !errors.As(err, &change) || change.Change.Action != iam.ActionSet {
			return true
		}
	}
	return false
}

// verdict is the error of what was not seen, not done, or not proven.
func (b *offboarding) verdict(p iam.Proof) error {
	const goOn = "have that allowed to you if it is not, and run the same command again"
	works := false
	for _, k := range b.res.Proof.Keys {
		works = works || k.Works
	}
	switch {
	case len(b.failed) > 0 && p.State.Exists:
		return b.d.Failure(errors.Join(b.failed...), goOn)
	case len(b.state.Unseen) > 0 && p.State.Exists:
		u := b.state.Unseen[0]
		return b.d.Failure(fmt.Errorf("not everything of user %s could be seen: %s: %w", b.state.Name, u.What, u.Err), goOn)
	case !p.Holds() || works || b.o.everything && p.State.Exists:
		return b.d.Failure(errors.New("AWS does not say yet that user "+b.state.Name+" is out"), "run the same command again in a minute")
	}
	return nil
}
