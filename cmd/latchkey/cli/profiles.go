package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/profile"
)

func newProfiles(sys *Sys) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "profiles",
		Short: "List the profiles: kind, account, role, region",
		Long: `List the profiles of the config and credentials files: of what kind each is, the
account, role and region where the files tell them, and whether it asks for an
MFA code. Start here to see what there is; a profile that cannot work is listed
with the error, and "latchkey explain PROFILE" says more.

With --json, a list of objects: name, kind, account, role, region, mfa, error;
what is not known is left out.`,
		Example: `  latchkey profiles
  latchkey profiles --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			frugal()
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
				return printJSON(sys.Stdout, rows)
			}
			return printProfiles(sys, resolver, rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (see above)")
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
		row.Error = strings.TrimPrefix(explain.Error(err).What, "profile "+name+": ")
		return row
	}
	last := plan.Last()
	row.Kind, row.Region = last.Kind, plan.Region.Text
	row.Account, row.Role = last.Get(chain.InputSSOAccount), last.Get(chain.InputSSORole)
	if arn := last.Get(chain.InputRoleARN); arn != "" {
		role, _ := awsapi.ParseARN(arn) // what is no ARN has neither account nor name
		row.Account, row.Role = role.Account, strings.TrimPrefix(role.Resource, "role/")
	}
	if row.Account == "" {
		row.Account = last.Get(chain.InputAccountID)
	}
	for _, s := range plan.Steps {
		row.MFA = row.MFA || s.Get(chain.InputMFASerial) != ""
	}
	return row
}

func printProfiles(sys *Sys, r *latchkey.Resolver, rows []profileRow) error {
	if len(rows) == 0 {
		printNoProfiles(sys.Stderr, r.Graph().Locations())
		return nil
	}
	table := [][]string{{"PROFILE", "KIND", "ACCOUNT", "ROLE", "REGION", "MFA"}}
	for _, row := range rows {
		if row.Error != "" {
			table = append(table, []string{cell(row.Name), "error: " + cell(row.Error)})
			continue
		}
		mfa := ""
		if row.MFA {
			mfa = "yes"
		}
		table = append(table, []string{cell(row.Name), string(row.Kind), cell(row.Account), cell(row.Role), cell(row.Region), mfa})
	}
	_, err := sys.Stdout.Write(aligned(table))
	return err
}

func printNoProfiles(w io.Writer, l profile.Locations) {
	if l.Config == "" && l.Credentials == "" {
		fmt.Fprintln(w, "latchkey: no home folder is known, so there are no profiles; set HOME")
		return
	}
	fmt.Fprintf(w, "latchkey: no profiles in %s or %s\n", l.Config, l.Credentials)
	fmt.Fprintln(w, "latchkey: aws configure makes one; latchkey demo shows what they are for")
}

// aligned lays rows out in columns, two blanks apart. The last cell of a row may
// be as long as it likes.
func aligned(rows [][]string) []byte {
	var widths []int
	for _, row := range rows {
		for i, c := range row[:len(row)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	var b []byte
	for _, row := range rows {
		line := ""
		for i, c := range row {
			line += c
			if i < len(widths) {
				line += strings.Repeat(" ", widths[i]-min(widths[i], utf8.RuneCountInString(c))+2)
			}
		}
		b = append(append(b, strings.TrimRight(line, " ")...), '\n')
	}
	return b
}

// cell makes a text fit for a table: nothing a terminal acts on.
func cell(s string) string { return display.Text(s, 120) }
