package policies

import (
	"regexp"
	"strings"
)

// knownServices are those whose actions are all known.
const knownServices = "iam sts signin"

// actionRules looks at the names of actions, and at what they give away.
func (c *checker) actionRules(d *checkedDocument, s *checked) {
	for _, a := range s.actions {
		c.actionName(d, a)
	}
	if s.notAction && s.allow() {
		c.add("allow-not-action", s.actionAt, "the statement allows all but what NotAction lists")
	}
	if s.notResource && s.allow() {
		c.add("allow-not-resource", s.resourceAt, "the statement allows it on all but what NotResource lists")
	}
	if d.kind != permission || !s.allow() || s.notAction || !onEverything(s.resources) {
		return
	}
	for _, a := range s.actions {
		switch strings.ToLower(a.text) {
		case "*", "*:*":
			c.add("allow-all", a.at, "the statement allows every action on everything")
		case "iam:*":
			c.add("allow-iam", a.at, "the statement allows all of IAM on everything")
		case "iam:passrole":
			if s.tests(func(t *test) bool { return t.key == "iam:passedtoservice" || t.key == "iam:associatedresourcearn" }) == nil {
				c.add("pass-any-role", a.at, "iam:PassRole is allowed for every role and every service")
			}
		case "sts:assumerole", "sts:*":
			if !narrow(s) {
				c.add("assume-any-role", a.at, "%s is allowed on every role", a.text)
			}
		}
	}
}

// onEverything reports whether resources name all there is.
//
//go:noinline
func onEverything(list []item) bool {
	for _, r := range list {
		if r.text == "*" || matches(`^arn:[^:]*:[^:]*:[^:]*:[^:]*:(\*|role/\*)$`, r.text) {
			return true
		}
	}
	return false
}

// narrow reports whether conditions tell resources apart.
//
//go:noinline
func narrow(s *checked) bool {
	return s.tests(func(t *test) bool {
		return begins(t.key, "aws:resource") || begins(t.key, "iam:resourcetag/")
	}) != nil
}

// actionName checks one action: its form, and its name where the service's are known.
func (c *checker) actionName(d *checkedDocument, a item) {
	service, name, ok := cut(a.text, ":")
	switch {
	case a.text == "*" || a.text == "" || contains(a.text, "${"):
	case !ok:
		c.noService(a)
	case !matches(`^[A-Za-z0-9-]+$`, service) && a.text != "*:*":
		c.add("action-form", a.at, "%q has no service before the colon", a.text)
	case !matches(`^[A-Za-z0-9*?_-]+$`, name):
		c.add("action-form", a.at, "%q is no action", a.text)
	case knownActions(strings.ToLower(service)) == "":
		c.serviceTypo(a, service, name)
	default:
		c.knownName(a, strings.ToLower(service), name)
	}
	if d.kind == trusting && ok && !strings.EqualFold(service, "sts") {
		c.add("trust-action", a.at, "%q is in a trust policy", a.text)
	}
}

// noService says of an action without its service which may be meant.
func (c *checker) noService(a item) {
	fix := ""
	if service, name, ok := cut(a.text, "."); ok && knownActions(strings.ToLower(service)) != "" {
		fix = "write " + service + ":" + name
	}
	for _, service := range strings.Fields(knownServices) {
		if hasAction(service, a.text) {
			fix = "write " + service + ":" + a.text
		}
	}
	c.addFix("action-form", a.at, fix, "%q names no service", a.text)
}

// serviceTypo finds an action of a known service behind a prefix that is nearly its.
func (c *checker) serviceTypo(a item, service, name string) {
	near := Nearest(service, strings.Fields(knownServices))
	if near != "" && len(service) <= len(near)+1 && hasAction(near, name) && name != "*" && !containsAny(name, "*?") {
		c.addFix("action-typo", a.at, "write "+near+":"+name, "%q is an action of %s, misspelt", a.text, near)
	}
}

func (c *checker) knownName(a item, service, name string) {
	if hasAction(service, name) {
		return
	}
	for _, other := range strings.Fields(knownServices) {
		if other != service && !containsAny(name, "*?") && hasAction(other, name) {
			c.addFix("action-typo", a.at, "write "+other+":"+name, "%q belongs to %s", a.text, other)
			return
		}
	}
	if containsAny(name, "*?") {
		c.add("action-nothing", a.at, "%q matches no action", a.text)
		return
	}
	if near := Nearest(name, strings.Fields(knownActions(service))); near != "" {
		c.addFix("action-typo", a.at, "write "+service+":"+near, "there is no action %q", a.text)
		return
	}
	c.add("action-unknown", a.at, "latchkey knows no action %q", a.text)
}

// hasAction reports whether a name, or pattern, is one of a known service's actions.
//
//go:noinline
func hasAction(service, name string) bool {
	pattern := wild(name)
	for _, known := range strings.Fields(knownActions(service)) {
		if pattern.MatchString(known) {
			return true
		}
	}
	return false
}

// wild makes of a text with * and ? what it matches, whatever the letters' case.
//
//go:noinline
func wild(s string) *regexp.Regexp {
	s = regexp.QuoteMeta(s)
	return regexp.MustCompile("(?is)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(s) + "$")
}

// covers reports whether any of a list of action patterns matches an action.
//
//go:noinline
func covers(list []item, action string) bool {
	for _, a := range list {
		if wild(a.text).MatchString(action) {
			return true
		}
	}
	return false
}

// resourceRules finds resources that never match: no ARNs, ARNs of IAM that are none,
// and ARNs of another kind of thing than the actions are about.
func (c *checker) resourceRules(s *checked) {
	for _, r := range s.resources {
		parts := strings.SplitN(r.text, ":", 6)
		switch {
		case r.text == "*" || r.text == "" || begins(r.text, "${"):
		case parts[0] != "arn" && !begins(r.text, "*"):
			c.add("resource-form", r.at, "the Resource %q is no ARN", r.text)
		case len(parts) < 6 && !ends(r.text, "*"):
			c.add("resource-form", r.at, "the ARN %q has too few parts", r.text)
		case len(parts) == 6 && parts[2] == "iam":
			c.iamResource(r, parts)
		}
	}
	c.resourceKinds(s)
}

func (c *checker) iamResource(r item, parts []string) {
	kind, _, slash := cut(parts[5], "/")
	switch {
	case parts[3] != "" && parts[3] != "*":
		c.addFix("resource-never", r.at, "leave the region empty: arn:"+parts[1]+":iam::ACCOUNT:…", "no ARN of IAM has a region, as %q does", r.text)
	case !matches(`^([0-9]{12}|aws|[0-9*?]*[*?][0-9*?]*|\$\{.*\})$`, parts[4]):
		c.addFix("resource-never", r.at, "write the account's 12 digits, or *", "%q names no account", r.text)
	case containsAny(kind, "*?$") || parts[5] == "root":
	case !slash || !among(iamKinds, kind):
		fix := ""
		if near := Nearest(kind, strings.Fields(iamKinds)); near != "" {
			fix = "write " + near + "/…"
		}
		c.addFix("resource-never", r.at, fix, "IAM has nothing of the kind of %q", r.text)
	}
}

// iamKinds are the kinds of things with ARNs in IAM.
const iamKinds = "access-report assumed-role delegation-request federated-user group instance-profile mfa oidc-provider policy role saml-provider server-certificate sms-mfa u2f user"

// resourceKinds finds actions that are about none of the statement's resources.
func (c *checker) resourceKinds(s *checked) {
	if s.notResource || s.notAction || len(s.resources) == 0 {
		return
	}
	for _, a := range s.actions {
		kinds := ""
		for _, row := range aboutKinds() {
			if among(row.actions, strings.TrimPrefix(a.text, "iam:")) {
				kinds = row.kinds
			}
		}
		if kinds == "" || anyOfKind(s.resources, kinds) {
			continue
		}
		fix := "move it to a statement with the Resource arn:aws:iam::*:" + kinds + "/…"
		if kinds == "*" {
			fix = `move it to a statement with the Resource "*"`
		}
		c.addFix("resource-kind", a.at, fix, "%s is about no Resource of the statement", a.text)
	}
}

// aboutKinds tells of actions that people often put beside the wrong resource what
// they are about; "*": about nothing that has an ARN.
func aboutKinds() [4]struct{ kinds, actions string } {
	return [4]struct{ kinds, actions string }{
		{"user", "ChangePassword CreateAccessKey DeleteAccessKey UpdateAccessKey ListAccessKeys EnableMFADevice DeactivateMFADevice ResyncMFADevice ListMFADevices GetUser CreateLoginProfile UpdateLoginProfile DeleteLoginProfile GetLoginProfile"},
		{"mfa", "CreateVirtualMFADevice DeleteVirtualMFADevice"},
		{"role", "sts:AssumeRole PassRole GetRole UpdateAssumeRolePolicy CreateRole DeleteRole"},
		{"*", "GetAccountPasswordPolicy GetAccountSummary GenerateCredentialReport GetCredentialReport GetAccountAuthorizationDetails UpdateAccountPasswordPolicy"},
	}
}

// anyOfKind reports whether a resource may be of the kind. Texts that are filled in
// later, or are wrong anyhow, may be anything.
//
//go:noinline
func anyOfKind(list []item, kind string) bool {
	for _, r := range list {
		parts := strings.SplitN(r.text, ":", 6)
		if len(parts) < 6 || containsAny(parts[2], "*?$") {
			return true
		}
		if kind == "*" {
			continue
		}
		if name, _, _ := cut(parts[5], "/"); parts[2] == "iam" && wild(name).MatchString(kind) || contains(name, "$") {
			return true
		}
	}
	return false
}
