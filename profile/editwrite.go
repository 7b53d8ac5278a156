package profile

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/origin"
)

// checkProperty refuses what one line of the grammar that all SDKs share cannot
// say: it must come back from the reader as it went in.
func (e *Edit) checkProperty(section, key, value string) error {
	if !keyLike(key) || key != strings.ToLower(key) {
		return e.refused(section, "", "the key is no word of lower case letters, digits, _ and -", "")
	}
	switch {
	case strings.TrimSpace(value) == "":
		return e.refused(section, key, "a blank value counts as unset", "remove the key instead")
	case !utf8.ValidString(value) || strings.ContainsFunc(value, invisible):
		return e.refused(section, key, "the value holds characters that do not show", "")
	}
	n := notes{}
	p := parser{file: &file{}, notes: &n}
	p.body(key+" = "+value, 1)
	if p.err != nil || len(p.entries) != 1 || p.entries[0].value != value {
		return e.refused(section, key, "the value would be read differently: it begins or ends with a blank or quotes, or holds a comment", "")
	}
	if slices.ContainsFunc(n.list, func(d Diagnostic) bool { return d.Code == CodeQuotedCommand }) {
		return e.refused(section, key, "the value begins and ends with a quote: the AWS SDK for Go drops both", "quote the first word only, or put the command in a script")
	}
	return nil
}

// addSection appends a section with one property.
func (e *Edit) addSection(t *target, key, value string) error {
	header, err := e.header(t.section, t.kind, t.name)
	if err != nil {
		return err
	}
	var p patch
	eol := e.eol(len(e.lines) - 1)
	if last := len(e.lines) - 1; last >= 0 {
		p.put(last, ended(e.lines[last].text, eol))
		if strings.TrimSpace(e.lines[last].text) != "" {
			p.tail = append(p.tail, eol)
		}
	}
	p.tail = append(p.tail, header+eol, key+" = "+value+eol)
	t.added = []entry{{key: key, value: value}}
	return e.accept(t, p)
}

// header returns the header of a new section, whose name all SDKs must read alike.
func (e *Edit) header(section string, k kind, name string) (string, error) {
	if !allowedName(name) || k == kindProfile && name != "default" && strings.EqualFold(name, "default") {
		return "", e.refused(section, "", "SDKs disagree on such a name", "use only letters, digits and _-/.%@:+")
	}
	if e.kind == CredentialsFile || k == kindProfile && name == "default" {
		return "[" + name + "]", nil
	}
	return "[" + k.word() + " " + name + "]", nil
}

// addProperty puts a property behind the last one of a block, or behind lines
// that cannot be read: an indented one would become part of it.
func (e *Edit) addProperty(t *target, b *block, key, value string) error {
	at := b.from
	for _, o := range b.owners {
		at = max(at, o.line-1)
	}
	var p patch
	eol := e.eol(at)
	p.put(at, ended(e.lines[at].text, eol), key+" = "+value+eol)
	b.entries = append(b.entries, entry{key: key, value: value})
	return e.accept(t, p)
}

// eol returns the line end for a line beside the one at that index.
func (e *Edit) eol(at int) string {
	if at >= 0 {
		if end := endOf(e.lines[at].text); end != "" {
			return end
		}
		if end := endOf(e.lines[0].text); end != "" {
			return end
		}
	}
	return "\n"
}

func endOf(line string) string {
	switch {
	case strings.HasSuffix(line, "\r\n"):
		return "\r\n"
	case strings.HasSuffix(line, "\n"):
		return "\n"
	}
	return ""
}

// ended gives a last line without an end one.
func ended(line, eol string) string {
	if endOf(line) == "" {
		return line + eol
	}
	return line
}

// replaced returns the line of a property with another value.
func replaced(line, value string) string {
	eol := endOf(line)
	line = strings.TrimRight(line, " \t\r\n")
	at := strings.IndexAny(line, "=:")
	if line[at] == ':' { // not every SDK reads it
		return strings.TrimRight(line[:at], " \t") + " = " + value + eol
	}
	rest := line[at+1:]
	gap := rest[:len(rest)-len(strings.TrimLeft(rest, " \t"))]
	if rest == "" && at > 0 && isBlank(line[at-1]) {
		gap = " "
	}
	return line[:at+1] + gap + value + eol
}

// commentLine returns the comment behind a value as a line of its own.
func commentLine(line string) []string {
	text := strings.TrimLeft(line, " \t")
	c := commentStart(text)
	if c < 0 {
		return nil
	}
	return []string{line[:len(line)-len(text)] + strings.TrimLeft(text[c:], " \t")}
}

// accept takes an edit over if the reader sees in the new text what the edit
// meant, and nothing else differs. The target holds what is meant.
func (e *Edit) accept(t *target, p patch) error {
	lines := p.apply(e.lines)
	f, err := e.file(lines)
	if err != nil {
		return err
	}
	now, err := e.blocks(f, t, len(lines))
	if err != nil {
		return err
	}
	if !sameHeads(t, f) || !sameBlocks(t, now) {
		return &EditError{Origin: origin.File(e.path, 0, ""), Section: t.section, Reason: "the edit would change the meaning of other lines"}
	}
	e.lines = lines
	return nil
}

// sameHeads reports whether all sections are there that were, and no other.
func sameHeads(t *target, now *file) bool {
	gone := make(map[int]bool)
	for _, b := range t.blocks {
		gone[b.head] = b.gone
	}
	next := 0
	for i, h := range t.file.heads {
		if gone[i] {
			continue
		}
		if next == len(now.heads) || now.heads[next].kind != h.kind || now.heads[next].flags != h.flags || now.nameOf(next) != t.file.nameOf(i) {
			return false
		}
		next++
	}
	if t.added != nil {
		next++
	}
	return next == len(now.heads)
}

// sameBlocks reports whether the target's sections hold what they should.
func sameBlocks(t *target, now []block) bool {
	var want []block
	for _, b := range t.blocks {
		if !b.gone {
			want = append(want, b)
		}
	}
	if t.added != nil {
		want = append(want, block{entries: t.added})
	}
	return slices.EqualFunc(want, now, func(a, b block) bool {
		return slices.EqualFunc(a.entries, b.entries, sameEntry) && a.bad() == b.bad()
	})
}

func sameEntry(a, b entry) bool {
	return a.key == b.key && a.value == b.value && slices.EqualFunc(a.subs, b.subs, sameEntry)
}

// bad counts the lines that cannot be read.
func (b *block) bad() (n int) {
	for _, o := range b.owners {
		if o.role == roleBad {
			n++
		}
	}
	return n
}
