package sandbox

import (
	"sort"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

// grants are the documents that count for an identity, as they are at one time.
type grants struct {
	identity []string // inline, attached, and those of groups
	boundary string
	bounded  bool
	session  []string // the managed policies of the session
}

// grantsOf gathers them. A policy that is not there any more grants nothing, and
// as a boundary it leaves nothing.
func (w view) grantsOf(e *entity) grants {
	var g grants
	g.identity = w.documents(e)
	for _, id := range e.groups {
		if group := w.byID(id); group != nil {
			g.identity = append(g.identity, w.documents(group)...)
		}
	}
	if g.bounded = e.boundary != ""; g.bounded {
		if p := w.byARN(aPolicy, e.boundary); p != nil {
			g.boundary = p.document
		}
	}
	if e.indulged && len(g.identity) == 0 && len(e.groups) == 0 && !g.bounded && e.login == nil {
		g.identity = []string{indulgence(e)}
	}
	return g
}

func (w view) documents(e *entity) []string {
	var out []string
	for _, name := range sortedKeys(e.inline) {
		out = append(out, e.inline[name])
	}
	for _, arn := range e.attached {
		if p := w.byARN(aPolicy, arn); p != nil {
			out = append(out, p.document)
		}
	}
	return out
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// indulgence is what users and roles of a world may do without any policy, so
// that a world needs none to begin with: all of STS, and users manage themselves.
func indulgence(e *entity) string {
	const all = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}`
	if e.kind != aUser {
		return all + `]}`
	}
	return all + `,{"Effect":"Allow","Action":"iam:*","Resource":["` + e.arn() + `","` + e.account.arn("iam", "mfa/${aws:username}*") +
		`"]},{"Effect":"Allow","Action":["iam:ListVirtualMFADevices","iam:GetAccountPasswordPolicy","iam:GetAccountSummary"],"Resource":"*"}]}`
}

// verdict is what all policies of a caller say together.
type verdict struct {
	allowed bool
	denied  string // the kind of policy with the explicit deny, "" for none
	missing string // the kind of policy that allows nothing, "" if all do
}

// judge asks every policy of the caller: its own, the boundary, its session's.
// What it may do, each kind must allow; one deny ends it.
func (c *caller) judge(action, resource string, ctx policy.Context) verdict {
	r := policy.Request{Action: action, Resource: resource, Context: ctx}
	var v verdict
	layer := func(kind string, documents []*policy.Document, free bool) {
		allowed := free
		for _, d := range documents {
			decision := d.Evaluate(r)
			if decision.Denied && v.denied == "" {
				v.denied = kind
			}
			allowed = allowed || decision.Allowed
		}
		if !allowed && v.missing == "" {
			v.missing = kind
		}
	}
	layer("identity-based policy", parsed(c.granted.identity), c.kind == kindRoot || c.holder == nil)
	if c.granted.bounded {
		layer("permissions boundary", parsed([]string{c.granted.boundary}), false)
	}
	if c.sessionPolicy != nil || len(c.policyARNs) > 0 {
		documents := parsed(c.granted.session)
		if c.sessionPolicy != nil {
			documents = append(documents, c.sessionPolicy)
		}
		layer("session policy", documents, false)
	}
	v.allowed = v.denied == "" && v.missing == ""
	return v
}

// parsed reads documents that were checked when they came.
func parsed(texts []string) []*policy.Document {
	var out []*policy.Document
	for _, text := range texts {
		if d, err := policy.Parse([]byte(text), policy.Identity); err == nil {
			out = append(out, d)
		}
	}
	return out
}

// refusal words a verdict as AWS does.
func (c *caller) refusal(v verdict, action, shown string) *stsError {
	fail := c.unauthorized(action, shown)
	switch {
	case v.denied == "permissions boundary" || v.denied == "session policy":
		fail.message += " with an explicit deny in a " + v.denied
	case v.denied != "":
		fail.message += " with an explicit deny in an " + v.denied
	case v.missing != "":
		fail.message += " because no " + v.missing + " allows the " + action + " action"
	}
	return fail
}
