package sdk

import (
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// value is what an SDK reads for a key, where it stands, and how it is written
// where that matters to others.
type value struct {
	text string
	path string
	line int
	key  string
	// nested says that the key has no value of its own but a block below it.
	nested bool
	// sub holds the block, for the SDK that looks into it here.
	sub map[string]string
	how how
}

// how says in which way a value is written that SDKs read differently.
type how uint8

const (
	howComment how = 1 << iota // a comment follows it
	howQuoted                  // it stands in quotes
	howColon                   // a colon is the delimiter
	howIndent                  // the line is indented
	howDefault                 // it is inherited from [DEFAULT]
)

//go:noinline
func (v value) origin() origin.Origin { return origin.File(v.path, v.line, v.key) }

// section is one section as an SDK reads it, merged with others where it does that.
type section struct {
	name string
	path string
	line int
	keys map[string]value
}

func newSection(name, path string, line int) *section {
	return &section{name: name, path: path, line: line, keys: map[string]value{}}
}

//go:noinline
func (s *section) has(key string) bool {
	if s == nil {
		return false
	}
	_, ok := s.keys[key]
	return ok
}

// get returns a key's value, the zero value where it is not there.
//
//go:noinline
func (s *section) get(key string) value {
	if s == nil {
		return value{}
	}
	return s.keys[key]
}

//go:noinline
func (s *section) text(key string) string { return s.get(key).text }

// at is where a key stands, or else the section.
//
//go:noinline
func (s *section) at(key string) origin.Origin {
	if s == nil {
		return origin.Origin{}
	}
	if v, ok := s.keys[key]; ok {
		return v.origin()
	}
	return s.origin()
}

//go:noinline
func (s *section) origin() origin.Origin {
	if s == nil {
		return origin.Origin{}
	}
	return origin.File(s.path, s.line, "")
}

// dropped is a header that an SDK does not read as a profile.
type dropped struct {
	header string
	path   string
	line   int
	code   string
	why    string
	fix    string
}

// named reports whether a person may have meant the profile of that name.
func (d dropped) named(name string) bool {
	bare := strings.Trim(strings.TrimSpace(d.header), "\"'")
	if bare == name {
		return true
	}
	word, rest, found := strings.Cut(bare, " ")
	if tab, after, ok := strings.Cut(bare, "\t"); ok && len(tab) < len(word) {
		word, rest, found = tab, after, true
	}
	return found && strings.EqualFold(word, "profile") && strings.Trim(strings.TrimSpace(rest), "\"'") == name
}

// lost returns the dropped header that a person meant for a profile that is not
// there.
func lost(list []dropped, name string) (dropped, bool) {
	for _, d := range list {
		if d.named(name) {
			return d, true
		}
	}
	return dropped{}, false
}

// written says how a line is written, whatever the SDK makes of it: text is the
// line without its end.
func written(text string) how {
	var h how
	if text != "" && (text[0] == ' ' || text[0] == '\t') {
		h |= howIndent
	}
	equals, colon := strings.IndexByte(text, '='), strings.IndexByte(text, ':')
	at := equals
	if equals < 0 || colon >= 0 && colon < equals {
		at = colon
		h |= howColon
	}
	if at < 0 {
		return h &^ howColon
	}
	rest := strings.TrimSpace(text[at+1:])
	for i := 1; i < len(rest); i++ {
		if (rest[i] == '#' || rest[i] == ';') && (rest[i-1] == ' ' || rest[i-1] == '\t') {
			h |= howComment
			rest = strings.TrimSpace(rest[:i])
			break
		}
	}
	if n := len(rest); n > 1 && rest[0] == rest[n-1] && (rest[0] == '"' || rest[0] == '\'') {
		h |= howQuoted
	}
	return h
}
