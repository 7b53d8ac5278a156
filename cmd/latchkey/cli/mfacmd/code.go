package mfacmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/iamcmd"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

func newCode(d *iamcmd.Deps) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "code [PROFILE]",
		Short: "Print a code of the device whose seed the vault keeps",
		Long: `Print six digits for the sign-in at the console, of the device whose seed the vault
keeps for the key that a profile begins with. AWS takes each code once, so none is
printed that latchkey has given out or sent before: the next one is waited for then,
up to half a minute.

With --json, an object: serial, code and until (when the next one comes).`,
		Example:           `  latchkey mfa code work`,
		Args:              d.OneProfile,
		ValidArgsFunction: d.Complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			serial, code, err := code(ctx, d, args)
			if err != nil {
				return err
			}
			if asJSON {
				const step = 30 * time.Second // RFC 6238, and AWS's
				return d.PrintJSON(d.Stdout, struct {
					Serial string    `json:"serial"`
					Code   string    `json:"code"`
					Until  time.Time `json:"until"`
				}{serial, code.Reveal(), d.Now().UTC().Truncate(step).Add(step)})
			}
			_, err = fmt.Fprintln(d.Stdout, code.Reveal())
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
	return cmd
}

// code gives a code of a device.
func code(ctx context.Context, d *iamcmd.Deps, args []string) (serial string, code secret.Text, err error) {
	c, err := d.Caller(ctx, args, iamcmd.CallerOptions{User: true, Offline: true})
	if err != nil {
		return "", code, err
	}
	entry, err := kept(ctx, c)
	if err != nil {
		return "", code, err
	}
	if entry.Seed.Empty() {
		return "", code, d.Failure(errors.New("the vault keeps no seed for "+cell(subject(c))), "read the code from your device; latchkey vault add NAME --totp keeps a seed, and latchkey mfa enroll --keep-seed that of a new device")
	}
	// Codes that were given to AWS are remembered by the device's serial.
	serial = entry.MFASerial
	if serial == "" {
		serial = serialOf(c)
	}
	if serial == "" {
		return "", code, d.Failure(errors.New("entry "+cell(entry.Name)+" does not say of which device its seed is, nor does the profile"),
			"write mfa_serial into profile "+cell(entry.Name)+"; latchkey mfa devices "+explain.Word(entry.Name)+" shows it")
	}
	source := mfa.Seed("the vault", func(context.Context, string) (secret.Text, error) { return entry.Seed, nil })
	code, err = c.Resolver.Codes(d.Now, source).Code(ctx, mfa.Request{Serial: serial})
	return serial, code, err
}

// kept is the entry of the plan's key, an empty one if there is none.
func kept(ctx context.Context, c *iamcmd.Caller) (vault.Entry, error) {
	name := entryName(c.Plan)
	store, err := c.Resolver.Vault()
	if err != nil || name == "" {
		return vault.Entry{}, err
	}
	entry, err := store.Get(ctx, name)
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrNoVault) {
		err = nil
	}
	return entry, err
}

// serialOf is the device that the profile names.
func serialOf(c *iamcmd.Caller) string {
	p, err := c.Resolver.Graph().Profile(c.Plan.Profile.Text)
	if err != nil {
		return ""
	}
	v, _ := p.Get("mfa_serial")
	return v.Text
}

func subject(c *iamcmd.Caller) string {
	if c.Plan.Profile.Text == "" {
		return "these credentials"
	}
	return "profile " + c.Plan.Profile.Text
}

func newResync(d *iamcmd.Deps) *cobra.Command {
	var o iamcmd.CallerOptions
	var serial string
	cmd := &cobra.Command{
		Use:   "resync [PROFILE]",
		Short: "Tell AWS how far the clock of a device is off",
		Long: `Set a device right whose codes AWS does not take any more because its clock has
drifted: give two codes, one after the other. A phone whose clock is set by itself
needs this never, a hardware token now and then.`,
		Example:           `  latchkey mfa resync work`,
		Args:              d.OneProfile,
		ValidArgsFunction: d.Complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			o.User = true
			return resync(ctx, d, args, o, serial)
		},
	}
	cmd.Flags().StringVar(&serial, "device", "", "name or serial of the device, where there are several")
	return cmd
}

func resync(ctx context.Context, d *iamcmd.Deps, args []string, o iamcmd.CallerOptions, device string) error {
	c, found, err := find(ctx, d, args, o)
	if err != nil {
		return err
	}
	serial, err := pick(ctx, d, c, found, device)
	if err != nil {
		return err
	}
	entry, err := kept(ctx, c)
	if err != nil {
		return err
	}
	now := func() time.Time { return d.Now().Add(c.Client.Skew()) }
	codes := c.Resolver.Codes(now, iamcmd.Typed(c.Ask))
	seeded := !entry.Seed.Empty() && strings.EqualFold(entry.MFASerial, serial)
	err = iam.Resync(ctx, c.Client, c.At, c.Credentials, found.User, serial, func(ctx context.Context, why error) (secret.Text, secret.Text, error) {
		d.Refused(why)
		if seeded {
			return codes.Pair(ctx, serial, entry.Seed)
		}
		return d.Pair(ctx, codes, serial, nil)
	})
	switch {
	case errors.Is(err, mfa.ErrNobody), errors.Is(err, latchkey.ErrNobody):
		return d.Nobody("two codes of the device have to be typed, and there is nobody to type them", "run latchkey mfa resync in a terminal")
	case err == nil:
		d.Say("AWS takes the codes of %s again", cell(serial))
	}
	return err
}

// pick is the device that is meant.
func pick(ctx context.Context, d *iamcmd.Deps, c *iamcmd.Caller, found iam.Found, want string) (string, error) {
	var items []string
	for _, device := range found.Usable {
		if want != "" && (strings.EqualFold(device.Serial, want) || device.Name == want) {
			return device.Serial, nil
		}
		items = append(items, device.Name+" ("+device.Serial+")")
	}
	switch {
	case want != "":
		return "", d.Failure(errors.New(cell(found.User.ARN)+" has no device "+cell(want)+" that gives codes"), "latchkey mfa devices lists those that there are")
	case len(items) == 0:
		return "", d.Failure(errors.New(cell(found.User.ARN)+" has no MFA device that gives codes"), "set one up: latchkey mfa enroll")
	case len(items) == 1:
		return found.Usable[0].Serial, nil
	}
	n, err := c.Ask.Choose(ctx, "Which device?", items)
	if errors.Is(err, latchkey.ErrNobody) {
		return "", d.Nobody("the user has several MFA devices, and nobody is there to choose", "say --device NAME")
	}
	if err != nil {
		return "", err
	}
	return found.Usable[n].Serial, nil
}
