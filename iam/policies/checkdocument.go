package policies

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kind says what a document is for.
type kind uint8

const (
	permission kind = iota // what somebody may do
	trusting               // who may assume a role
	onResource             // who may do what with a bucket, a queue, a key
)

// checkedDocument is what the rules look at.
type checkedDocument struct {
	kind       kind
	ofRole     bool
	variables  bool // the version knows them
	statements []*checked
}

func (c *checker) document(n *node, in place) {
	d := &checkedDocument{ofRole: in.role}
	d.variables = c.version(n)
	var list []*node
	for _, m := range n.members {
		switch m.name {
		case "Version", "Id":
		case "Statement":
			list = []*node{m.value}
			if m.value.kind == '[' {
				list = m.value.items
			}
			if len(list) == 0 {
				c.add("empty", m.value.at, "there is no statement")
			}
		default:
			c.unknownName(m, []string{"Version", "Id", "Statement"})
		}
	}
	sids := map[string]bool{}
	for _, item := range list {
		if item.kind != '{' {
			c.add("wrong-type", item.at, "a statement is %s, not an object", kindName(item.kind))
			continue
		}
		if sid := item.get("Sid"); sid != nil && sid.value.text != "" {
			if sids[sid.value.text] {
				c.add("sid-twice", sid.value.at, "two statements have the Sid %q", sid.value.text)
			}
			sids[sid.value.text] = true
		}
		d.statements = append(d.statements, c.statement(item))
	}
	d.kind = kindOf(d.statements, in)
	c.size(n, d.kind)
	for _, s := range d.statements {
		if len(c.found) < maxFindings {
			c.belongs(d, s)
			c.rules(d, s)
		}
	}
}

// rules has every rule look at a statement. One that has strayed in among statements
// with a Principal is taken for what it is by itself.
func (c *checker) rules(d *checkedDocument, s *checked) {
	if d.kind != permission && !s.hasPrincipal && s.hasResource {
		alone := *d
		alone.kind = permission
		d = &alone
	}
	c.actionRules(d, s)
	c.resourceRules(s)
	c.variableRules(d, s)
	c.conditionRules(s)
	c.mfaRules(d, s)
	c.ageRules(d, s)
	c.tagRules(d, s)
	c.principalRules(d, s)
}

// kindOf tells by its elements what a document is for.
func kindOf(statements []*checked, in place) kind {
	principals, resources, sts := in.trust, false, true
	for _, s := range statements {
		principals = principals || s.hasPrincipal
		resources = resources || s.hasResource
		for _, a := range s.actions {
			sts = sts && begins(strings.ToLower(a.text), "sts:")
		}
	}
	switch {
	case !principals:
		return permission
	case resources && !sts && !in.trust:
		return onResource
	}
	return trusting
}

// belongs checks what a statement has for what the document is.
func (c *checker) belongs(d *checkedDocument, s *checked) {
	switch d.kind {
	case permission:
		if !s.hasResource {
			c.addFix("missing", s.at, `add "Resource"`, "the statement has no Resource")
		}
	case trusting:
		if s.hasResource {
			c.add("trust-resource", s.resourceAt, "a trust policy has a Resource")
		}
		fallthrough
	case onResource:
		if !s.hasPrincipal {
			c.addFix("missing", s.at, `add "Principal"`, "the statement has no Principal")
		}
	}
}

// version checks the version, and reports whether variables are filled in.
func (c *checker) version(n *node) bool {
	m := n.get("Version")
	if m == nil {
		c.add("version-missing", n.at, "the document has no Version")
		return false
	}
	switch m.value.text {
	case "2012-10-17":
		return true
	case "2008-10-17":
		c.add("version-old", m.value.at, "the Version is 2008-10-17")
		return false
	}
	c.add("version", m.value.at, "the Version is %q", m.value.text)
	return true
}

// The most characters of documents that are attached otherwise than as a managed
// policy or with the usual quota of an account.
const (
	maxInlineRole = 10240
	maxTrustEver  = 4096
)

func (c *checker) size(n *node, k kind) {
	var b bytes.Buffer
	if json.Compact(&b, c.text[n.at:n.end]) != nil || k == onResource {
		return
	}
	size, usual, ever := utf8.RuneCount(b.Bytes()), MaxManaged, maxInlineRole
	if k == trusting {
		usual, ever = MaxTrust, maxTrustEver
	}
	switch {
	case size > ever:
		c.add("too-long", n.at, "the document has %s characters, and AWS takes %s at the most", strconv.Itoa(size), strconv.Itoa(ever))
	case size > usual:
		c.add("long", n.at, "the document has %s characters, more than %s", strconv.Itoa(size), strconv.Itoa(usual))
	}
}

// variableRules finds variables that are not filled in.
func (c *checker) variableRules(d *checkedDocument, s *checked) {
	for _, list := range [][]item{s.actions, s.principals} {
		for _, v := range list {
			if contains(v.text, "${") {
				c.add("variable-place", v.at, "%q has a variable where AWS fills none in", v.text)
			}
		}
	}
	for _, v := range s.resources {
		c.variable(d, v)
	}
	for i := range s.conditions {
		for _, v := range s.conditions[i].values {
			c.variable(d, v)
		}
	}
}

func (c *checker) variable(d *checkedDocument, v item) {
	for _, wrong := range []string{"$(aws:", "$aws:", "{{aws:", "%{aws:", "<aws:"} {
		if contains(strings.ToLower(v.text), wrong) {
			c.addFix("variable-form", v.at, "write ${aws:…}", "%q looks like a variable, and is none", v.text)
			return
		}
	}
	if before, after, ok := cut(v.text, "{aws:"); ok && !ends(before, "$") {
		c.addFix("variable-form", v.at, "write ${aws:"+after, "%q looks like a variable, and is none", v.text)
		return
	}
	first := true
	for rest := v.text; ; first = false {
		before, after, found := cut(rest, "${")
		if !found {
			return
		}
		name, next, closed := cut(after, "}")
		rest = next
		key, _, _ := cut(name, ",")
		key = strings.TrimSpace(key)
		switch {
		case !closed:
			c.add("variable-form", v.at, "the variable in %q has no end", v.text)
			return
		case name == "*" || name == "?" || name == "$":
		case ends(before, "$"):
			c.addFix("variable-form", v.at, "write ${"+name+"}: the second $ is for Terraform only", "%q has a $ too many", v.text)
		case !d.variables && first:
			c.add("variable-version", v.at, "${%s} stays as it is written", name)
		default:
			c.variableName(v, key)
		}
	}
}

func (c *checker) variableName(v item, key string) {
	name, global := cutPrefix(strings.ToLower(key), "aws:")
	fix := ""
	switch {
	case global && keyType(name) == 0:
		if near := Nearest(name, globalNames()); near != "" {
			fix = "write ${aws:" + near + "}"
		}
	case !contains(key, ":"):
		if keyType(name) != 0 {
			fix = "write ${aws:" + key + "}"
		}
	default:
		return
	}
	c.addFix("variable", v.at, fix, "there is no variable ${%s}", key)
}
