package policies

import (
	"strconv"
	"strings"
)

// mfaRules finds the ways in which conditions on MFA go wrong: the key that tells of
// MFA is absent from requests that access keys sign.
func (c *checker) mfaRules(d *checkedDocument, s *checked) {
	about := s.tests(func(t *test) bool { return t.key == strings.ToLower(mfaPresent) || t.key == strings.ToLower(mfaAge) })
	if about == nil || d.kind == onResource {
		return
	}
	if c.neverMFA(d, s, about) {
		return
	}
	sure := false
	for i := range s.conditions {
		t := &s.conditions[i]
		sure = sure || t.operator == "Bool" && t.key == strings.ToLower(mfaPresent)
	}
	for i := range s.conditions {
		switch t := &s.conditions[i]; {
		case t.key != strings.ToLower(mfaPresent):
		case t.operator == "Null":
			c.nullMFA(s, t, sure)
		default:
			c.boolMFA(s, t)
		}
	}
	c.removal(s)
}

// boolMFA judges a test of whether there is MFA.
func (c *checker) boolMFA(s *checked, t *test) {
	yes, no := t.is(mfaPresent, "true"), t.is(mfaPresent, "false")
	if contains(t.operator, "Not") {
		yes, no = no, yes
	}
	switch {
	case s.allow() && yes && t.ifExists:
		c.add("mfa-allow-if-exists", t.at, "the statement allows access keys without MFA")
	case s.deny() && no && !t.ifExists && !t.negated():
		c.addFix("mfa-deny-bool", t.at, "write "+t.operator+"IfExists", "the statement does not deny access keys without MFA")
	case s.deny() && yes:
		c.add("mfa-upside-down", t.at, "the statement denies those with MFA")
	case s.allow() && no:
		c.add("mfa-upside-down", t.at, "the statement allows those without MFA")
	}
}

// nullMFA judges a test of whether the key is there; sure: another test of the
// statement asks for its value.
func (c *checker) nullMFA(s *checked, t *test, sure bool) {
	absent := t.is(mfaPresent, "true")
	switch {
	case sure:
	case s.deny() && absent:
		c.add("mfa-null", t.at, "the statement denies access keys, and no session without MFA")
	case s.allow() && !absent:
		c.add("mfa-null", t.at, "the statement allows every session, with MFA or without")
	case s.deny():
		c.add("mfa-upside-down", t.at, "the statement denies all sessions, those with MFA too")
	default:
		c.add("mfa-upside-down", t.at, "the statement allows access keys alone")
	}
}

// removal finds statements that deny everything without MFA, but let MFA be removed
// without, or shut people out.
func (c *checker) removal(s *checked) {
	without := s.tests(func(t *test) bool {
		return t.operator == "Bool" && t.is(mfaPresent, "false") || t.operator == "Null" && t.is(mfaAge, "true") || t.operator == "Null" && t.is(mfaPresent, "true")
	})
	if !s.deny() || without == nil {
		return
	}
	if !s.notAction {
		if covers(s.actions, "sts:GetSessionToken") && covers(s.actions, "s3:GetObject") {
			c.add("mfa-shut-out", s.actionAt, "nobody can get a session with MFA: sts:GetSessionToken is denied as well")
		}
		return
	}
	for _, a := range s.actions {
		for _, action := range []string{"iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"} {
			if covers([]item{a}, action) {
				c.add("mfa-removal", a.at, "%q lets MFA be removed without MFA", a.text)
				break
			}
		}
	}
	if !covers(s.actions, "sts:GetSessionToken") && onEverything(s.resources) {
		c.add("mfa-shut-out", s.actionAt, "nobody can get a session with MFA: NotAction does not list sts:GetSessionToken")
	}
}

// neverMFA finds conditions on MFA where no request ever has it.
func (c *checker) neverMFA(d *checkedDocument, s *checked, about *test) bool {
	before := len(c.found)
	switch {
	case d.kind == permission && d.ofRole:
		c.add("mfa-role", about.at, "the policy of a role asks for MFA")
	case d.kind != trusting:
	case covers(s.actions, "sts:AssumeRoleWithWebIdentity") || covers(s.actions, "sts:AssumeRoleWithSAML"):
		if !covers(s.actions, "sts:AssumeRole") {
			c.add("mfa-federated", about.at, "people who come from an identity provider are asked for MFA")
		}
	default:
		for _, p := range s.principals {
			switch {
			case p.kind == "Federated" || p.kind == "Service":
				c.add("mfa-federated", about.at, "%s is asked for MFA", p.text)
			case contains(p.text, ":role/") || contains(p.text, ":assumed-role/"):
				c.add("mfa-chained", about.at, "%s, a role, is asked for MFA", p.text)
			}
		}
	}
	return len(c.found) > before
}

// ageRules judges tests of how old MFA is.
func (c *checker) ageRules(d *checkedDocument, s *checked) {
	for i := range s.conditions {
		t := &s.conditions[i]
		if t.key != strings.ToLower(mfaAge) || !begins(t.operator, "Numeric") {
			continue
		}
		less, more := contains(t.operator, "Less"), contains(t.operator, "Greater")
		switch {
		case s.allow() && less && t.ifExists:
			c.add("mfa-allow-if-exists", t.at, "the statement allows requests without any MFA")
		case s.allow() && more || s.deny() && less:
			c.add("mfa-upside-down", t.at, "the statement is for old codes in place of new ones")
		case s.deny() && more && !t.ifExists && !deniesNone(d):
			c.addFix("mfa-deny-age", t.at, "write "+t.operator+"IfExists", "the statement denies old codes, and lets requests without any MFA pass")
		}
		for _, v := range t.values {
			switch n, err := strconv.ParseFloat(v.text, 64); {
			case err != nil:
			case n < minAge.Seconds():
				c.add("mfa-age", v.at, "%s is %s seconds", t.spelt, v.text)
			case n > maxAge.Seconds():
				c.add("mfa-age", v.at, "%s is %s seconds, and no session with MFA lasts longer than 129600", t.spelt, v.text)
			}
		}
	}
}

// deniesNone reports whether some statement denies what comes without MFA.
//
//go:noinline
func deniesNone(d *checkedDocument) bool {
	for _, s := range d.statements {
		if s.deny() && s.tests(func(t *test) bool {
			return t.operator == "Bool" && t.ifExists && t.is(mfaPresent, "false") || t.operator == "Null" && t.is(mfaAge, "true")
		}) != nil {
			return true
		}
	}
	return false
}
