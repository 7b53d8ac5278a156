package mfacmd

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/iamcmd"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/vault"
)

func newEnroll(d *iamcmd.Deps) *cobra.Command {
	var flags iamcmd.DeviceFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "enroll [PROFILE]",
		Short: "Set up a virtual MFA device",
		Long: `Set up a virtual MFA device for the user whose key a profile begins with, and
nothing else: iam enroll does the rest as well. The QR code is drawn in the terminal
for the app on your phone; two codes prove to AWS that it was read. A set-up that
was stopped on its way is repaired; a device that is there is left as it is. The seed can be
kept in the vault's entry of the profile.

With --json, an object: user, arn, serial, enabled (by this run) and seed_kept.`,
		Example: `  latchkey mfa enroll work
  latchkey mfa enroll work --keep-seed`,
		Args:              d.OneProfile,
		ValidArgsFunction: d.Complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return enroll(ctx, d, args, &flags, asJSON)
		},
	}
	flags.Add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
	return cmd
}

func enroll(ctx context.Context, d *iamcmd.Deps, args []string, flags *iamcmd.DeviceFlags, asJSON bool) error {
	if err := flags.Validate(d, asJSON); err != nil {
		return err
	}
	c, err := d.Caller(ctx, args, iamcmd.CallerOptions{User: true})
	if err != nil {
		return err
	}
	user, err := iam.Whoami(ctx, c.Client, c.At, c.Credentials)
	if err != nil {
		return err
	}
	job := iamcmd.DeviceJob{Resolver: c.Resolver, Ask: c.Ask, Client: c.Client, At: c.At, From: c.Credentials, User: user, Flags: flags}
	if err := place(ctx, d, c, &job); err != nil {
		return err
	}
	out, kept, err := d.EnrollDevice(ctx, job)
	if err != nil {
		return err
	}
	if asJSON {
		return d.PrintJSON(d.Stdout, struct {
			User     string `json:"user"`
			ARN      string `json:"arn"`
			Serial   string `json:"serial"`
			Enabled  bool   `json:"enabled"`
			SeedKept bool   `json:"seed_kept"`
		}{user.Name, user.ARN, out.Serial, out.New, kept})
	}
	if !out.New {
		d.Say("there is a device already, nothing was changed: %s", cell(out.Serial))
		return nil
	}
	d.Say("MFA device %s is yours; profiles name it with mfa_serial = %s", cell(out.Serial), cell(out.Serial))
	return nil
}

// entryName is the vault's entry of the key that a plan begins with: for a key in
// plaintext one of the profile's name can stand beside it.
func entryName(plan *chain.Plan) string {
	first := plan.Steps[0]
	if first.Kind == chain.KindStatic {
		return first.Profile
	}
	return first.Get(chain.InputVaultEntry)
}

// place finds the entry of the vault that the seed can be kept in: the one of the
// key, or for a key in plaintext one of the profile's name beside it.
func place(ctx context.Context, d *iamcmd.Deps, c *iamcmd.Caller, job *iamcmd.DeviceJob) error {
	name := entryName(c.Plan)
	if name == "" || vault.CheckName(name) != nil {
		if job.Flags.Keeps() {
			return d.Usage("the seed can be kept beside a key of the vault or of a profile, and these credentials are neither", "latchkey iam enroll puts the key into the vault too; or leave --keep-seed out")
		}
		return nil
	}
	store, err := c.Resolver.Vault()
	if err != nil {
		return err
	}
	entry, err := store.Get(ctx, name)
	switch {
	case errors.Is(err, vault.ErrNotFound), errors.Is(err, vault.ErrNoVault):
		entry = vault.Entry{Name: name}
	case err != nil:
		return err
	case entry.Command != "":
		return nil // of a password manager
	}
	job.Kept = iam.Seed{Serial: entry.MFASerial, Text: entry.Seed}
	job.Keep = func(ctx context.Context, s iam.Seed) error {
		if err := d.ReadyVault(ctx, c.Resolver, "", c.Ask); err != nil {
			return err
		}
		entry.Seed, entry.MFASerial = s.Text, s.Serial
		if entry.Created.IsZero() {
			entry.Created = d.Now().UTC().Truncate(time.Second)
		}
		return store.Put(ctx, entry)
	}
	return nil
}
