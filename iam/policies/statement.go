package policies

import (
	"sort"
	"strings"
)

// checked is one statement of a document that is checked.
type checked struct {
	at           int
	effect       string // Allow or Deny, "" if neither
	actions      []item
	notAction    bool
	resources    []item
	notResource  bool
	hasResource  bool
	principals   []item // kind says which: AWS, Federated, Service …; "*" for all
	notPrincipal bool
	hasPrincipal bool
	conditions   []test
	principalAt  int
	actionAt     int
	resourceAt   int
}

func (s *checked) allow() bool { return s.effect == "Allow" }
func (s *checked) deny() bool  { return s.effect == "Deny" }

// item is one text of a list.
type item struct {
	text string
	at   int
	kind string
}

// test is one operator on one key of a condition.
type test struct {
	operator     string // without set and IfExists; as AWS spells it, "" if not known
	set          string // ForAnyValue, ForAllValues or ""
	ifExists     bool
	key          string // in lower case
	spelt        string
	at, keyAt    int
	values       []item
	incalculable bool // some value is not known before a template is used
}

// is reports whether the test is one of a key, with one value and nothing else.
//
//go:noinline
func (t *test) is(key, value string) bool {
	if t.key != strings.ToLower(key) || len(t.values) == 0 {
		return false
	}
	for _, v := range t.values {
		if !strings.EqualFold(v.text, value) {
			return false
		}
	}
	return true
}

//go:noinline
func (t *test) negated() bool { return contains(t.operator, "Not") }

// tests returns the first test of the statement that a function wants, nil for none.
//
//go:noinline
func (s *checked) tests(want func(*test) bool) *test {
	for i := range s.conditions {
		if want(&s.conditions[i]) {
			return &s.conditions[i]
		}
	}
	return nil
}

// list reads a text or a list of texts; what a template fills in later is left out.
func (c *checker) list(n *node, what string) []item {
	var out []item
	values := []*node{n}
	if n.kind == '[' {
		values = n.items
		if len(values) == 0 {
			c.add("empty", n.at, "%s is an empty list", what)
		}
	}
	for _, v := range values {
		switch v.kind {
		case '"':
			if v.text == "" {
				c.add("empty", v.at, "%s holds an empty text", what)
			}
			out = append(out, item{text: v.text, at: v.at})
		case '{': // a template's function: Ref, Fn::Sub …
			if len(v.members) != 1 || v.members[0].name != "Ref" && !begins(v.members[0].name, "Fn::") {
				c.add("wrong-type", v.at, "%s holds an object where a text belongs", what)
			}
		default:
			c.add("wrong-type", v.at, "%s holds %s where a text belongs", what, kindName(v.kind))
		}
	}
	return out
}

//go:noinline
func kindName(kind byte) string {
	switch kind {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case '0':
		return "a number"
	case 't':
		return "true or false"
	}
	return "null"
}

// statement reads a statement, and says of its form what is wrong with it.
func (c *checker) statement(n *node) *checked {
	s := &checked{at: n.at, principalAt: n.at, actionAt: n.at, resourceAt: n.at}
	for _, m := range n.members {
		switch m.name {
		case "Sid":
			if n.get("Principal") == nil || n.get("Resource") == nil { // policies of keys and buckets take any
				c.sid(m)
			}
		case "Effect":
			c.effect(s, m)
		case "Action", "NotAction":
			s.actions, s.notAction, s.actionAt = c.list(m.value, m.name), m.name == "NotAction", m.at
		case "Resource", "NotResource":
			s.resources, s.notResource, s.hasResource, s.resourceAt = c.list(m.value, m.name), m.name == "NotResource", true, m.at
		case "Principal", "NotPrincipal":
			s.hasPrincipal, s.notPrincipal, s.principalAt = true, m.name == "NotPrincipal", m.at
			s.principals = c.principals(m)
		case "Condition":
			s.conditions = c.conditions(m.value)
		default:
			c.unknownName(m, []string{"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"})
		}
	}
	c.pairs(n)
	return s
}

// pairs checks what a statement must have one of.
func (c *checker) pairs(n *node) {
	if len(n.members) == 0 {
		c.add("empty", n.at, "the statement is empty")
		return
	}
	if n.get("Effect") == nil {
		c.add("missing", n.at, "the statement has no Effect")
	}
	if n.get("Action") == nil && n.get("NotAction") == nil {
		c.add("missing", n.at, "the statement has no Action")
	}
	for _, name := range []string{"Action", "Resource", "Principal"} {
		if not := n.get("Not" + name); not != nil && n.get(name) != nil {
			c.add("both", not.at, "the statement has both %s and Not%s", name, name)
		}
	}
}

// unknownName says of a name that AWS does not know what it may have meant.
//
//go:noinline
func (c *checker) unknownName(m member, names []string) {
	fix := "take it out, or write one of " + strings.Join(names, ", ")
	if near := Nearest(m.name, names); near != "" {
		fix = "write " + near
	}
	c.addFix("unknown-element", m.at, fix, "%q is no element of a policy", m.name)
}

func (c *checker) sid(m member) {
	for _, r := range m.value.text {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			c.add("sid", m.value.at, "the Sid %q holds other than letters and digits", m.value.text)
			return
		}
	}
}

func (c *checker) effect(s *checked, m member) {
	switch m.value.text {
	case "Allow", "Deny":
		s.effect = m.value.text
		return
	}
	fix := ""
	for _, effect := range []string{"Allow", "Deny"} {
		if strings.EqualFold(effect, m.value.text) {
			fix, s.effect = "write "+effect, effect
		}
	}
	c.addFix("effect", m.value.at, fix, "the Effect is %q", m.value.text)
}

func (c *checker) principals(m member) []item {
	var out []item
	switch v := m.value; v.kind {
	case '"':
		if v.text != "*" {
			c.addFix("principal", v.at, `write {"AWS": "`+v.text+`"}`, "the %s is the text %q", m.name, v.text)
			return nil
		}
		return []item{{"*", v.at, "*"}}
	case '{':
		for _, kind := range v.members {
			switch kind.name {
			case "AWS", "Federated", "Service", "CanonicalUser":
			default:
				c.unknownName(kind, []string{"AWS", "Federated", "Service", "CanonicalUser"})
				continue
			}
			if kind.value.kind == '0' {
				c.add("account-number", kind.value.at, "an account is written as a number")
				continue
			}
			for _, one := range c.list(kind.value, m.name) {
				one.kind = kind.name
				out = append(out, one)
			}
		}
	default:
		c.add("wrong-type", v.at, "%s is %s", m.name, kindName(v.kind))
	}
	return out
}

func (c *checker) conditions(n *node) []test {
	if n.kind != '{' {
		c.add("wrong-type", n.at, "Condition is %s, not an object", kindName(n.kind))
		return nil
	}
	var out []test
	for _, m := range n.members {
		base := c.operator(m)
		if m.value.kind != '{' {
			c.add("wrong-type", m.value.at, "%s is %s, not an object of keys", m.name, kindName(m.value.kind))
			continue
		}
		if len(m.value.members) == 0 {
			c.add("empty", m.at, "%s has no key", m.name)
		}
		for _, key := range m.value.members {
			t := base
			t.key, t.spelt, t.keyAt = strings.ToLower(key.name), key.name, key.at
			t.values, t.incalculable = c.values(key)
			out = append(out, t)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].keyAt < out[j].keyAt })
	return out
}

// values reads the values of a key, which may be numbers and booleans as well.
func (c *checker) values(m member) (out []item, incalculable bool) {
	list := []*node{m.value}
	if m.value.kind == '[' {
		list = m.value.items
	}
	if len(list) == 0 {
		c.add("empty", m.value.at, "%s has no value", m.name)
	}
	for _, v := range list {
		switch v.kind {
		case '"', '0', 't':
			out = append(out, item{text: v.text, at: v.at})
		case '{':
			incalculable = true
		default:
			c.add("wrong-type", v.at, "%s holds %s", m.name, kindName(v.kind))
		}
	}
	return out, incalculable
}

// operator takes an operator apart.
func (c *checker) operator(m member) test {
	t := test{at: m.at}
	base := m.name
	for _, set := range []string{"ForAnyValue", "ForAllValues"} {
		if rest, ok := cutPrefix(base, set+":"); ok {
			t.set, base = set, rest
		}
	}
	if rest, ok := cutSuffix(base, "IfExists"); ok {
		t.ifExists, base = true, rest
	}
	names := strings.Fields(operators)
	for _, name := range names {
		if name == base {
			t.operator = name
		}
	}
	switch near := Nearest(base, names); {
	case t.operator == "Null" && (t.ifExists || t.set != ""):
		c.addFix("operator", m.at, "write Null", "%q is no operator", m.name)
	case t.operator != "":
	case near != "":
		c.addFix("operator", m.at, "write "+strings.Replace(m.name, base, near, 1), "%q is no operator", m.name)
	default:
		c.add("operator", m.at, "%q is no operator", m.name)
	}
	return t
}
