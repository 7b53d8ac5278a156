package iamcmd

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/vault"
)

// enrolOptions are the flags.
type enrolOptions struct {
	as, csv, region, keepIn   string
	roles                     []string
	skipPassword, yes, asJSON bool
	device                    DeviceFlags
}

func newEnroll(d *Deps) *cobra.Command {
	var o enrolOptions
	cmd := &cobra.Command{
		Use:   "enroll [PROFILE]",
		Short: "Set up an IAM user's access: password, MFA device, key, profiles",
		Long: `Set up your access as an IAM user, from the first key or a sign-in at the console
(latchkey login) to profiles that work with MFA. Each step says what it does:

  - the console password is changed, as the account's policy wants it
  - a virtual MFA device is made; its QR code is drawn for your phone, and with
    --keep-seed its seed is kept in the vault as well, so that codes are computed
    (then the second factor lies beside the first)
  - the first key goes into the vault and is replaced there, so that nobody who has
    seen it has a key; after a sign-in at the console a key is made in the vault
  - profiles are written: one for the user and one for each --role
  - each profile is tried, with an MFA session

The key is that of PROFILE, of the default chain, of the CSV file of the console,
or you are asked for it. Killed or stopped anywhere, the same command goes on from
there; when all is done it changes nothing.

With --json, an object: user, arn, entry, password, device (serial, enabled now,
seed_kept), key (id, made now, replaced), profiles, proof (profile and arn of each)
and changed.`,
		Example: `  latchkey iam enroll work --role arn:aws:iam::444455556666:role/Developer
  latchkey iam enroll work --csv accessKeys.csv --keep-seed --yes`,
		Args:              d.OneProfile,
		ValidArgsFunction: d.Complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			e := &enroller{Deps: d, o: &o}
			err := e.run(ctx, args)
			if errors.Is(err, context.Canceled) {
				d.Say("stopped; nothing is lost, the same command goes on")
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.as, "as", "", "name of the profile and of the vault's entry (else PROFILE, else the user's name)")
	flags.StringArrayVar(&o.roles, "role", nil, "[NAME=]ARN of a role to write a profile for (may be repeated)")
	flags.StringVar(&o.csv, "csv", "", "file of the console that holds the first key")
	flags.StringVar(&o.region, "region", "", "region to write into the profiles; it also tells the partition of a key that has none yet")
	flags.BoolVar(&o.skipPassword, "skip-password", false, "leave the console password as it is")
	flags.StringVar(&o.keepIn, "keep-in", "", "what keeps the key of a new vault: keychain, passphrase, ssh:PATH or file:PATH")
	flags.BoolVar(&o.yes, "yes", false, "do not ask whether to begin, and whether to write the profiles")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON (see above)")
	o.device.Add(cmd)
	return cmd
}

// enroller is one run.
type enroller struct {
	*Deps
	o        *enrolOptions
	resolver *latchkey.Resolver
	ask      Asker
	store    vault.Store
	roles    []roleProfile

	client *awsapi.Client
	at     iam.Endpoints
	from   aws.Credentials // what signs: the first key, the vault's, or temporary ones
	key    iam.Key         // the long-term key among them, if it is one
	given  string          // PROFILE, or the profile that the key stands in
	region string          // of the credentials' profile
	user   iam.User
	name   string
	entry  vault.Entry // Name "": there is none yet
	mark   mark
	needs  bool // the user's policies want MFA
	asked  bool // for the passwords
	out    enrolResult
}

// run takes the steps. Each asks first what there is.
func (e *enroller) run(ctx context.Context, args []string) error {
	if err := e.validate(); err != nil {
		return err
	}
	if err := e.begin(ctx, args); err != nil {
		return err
	}
	if err := e.checkProfiles(); err != nil {
		return err
	}
	if err := e.agree(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{e.keepFirst, e.password, e.deviceStep, e.createKey, e.profiles, e.rotate, e.prove} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return e.report()
}

// validate holds the flags against each other before anything is read.
func (e *enroller) validate() error {
	if err := e.o.device.Validate(e.Deps, e.o.asJSON); err != nil {
		return err
	}
	if strings.Trim(e.o.region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return e.Usage("--region "+cell(e.o.region)+" is not the name of a region", "write for example --region eu-west-1")
	}
	seen := map[string]bool{}
	for _, text := range e.o.roles {
		role, ok := parseRole(text)
		if !ok {
			return e.Usage("--role "+cell(text)+" is neither the ARN of a role nor NAME=ARN", "write --role arn:aws:iam::ACCOUNT:role/NAME, or NAME= before it")
		}
		if seen[role.name] {
			return e.Usage("two roles would have the profile "+cell(role.name), "name them: --role NAME="+role.arn)
		}
		seen[role.name] = true
		e.roles = append(e.roles, role)
	}
	return nil
}

// agree says what there is and what will be done, and asks whether to begin. Where
// an earlier run has begun, that was answered.
func (e *enroller) agree(ctx context.Context) error {
	e.Say("this is %s; profile and vault entry: %s", cell(e.user.ARN), cell(e.name))
	if e.o.yes || e.entry.Name != "" {
		return nil
	}
	what := "the key goes into the vault and is replaced there by a new one; the old one is deleted"
	if e.key.ID == "" {
		what = "an access key is made in the vault"
	}
	e.Say("an MFA device is set up if the user has none, and %s; then profiles are written", what)
	yes, err := e.ask.Confirm(ctx, "Begin?")
	if errors.Is(err, latchkey.ErrNobody) {
		return e.nobody("there is nobody to ask whether to begin", "say --yes")
	}
	if err == nil && !yes {
		err = context.Canceled
	}
	return err
}

// Root is the error of root's credentials.
func (d *Deps) Root() error {
	return d.Failure(errors.New("these are credentials of the account's root user"), "make an IAM user for daily work, and sign in as that one; the root user should have MFA, set up at the console, and no access keys")
}

// Nobody is the error of a question that there is nobody to answer, for the commands of
// mfa.
func (d *Deps) Nobody(what, fix string) error { return d.nobody(what, fix) }
