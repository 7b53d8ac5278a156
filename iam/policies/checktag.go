package policies

import "strings"

// tagRules finds access by tags that does not hold: conditions on the tags of the
// request where those of the resource were meant, and tags that the same people may
// change.
func (c *checker) tagRules(d *checkedDocument, s *checked) {
	if d.kind != permission || !s.allow() {
		return
	}
	requested := s.tests(func(t *test) bool {
		return begins(t.key, "aws:requesttag/") && t.operator != "Null" && !t.negated()
	})
	if requested != nil && !s.notAction && !onTags(s) {
		if !anyTakesTags(s.actions) {
			c.addFix("request-tag", requested.keyAt, "write aws:ResourceTag"+requested.spelt[len("aws:RequestTag"):], "none of the actions sets tags, so that %s is never there", requested.spelt)
		} else if a := changesTags(s.actions); a != nil && wide(s.resources) {
			c.add("resource-tag", a.at, "%s may set the tag on any resource", a.text)
		}
		return
	}
	if a := changesTags(s.actions); a != nil && !s.notAction && !onTags(s) && wide(s.resources) && byTags(d, s) {
		c.add("resource-tag", a.at, "%s may change the tags by which this document decides", a.text)
	}
}

// onTags reports whether a statement looks at the tags that a resource has.
//
//go:noinline
func onTags(s *checked) bool {
	return s.tests(func(t *test) bool { return contains(t.key, ":resourcetag/") }) != nil
}

// byTags reports whether another statement of the document decides by tags.
//
//go:noinline
func byTags(d *checkedDocument, but *checked) bool {
	for _, s := range d.statements {
		if s != but && s.tests(func(t *test) bool {
			return contains(t.key, ":resourcetag/") || begins(t.key, "aws:principaltag/")
		}) != nil {
			return true
		}
	}
	return false
}

// wide reports whether resources are more than named things.
//
//go:noinline
func wide(list []item) bool {
	for _, r := range list {
		if contains(r.text, "*") {
			return true
		}
	}
	return false
}

// changesTags returns the first action that changes the tags of what is there.
//
//go:noinline
func changesTags(actions []item) *item {
	for i := range actions {
		service, name, ok := cut(strings.ToLower(actions[i].text), ":")
		switch {
		case actions[i].text == "*":
			return &actions[i]
		case !ok || service == "sts":
		case name == "*", begins(name, "tag"), begins(name, "untag"), ends(name, "tags") && !begins(name, "list") && !begins(name, "describe") && !begins(name, "get"):
			return &actions[i]
		}
	}
	return nil
}

// anyTakesTags reports whether an action can carry tags in its request. Those that
// only look, change or remove cannot.
//
//go:noinline
func anyTakesTags(actions []item) bool {
	for _, a := range actions {
		_, name, _ := cut(strings.ToLower(a.text), ":")
		plain := false
		for _, verb := range strings.Fields("delete describe detach disable get list reboot remove start stop terminate") {
			plain = plain || begins(name, verb) && !ends(name, "tags")
		}
		if !plain {
			return true
		}
	}
	return len(actions) == 0
}
