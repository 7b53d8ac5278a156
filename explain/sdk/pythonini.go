package sdk

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// pySpace is what Python's str.strip and the \s of its regular expressions take
// for a blank.
func pySpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func pyStrip(s string) string { return strings.TrimFunc(s, pySpace) }

// pyLines splits a text at every kind of line end, as a file opened for text.
func pyLines(text string) []string {
	if strings.Contains(text, "\r") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// pyParser is Python's RawConfigParser in its strict mode, of which botocore
// makes its own.
type pyParser struct {
	path     string
	sections []*section // in the order of the file
	index    map[string]*section
	defaults *section
	current  *section
	key      string              // of the option that lines below may continue
	parts    map[string][]string // of the current section: the lines of each value
	indent   int
	bad      *Failure // the first line that makes the file unreadable at its end
}

// pyParse reads a file. The failure is of the file as a whole.
func pyParse(path string, data []byte) ([]*section, *Failure) {
	p := &pyParser{path: path, index: map[string]*section{}, defaults: newSection("DEFAULT", path, 0)}
	if !utf8.Valid(data) {
		return nil, p.fail(invalidLine(data), profile.CodeInvalidUTF8, "save the file as UTF-8")
	}
	lines := pyLines(string(data))
	for n, line := range lines {
		if f := p.line(n+1, line); f != nil {
			return nil, f
		}
	}
	p.join()
	if p.bad != nil {
		return nil, p.bad
	}
	for _, s := range append(p.sections, p.defaults) {
		if f := p.finish(s); f != nil && (s != p.defaults || len(p.sections) > 0) {
			return nil, f
		}
	}
	for key, v := range p.defaults.keys {
		v.how |= howDefault
		for _, s := range p.sections {
			if !s.has(key) {
				s.keys[key] = v
			}
		}
	}
	return p.sections, nil
}

func invalidLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return line
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}

func (p *pyParser) fail(line int, code, fix string) *Failure {
	return &Failure{Class: "ConfigParseError", Text: "Unable to parse config file: " + p.path, Where: origin.File(p.path, line, ""), Code: code, Fix: fix}
}

func (p *pyParser) line(n int, line string) *Failure {
	text := pyStrip(line)
	if text == "" {
		if p.current != nil && p.key != "" {
			p.parts[p.key] = append(p.parts[p.key], "")
		}
		return nil
	}
	if text[0] == '#' || text[0] == ';' {
		return nil
	}
	indent := utf8.RuneCountInString(line[:strings.IndexFunc(line, func(r rune) bool { return !pySpace(r) })])
	if p.current != nil && p.key != "" && indent > p.indent {
		p.parts[p.key] = append(p.parts[p.key], text)
		return nil
	}
	p.indent = indent
	if end := strings.LastIndexByte(text, ']'); text[0] == '[' && end > 1 {
		return p.header(n, text[1:end])
	}
	if p.current == nil {
		return p.beforeSection(n, text)
	}
	return p.option(n, line, text)
}

func (p *pyParser) beforeSection(n int, text string) *Failure {
	switch {
	case n == 1 && strings.HasPrefix(text, "\ufeff"):
		return p.fail(n, profile.CodeBOM, "save the file as UTF-8 without a byte order mark")
	case text[0] == '[':
		return p.fail(n, profile.CodeMissingBracket, "close the header with ]")
	}
	return p.fail(n, profile.CodeBeforeSection, "move the line below a section header")
}

func (p *pyParser) header(n int, name string) *Failure {
	p.join()
	p.key = ""
	if _, ok := p.index[name]; ok {
		return p.fail(n, profile.CodeDuplicateSection, "make the two sections one")
	}
	if name == "DEFAULT" {
		p.current = p.defaults
		if p.defaults.line == 0 {
			p.defaults.line = n
		}
	} else {
		p.current = newSection(name, p.path, n)
		p.index[name] = p.current
		p.sections = append(p.sections, p.current)
	}
	p.parts = map[string][]string{}
	return nil
}

func (p *pyParser) option(n int, line, text string) *Failure {
	at := strings.IndexAny(text, "=:")
	if at < 0 {
		code, fix := profile.CodeNoDelimiter, "write key = value, or make it a comment with #"
		if text[0] == '[' {
			code, fix = profile.CodeMissingBracket, "close the header with ]"
		}
		p.later(n, code, fix)
		return nil
	}
	key := strings.ToLower(pyStrip(text[:at]))
	if key == "" {
		p.later(n, profile.CodeNoName, "write key = value")
	}
	if p.current.has(key) {
		return p.fail(n, profile.CodeDuplicateKey, "remove one of the lines")
	}
	p.key = key
	p.parts[key] = []string{pyStrip(text[at+1:])}
	p.current.keys[key] = value{path: p.path, line: n, key: key, how: written(line)}
	return nil
}

func (p *pyParser) later(n int, code, fix string) {
	if p.bad == nil {
		p.bad = p.fail(n, code, fix)
	}
}

// join makes the values of the current section of their lines.
func (p *pyParser) join() {
	for key, lines := range p.parts {
		v := p.current.keys[key]
		v.text = strings.TrimRightFunc(strings.Join(lines, "\n"), pySpace)
		p.current.keys[key] = v
	}
}

// finish reads the blocks below keys without a value, as botocore does after the
// file has been read. The failure is of the first line that has one.
func (p *pyParser) finish(s *section) *Failure {
	var first *Failure
	for key, v := range s.keys {
		if !strings.HasPrefix(v.text, "\n") {
			continue
		}
		v.nested, v.sub = true, map[string]string{}
		for _, line := range pySplitLines(v.text) {
			line = pyStrip(line)
			if line == "" {
				continue
			}
			k, text, ok := strings.Cut(line, "=")
			if !ok && (first == nil || v.line < first.Where.Line) {
				first = p.fail(v.line, profile.CodeNestedLine, "write key = value in the block")
			}
			v.sub[pyStrip(k)] = pyStrip(text)
		}
		s.keys[key] = v
	}
	return first
}

// pySplitLines is Python's str.splitlines.
func pySplitLines(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		return r >= '\n' && r <= '\r' || r >= 0x1c && r <= 0x1e || r == 0x85 || r == 0x2028 || r == 0x2029
	})
}
