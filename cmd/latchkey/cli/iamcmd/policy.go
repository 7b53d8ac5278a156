package iamcmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/iam/policies"
)

// policyFlags are those of iam policy.
type policyFlags struct {
	format   string
	name     string
	accounts []string
	in       policies.Inputs
	asJSON   bool
}

func newPolicy(d *Deps) *cobra.Command {
	f := &policyFlags{}
	cmd := &cobra.Command{
		Use:   "policy [PATTERN]",
		Short: "Write policies for users and roles, and check those there are",
		Long: `Write a policy document of a PATTERN to standard output, and to standard error what
it allows and forbids, and where it belongs. Nothing is sent to AWS. Without a
PATTERN, list them: those of the field, and one for each command of latchkey that
calls AWS, with no more than it needs.

With --json, an object (pattern, title, allows, forbids, attach_to, characters,
document), or without a PATTERN a list of pattern, title and takes.`,
		Example: `  latchkey iam policy
  latchkey iam policy self-service
  latchkey iam policy trust --account 111122223333 --mfa-age 1h --format terraform
  latchkey iam policy assume-roles --role arn:aws:iam::444455556666:role/deploy
  latchkey iam policy vault rotate --format cloudformation
  latchkey iam policy check policy.json`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, p := range policies.Patterns() {
				if len(args) == 0 {
					names = append(names, p.Name)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return d.listPolicies(cmd, f)
			}
			return d.policy(cmd, f, strings.Join(args, "-"))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "json", "json, cloudformation or terraform")
	flags.StringVar(&f.in.Partition, "partition", "aws", "of the account: aws, aws-cn, aws-us-gov …")
	flags.StringVar(&f.name, "name", "", "of the policy or role in AWS (default latchkey-PATTERN, or CloudFormation's choice)")
	flags.StringArrayVar(&f.in.Roles, "role", nil, "ARN of a role to assume; can be repeated")
	flags.StringArrayVar(&f.accounts, "account", nil, "trust: account whose people may assume the role; can be repeated")
	flags.StringArrayVar(&f.in.Principals, "principal", nil, "trust: ARN of a user, role or account; can be repeated")
	flags.BoolVar(&f.in.MFA, "mfa", false, "trust: ask for MFA")
	flags.DurationVar(&f.in.Age, "mfa-age", 0, "trust: ask for MFA that is no older, such as 1h")
	flags.StringVar(&f.in.ExternalID, "external-id", "", "trust: ask for this external id")
	flags.BoolVar(&f.in.OneDevice, "one-device", false, "self-service: allow one virtual device only, named like the user")
	flags.BoolVar(&f.in.SessionTags, "session-tags", false, "allow session tags with the role")
	flags.BoolVar(&f.in.SourceIdentity, "source-identity", false, "allow a source identity with the role")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON (see above)")
	cmd.AddCommand(newPolicyCheck(d))
	return cmd
}

// listedPattern is a pattern as the list has it.
type listedPattern struct {
	Pattern string           `json:"pattern"`
	Title   string           `json:"title"`
	Takes   []policies.Input `json:"takes"`
}

func (d *Deps) listPolicies(cmd *cobra.Command, f *policyFlags) error {
	if name := givenBeside(cmd, "json"); name != "" {
		return d.Usage("--"+name+" is for a pattern", "name one; latchkey iam policy lists them")
	}
	rows, table := []listedPattern{}, [][]string{{"PATTERN", "WHAT FOR"}}
	for _, p := range policies.Patterns() {
		takes := p.Takes
		if takes == nil {
			takes = []policies.Input{}
		}
		rows = append(rows, listedPattern{p.Name, p.Title, takes})
		table = append(table, []string{p.Name, p.Title})
	}
	if f.asJSON {
		return d.PrintJSON(d.Stdout, rows)
	}
	_, err := d.Stdout.Write(d.Table(table))
	return err
}

// givenBeside names a flag that was given, beside those named.
func givenBeside(cmd *cobra.Command, but ...string) string {
	for _, name := range []string{"format", "partition", "name", "role", "account", "principal", "mfa", "mfa-age", "external-id", "one-device", "session-tags", "source-identity", "json"} {
		if cmd.Flags().Changed(name) && !strings.Contains(" "+strings.Join(but, " ")+" ", " "+name+" ") {
			return name
		}
	}
	return ""
}

func (d *Deps) policy(cmd *cobra.Command, f *policyFlags, name string) error {
	p, err := d.pattern(name)
	if err != nil {
		return err
	}
	if err := d.checkPolicyFlags(cmd, f, p); err != nil {
		return err
	}
	f.in.Principals = append(f.accounts, f.in.Principals...)
	doc, err := p.Make(f.in)
	if err != nil {
		return d.Usage("iam policy "+p.Name+": "+err.Error(), missingFix(p, f))
	}
	called := f.name
	if called == "" && f.format != string(policies.CloudFormation) {
		called = "latchkey-" + p.Name
	}
	text := doc.Text(policies.Format(f.format), called, p.Title)
	if f.asJSON {
		return d.PrintJSON(d.Stdout, newPolicyReport(p, &doc, text))
	}
	d.Say("%s", p.Title)
	d.Say("allows %s", p.Allows)
	d.Say("forbids %s", p.Forbids)
	d.Say("attach it to %s; AWS counts %d characters, and allows %s", p.AttachTo, doc.Size(), limits(p))
	_, err = d.Stdout.Write([]byte(text))
	return err
}

// policyReport is a document with what there is to say of it.
type policyReport struct {
	Pattern    string `json:"pattern"`
	Title      string `json:"title"`
	Allows     string `json:"allows"`
	Forbids    string `json:"forbids"`
	AttachTo   string `json:"attach_to"`
	Characters int    `json:"characters"`
	Document   string `json:"document"`
}

func newPolicyReport(p *policies.Pattern, doc *policies.Document, text string) policyReport {
	return policyReport{p.Name, p.Title, p.Allows, p.Forbids, p.AttachTo, doc.Size(), text}
}

func limits(p *policies.Pattern) string {
	if p.Trust() {
		return fmt.Sprintf("%d", policies.MaxTrust)
	}
	return fmt.Sprintf("%d in a managed policy, %d in all inline policies of a user together", policies.MaxManaged, policies.MaxInline)
}

func (d *Deps) pattern(name string) (*policies.Pattern, error) {
	list := policies.Patterns()
	for i := range list {
		if list[i].Name == name {
			return &list[i], nil
		}
	}
	fix := "latchkey iam policy lists the patterns"
	switch first, _, _ := strings.Cut(name, "-"); {
	case first == "sso", first == "logout", first == "sessions":
		return nil, d.Usage("latchkey "+first+" needs no policy: it calls nothing in AWS that one could allow", fix)
	default:
		var names []string
		for _, p := range list {
			names = append(names, p.Name)
			if strings.HasPrefix(name, p.Name+"-") { // and a word too many
				name = p.Name
			}
		}
		if near := policies.Nearest(name, names); near != "" {
			fix = "did you mean latchkey iam policy " + near + "?"
		}
	}
	return nil, d.Usage(fmt.Sprintf("there is no pattern %q", name), fix)
}

// checkPolicyFlags refuses flags that the pattern does not take, rather than drop
// what somebody asked for.
func (d *Deps) checkPolicyFlags(cmd *cobra.Command, f *policyFlags, p *policies.Pattern) error {
	takes := []string{"format", "partition", "name", "json"}
	for _, in := range p.Takes {
		takes = append(takes, string(in))
	}
	if name := givenBeside(cmd, takes...); name != "" {
		return d.Usage("--"+name+" means nothing to the pattern "+p.Name, "leave it out; latchkey iam policy --help tells which pattern takes what")
	}
	if cmd.Flags().Changed("external-id") && f.in.ExternalID == "" {
		return d.Usage("--external-id is empty", "give the id, or leave the flag out")
	}
	if cmd.Flags().Changed("mfa-age") && f.in.Age <= 0 {
		return d.Usage("--mfa-age is not more than 0", "write a number and its unit: 30m, 1h")
	}
	switch policies.Format(f.format) {
	case policies.JSON, policies.CloudFormation, policies.Terraform:
	default:
		return d.Usage(fmt.Sprintf("there is no format %q", f.format), "json, cloudformation or terraform")
	}
	for _, check := range []struct{ flag, value string }{{"partition", f.in.Partition}, {"name", f.name}} {
		if cmd.Flags().Changed(check.flag) && !policies.Plain(check.value) {
			return d.Usage(fmt.Sprintf("--%s %q is none", check.flag, check.value), "letters, digits and hyphens, beginning with a letter; partitions begin with aws")
		}
	}
	if f.in.Partition != "aws" && !strings.HasPrefix(f.in.Partition, "aws-") {
		return d.Usage(fmt.Sprintf("there is no partition %q", f.in.Partition), "aws, aws-cn, aws-us-gov, aws-eusc or aws-iso and its likes")
	}
	return nil
}

func missingFix(p *policies.Pattern, f *policyFlags) string {
	switch {
	case p.Trust() && len(f.in.Principals) == 0:
		return "name accounts with --account, users with --principal"
	case !p.Trust() && len(f.in.Roles) == 0:
		return "name roles with --role ARN; it can be repeated"
	case f.in.Age > 36*time.Hour:
		return "write 36h or less: no session with MFA lasts longer"
	}
	return "latchkey iam policy " + p.Name + " --help"
}
