package policies

import "strings"

// principalRules looks at who is named.
func (c *checker) principalRules(d *checkedDocument, s *checked) {
	switch {
	case d.kind == permission:
		return
	case s.notPrincipal && s.allow():
		c.add("allow-not-principal", s.principalAt, "the statement allows everybody but those of NotPrincipal")
		return
	case d.kind == trusting:
		c.trustActions(s)
	}
	if !s.allow() || s.notPrincipal {
		return
	}
	if t := s.tests(func(t *test) bool { return t.key == "sts:externalid" && t.ifExists }); t != nil {
		c.add("external-id", t.at, "the external id may be left out")
	}
	whole := map[string]bool{} // accounts that are named as such
	for _, p := range s.principals {
		if account, ok := wholeAccount(p); ok {
			whole[account] = true
		}
	}
	for _, p := range s.principals {
		switch {
		case p.kind == "*" || p.kind == "AWS" && p.text == "*":
			if !restricted(s) {
				c.add("everybody", p.at, "the Principal is everybody, in any account")
			}
		case p.kind == "AWS":
			c.awsPrincipal(d, s, p, whole)
		case d.kind == trusting && p.kind == "Federated":
			c.federated(s, p)
		case p.kind == "Service" && !contains(p.text, ".") && p.text != "":
			c.addFix("principal", p.at, "write "+p.text+".amazonaws.com", "the service %q is no host name", p.text)
		}
	}
}

// wholeAccount returns the account that a principal stands for.
//
//go:noinline
func wholeAccount(p item) (string, bool) {
	if p.kind != "AWS" {
		return "", false
	}
	if matches(`^[0-9]{12}$`, p.text) {
		return p.text, true
	}
	if parts := strings.Split(p.text, ":"); len(parts) == 6 && parts[5] == "root" {
		return parts[4], true
	}
	return "", false
}

func (c *checker) awsPrincipal(d *checkedDocument, s *checked, p item, whole map[string]bool) {
	parts := strings.SplitN(p.text, ":", 6)
	account, isWhole := wholeAccount(p)
	switch {
	case isWhole:
		if d.kind == trusting && len(s.conditions) == 0 {
			c.add("trust-account", p.at, "everybody in account %s whose policies allow it may assume the role, without MFA or an external id", account)
		}
	case matches(`^(AIDA|AROA|AGPA|ANPA)[A-Z0-9]{12,}$`, p.text):
		c.add("principal-gone", p.at, "the Principal %s is the id of a user or role that was deleted", p.text)
	case len(parts) < 6 || parts[0] != "arn":
		c.add("principal", p.at, "the Principal %q is no ARN", p.text)
	case contains(parts[5], "*"):
		c.addFix("principal", p.at, `name the account, and its users in a condition: "ArnLike": {"aws:PrincipalArn": "`+p.text+`"}`, "the Principal %q has a wildcard", p.text)
	case begins(parts[5], "group/"):
		c.addFix("principal", p.at, "name the account, and let the group's policy allow sts:AssumeRole on the role", "the Principal %q is a group", p.text)
	case whole[parts[4]]:
		c.add("principal-account", p.at, "%s is named, and the account as a whole as well", p.text)
	}
}

// restricted reports whether a condition narrows who everybody is.
//
//go:noinline
func restricted(s *checked) bool {
	return s.tests(func(t *test) bool {
		if t.ifExists || t.negated() || t.set == "ForAllValues" || t.operator == "Null" {
			return false
		}
		for _, v := range t.values {
			if strings.Trim(v.text, "*?") == "" || v.text == "0.0.0.0/0" || v.text == "::/0" {
				return false
			}
		}
		const narrowing = "aws:principalorgid aws:principalorgpaths aws:principalarn aws:principalaccount aws:sourceaccount aws:sourcearn " +
			"aws:sourceorgid aws:sourcevpce aws:sourcevpc aws:sourceip aws:userid sts:externalid"
		return among(narrowing, t.key) || begins(t.key, "aws:principaltag/")
	}) != nil
}

// federated finds identity providers that let in whoever they let in.
func (c *checker) federated(s *checked, p item) {
	_, provider, ok := cut(p.text, ":oidc-provider/")
	if !ok && contains(p.text, ":saml-provider/") {
		return
	}
	if !ok {
		provider = p.text
	}
	var open []item
	told := s.tests(func(t *test) bool {
		_, claim, ok := cut(t.key, strings.ToLower(provider)+":")
		if !ok || t.ifExists || t.negated() || t.set == "ForAllValues" || !among("sub amr job_workflow_ref repository oaud id", claim) {
			return false
		}
		before := len(open)
		for _, v := range t.values {
			if anybodys(v.text) {
				open = append(open, v)
			}
		}
		return len(open) == before
	})
	if told != nil {
		return
	}
	for _, v := range open {
		c.add("federated-all", v.at, "%s matches subjects that anybody can have at %s", v.text, provider)
	}
	if len(open) == 0 {
		c.add("federated-all", p.at, "whoever %s gives a token may assume the role", provider)
	}
}

// anybodys reports whether a claim's pattern leaves open whose it is: GitHub's
// subjects are repo:OWNER/REPOSITORY:…, and anybody can be an owner.
func anybodys(pattern string) bool {
	owner, of := cutPrefix(pattern, "repo:")
	owner, _, _ = cut(owner, "/")
	return strings.Trim(pattern, "*?") == "" || of && containsAny(owner, "*?")
}

// trustActions finds statements whose action is not how their principals come.
func (c *checker) trustActions(s *checked) {
	if s.notAction || s.notPrincipal || len(s.actions) == 0 {
		return
	}
	for _, p := range s.principals {
		want := "sts:AssumeRole"
		switch {
		case p.kind == "*":
			continue
		case p.kind == "Federated" && contains(p.text, ":saml-provider/"):
			want = "sts:AssumeRoleWithSAML"
		case p.kind == "Federated":
			want = "sts:AssumeRoleWithWebIdentity"
		}
		if !covers(s.actions, want) && (p.kind == "Federated" || covers(s.actions, "sts:AssumeRoleWithSAML") || covers(s.actions, "sts:AssumeRoleWithWebIdentity")) {
			c.addFix("principal-action", s.actions[0].at, "write "+want, "%s does not come by %s", p.text, s.actions[0].text)
			return
		}
	}
}
