package iamcmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/iam/policies"
	"github.com/latchkey-aws/latchkey/internal/display"
)

// checkFlags are those of iam policy check.
type checkFlags struct {
	asJSON, strict bool
	policies.CheckOptions
}

func newPolicyCheck(d *Deps) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Find the known mistakes in policies",
		Long: `Find the known mistakes in policy documents: conditions on MFA that let access keys
pass, actions that do not exist, resources that never match, roles that anybody may
assume. Each has its line and column, a reason and a fix. - is standard input.
Nothing is sent to AWS.

A FILE is a policy, for users and roles or of a role's trust, or JSON that holds
such: a CloudFormation template, "terraform show -json", what the AWS CLI prints.

Findings are, by weight: error (AWS refuses it, or it never does what it says),
security (somebody gets more than it seems), warning, note.

With --json, an object: errors, warnings (security among them), notes, and findings
(weight, code, file, line, column, what, why, fix).

Exit codes: 0 if there is nothing worse than notes, with --strict if there are no
findings at all; else 1.`,
		Example: `  latchkey iam policy check policy.json trust.json
  latchkey iam policy check --of-role policy.json
  latchkey iam policy self-service | latchkey iam policy check -`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || slices.Contains(args, "") {
				return d.Usage(cmd.CommandPath()+" needs a file", "name one; - is standard input")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return d.policyCheck(f, args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.OfRole, "of-role", false, "the permission policies are those of a role")
	flags.BoolVar(&f.strict, "strict", false, "exit with 1 for notes too")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON (see above)")
	return cmd
}

// fileFinding is a finding with the file that it is in.
type fileFinding struct {
	Weight policies.Weight `json:"weight"`
	Code   string          `json:"code"`
	File   string          `json:"file"`
	Line   int             `json:"line"`
	Column int             `json:"column"`
	What   string          `json:"what"`
	Why    string          `json:"why"`
	Fix    string          `json:"fix"`
}

// policyChecked is what iam policy check prints as JSON.
type policyChecked struct {
	Errors   int           `json:"errors"`
	Warnings int           `json:"warnings"`
	Notes    int           `json:"notes"`
	Findings []fileFinding `json:"findings"`
}

func (d *Deps) policyCheck(f checkFlags, files []string) error {
	report := policyChecked{Findings: []fileFinding{}}
	for _, path := range files {
		text, err := d.readPolicy(path)
		if err != nil {
			return err
		}
		name := display.Text(path, 200)
		for _, p := range policies.Check(text, f.CheckOptions) {
			report.count(p.Weight)
			report.Findings = append(report.Findings, fileFinding{p.Weight, p.Code, name, p.Line, p.Column, p.What, p.Why, p.Fix})
		}
	}
	var err error
	if f.asJSON {
		err = d.PrintJSON(d.Stdout, report)
	} else {
		err = report.print(d, len(files))
	}
	if err == nil && (report.Errors+report.Warnings > 0 || f.strict && report.Notes > 0) {
		err = d.Failed()
	}
	return err
}

func (r *policyChecked) count(w policies.Weight) {
	switch w {
	case policies.Error:
		r.Errors++
	case policies.Note:
		r.Notes++
	default:
		r.Warnings++
	}
}

func (r *policyChecked) print(d *Deps, files int) error {
	for _, p := range r.Findings {
		at := fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
		if err := d.Finding(string(p.Weight)+": "+p.What, [][2]string{{"at", at}, {"why", p.Why}, {"fix", p.Fix}}); err != nil {
			return err
		}
	}
	if len(r.Findings) > 0 {
		fmt.Fprintln(d.Stdout)
	}
	_, err := fmt.Fprintf(d.Stdout, "%s checked: %s, %s, %s\n", many(files, "file"), many(r.Errors, "error"), many(r.Warnings, "warning"), many(r.Notes, "note"))
	return err
}

func many(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// maxPolicyFile is more than the checker reads, so that it can say so.
const maxPolicyFile = 2 << 20

func (d *Deps) readPolicy(path string) ([]byte, error) {
	in := d.Stdin
	if path != "-" {
		file, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil, d.Failure(err, "name a file that is there; - is standard input")
		}
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPolicyFile))
	if err != nil {
		return nil, d.Failure(err, "name a file; - is standard input")
	}
	return text, nil
}
