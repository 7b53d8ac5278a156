package sandbox

import (
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

// shared checks an account's managed policies, groups and password policy, and
// returns what its users and roles may name.
func (c *checker) shared(path string, a *Account, seen map[string]bool) (groups, policies map[string]bool) {
	groups, policies = make(map[string]bool), make(map[string]bool)
	for i, p := range a.Policies {
		at := fmt.Sprintf("%s.policies[%d]", path, i)
		c.name(at+".name", "policy", p.Name)
		c.path(at+".path", p.Path)
		c.once(at+".name", seen, "policy "+strings.ToLower(p.Name)+" in account "+a.ID)
		if p.Document == nil {
			c.at(at, "policy %s has no document", p.Name)
		} else {
			c.policy(at+".document", *p.Document, policy.Identity)
		}
		policies[a.arn("iam", "policy"+cleanPath(p.Path)+p.Name)] = true
	}
	for i, g := range a.Groups {
		at := fmt.Sprintf("%s.groups[%d]", path, i)
		c.name(at+".name", "group", g.Name)
		c.path(at+".path", g.Path)
		c.once(at+".name", seen, "group "+strings.ToLower(g.Name)+" in account "+a.ID)
		c.policies(at, g.Policies, g.ManagedPolicies, "", policies)
		groups[g.Name] = true
	}
	if p := a.PasswordPolicy; p != nil {
		at := path + ".password_policy"
		c.within(at+".minimum_length", "minimum_length", p.MinimumLength, 6, 128)
		c.within(at+".max_age", "max_age", p.MaxAge, 1, 1095)
		c.within(at+".reuse_prevention", "reuse_prevention", p.ReusePrevention, 1, 24)
	}
	return groups, policies
}

// within checks a number that may be left out.
func (c *checker) within(path, key string, n, least, most int) {
	if n != 0 && (n < least || n > most) {
		c.at(path, "%s %d is not %d to %d", key, n, least, most)
	}
}

// policies checks what hangs on a user, group or role.
func (c *checker) policies(path string, inline []PolicyDocument, managed []string, boundary string, own map[string]bool) {
	for i, p := range inline {
		c.policy(fmt.Sprintf("%s.policies[%d]", path, i), p, policy.Identity)
	}
	for i, arn := range managed {
		c.managed(fmt.Sprintf("%s.managed_policies[%d]", path, i), arn, own)
	}
	if boundary != "" {
		c.managed(path+".boundary", boundary, own)
	}
}

func (c *checker) managed(path, arn string, own map[string]bool) {
	if !own[arn] && managedPolicy(arn) == nil {
		c.at(path, "policy %q does not exist in the account, and is not one of AWS's that the sandbox has", arn)
	}
}
