package policies

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The most characters AWS takes, blanks outside strings not counted (IAM user
// guide, reference_iam-quotas). All inline policies of a user share the first.
const (
	MaxInline  = 2048
	MaxManaged = 6144
	MaxTrust   = 2048
)

// Document is a policy document that this package has made. It is immutable.
type Document struct {
	text  string // without blanks
	trust bool   // it says who may assume a role, rather than what somebody may do
}

// JSON returns the document's text, indented by two blanks, with a newline at its
// end. The same document always gives the same text.
func (d Document) JSON() string {
	var b bytes.Buffer
	_ = json.Indent(&b, []byte(d.text), "", "  ") // it is JSON of our own
	return b.String() + "\n"
}

// Size returns how many characters AWS counts.
func (d Document) Size() int { return len(d.text) }

// document puts statements together.
func document(statements ...string) Document {
	return Document{text: `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + "]}"}
}

// statement writes one. actions and resources are separated by blanks, actions of IAM
// come without "iam:"; resources may be "" in a trust policy, which principals are for.
// conditions are operator, key and value by threes.
func statement(sid, effect, principals, action, actions, resources string, conditions ...string) string {
	s := `{"Sid":` + quoted(sid) + `,"Effect":` + quoted(effect)
	if principals != "" {
		s += `,"Principal":{"AWS":` + oneOrMore("", principals) + "}"
	}
	s += "," + quoted(action) + ":" + oneOrMore("iam:", actions)
	if resources != "" {
		s += `,"Resource":` + oneOrMore("", resources)
	}
	lead := `,"Condition":{`
	for i := 0; i < len(conditions); i += 3 {
		s += lead + quoted(conditions[i]) + ":{" + quoted(conditions[i+1]) + ":" + quoted(conditions[i+2]) + "}"
		lead = ","
	}
	if lead == "," {
		s += "}"
	}
	return s + "}"
}

// oneOrMore writes a text, or a list of them, each with a prefix where it has no colon.
//
//go:noinline
func oneOrMore(prefix, words string) string {
	list := strings.Fields(words)
	for i, word := range list {
		if !contains(word, ":") && word != "*" {
			word = prefix + word
		}
		list[i] = quoted(word)
	}
	if len(list) == 1 {
		return list[0]
	}
	return "[" + strings.Join(list, ",") + "]"
}

// quoted writes a string of JSON. What this package puts into documents has been
// checked, and holds no control characters.
//
//go:noinline
func quoted(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`)
	return `"` + s + `"`
}
