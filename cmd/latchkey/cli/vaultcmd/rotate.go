package vaultcmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/vault"
)

// defaultGrace leaves those who still use the old key a day to show up.
const defaultGrace = 24 * time.Hour

type rotateOptions struct {
	name    string
	grace   time.Duration
	drop    string
	abandon bool
	code    string
}

func newRotate(d *Deps) *cobra.Command {
	var o rotateOptions
	cmd := &cobra.Command{
		Use:   "rotate NAME",
		Short: "Replace a key at AWS and in the vault",
		Long: `Replace a key: a new one is made, stored beside the old one, tried until AWS knows
it everywhere, and put in the old one's place; then the old key is deactivated, and
deleted when the same command is run after the grace period.

Interrupted at any point, there is a working key in the vault, and the same command
goes on. A key that was made just when a run was interrupted, whose secret nobody
has, is deleted. AWS allows two keys a user: where both exist otherwise, --delete
names the one to make room. An old key that is switched on again or used in the
grace period is kept unless --delete names it.
Where a policy asks for MFA, mfa_serial in the profile, or the device of the entry,
has a code asked for, one for each of the two keys.`,
		Example: `  latchkey vault rotate work
  latchkey vault rotate work --grace 0s
  latchkey vault rotate work --abandon`,
		Args:              d.oneName,
		ValidArgsFunction: d.completeEntries,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.grace < 0 {
				return d.Usage("the time of --grace is negative", "write for example --grace 24h")
			}
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			o.name = args[0]
			return d.rotate(ctx, &o)
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&o.grace, "grace", defaultGrace, "how long the old key stays, inactive, before it is deleted; 0s deletes it at once")
	flags.StringVar(&o.drop, "delete", "", "id of the key to delete: another one of the user if there is no room for a new one, or the old one although it is in use again")
	flags.BoolVar(&o.abandon, "abandon", false, "give up an unfinished rotation: delete the new key if it was never put in use, and keep the old one")
	flags.StringVar(&o.code, "mfa-code", "", "six-digit code of the MFA device (else TOTP_CODE in the environment)")
	return cmd
}

func (d *Deps) rotate(ctx context.Context, o *rotateOptions) error {
	resolver, _, err := d.Load(o.code)
	if err != nil {
		return err
	}
	store, err := resolver.Vault()
	if err != nil {
		return err
	}
	if commands, err := resolver.Commands(); err == nil {
		if _, err := commands.Describe(o.name); err == nil {
			return d.Failure(fmt.Errorf("%s is a command of a password manager, which keeps the key", display.Text(o.name, 100)), "rotate the key there")
		}
	}
	if _, err := store.Stamp(o.name); err != nil {
		return err
	}
	account, err := resolver.Account(o.name)
	if err != nil {
		return err
	}
	rotation := d.rotation(account, store, o)
	if o.abandon {
		return d.abandon(ctx, o, store, rotation)
	}
	result, err := iam.Rotate(ctx, rotation)
	var denied *awsapi.APIError
	if errors.As(err, &denied) && denied.HasCode("AccessDenied") {
		// Some policies let a key look without MFA, and do nothing.
		rotation = d.rotation(account.WithMFA(), store, o)
		result, err = iam.Rotate(ctx, rotation)
	}
	if left := leftover(err); left != "" && o.drop == "" {
		d.say("key %s was made when the rotation was interrupted, and nobody has its secret: it goes", left)
		rotation.Delete = left
		result, err = iam.Rotate(ctx, rotation)
	}
	if err != nil {
		return rotationFailure(d, o, err)
	}
	if result.Done {
		d.say("%s has key %s; the old key %s is deleted", o.name, result.New, result.Old)
		return nil
	}
	d.say("%s has key %s; the old key %s is inactive, to be deleted after %s: run the same command then", o.name, result.New, result.Old,
		result.DeleteAfter.Local().Format(time.DateTime))
	return nil
}

func (d *Deps) rotation(account *latchkey.Account, store vault.Store, o *rotateOptions) iam.Rotation {
	rotation := account.Rotation(store)
	rotation.Grace, rotation.Delete = o.grace, o.drop
	rotation.Progress = func(step iam.Step, key string) {
		if key != "" {
			key = " " + key
		}
		d.say("%s%s", progress(step), key)
	}
	return rotation
}

// leftover is the key that the interrupted run of this command has made and could
// not store, "" if that is not sure: a key of somebody else's is not to be deleted.
func leftover(err error) string {
	var limit *iam.LimitError
	if errors.As(err, &limit) {
		for _, key := range limit.Keys {
			if key.AtOnce {
				return key.ID
			}
		}
	}
	return ""
}

// abandon gives an unfinished rotation up, and says what that leaves.
func (d *Deps) abandon(ctx context.Context, o *rotateOptions, store vault.Store, rotation iam.Rotation) error {
	name := display.Text(o.name, 100)
	if _, err := store.Stamp(latchkey.JournalOf(o.name)); errors.Is(err, vault.ErrNotFound) {
		d.say("there is no unfinished rotation of %s", name)
		return nil
	}
	if err := iam.Abandon(ctx, rotation); err != nil {
		return rotationFailure(d, o, err)
	}
	e, err := store.Get(ctx, o.name)
	if err != nil {
		return err
	}
	d.say("the rotation of %s is given up; its key is %s. An older key of the user stays as it is at AWS: the IAM console shows it", name, e.AccessKeyID)
	return nil
}

// progress says what a step does.
func progress(step iam.Step) string {
	switch step {
	case iam.StepCheck:
		return "asking AWS whose the key is"
	case iam.StepMakeRoom:
		return "deleting, to make room,"
	case iam.StepPrepare:
		return "writing the journal"
	case iam.StepCreate:
		return "making a new key"
	case iam.StepStore:
		return "storing"
	case iam.StepVerify:
		return "trying until AWS knows it everywhere:"
	case iam.StepSwitch:
		return "switching to"
	case iam.StepDeactivate:
		return "deactivating"
	case iam.StepDelete:
		return "deleting"
	case iam.StepFinish:
		return "done; removing the journal"
	}
	return string(step)
}

// rotationFailure adds what to do about a rotation that stopped.
func rotationFailure(d *Deps, o *rotateOptions, err error) error {
	var limit *iam.LimitError
	var unfinished *iam.UnfinishedError
	var conflict *iam.ConflictError
	var inUse *iam.InUseError
	var locked *vault.LockedError
	var refused *awsapi.APIError
	var code *provider.MFARequiredError
	again := "latchkey vault rotate " + explain.Word(o.name)
	switch {
	case errors.Is(err, context.Canceled):
		d.say("stopped; nothing is lost: go on with %s, or give up with %s --abandon", again, again)
		return err
	case errors.As(err, &locked):
		return err
	case errors.As(err, &limit):
		for _, key := range limit.Keys {
			if !key.Current {
				return d.Failure(err, "delete the other key if nothing needs it: "+again+" --delete "+key.ID)
			}
		}
	case errors.As(err, &inUse):
		return d.Failure(err, "delete it if nothing needs it any more: "+again+" --delete "+inUse.Key.ID+"; keep it with "+again+" --abandon")
	case errors.As(err, &conflict):
		return d.Failure(err, again+" --abandon")
	case errors.As(err, &refused) && refused.HasCode("AccessDenied", "AccessDeniedException"):
		return d.Failure(err, "have iam:ListAccessKeys, CreateAccessKey, UpdateAccessKey and DeleteAccessKey allowed to the user for itself; "+
			"where the policy asks for MFA, write mfa_serial into profile "+display.Text(o.name, 100)+". Then: "+again)
	case errors.As(err, &code):
		return d.Failure(err, "run it in a terminal, which asks for the code; or give the six digits with --mfa-code 123456 or TOTP_CODE in the environment")
	case errors.As(err, &unfinished):
		return d.Failure(err, "nothing is lost; go on with "+again)
	}
	return err
}
