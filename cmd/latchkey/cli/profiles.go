package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
)

func newProfiles(sys *Sys) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "profiles",
		Short:   "List the profiles: kind, account, role, region",
		Example: "  latchkey profiles",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			resolver, err := sys.resolver(nil, "")
			if err != nil {
				return err
			}
			var rows []profileRow
			for _, name := range resolver.Graph().Names() {
				rows = append(rows, rowOf(resolver, name))
			}
			if asJSON {
				if rows == nil {
					rows = []profileRow{}
				}
				return json.NewEncoder(sys.Stdout).Encode(rows)
			}
			return printProfiles(sys, resolver, rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// profileRow is a profile as the list shows it. Error says why there is no plan.
type profileRow struct {
	Name    string     `json:"name"`
	Kind    chain.Kind `json:"kind,omitempty"`
	Account string     `json:"account,omitempty"`
	Role    string     `json:"role,omitempty"`
	Region  string     `json:"region,omitempty"`
	MFA     bool       `json:"mfa"`
	Error   string     `json:"error,omitempty"`
}

func rowOf(r *latchkey.Resolver, name string) profileRow {
	row := profileRow{Name: name}
	// What the environment and the machine would add is left out: the row is
	// about the profile.
	plan, err := r.Plan(name, chain.Policy{Order: []chain.Source{chain.SourceProfile}})
	if err != nil {
		row.Error = explain.Error(err).What
		return row
	}
	last := plan.Last()
	row.Kind, row.Region = last.Kind, plan.Region.Text
	row.Account, row.Role = last.Get(chain.InputSSOAccount), last.Get(chain.InputSSORole)
	if arn := last.Get(chain.InputRoleARN); arn != "" {
		row.Account, row.Role = splitRole(arn)
	}
	if row.Account == "" {
		row.Account = last.Get(chain.InputAccountID)
	}
	for _, s := range plan.Steps {
		row.MFA = row.MFA || s.Get(chain.InputMFASerial) != ""
	}
	return row
}

// splitRole returns account and name of a role ARN; what is no ARN has neither.
func splitRole(arn string) (account, name string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return "", ""
	}
	return parts[4], strings.TrimPrefix(parts[5], "role/")
}

func printProfiles(sys *Sys, r *latchkey.Resolver, rows []profileRow) error {
	if len(rows) == 0 {
		fmt.Fprintf(sys.Stderr, "latchkey: no profiles in %s or %s\n", r.Graph().Locations().Config, r.Graph().Locations().Credentials)
		return nil
	}
	w := tabwriter.NewWriter(sys.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROFILE\tKIND\tACCOUNT\tROLE\tREGION\tMFA")
	for _, row := range rows {
		if row.Error != "" {
			fmt.Fprintf(w, "%s\terror: %s\n", cell(row.Name), cell(row.Error))
			continue
		}
		mfa := ""
		if row.MFA {
			mfa = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", cell(row.Name), row.Kind, cell(row.Account), cell(row.Role), cell(row.Region), mfa)
	}
	return w.Flush()
}

// cell makes a text fit for a table: nothing a terminal acts on.
func cell(s string) string { return awsapi.Sanitize(s, 120) }
