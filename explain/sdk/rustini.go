package sdk

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// rustParser is the strict line parser of the Rust SDK: the first line that it
// cannot read is the end of both files.
type rustParser struct {
	path    string
	names   []string // of the sections as they stand, in order
	raw     map[string]*section
	current *section
	key     string
	tail    strings.Builder // what continues the value of key
}

const rustBlank = " \t"

// rustParse reads a file. What is not UTF-8 is an empty file.
func rustParse(path string, data []byte) (*rustParser, *Failure) {
	p := &rustParser{path: path, raw: map[string]*section{}}
	if !utf8.Valid(data) {
		return p, nil
	}
	for n, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.Trim(line, rustBlank) == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		var code, why, fix string
		switch line[0] {
		case '[':
			code, why, fix = p.header(n+1, line)
		case ' ', '\t':
			code, why, fix = p.continuation(line)
		default:
			code, why, fix = p.property(n+1, line)
		}
		if code != "" {
			return nil, &Failure{Class: "InvalidProfile", Text: why, Where: origin.File(path, n+1, ""), Code: code, Fix: fix}
		}
	}
	p.flush()
	return p, nil
}

// flush adds to a value what continues it.
func (p *rustParser) flush() {
	if p.tail.Len() == 0 {
		return
	}
	v := p.current.keys[p.key]
	v.text += p.tail.String()
	p.current.keys[p.key] = v
	p.tail.Reset()
}

func (p *rustParser) header(n int, line string) (code, why, fix string) {
	line = rustUncomment(line, false)
	if len(line) < 2 || line[len(line)-1] != ']' {
		code, fix = profile.CodeMissingBracket, "close the header with ]"
		if strings.Contains(line, "]") {
			code, fix = profile.CodeTextAfterHeader, "remove the text after the bracket"
		}
		return code, "Profile definition must end with ']'", fix
	}
	name := line[1 : len(line)-1]
	p.flush()
	p.current, p.key = p.raw[name], ""
	if p.current == nil {
		p.current = newSection(name, p.path, n)
		p.raw[name] = p.current
		p.names = append(p.names, name)
	}
	return "", "", ""
}

func (p *rustParser) property(n int, line string) (code, why, fix string) {
	if p.current == nil {
		if strings.HasPrefix(line, "\ufeff") {
			return profile.CodeBOM, "Expected a profile definition", "save the file as UTF-8 without a byte order mark"
		}
		return profile.CodeBeforeSection, "Expected a profile definition", "move the line below a section header"
	}
	text := rustUncomment(line, true)
	k, v, ok := strings.Cut(text, "=")
	k = strings.Trim(k, rustBlank)
	switch {
	case !ok && strings.Contains(text, ":"):
		return profile.CodeColon, "Expected an '=' sign defining a property", "write an equals sign instead of the colon"
	case !ok:
		return profile.CodeNoDelimiter, "Expected an '=' sign defining a property", "write key = value, or make it a comment with #"
	case k == "":
		return profile.CodeNoName, "Property did not have a name", "write key = value"
	}
	p.flush()
	p.key = asciiLower(k)
	p.current.keys[p.key] = value{text: strings.Trim(v, rustBlank), path: p.path, line: n, key: p.key, how: written(line)}
	return "", "", ""
}

func (p *rustParser) continuation(line string) (code, why, fix string) {
	switch {
	case p.current == nil:
		return profile.CodeBeforeSection, "Expected a profile definition", "move the line below a section header"
	case p.key == "":
		return profile.CodeOrphanContinuation, "Expected a property definition, found continuation", "start the key in the first column"
	}
	v := p.current.keys[p.key]
	if v.nested = v.nested || v.text == ""; v.nested {
		text := rustUncomment(line, true)
		k, _, ok := strings.Cut(text, "=")
		switch {
		case !ok:
			return profile.CodeNestedLine, "Expected an '=' sign defining a sub-property", "write key = value"
		case strings.Trim(k, rustBlank) == "":
			return profile.CodeNestedNoName, "Sub-property did not have a name", "write key = value"
		}
	}
	p.current.keys[p.key] = v
	p.tail.WriteString("\n" + strings.Trim(line, rustBlank))
	return "", "", ""
}

// rustUncomment removes the comment of a line, and the blanks around the rest.
func rustUncomment(line string, afterBlank bool) string {
	line = strings.Trim(line, rustBlank)
	before := false
	for i, c := range line {
		if (c == '#' || c == ';') && (before || !afterBlank) {
			line = line[:i]
			break
		}
		before = unicode.IsSpace(c)
	}
	return strings.Trim(line, rustBlank)
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// rustIdentifier reports whether a name or a key is one to the SDK.
func rustIdentifier(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/.%@:+") == ""
}

// rustConfig is the SDK's view of both files.
type rustConfig struct {
	profiles map[string]*section
	sessions map[string]*section
	dropped  []dropped
}

// merge adds the sections of a file.
func (c *rustConfig) merge(p *rustParser, credentials bool) {
	prefixed := slices.ContainsFunc(p.names, func(raw string) bool {
		word, rest, ok := cutBlank(strings.Trim(raw, rustBlank))
		return ok && word == "profile" && strings.TrimSpace(rest) == "default"
	})
	for _, raw := range p.names {
		s := p.raw[raw]
		name := strings.Trim(raw, rustBlank)
		word, rest, two := cutBlank(name)
		rest = strings.TrimSpace(rest)
		switch {
		case name == "default" && prefixed:
			c.drop(raw, s, profile.CodeDefaultTwice, "[profile default] comes before [default]", "keep one of them")
		case name == "default", two && word == "profile" && rest == "default":
			rustMerge(c.profiles, "default", s)
		case two && word == "sso-session" && !credentials:
			rustMerge(c.sessions, rest, s)
		case two && word != "profile":
			c.drop(raw, s, profile.CodeUnknownSection, "a section of another kind is passed over", "write [profile NAME]")
		case two && !rustIdentifier(rest), !two && !rustIdentifier(name):
			code := profile.CodeNameCharacters
			if strings.ContainsAny(rest, " \t") {
				code = profile.CodeSpacesInName
			}
			c.drop(raw, s, code, "a name may hold letters, digits and _-/.%@:+ only", "use only those characters")
		case two && credentials:
			c.drop(raw, s, profile.CodePrefixInCredentials, "in the credentials file a header with the word profile is passed over", "write ["+rest+"]")
		case two:
			rustMerge(c.profiles, rest, s)
		case !credentials:
			c.drop(raw, s, profile.CodeMissingPrefix, "in the config file a profile needs the word profile", "write [profile "+name+"]")
		default:
			rustMerge(c.profiles, name, s)
		}
	}
}

func cutBlank(s string) (word, rest string, ok bool) {
	at := strings.IndexAny(s, rustBlank)
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}

func (c *rustConfig) drop(raw string, s *section, code, why, fix string) {
	c.dropped = append(c.dropped, dropped{raw, s.path, s.line, code, why, fix})
}

func rustMerge(into map[string]*section, name string, s *section) {
	target := into[name]
	if target == nil {
		target = newSection(name, s.path, s.line)
		into[name] = target
	}
	for key, v := range s.keys {
		if rustIdentifier(key) {
			target.keys[key] = v
		}
	}
}
