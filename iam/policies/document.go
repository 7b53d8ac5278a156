package policies

import "strings"

// The most characters AWS takes, blanks outside strings not counted (IAM user
// guide, reference_iam-quotas). All inline policies of a user share the first.
const (
	MaxInline  = 2048
	MaxManaged = 6144
	MaxTrust   = 2048
)

// Document is a policy document that this package has made. It is immutable.
type Document struct {
	statements []statement
}

// statement is one statement in the order in which it is written.
type statement struct {
	sid        string
	deny       bool
	principals []string // ARNs, of a trust policy
	actions    []string
	notActions []string // in place of actions
	resources  []string // of a permission policy
	conditions []condition
}

type condition struct{ operator, key, value string }

// JSON returns the document's text, indented by two blanks, with a newline at its
// end. The same document always gives the same text.
func (d Document) JSON() string { return render(d.tree(), 0) + "\n" }

// Size returns how many characters AWS counts.
func (d Document) Size() int { return len(render(d.tree(), -1)) }

// A field is one name and value of an object; object keeps their order. Values are
// string, []string or object, or a list of objects.
type (
	field struct {
		name  string
		value any
	}
	object []field
)

func (d Document) tree() object {
	list := make([]object, len(d.statements))
	for i, s := range d.statements {
		list[i] = s.tree()
	}
	return object{{"Version", "2012-10-17"}, {"Statement", list}}
}

func (s statement) tree() object {
	effect := "Allow"
	if s.deny {
		effect = "Deny"
	}
	out := object{{"Sid", s.sid}, {"Effect", effect}}
	if s.principals != nil {
		out = append(out, field{"Principal", object{{"AWS", oneOrMore(s.principals)}}})
	}
	if s.actions != nil {
		out = append(out, field{"Action", oneOrMore(s.actions)})
	} else {
		out = append(out, field{"NotAction", oneOrMore(s.notActions)})
	}
	if s.resources != nil {
		out = append(out, field{"Resource", oneOrMore(s.resources)})
	}
	var conditions object
	for _, c := range s.conditions {
		conditions = append(conditions, field{c.operator, object{{c.key, c.value}}})
	}
	if conditions != nil {
		out = append(out, field{"Condition", conditions})
	}
	return out
}

func oneOrMore(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// quoted writes a string of JSON. What this package puts into documents has been
// checked, and holds no control characters.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// render writes a value as JSON, in one line where depth is negative; else its first
// line stands where it is put, and its further lines are indented by depth.
func render(v any, depth int) string {
	var parts []string
	colon, inner := ":", depth
	if depth >= 0 {
		colon, inner = ": ", depth+2
	}
	open, end := "[", "]"
	switch v := v.(type) {
	case string:
		return quoted(v)
	case []string:
		for _, s := range v {
			parts = append(parts, quoted(s))
		}
	case []object:
		for _, o := range v {
			parts = append(parts, render(o, inner))
		}
	case object:
		open, end = "{", "}"
		for _, f := range v {
			parts = append(parts, quoted(f.name)+colon+render(f.value, inner))
		}
	}
	if depth < 0 {
		return open + strings.Join(parts, ",") + end
	}
	line := "\n" + strings.Repeat(" ", inner)
	return open + line + strings.Join(parts, ","+line) + line[:len(line)-2] + end
}
