package ssocmd

import (
	"context"

	"github.com/spf13/cobra"
)

func newAccounts(d *Deps) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "accounts [SSO-SESSION]",
		Short: "List the accounts that are assigned to you",
		Long: `List the accounts in which IAM Identity Center assigns roles to you: id, name and
email. Signs you in first where that is needed.

With --json, a list of objects: id, name, email.`,
		Example: `  latchkey sso accounts
  latchkey sso accounts --json`,
		Args:              d.oneSession,
		ValidArgsFunction: d.complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return d.accounts(ctx, cmd.CommandPath(), args, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
	return cmd
}

// accountRow is an account as the list shows it.
type accountRow struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

func (d *Deps) accounts(ctx context.Context, command string, args []string, asJSON bool) error {
	_, in, found, err := d.list(ctx, command, args, Discovery{})
	if err != nil {
		return err
	}
	rows, table := []accountRow{}, [][]string{{"ID", "NAME", "EMAIL"}}
	for _, a := range found.Accounts {
		rows = append(rows, accountRow{a.ID, a.Name, a.Email})
		table = append(table, []string{a.ID, cell(a.Name), cell(a.Email)})
	}
	return d.show(asJSON, rows, table, "no accounts are assigned to you at "+cell(in.Name()))
}
