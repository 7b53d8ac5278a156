package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/vault"
)

func newProfiles(sys *Sys) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "profiles",
		Short: "List the profiles: kind, account, role, region, session",
		Long: `List the profiles of the config and credentials files: of what kind each is, the
account, role and region where the files tell them, whether it asks for an MFA
code, and how long its session that is kept has left. Keys that only the vault
has are listed too. Start here to see what there is; a profile that cannot work
is listed with the error, and "latchkey explain PROFILE" says more.

With --json, a list of objects: name, kind, account, role, region, mfa,
left_seconds, error; what is not known is left out.`,
		Example: `  latchkey profiles
  latchkey profiles --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			frugal()
			resolver, err := sys.resolver(nil, "")
			if err != nil {
				return err
			}
			rows, err := profileRows(cmd.Context(), resolver)
			if err != nil {
				return err
			}
			if asJSON {
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
	Named   string     `json:"-"` // the account's name
	Role    string     `json:"role,omitempty"`
	Region  string     `json:"region,omitempty"`
	MFA     bool       `json:"mfa"`
	Left    int        `json:"left_seconds,omitempty"`
	Error   string     `json:"error,omitempty"`
}

// profileRows lists the profiles of the files and the entries of the vault.
func profileRows(ctx context.Context, r *latchkey.Resolver) ([]profileRow, error) {
	names := r.Graph().Names()
	kept, err := entryNames(ctx, r)
	if err != nil {
		return nil, err
	}
	names = append(names, kept...)
	slices.Sort(names)
	names = slices.Compact(names)
	left := sessionsLeft(ctx, r)
	rows := make([]profileRow, 0, len(names))
	called := map[string]string{} // accounts by their ids
	for _, name := range names {
		row := rowOf(r, name, left)
		if row.Named != "" {
			called[row.Account] = row.Named
		}
		rows = append(rows, row)
	}
	for i := range rows {
		rows[i].Named = called[rows[i].Account]
	}
	return rows, nil
}

// entryNames lists the vault's entries; a home without a vault has none.
func entryNames(ctx context.Context, r *latchkey.Resolver) ([]string, error) {
	store, err := r.Vault()
	if err != nil {
		return nil, nil // no home, no vault; what is wrong with the settings is told where the vault is used
	}
	names, err := store.List(ctx)
	if errors.Is(err, vault.ErrNoVault) {
		return nil, nil
	}
	return names, err
}

// sessionsLeft tells by key how long each session has left. Those that cannot be
// read have nothing left: "latchkey sessions" says why.
func sessionsLeft(ctx context.Context, r *latchkey.Resolver) map[string]time.Duration {
	list, _ := r.Sessions().List(ctx)
	left := make(map[string]time.Duration, len(list))
	for _, info := range list {
		left[info.Key] = info.Left
	}
	return left
}

// sharedKey is the key under which the plan's last session is kept, "" if only
// running it tells.
func sharedKey(r *latchkey.Resolver, plan *chain.Plan) string {
	key, _ := r.SessionKey(plan, *plan.Last())
	return key
}

func rowOf(r *latchkey.Resolver, name string, left map[string]time.Duration) profileRow {
	row := profileRow{Name: name}
	// What the environment and the machine would add is left out: the row is
	// about the profile.
	plan, err := r.Plan(name, chain.Policy{Order: []chain.Source{chain.SourceProfile}})
	if err != nil {
		row.Error = strings.TrimPrefix(explain.Error(err).What, "profile "+name+": ")
		return row
	}
	last := plan.Last()
	row.Kind, row.Region, row.Left = last.Kind, plan.Region.Text, int(left[sharedKey(r, plan)]/time.Second)
	row.Account, row.Role = last.Get(chain.InputSSOAccount), last.Get(chain.InputSSORole)
	if arn := last.Get(chain.InputRoleARN); arn != "" {
		role, _ := awsapi.ParseARN(arn) // what is no ARN has neither account nor name
		row.Account, row.Role = role.Account, strings.TrimPrefix(role.Resource, "role/")
	}
	if row.Account == "" {
		row.Account = last.Get(chain.InputAccountID)
	}
	row.Named = accountName(r, name)
	for _, s := range plan.Steps {
		row.MFA = row.MFA || s.AsksCode()
	}
	return row
}

// accountName is what the profile calls its account, which is for people alone.
func accountName(r *latchkey.Resolver, name string) string {
	p, err := r.Graph().Profile(name)
	if err != nil {
		return "" // an entry of the vault
	}
	v, _ := p.Get("sso_account_name")
	return v.Text
}

// left is how long the row's session has left, "" for none.
func (row profileRow) left() string {
	if row.Left <= 0 {
		return ""
	}
	return short((time.Duration(row.Left) * time.Second).Truncate(time.Minute)) + " left"
}

func printProfiles(sys *Sys, r *latchkey.Resolver, rows []profileRow) error {
	if len(rows) == 0 {
		printNoProfiles(sys.Stderr, r.Graph().Locations())
		return nil
	}
	table := [][]string{{"PROFILE", "KIND", "ACCOUNT", "ROLE", "REGION", "MFA", "SESSION"}}
	for _, row := range rows {
		if row.Error != "" {
			table = append(table, []string{cell(row.Name), "error: " + cell(row.Error)})
			continue
		}
		mfa := ""
		if row.MFA {
			mfa = "yes"
		}
		table = append(table, []string{cell(row.Name), string(row.Kind), cell(row.Account), cell(row.Role), cell(row.Region), mfa, row.left()})
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
	fmt.Fprintln(w, "latchkey: latchkey sso sync --start-url URL --sso-region REGION makes them for Identity Center,\n"+
		"latchkey: latchkey login --console NAME one for the console's sign-in, aws configure one for an access key;\n"+
		"latchkey: latchkey demo shows what they are for")
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
