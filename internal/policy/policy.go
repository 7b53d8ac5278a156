// Package policy owns IAM policy documents as far as STS needs them: reading
// them strictly and deciding one request. It must not know of accounts, users
// or the wire; whoever asks brings the principal's names and the condition keys.
//
// The rules are those of the IAM user guide, "Policy evaluation logic" and
// "IAM JSON policy elements".
package policy

import (
	"strings"
)

// Kind says where a document is attached, which decides what it must hold.
type Kind uint8

const (
	// Identity documents hang on users, roles and sessions: statements name
	// resources and no principal.
	Identity Kind = iota
	// Trust documents hang on roles: statements name principals and no resource.
	Trust
)

// Document is one parsed policy. It is immutable.
type Document struct {
	version    string
	statements []statement
}

type statement struct {
	sid           string
	allow         bool
	actions       []string
	notActions    bool
	resources     []string // nil in a trust policy
	notResources  bool
	principals    []principal // nil in an identity policy
	notPrincipals bool
	conditions    []condition
}

// principal is one entry of a Principal element: kind "AWS", "Federated",
// "Service" or "*".
type principal struct{ kind, name string }

// Context holds the condition keys of a request, lower case, each with its
// values. A key that is not in the map is absent, which is not the same as empty.
type Context map[string][]string

// Caller says who asks, in all the spellings a Principal element may use.
type Caller struct {
	// Kind is "AWS", "Federated" or "Service".
	Kind string
	// Names are the exact names: ARNs of an AWS principal (an assumed role has
	// two: session and role), the provider's ARN, or the service's host name.
	Names []string
	// Account is the account of an AWS principal, which stands for everybody in it.
	Account string
}

// Request is one question to a document.
type Request struct {
	Action   string // "sts:AssumeRole"
	Resource string // ARN; not looked at in trust policies
	Caller   Caller // not looked at in identity policies
	Context  Context
}

// Decision is the answer of one document. Neither Allowed nor Denied means the
// document has nothing to say.
type Decision struct {
	Allowed bool // a statement allows, and none denies
	Denied  bool // a statement denies: this wins over everything
	// Direct is true where the allowing statement names the caller itself and
	// not only the caller's account. Inside one account such a grant needs no
	// identity policy beside it.
	Direct bool
}

// Evaluate decides the request.
func (d *Document) Evaluate(r Request) Decision {
	var out Decision
	for i := range d.statements {
		s := &d.statements[i]
		direct, ok := s.matches(r, d.version == "2012-10-17")
		if !ok {
			continue
		}
		if !s.allow {
			return Decision{Denied: true}
		}
		out.Allowed = true
		out.Direct = out.Direct || direct
	}
	return out
}

func (s *statement) matches(r Request, variables bool) (direct, ok bool) {
	if anyAction(s.actions, r.Action) == s.notActions {
		return false, false
	}
	if s.resources != nil && s.anyResource(r, variables) == s.notResources {
		return false, false
	}
	if s.principals != nil {
		var match bool
		match, direct = matchPrincipal(s.principals, r.Caller)
		if match == s.notPrincipals {
			return false, false
		}
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(r.Context, variables) {
			return false, false
		}
	}
	return direct, true
}

func anyAction(patterns []string, action string) bool {
	for _, p := range patterns {
		// Actions ignore case and know no variables.
		if glob(literalPattern(strings.ToLower(p), true), strings.ToLower(action)) {
			return true
		}
	}
	return false
}

func (s *statement) anyResource(r Request, variables bool) bool {
	for _, v := range s.resources {
		if p, ok := expand(v, r.Context, variables, true); ok && glob(p, r.Resource) {
			return true
		}
	}
	return false
}

// matchPrincipal reports whether the caller is named, and whether by itself
// rather than through its account.
func matchPrincipal(list []principal, c Caller) (match, direct bool) {
	for _, p := range list {
		switch {
		case p.kind == "*":
			if c.Kind == "AWS" {
				return true, true
			}
		case p.kind != c.Kind:
		case c.Kind == "AWS" && p.name == "*":
			return true, true
		case c.Kind == "AWS" && (p.name == c.Account || isRootOf(p.name, c.Account)):
			match = true
		default:
			for _, name := range c.Names {
				if name == p.name {
					return true, true
				}
			}
		}
	}
	return match, false
}

func isRootOf(arn, account string) bool {
	return strings.HasPrefix(arn, "arn:") && strings.HasSuffix(arn, ":iam::"+account+":root")
}
