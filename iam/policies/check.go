package policies

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// Weight says how much a finding matters.
type Weight string

// The weights, the heaviest first.
const (
	// Error: AWS refuses the document, or a statement never does what it says.
	Error Weight = "error"
	// Security: somebody gets more than the document seems to give.
	Security Weight = "security"
	// Warning: it is probably not what was meant.
	Warning Weight = "warning"
	// Note: worth knowing.
	Note Weight = "note"
)

// Finding is one mistake. Its texts are fit for a terminal.
type Finding struct {
	Weight Weight `json:"weight"`
	// Code is stable; docs/policies.md lists them.
	Code string `json:"code"`
	// Line and Column count from 1, Column in characters.
	Line   int    `json:"line"`
	Column int    `json:"column"`
	What   string `json:"what"`
	Why    string `json:"why"`
	Fix    string `json:"fix"`
}

// CheckOptions say what a document does not.
type CheckOptions struct {
	// OfRole: permission policies hang on a role.
	OfRole bool
}

// maxFindings are told; a file with more has one cause, and is read again anyhow.
const maxFindings = 100

// Check finds the known mistakes of the policy documents in a text, in the order of
// their places. The text is a document as IAM takes it, or JSON that holds such
// documents: a CloudFormation template, a Terraform plan, what the AWS CLI prints.
func Check(text []byte, o CheckOptions) []Finding {
	c := &checker{text: text, at: -1}
	root, wrong := read(text, c.twice)
	if wrong != nil {
		c.misread(wrong)
		return c.sorted()
	}
	c.search(root, place{role: o.OfRole})
	if c.documents == 0 {
		c.add("no-document", root.at, "there is no policy document in it")
	}
	return c.sorted()
}

// checker collects findings. The offsets are those of text, unless the document is
// itself the text of a value: then all stand where that does.
type checker struct {
	text      []byte
	at        int // in place of any offset, if not -1
	found     []placed
	documents int
}

type placed struct {
	at int
	Finding
}

// said is what holds of a finding whatever the case.
type said struct {
	code     string
	weight   Weight
	why, fix string
}

//go:noinline
func (c *checker) add(code string, at int, what string, args ...string) {
	c.addFix(code, at, "", what, args...)
}

// addFix is add with a fix of its own, "" for the one of the code. %s and %q of what
// are filled in, as package fmt would, but for what no terminal is to get.
//
//go:noinline
func (c *checker) addFix(code string, at int, fix, what string, args ...string) {
	if len(c.found) >= maxFindings {
		return
	}
	if c.at >= 0 {
		at = c.at
	}
	f := Finding{Code: code, Fix: display.Text(fix, 400)}
	for _, arg := range args {
		before, after, _ := cut(what, "%")
		text := display.Text(arg, 120)
		if begins(after, "q") {
			text = `"` + text + `"`
		}
		f.What += before + text
		what = after[1:]
	}
	f.What += what
	for i := range sayings {
		if s := &sayings[i]; s.code == code {
			f.Weight, f.Why = s.weight, s.why
			if fix == "" {
				f.Fix = s.fix
			}
		}
	}
	c.found = append(c.found, placed{at, f})
}

// sorted returns the findings in the order of their places, with line and column.
func (c *checker) sorted() []Finding {
	sort.SliceStable(c.found, func(i, j int) bool { return c.found[i].at < c.found[j].at })
	list := make([]Finding, 0, len(c.found))
	line, start, done := 1, 0, 0
	for _, p := range c.found {
		at := min(p.at, len(c.text))
		if n := bytes.Count(c.text[done:at], []byte("\n")); n > 0 {
			line, start = line+n, bytes.LastIndexByte(c.text[:at], '\n')+1
		}
		done = at
		p.Line, p.Column = line, utf8.RuneCount(c.text[start:at])+1
		list = append(list, p.Finding)
	}
	return list
}

// misread says why a text is no JSON, and what it may be instead.
func (c *checker) misread(wrong *misread) {
	head := strings.TrimSpace(string(c.text[:min(len(c.text), 4096)]))
	what, fix := wrong.what, wrong.fix
	switch {
	case head == "":
		what, fix = "there is nothing in it", "give a policy document"
	case len(c.text) > maxText:
		what, fix = "it is longer than a megabyte", "give a policy document by itself"
	case contains(head, "\x00"):
		what, fix = "there are NUL bytes in it, as in UTF-16 and binary files", "save it as UTF-8"
	case wrong.at > 0 || begins(head, "\ufeff"):
	case begins(head, "resource ") || begins(head, "data ") || begins(head, "locals ") || contains(head, "jsonencode("):
		what, fix = "this is Terraform's language, not JSON", "check the plan: terraform show -json PLANFILE | latchkey iam policy check -"
	case contains(head, ":") && head[0] != '{' && head[0] != '[' && head[0] != '"':
		what, fix = "this is no JSON; it may be YAML", "write it as JSON first: latchkey reads policy documents and templates in JSON"
	}
	c.addFix("not-json", wrong.at, fix, "%s", what)
}

func (c *checker) twice(m member) {
	c.add("twice", m.at, "%q is there twice", m.name)
}

// place says what is known of where a document was found.
type place struct {
	role  bool // in a role, or what describes one
	trust bool // it says who may assume the role
}

// search finds the documents in a value.
func (c *checker) search(n *node, in place) {
	switch n.kind {
	case '"':
		c.inText(n, in)
	case '[':
		for _, item := range n.items {
			c.search(item, in)
		}
	case '{':
		if isDocument(n) {
			c.documents++
			c.document(n, in)
			return
		}
		if kind := n.get("Type"); n.get("RoleName") != nil || kind != nil && (kind.value.text == "AWS::IAM::Role" || kind.value.text == "aws_iam_role") {
			in.role = true
		}
		for _, m := range n.members {
			inside := in
			inside.trust = m.name == "AssumeRolePolicyDocument" || m.name == "assume_role_policy"
			c.search(m.value, inside)
		}
	}
}

// isDocument reports whether an object is meant as a policy document.
//
//go:noinline
func isDocument(n *node) bool {
	for _, m := range n.members {
		if strings.EqualFold(m.name, "Statement") || strings.EqualFold(m.name, "Statements") {
			return true
		}
	}
	return false
}

// inText checks the document that a text holds, as plans of Terraform do. What is
// found stands where the text does.
func (c *checker) inText(n *node, in place) {
	if c.at >= 0 || !begins(strings.TrimSpace(n.text), "{") || !contains(n.text, "Statement") {
		return
	}
	inner := &checker{text: []byte(n.text), at: n.at, found: c.found}
	if root, wrong := read(inner.text, inner.twice); wrong == nil {
		inner.search(root, in)
	}
	c.found, c.documents = inner.found, c.documents+inner.documents
}
