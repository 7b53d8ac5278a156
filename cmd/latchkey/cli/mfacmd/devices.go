package mfacmd

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/cmd/latchkey/cli/iamcmd"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/internal/display"
)

func newDevices(d *iamcmd.Deps) *cobra.Command {
	var o iamcmd.CallerOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "devices [PROFILE]",
		Short: "List the user's MFA devices",
		Long: `List the MFA devices of the user whose key a profile begins with: virtual ones,
hardware tokens, and security keys, which have no codes and are of no use on a
command line. Beside each stand the profiles that name it (mfa_serial), and the
vault entries that keep its seed, if the vault is open for the key anyway.

With --json, an object: user, arn, and devices, a list with serial, name, enabled,
usable, why (it is not), profiles and seeds (entries of the vault).`,
		Example: `  latchkey mfa devices prod
  latchkey mfa devices prod --json`,
		Args:              d.OneProfile,
		ValidArgsFunction: d.Complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return devices(ctx, d, args, o, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Code, "mfa-code", "", "six-digit code of the MFA device (else TOTP_CODE in the environment)")
	flags.BoolVar(&asJSON, "json", false, "print JSON (see above)")
	return cmd
}

// row is a device as the list shows it.
type row struct {
	Serial   string    `json:"serial"`
	Name     string    `json:"name"`
	Enabled  time.Time `json:"enabled,omitzero"`
	Usable   bool      `json:"usable"`
	Why      string    `json:"why,omitempty"`
	Profiles []string  `json:"profiles"`
	Seeds    []string  `json:"seeds"`
}

func devices(ctx context.Context, d *iamcmd.Deps, args []string, o iamcmd.CallerOptions, asJSON bool) error {
	o.User = true
	c, found, err := find(ctx, d, args, o)
	if err != nil {
		return err
	}
	rows := []row{}
	for _, device := range append(found.Usable, found.Unusable...) {
		r := row{Serial: device.Serial, Name: device.Name, Enabled: device.Enabled, Usable: device.Why == "", Why: device.Why}
		r.Profiles, r.Seeds = namedBy(c.Resolver, device.Serial), seeds(ctx, c, device.Serial)
		rows = append(rows, r)
	}
	if asJSON {
		return d.PrintJSON(d.Stdout, struct {
			User    string `json:"user"`
			ARN     string `json:"arn"`
			Devices []row  `json:"devices"`
		}{found.User.Name, found.User.ARN, rows})
	}
	if len(rows) == 0 {
		d.Say("%s has no MFA device", display.Text(found.User.ARN, 200))
		return nil
	}
	table := [][]string{{"DEVICE", "SINCE", "PROFILES", "SEED IN", "SERIAL"}}
	for _, r := range rows {
		since := ""
		if !r.Enabled.IsZero() {
			since = r.Enabled.Local().Format(time.DateOnly)
		}
		table = append(table, []string{cell(r.Name), since, list(r.Profiles), list(r.Seeds), cell(r.Serial)})
	}
	_, err = d.Stdout.Write(d.Table(table))
	for _, r := range rows {
		if r.Why != "" {
			d.Say("%s: %s", cell(r.Name), r.Why)
		}
	}
	return err
}

// find asks AWS for the devices: as the key itself, or where a policy forbids that,
// with an MFA session.
func find(ctx context.Context, d *iamcmd.Deps, args []string, o iamcmd.CallerOptions) (*iamcmd.Caller, iam.Found, error) {
	c, err := d.Caller(ctx, args, o)
	if err != nil {
		return nil, iam.Found{}, err
	}
	found, err := iam.Devices(ctx, c.Client, c.At, c.Credentials)
	var denied *awsapi.APIError
	if errors.As(err, &denied) && denied.HasCode("AccessDenied") && !o.MFA && c.Credentials.SessionToken == "" {
		o.MFA = true
		return find(ctx, d, args, o)
	}
	return c, found, err
}

// namedBy lists the profiles whose mfa_serial names the device.
func namedBy(r *latchkey.Resolver, serial string) []string {
	names := []string{}
	for _, name := range r.Graph().Names() {
		p, err := r.Graph().Profile(name)
		if err != nil {
			continue
		}
		if v, _ := p.Get("mfa_serial"); strings.EqualFold(v.Text, serial) {
			names = append(names, name)
		}
	}
	return names
}

// seeds lists the entries of the vault that keep the device's seed, where the vault
// had to be opened for the key.
func seeds(ctx context.Context, c *iamcmd.Caller, serial string) []string {
	names := []string{}
	store, err := c.Resolver.Vault()
	if err != nil || c.Plan.Steps[0].Kind != chain.KindVault {
		return names
	}
	all, _ := store.List(ctx)
	for _, name := range all {
		if e, err := store.Get(ctx, name); err == nil && !e.Seed.Empty() && strings.EqualFold(e.MFASerial, serial) {
			names = append(names, name)
		}
	}
	return names
}

func cell(s string) string { return display.Text(s, 200) }

func list(names []string) string {
	if len(names) == 0 {
		return "-"
	}
	return cell(strings.Join(names, ", "))
}
