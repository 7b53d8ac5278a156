package iamcmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/iam"
)

func newReport(d *Deps) *cobra.Command {
	var o adminOptions
	cmd := &cobra.Command{
		Use:   "report [PROFILE]",
		Short: "Check root and all IAM users of an account: passwords, MFA and keys",
		Long: `Check how people and programs get into an account: whether root has access keys or
no MFA, users with a password and no MFA device, access keys older than 90 days or
never used, passwords that nobody uses, users with two active keys, and inactive keys
that were left. It reads AWS's credential report, which may be four hours old, or
where that is denied the lists of users and keys, and says what it could not see.

Findings are, by weight: security (somebody could get in who should not), warning, note.

With --json, an object: account, alias, made (the report, absent where users were
listed), users (how many), security, warnings, notes, findings (weight, code, user,
key, what, fix), unseen (what, permission, error).

Exit codes: 0 if there is nothing worse than notes and all could be seen, else 1.`,
		Example: `  latchkey iam report
  latchkey iam report audit --json`,
		Args:              d.OneProfile,
		ValidArgsFunction: d.Complete,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := d.Interruptible(cmd.Context())
			defer stop()
			return d.report(ctx, args, &o)
		},
	}
	o.add(cmd)
	return cmd
}

// reported is what report says as JSON.
type reported struct {
	Account  string         `json:"account"`
	Alias    string         `json:"alias,omitempty"`
	Made     time.Time      `json:"made,omitzero"`
	Users    int            `json:"users"`
	Security int            `json:"security"`
	Warnings int            `json:"warnings"`
	Notes    int            `json:"notes"`
	Findings []*iam.Finding `json:"findings"`
	Unseen   []unseenRow    `json:"unseen"`
}

func (d *Deps) report(ctx context.Context, args []string, o *adminOptions) error {
	c, err := d.begin(ctx, args, o)
	if err != nil {
		return err
	}
	var r *iam.Report
	err = c.watched("looking at the users of "+c.account, func() (err error) {
		r, err = iam.MakeReport(ctx, &c.Admin)
		return err
	})
	if err != nil {
		return err
	}
	out := reported{Account: r.Account, Alias: r.Alias, Made: r.Made, Findings: list(r.Findings)}
	for _, h := range r.Holders {
		if h.Name != "" {
			out.Users++
		}
	}
	for _, f := range r.Findings {
		switch f.Weight {
		case iam.WeightSecurity:
			out.Security++
		case iam.WeightWarning:
			out.Warnings++
		default:
			out.Notes++
		}
	}
	out.Unseen = d.unseen(r.Unseen)
	if o.asJSON {
		err = d.PrintJSON(d.Stdout, out)
	} else {
		err = d.printReport(out)
	}
	switch {
	case err != nil:
		return err
	case len(r.Holders) == 0 && len(r.Unseen) > 0:
		return d.Failure(r.Unseen[len(r.Unseen)-1].Err, "have iam:GenerateCredentialReport, iam:GetCredentialReport and iam:GetAccountSummary allowed to you")
	case out.Security+out.Warnings+len(out.Unseen) > 0:
		return d.Silent()
	}
	return nil
}

// printReport writes a table, and what to do about each kind of finding once.
func (d *Deps) printReport(r reported) error {
	var b strings.Builder
	if len(r.Findings) > 0 {
		table := [][]string{{"WEIGHT", "USER", "FINDING"}}
		var codes []string
		fixes := map[string]string{}
		for _, f := range r.Findings {
			table = append(table, []string{string(f.Weight), cell(f.User), cell(f.What)})
			if _, seen := fixes[f.Code]; !seen {
				codes = append(codes, f.Code)
				fixes[f.Code] = f.Fix
			}
		}
		b.Write(d.Table(table))
		b.WriteString("\n")
		for _, code := range codes {
			fmt.Fprintf(&b, "fix (%s): %s\n", code, cell(fixes[code]))
		}
		b.WriteString("\n")
	}
	name := r.Account
	if r.Alias != "" {
		name += " (" + r.Alias + ")"
	}
	users := count(r.Users, "user")
	if r.Users == 0 && len(r.Unseen) > 0 {
		users = "users not seen"
	}
	fmt.Fprintf(&b, "account %s, %s: %d security, %s, %s\n", cell(name), users, r.Security, count(r.Warnings, "warning"), count(r.Notes, "note"))
	if !r.Made.IsZero() {
		fmt.Fprintf(&b, "as of %s: AWS makes a new report every four hours at most\n", r.Made.Local().Format(time.DateTime))
	}
	_, err := d.Stdout.Write([]byte(b.String()))
	return err
}

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
