package policy

import (
	"slices"
	"strings"
)

// Verdict is what a statement does with a request.
type Verdict string

// The verdicts. Unsure: that depends on values that whoever asks does not know.
const (
	Matches Verdict = "matches"
	Misses  Verdict = "misses"
	Unsure  Verdict = "unsure"
)

// Trace is what one statement makes of a request, and why. Its texts are the
// document's own: foreign, and not sanitised.
type Trace struct {
	// Number counts statements from 1; Sid is "" where there is none.
	Number  int
	Sid     string
	Allow   bool
	Verdict Verdict
	// Reasons are the elements that keep the statement from matching, or may.
	Reasons []Reason
}

// Reason is one element of a statement that does not match a request.
type Reason struct {
	// Element is "Action", "Resource", "Principal" or "Condition"; Not says that it
	// is the negated one, such as NotPrincipal.
	Element string
	Not     bool
	// Operator and Key are those of a condition, as they are written.
	Operator, Key string
	// Want holds the element's values, with their variables filled in where those
	// are known; Have the request's, nil where the key is absent.
	Want, Have []string
	// Unknown: nobody knows whether the request has the key, or what a variable of
	// the values stands for.
	Unknown bool
}

// Trace asks every statement by itself. known tells of a condition key (in lower
// case) that is not in the request's context whether it is surely absent; nil: all are.
func (d *Document) Trace(r Request, known func(key string) bool) []Trace {
	if known == nil {
		known = func(string) bool { return true }
	}
	list := make([]Trace, len(d.statements))
	for i := range d.statements {
		s := &d.statements[i]
		t := Trace{Number: i + 1, Sid: s.sid, Allow: s.allow, Verdict: Matches, Reasons: s.reasons(r, d.version == "2012-10-17", known)}
		for _, reason := range t.Reasons {
			if !reason.Unknown {
				t.Verdict = Misses
			} else if t.Verdict == Matches {
				t.Verdict = Unsure
			}
		}
		list[i] = t
	}
	return list
}

func (s *statement) reasons(r Request, variables bool, known func(string) bool) []Reason {
	var list []Reason
	if anyAction(s.actions, r.Action) == s.notActions {
		list = append(list, Reason{Element: "Action", Not: s.notActions, Want: s.actions, Have: []string{r.Action}})
	}
	if s.resources != nil && s.anyResource(r, variables) == s.notResources {
		list = append(list, Reason{Element: "Resource", Not: s.notResources, Want: s.resources, Have: []string{r.Resource}})
	}
	if s.principals != nil {
		if match, _ := matchPrincipal(s.principals, r.Caller); match == s.notPrincipals {
			list = append(list, Reason{Element: "Principal", Not: s.notPrincipals, Want: s.named(), Have: r.Caller.Names})
		}
	}
	for i := range s.conditions {
		if reason, ok := s.conditions[i].reason(r.Context, variables, known); ok {
			list = append(list, reason)
		}
	}
	return list
}

// named writes the statement's principals with what kind they are of.
func (s *statement) named() []string {
	names := make([]string, 0, len(s.principals))
	for _, p := range s.principals {
		name := p.name
		if p.kind != "AWS" {
			name = strings.TrimSuffix(p.kind+" "+p.name, " ")
		}
		names = append(names, name)
	}
	return names
}

// reason tells what a condition asks that the request does not have. ok is false
// where the condition holds.
func (c *condition) reason(ctx Context, variables bool, known func(string) bool) (r Reason, ok bool) {
	_, present := ctx[c.key]
	unknown := !present && !known(c.key)
	want := make([]string, len(c.values))
	for i, v := range c.values {
		want[i] = v
		for _, key := range variablesOf(v, variables) {
			if _, there := ctx[key]; !there && !known(key) {
				unknown = true
			}
		}
		if p, ok := expand(v, ctx, variables, false); ok && variables {
			want[i] = string(p)
		}
	}
	if !unknown && c.holds(ctx, variables) {
		return r, false
	}
	return Reason{Element: "Condition", Operator: c.operator, Key: c.spelt, Want: want, Have: slices.Clone(ctx[c.key]), Unknown: unknown}, true
}

// variablesOf lists the keys of the variables in a value, in lower case.
func variablesOf(s string, variables bool) []string {
	var keys []string
	for variables {
		_, rest, found := strings.Cut(s, "${")
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			break
		}
		if key, _, _ := strings.Cut(name, ","); name != "*" && name != "?" && name != "$" {
			keys = append(keys, strings.ToLower(strings.TrimSpace(key)))
		}
		s = after
	}
	return keys
}
