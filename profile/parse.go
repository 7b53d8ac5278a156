package profile

import (
	"strings"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/origin"
)

// The bounds of one section: properties and bytes. They keep the time and the
// memory that a hostile file can take far below those of the file itself.
const (
	maxProperties = 1 << 16
	maxBody       = 1 << 20
)

// parser reads the lines of the sections of one name in one file.
//
// The grammar is that of credential-sources 1.2, read as leniently as the Go
// SDK reads it and with indentation as botocore sees it: a line that is
// indented deeper than the property above it belongs to that property.
type parser struct {
	file    *file
	section string // for errors and findings
	profile string
	notes   *notes // nil where nobody wants findings
	entries []entry
	err     *SyntaxError // the first line that could not be read
	used    int          // properties and nested properties

	current  bool // the last entry may go on
	indent   int  // of the last entry
	cont     []byte
	line     int
	invalid  bool // the body holds invalid UTF-8 somewhere
	indented bool // an indented property was reported
	seen     map[string]int
	owners   *[]owner // nil but for an edit
}

// head reads the section of head i, whose header is in that line.
func (p *parser) head(i, line int) {
	_, from, to := p.file.extent(i)
	if to-from > maxBody {
		p.line = line
		p.fail(CodeTooManyLines, "")
		return
	}
	p.body(string(p.file.data[from:to]), line+1)
}

// body reads the lines of one section; first is the number of the first line.
func (p *parser) body(text string, first int) {
	p.line, p.current, p.indented = first, false, false
	p.invalid = !utf8.ValidString(text)
	if n := strings.Count(text, "\n") + 1; p.entries == nil && text != "" {
		p.entries = make([]entry, 0, min(n, 32))
	}
	for text != "" {
		line := text
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = ""
		}
		p.readLine(line)
		p.line++
		if p.used > maxProperties {
			p.fail(CodeTooManyLines, "")
			break
		}
	}
	p.endValue()
}

func (p *parser) readLine(line string) {
	line = strings.TrimRight(line, " \t\r")
	text := strings.TrimLeft(line, " \t")
	if text == "" {
		return
	}
	if text[0] == '#' || text[0] == ';' {
		if p.invalid && !utf8.ValidString(text) {
			p.note(CodeInvalidUTF8Comment, "")
		}
		return
	}
	if strings.IndexByte(text, '\r') >= 0 {
		p.fail(CodeCarriageReturn, "")
		return
	}
	indent := len(line) - len(text)
	if p.current && indent > p.indent {
		p.below(text)
		return
	}
	if indent > 0 && !strings.ContainsAny(text, "=:") {
		p.fail(CodeOrphanContinuation, "")
		return
	}
	p.property(text, indent)
}

// property reads "key = value".
func (p *parser) property(text string, indent int) {
	p.endValue()
	p.current = false
	key, value, ok := p.split(text, strings.IndexAny(text, "=:"), CodeNoDelimiter, CodeNoName)
	if !ok {
		return
	}
	if indent > 0 && !p.indented {
		p.indented = true
		p.note(CodeIndentedProperty, key)
	}
	if p.notes != nil {
		p.checkKey(key)
	}
	p.entries = append(p.entries, entry{key: key, value: value, line: p.line})
	p.used++
	p.current, p.indent = true, indent
	p.own(len(p.entries)-1, roleProperty)
}

// below reads a line that belongs to the property above it: one more nested
// property where that has no value, else a continuation of the value.
func (p *parser) below(text string) {
	e := &p.entries[len(p.entries)-1]
	if e.value != "" {
		if p.invalid && !utf8.ValidString(text) {
			p.fail(CodeInvalidUTF8, e.key)
			p.current = true
			p.own(len(p.entries)-1, roleBad)
			return
		}
		if p.notes != nil && assignment(text) {
			p.note(CodeIndentedAssignment, e.key)
		}
		if len(p.cont) == 0 {
			p.cont = append(p.cont, e.value...)
		}
		p.cont = append(append(p.cont, '\n'), text...)
		p.own(len(p.entries)-1, roleContinuation)
		return
	}
	at := strings.IndexByte(text, '=')
	if at < 0 {
		at = strings.IndexByte(text, ':')
	}
	key, value, ok := p.split(text, at, CodeNestedLine, CodeNestedNoName)
	if !ok {
		p.current = true // what follows is still nested below the same key
		p.own(len(p.entries)-1, roleBad)
		return
	}
	if p.notes != nil {
		p.checkNested(e, key)
	}
	e.subs = append(e.subs, entry{key: key, value: value, line: p.line})
	p.used++
	p.own(len(p.entries)-1, roleNested)
}

// split takes a line apart at the delimiter, which a comment may hide.
func (p *parser) split(text string, at int, noDelimiter, noName string) (key, value string, ok bool) {
	c := commentStart(text)
	if c >= 0 {
		if at > c {
			at = -1
		}
		if p.invalid && !utf8.ValidString(text[c:]) {
			p.note(CodeInvalidUTF8Comment, "")
		}
		text = strings.TrimRight(text[:c], " \t")
	}
	switch {
	case p.invalid && !utf8.ValidString(text):
		p.fail(CodeInvalidUTF8, "")
		return "", "", false
	case at < 0:
		p.fail(noDelimiter, "")
		return "", "", false
	}
	key = strings.TrimSpace(text[:at])
	if key == "" {
		p.fail(noName, "")
		return "", "", false
	}
	key = strings.ToLower(key)
	if c >= 0 {
		p.note(CodeInlineComment, key)
	}
	if text[at] == ':' {
		p.note(CodeColon, key)
	}
	return key, p.unquote(key, strings.TrimSpace(text[at+1:])), true
}

// unquote strips one pair of quotes around a value. A command keeps them: there
// they hold a path with blanks together.
func (p *parser) unquote(key, value string) string {
	n := len(value)
	if n < 2 || value[0] != '"' && value[0] != '\'' || value[n-1] != value[0] {
		return value
	}
	if key == "credential_process" || key == "mfa_process" || strings.IndexByte(value[1:n-1], value[0]) >= 0 {
		p.note(CodeQuotedCommand, key)
		return value
	}
	p.note(CodeQuotedValue, key)
	return strings.TrimSpace(value[1 : n-1])
}

// commentStart returns where an inline comment begins, or -1: a blank, then a
// hash or semicolon. Adjacent to text both are part of the value.
func commentStart(text string) int {
	for i := 1; i < len(text); i++ {
		if c := text[i]; (c == '#' || c == ';') && (text[i-1] == ' ' || text[i-1] == '\t') {
			return i - 1
		}
	}
	return -1
}

// assignment reports whether a continuation looks like a property.
func assignment(text string) bool {
	key, _, ok := strings.Cut(text, "=")
	return ok && keyLike(strings.TrimSpace(key))
}

// endValue joins the continuations to the last value.
func (p *parser) endValue() {
	if len(p.cont) > 0 {
		p.entries[len(p.entries)-1].value = string(p.cont)
		p.cont = p.cont[:0]
	}
}

// fail notes a line that cannot be read. The rest of the section is read on for
// its findings.
func (p *parser) fail(code, key string) {
	p.current = false
	p.own(-1, roleBad)
	p.note(code, key)
	if p.err != nil {
		return
	}
	d := newDiagnostic(code, origin.File(p.file.path, p.line, printableKey(key)), "")
	p.err = &SyntaxError{Code: code, Origin: d.Origin, Section: p.section, Reason: d.Message, Fix: d.Fix}
}
