package ssocmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/latchkey-aws/latchkey/sso"
)

// defaultTemplate names profiles: prod-Admin.
const defaultTemplate = "{account}-{role}"

// template makes the names of profiles: text, and placeholders at the odd places.
type template struct{ parts []string }

// placeholders lists what can stand in braces.
func placeholders() []string {
	return []string{"account", "account-id", "email", "email-local", "role", "session"}
}

// templateError says what is wrong with a template.
type templateError struct{ what string }

func (e *templateError) Error() string { return e.what }

// parseTemplate reads a template. Outside of braces there may be what all SDKs
// read in the name of a profile.
func parseTemplate(text string) (template, error) {
	var t template
	for rest := text; ; {
		literal, after, open := strings.Cut(rest, "{")
		if strings.ContainsFunc(literal, func(r rune) bool { return !nameRune(r) && !strings.ContainsRune("/%:", r) }) {
			return t, &templateError{"names of profiles are made of letters, digits and _-/.%@:+"}
		}
		t.parts = append(t.parts, literal)
		if !open {
			break
		}
		name, next, closed := strings.Cut(after, "}")
		if !closed || !slices.Contains(placeholders(), name) {
			return t, &templateError{"what stands in braces is one of " + strings.Join(placeholders(), ", ")}
		}
		t.parts = append(t.parts, name)
		rest = next
	}
	if len(t.parts) == 1 {
		return t, &templateError{"without a placeholder, such as {role}, all profiles would have one name"}
	}
	return t, nil
}

// expand makes the name of the profile of a role.
func (t template) expand(session string, a sso.Account, role string) string {
	local, _, _ := strings.Cut(a.Email, "@")
	var b strings.Builder
	for i, part := range t.parts {
		if i%2 == 1 {
			switch part {
			case "account":
				part = telling(a.Name, a.ID)
			case "account-id":
				part = a.ID
			case "email":
				part = telling(a.Email, a.ID)
			case "email-local":
				part = telling(local, a.ID)
			case "role":
				part = cmp.Or(slug(role), "role")
			case "session":
				part = cmp.Or(slug(session), "sso")
			}
		}
		b.WriteString(part)
	}
	return strings.TrimLeft(b.String(), "-.") // which would look like a flag or a hidden file
}

// telling is the slug of a name, or the account's id where no letter is left of it:
// what is left then says nothing, or looks like the id of another account.
func telling(name, id string) string {
	s := slug(name)
	if !strings.ContainsFunc(s, unicode.IsLetter) {
		return id
	}
	return s
}

// slug makes a word of a name: letters and digits as they are, without accents,
// and one - for all that cannot stand in a profile's name.
func slug(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range name {
		text := fold(r)
		if text == "" {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteString(text)
	}
	return strings.Trim(b.String(), "-.")
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.@+", r)
}

// fold returns r as it can stand in a name: itself, its letter without an accent,
// or nothing.
func fold(r rune) string {
	const accented = "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľŀłñńņňòóôõöøōŏőŕŗřśŝşšţťŧùúûüũūŭůűųŵýÿŷźżž"
	const letters = "aaaaaaaaacccccddeeeeeeeeegggghhiiiiiiiiijklllllnnnnooooooooorrrsssstttuuuuuuuuuuwyyyzzz"
	if nameRune(r) {
		return string(r)
	}
	low := unicode.ToLower(r)
	text := ""
	switch low {
	case 'ß':
		text = "ss"
	case 'æ':
		text = "ae"
	case 'œ':
		text = "oe"
	case 'þ':
		text = "th"
	case 'ð':
		text = "d"
	default:
		n := 0
		for _, a := range accented {
			if a == low {
				text = letters[n : n+1]
				break
			}
			n++
		}
	}
	if text != "" && low != r {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// shownName is an account's name as it can stand in the config file, "" if it
// cannot: Python reads the whole file in the encoding of the system, and would
// fail at what that has not, and the AWS CLI reads comments as part of a value.
func shownName(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch text := fold(r); {
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case text != "":
			b.WriteString(text)
		default:
			return ""
		}
	}
	var words []string
	for word := range strings.FieldsSeq(b.String()) {
		if word = strings.TrimLeft(word, "#;"); word != "" {
			words = append(words, word)
		}
	}
	return strings.Trim(strings.Join(words, " "), " \"'")
}

// naming gives profiles names that nothing else has.
type naming struct {
	template template
	session  string
	taken    func(name string) bool // by something that is not of this block
	used     map[string]bool        // in small letters: names of this block
}

// wanted is a role that is to get a profile.
type wanted struct {
	account sso.Account
	role    string
	name    string // given
	base    string // what the template says
}

// free reports whether a profile can get that name. Names that differ in upper and
// lower case only would be a trap.
func (n *naming) free(name string) bool {
	return name != "" && !strings.EqualFold(name, "default") && !n.used[strings.ToLower(name)] && !n.taken(name)
}

// assign names all that have no name yet, in the same way whatever their order was
// when they came: with the template's name where that is free and nobody else's,
// then with the account's id behind it, then with the role, then with a number.
func (n *naming) assign(list []*wanted) {
	for _, w := range list {
		w.base = n.template.expand(n.session, w.account, w.role)
	}
	for level := range 3 {
		count := make(map[string]int)
		for _, w := range list {
			if w.name == "" {
				count[strings.ToLower(w.candidate(level))]++
			}
		}
		for _, w := range list {
			if name := w.candidate(level); w.name == "" && count[strings.ToLower(name)] == 1 && n.free(name) {
				n.give(w, name)
			}
		}
	}
	for _, w := range list {
		for i := 2; w.name == ""; i++ {
			if name := fmt.Sprintf("%s-%d", w.candidate(2), i); n.free(name) {
				n.give(w, name)
			}
		}
	}
}

func (n *naming) give(w *wanted, name string) {
	w.name = name
	n.used[strings.ToLower(name)] = true
}

// candidate is the name that is tried at a level.
func (w *wanted) candidate(level int) string {
	name := w.base
	if level > 0 {
		name = strings.TrimLeft(name+"-"+w.account.ID, "-")
	}
	if role := slug(w.role); level > 1 && role != "" {
		name += "-" + role
	}
	return name
}
