package ssocmd

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

func newRoles(d *Deps) *cobra.Command {
	var account string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "roles [SSO-SESSION]",
		Short: "List the roles that are assigned to you, and their profiles",
		Long: `List the roles that IAM Identity Center assigns to you in each account, and the
profiles that use them. Signs you in first where that is needed. Profiles for
roles that have none come with "latchkey sso sync".

With --json, a list of objects: account_id, account_name, role, profiles.`,
		Example: `  latchkey sso roles
  latchkey sso roles --account dev
  latchkey sso roles --json`,
		Args:              d.oneSession,
		ValidArgsFunction: d.complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("account") && strings.TrimSpace(account) == "" {
				return d.Usage("--account names no account", "give its id or its name")
			}
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return d.roles(ctx, cmd.CommandPath(), args, strings.TrimSpace(account), asJSON)
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "only the roles in this account: its id, or its name")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
	return cmd
}

// roleRow is a role as the list shows it.
type roleRow struct {
	AccountID   string   `json:"account_id"`
	AccountName string   `json:"account_name,omitempty"`
	Role        string   `json:"role"`
	Profiles    []string `json:"profiles"`
}

func (d *Deps) roles(ctx context.Context, command string, args []string, account string, asJSON bool) error {
	r, in, found, err := d.list(ctx, command, args, Discovery{Roles: true, Account: account})
	if err != nil {
		return err
	}
	if account != "" && len(found.Accounts) == 0 {
		return d.Failure(errors.New("no account "+cell(account)+" is assigned to you at "+cell(in.Name())), "latchkey sso accounts lists those that are")
	}
	profiles := uses(r.Graph(), in)
	rows, table := []roleRow{}, [][]string{{"ACCOUNT", "NAME", "ROLE", "PROFILE"}}
	for _, a := range found.Accounts {
		if a.Refused {
			d.say("AWS does not tell your roles in %s (%s)", a.ID, cell(a.Name))
		}
		for _, role := range a.Roles {
			row := roleRow{a.ID, a.Name, role, profiles[pair{a.ID, role}]}
			if row.Profiles == nil {
				row.Profiles = []string{}
			}
			rows = append(rows, row)
			table = append(table, []string{a.ID, cell(a.Name), cell(role), cell(strings.Join(row.Profiles, ", "))})
		}
	}
	return d.show(asJSON, rows, table, "no roles are assigned to you at "+cell(in.Name()))
}
