package iamcmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/console"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/iam"
)

// onboarded is what onboard says as JSON.
type onboarded struct {
	User      string           `json:"user"`
	ARN       string           `json:"arn"`
	Account   string           `json:"account"`
	Alias     string           `json:"alias,omitempty"`
	SignInURL string           `json:"sign_in_url,omitempty"`
	Applied   bool             `json:"applied"`
	Changes   []*iam.Change    `json:"changes"`
	Kept      []string         `json:"kept"`
	Roles     []*iam.RoleCheck `json:"roles"`
	// Secrets is where the password and the key are: terminal, or a file.
	Secrets string `json:"secrets,omitempty"`
	Message string `json:"message"`
}

// describe finds out what the person has to know, and what the roles say.
func (b *onboarding) describe(ctx context.Context, state iam.UserState) {
	partition := awsapi.PartitionOfARN(b.arn)
	arn := state.ARN
	if !state.Exists {
		path := b.wish.Path
		if path == "" {
			path = "/"
		}
		arn = "arn:" + partition + ":iam::" + b.account + ":user" + path + b.wish.User
	}
	r := onboarded{User: b.wish.User, ARN: arn, Account: b.account, Changes: list(b.plan.Changes), Kept: list(b.plan.Kept)}
	r.Alias, _ = b.Alias(ctx) // it is a name more for the account, and no more
	r.SignInURL = signInURL(partition, b.account, r.Alias)
	r.Roles = iam.CheckRoles(ctx, &b.Admin, arn, b.wish.Roles)
	for _, c := range r.Roles {
		if !c.Lets {
			b.d.Say("role %s: %s", cell(c.Role), cell(c.Why))
		}
		if c.Add != "" {
			b.d.Say("  if it does not let the user in yet, its trust policy needs this statement:\n  %s", cell(c.Add))
		}
	}
	b.res = r
}

// signInURL is the page where users of an account sign in, "" for a partition whose
// console is not known.
func signInURL(partition, account, alias string) string {
	site, err := console.NewSite(partition, "", "")
	if err != nil {
		return ""
	}
	if alias == "" {
		alias = account
	}
	return strings.Replace(site.Base, "https://", "https://"+alias+".", 1) + "/console"
}

// finish prints what is to be sent to the person, or the JSON.
func (b *onboarding) finish() error {
	b.res.Message = b.message()
	if b.o.asJSON {
		return b.d.PrintJSON(b.d.Stdout, b.res)
	}
	if b.res.Applied && b.res.Secrets != "" && b.res.Secrets != "terminal" {
		b.d.Say("the secrets are in %s; delete it when the person has them", cell(b.res.Secrets))
	}
	if b.res.Applied || len(b.plan.Changes) == 0 {
		_, err := fmt.Fprintf(b.d.Stdout, "\nTo be sent to %s:\n\n%s", b.wish.User, b.res.Message)
		return err
	}
	return nil
}

// message is what the person has to know and do, without any secret.
func (b *onboarding) message() string {
	var m strings.Builder
	user := explain.Word(b.wish.User)
	roles := ""
	for _, role := range b.roles() {
		roles += " --role " + explain.Word(role)
	}
	fmt.Fprintf(&m, "You have a user in the AWS account %s", b.account)
	if b.res.Alias != "" {
		fmt.Fprintf(&m, " (%s)", b.res.Alias)
	}
	fmt.Fprintf(&m, ".\n\n  user name:   %s\n", b.wish.User)
	step := 1
	next := func(format string, args ...any) {
		fmt.Fprintf(&m, "%d. %s\n", step, fmt.Sprintf(format, args...))
		step++
	}
	signsIn := b.wish.Password && b.res.SignInURL != ""
	if signsIn {
		fmt.Fprintf(&m, "  sign in at:  %s\n", b.res.SignInURL)
	}
	m.WriteByte('\n')
	if b.wish.AccessKey {
		asks := "the access key, which you get by\n   another way,"
		if b.wish.Password {
			asks = "the access key and the temporary\n   password, which you get by another way, has you choose a password,\n  "
		}
		next("Install latchkey and run this. It asks for %s sets up your MFA device, and makes a key of your own:\n\n     latchkey iam enroll --as %s%s\n", asks, user, roles)
	} else {
		switch {
		case signsIn:
			next("Sign in there with the temporary password, which you get by another way, and\n   choose a password of your own.")
		case !b.wish.Password && b.plan.State.Get(iam.KindPassword, "") == nil:
			m.WriteString("You cannot sign in yet: your administrator sets a password first.\n\n")
		}
		region := b.Plan.Region.Text
		if !awsapi.IsRegion(region) {
			region = awsapi.DefaultRegion(awsapi.PartitionOfARN(b.arn))
		}
		next("Install latchkey and run these; the first one opens the browser, the second one\n   sets up your MFA device and access key:\n\n     latchkey login %s --console --region %s\n     latchkey iam enroll %s --skip-password%s\n", user, region, user, roles)
	}
	next("From then on: latchkey whoami %s", user)
	return m.String()
}

// roles are all those that the user may assume when the plan is carried out.
func (b *onboarding) roles() []string {
	list := iam.Reaches(b.plan.State)
	list = append(list, b.wish.Roles...)
	var out []string
	seen := map[string]bool{}
	for _, role := range list {
		if !seen[role] && strings.Trim(role, "*") == role {
			out = append(out, role)
		}
		seen[role] = true
	}
	return out
}
