package iam

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// policies plans the inline policies.
func (p *onboardPlan) policies() error {
	s, w := &p.State, &p.wish
	size := 0
	put := func(name, doc, why string) {
		if has := s.Get(KindInline, name); has != nil {
			if sameDocument(has.Value, doc) {
				return
			}
			if why = "its document is another one"; name == PolicyAssumeRoles {
				why = "for " + strings.Join(w.Roles, ", ")
			}
		}
		p.add(ActionSet, KindInline, name, why, "PutUserPolicy", "UserName", w.User, "PolicyName", name, "PolicyDocument", doc)
	}
	if w.SelfService != "" {
		put(PolicySelfService, w.SelfService, "lets the user set up password, MFA and keys, and denies all else until MFA is on")
		size += compactSize(w.SelfService)
	}
	if len(w.Roles) > 0 {
		doc, err := p.roles()
		if err != nil {
			return err
		}
		put(PolicyAssumeRoles, doc, "lets the user assume "+plural(len(w.Roles), "role"))
		size += compactSize(doc)
	}
	for _, t := range s.All(KindInline) {
		ours := t.ID == PolicySelfService && w.SelfService != "" || t.ID == PolicyAssumeRoles && len(w.Roles) > 0
		if !ours {
			p.keep("%s", t.Label())
			size += compactSize(t.Value)
		}
	}
	if size > maxInline {
		return &PlanError{fmt.Sprintf("the inline policies of user %s would have %d characters, and AWS allows %d together", shown(w.User), size, maxInline),
			"give the roles to a group, and name it with --group; latchkey iam policy makes the document", nil}
	}
	return nil
}

// maxInline is how many characters AWS allows all inline policies of a user
// together, blanks not counted. IAM user guide, reference_iam-quotas.
const maxInline = 2048

// roles is the document for the roles wished for and those that the user has.
func (p *onboardPlan) roles() (string, error) {
	arns := p.wish.Roles
	if has := p.State.Get(KindInline, PolicyAssumeRoles); has != nil {
		old := assumable(has.Value)
		same, err := p.wish.AssumeRoles(old)
		if err != nil || !sameDocument(same, has.Value) {
			return "", &PlanError{"the inline policy " + PolicyAssumeRoles + " of user " + shown(p.wish.User) + " was changed by somebody else, so that no role can be added to it",
				"add the role there by hand, or delete that policy", nil}
		}
		had := map[string]bool{}
		for _, arn := range p.wish.Roles {
			had[arn] = true
		}
		for _, arn := range old {
			if !had[arn] {
				p.keep("permission to assume %s", arn)
			}
		}
		arns = union(old, p.wish.Roles)
	} else {
		arns = union(nil, arns)
	}
	doc, err := p.wish.AssumeRoles(arns)
	if err != nil {
		return "", &PlanError{err.Error(), "write --role arn:aws:iam::ACCOUNT:role/NAME", nil}
	}
	return doc, nil
}

// union is a with what b has beside it, each once.
//
//go:noinline
func union(a, b []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, list := range [][]string{a, b} {
		for _, s := range list {
			if !seen[s] {
				out = append(out, s)
			}
			seen[s] = true
		}
	}
	return out
}

// plural writes a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// compactSize is how many characters AWS counts of a document.
//
//go:noinline
func compactSize(doc string) int {
	var b bytes.Buffer
	if json.Compact(&b, []byte(doc)) != nil {
		return len(doc)
	}
	return b.Len()
}

// assumable returns the roles that a document allows to be assumed by name, in its
// order; none if it makes no sense.
func assumable(doc string) []string {
	var d struct {
		Statement oneOrMore[struct {
			Effect   string
			Action   oneOrMore[string]
			Resource oneOrMore[string]
		}]
	}
	if json.Unmarshal([]byte(doc), &d) != nil {
		return nil
	}
	var out []string
	for _, s := range d.Statement {
		assumes := slices.ContainsFunc(s.Action, func(a string) bool {
			a = strings.ToLower(a)
			return a == "sts:assumerole" || a == "sts:*" || a == "*" || a == "sts:assume*"
		})
		if s.Effect == "Allow" && assumes {
			out = union(out, s.Resource)
		}
	}
	return out
}

// oneOrMore is a list of JSON that may be written as its only element.
type oneOrMore[T any] []T

// UnmarshalJSON reads either.
func (l *oneOrMore[T]) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*l = []T{one}
	return nil
}

// CheckGroup fails where there is no such group. Where that may not be looked at, there
// is one.
func CheckGroup(ctx context.Context, a *Admin, name string) error {
	_, err := a.ask(ctx, "GetGroup", "Users", "GroupName", name)
	if gone(err) {
		return err
	}
	return nil
}
