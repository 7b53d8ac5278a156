package iam

import (
	"context"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/policy"
)

// RoleCheck says whether a role's trust policy lets a user in.
type RoleCheck struct {
	Role string `json:"role"`
	// Lets is true where the trust policy was read and lets the user in with MFA.
	Lets bool `json:"lets"`
	// Why says, where Lets is false, why not or why that is not known.
	Why string `json:"why,omitempty"`
	// Add is the statement that the trust policy needs, "" where Lets is true.
	Add string `json:"add,omitempty"`
}

// CheckRoles reads the trust policies of roles (GetRole), which AWS shows of the own
// account only. user is the ARN of the user, who need not exist yet.
func CheckRoles(ctx context.Context, a *Admin, user string, roles []string) []*RoleCheck {
	out := []*RoleCheck{}
	own, _ := awsapi.ParseARN(user)
	for _, role := range roles {
		c := &RoleCheck{Role: role, Add: trustStatement(user)}
		arn, ok := awsapi.ParseARN(role)
		name := arn.Resource[strings.LastIndexByte(arn.Resource, '/')+1:]
		switch {
		case !ok || strings.ContainsAny(role, "*?"):
			c.Why = "it is a pattern, so no trust policy was looked at"
		case arn.Account != own.Account:
			c.Why = "it is in account " + arn.Account + ", where its trust policy has to let the user in as well"
		default:
			c.check(ctx, a, user, name)
		}
		if c.Lets {
			c.Add = ""
		}
		out = append(out, c)
	}
	return out
}

func (c *RoleCheck) check(ctx context.Context, a *Admin, user, name string) {
	got, err := a.ask(ctx, "GetRole", "", "RoleName", name)
	switch {
	case gone(err):
		c.Why, c.Add = "there is no such role", ""
		return
	case err != nil:
		c.Why = "its trust policy was not shown: " + err.Error()
		return
	}
	text := document(got.Raw("Role/AssumeRolePolicyDocument"))
	doc, err := policy.Parse([]byte(text), policy.Trust)
	if err != nil {
		c.Why = "its trust policy was not understood: " + err.Error()
		return
	}
	own, _ := awsapi.ParseARN(user)
	c.Lets = doc.Evaluate(policy.Request{Action: "sts:AssumeRole", Caller: policy.Caller{Kind: "AWS", Names: []string{user}, Account: own.Account},
		Context: policy.Context{
			"aws:multifactorauthpresent": {"true"}, "aws:multifactorauthage": {"0"}, "aws:principalarn": {user}, "aws:principaltype": {"User"},
			"aws:principalaccount": {own.Account}, "aws:username": {user[strings.LastIndexByte(user, '/')+1:]}, "aws:securetransport": {"true"},
		}}).Allowed
	switch {
	case c.Lets:
	case strings.Contains(text, `"AIDA`):
		c.Why = "its trust policy does not let the user in; it names a user who was deleted since, and a new one of the same name is another one"
	default:
		c.Why = "its trust policy does not let the user in with MFA alone"
	}
}

// trustStatement lets a user in, with MFA.
func trustStatement(user string) string {
	return `{"Effect":"Allow","Principal":{"AWS":"` + user + `"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`
}
