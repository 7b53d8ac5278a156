package profile

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// The roles of a line that belongs to a property.
const (
	roleProperty = iota
	roleNested
	roleContinuation
	roleBad // it cannot be read
)

// owner says which property a line belongs to: the parser's own account of it,
// so that edits and reading cannot differ about lines.
type owner struct {
	line  int
	entry int // -1: none
	role  int
}

// own notes the line being read, where somebody wants to edit the section.
func (p *parser) own(entry, role int) {
	if p.owners != nil {
		*p.owners = append(*p.owners, owner{p.line, entry, role})
	}
}

// block is one section of the file that is being edited.
type block struct {
	head     int
	from, to int // the indexes of its header and of the line behind it
	entries  []entry
	owners   []owner
	shadowed bool // [default] where there is [profile default]: it decides nothing
	gone     bool // by the edit
}

// target is the section that an edit is about, in the file before it.
type target struct {
	file    *file
	section string
	kind    kind
	name    string
	blocks  []block
	added   []entry // a new section
}

// file indexes lines as the reader does.
func (e *Edit) file(lines []editLine) (*file, error) {
	f := &file{what: e.kind.String(), path: e.path, credentials: e.kind == CredentialsFile, data: join(lines)}
	if len(f.data) > MaxFileSize {
		return nil, e.fileError(ErrTooLarge)
	}
	err := checkText(f.data)
	if err == nil {
		err = f.index()
	}
	if err != nil {
		return nil, e.fileError(err)
	}
	return f, nil
}

//go:noinline
func join(lines []editLine) []byte {
	size := 0
	for _, l := range lines {
		size += len(l.text)
	}
	data := make([]byte, 0, size)
	for _, l := range lines {
		data = append(data, l.text...)
	}
	return data
}

// target finds the section in the file as it stands.
func (e *Edit) target(section string) (*target, error) {
	kind, name, err := e.sectionName(section)
	if err != nil {
		return nil, err
	}
	f, err := e.file(e.lines)
	if err != nil {
		return nil, err
	}
	t := &target{file: f, section: section, kind: kind, name: name}
	t.blocks, err = e.blocks(f, t, len(e.lines))
	return t, err
}

// sectionName takes the name of a section apart.
func (e *Edit) sectionName(section string) (is kind, name string, err error) {
	word, name, _ := strings.Cut(section, " ")
	for _, k := range []kind{kindProfile, kindSSO, kindServices} {
		if k.word() == word {
			is = k
		}
	}
	switch {
	case is == kindOther || name == "":
		err = e.refused(section, "", "a section is named as in profile NAME", "")
	case e.kind == CredentialsFile && is != kindProfile:
		err = e.refused(section, "", "such a section belongs in the config file", "")
	}
	return is, name, err
}

// blocks parses all sections of the target's name.
func (e *Edit) blocks(f *file, t *target, lines int) ([]block, error) {
	var list []block
	i := f.find(t.kind, t.name, -1)
	prefixed := i >= 0 && t.kind == kindProfile && t.name == "default" && f.anyPrefixed(i)
	for ; i >= 0; i = f.find(t.kind, t.name, i) {
		b := block{head: i, from: f.lineOf(i) - 1, to: lines, shadowed: prefixed && f.heads[i].flags&flagPrefixed == 0}
		if i+1 < len(f.heads) {
			b.to = f.lineOf(i+1) - 1
		}
		p := parser{file: f, section: t.section, owners: &b.owners}
		p.head(i, b.from+1)
		if _, from, to := f.extent(i); to-from > maxBody || p.used > maxProperties {
			return nil, &EditError{Origin: origin.File(e.path, b.from+1, ""), Section: t.section, Reason: "the section holds more than 65,536 properties or 1 MiB", Fix: "split the section"}
		}
		b.entries = p.entries
		list = append(list, b)
	}
	return list, nil
}

// deciding returns the last block that counts and there or before it the entry
// that decides key, or -1.
func (t *target) deciding(key string) (*block, int) {
	var last *block
	for n := len(t.blocks) - 1; n >= 0; n-- {
		b := &t.blocks[n]
		if b.shadowed {
			continue
		}
		for i := len(b.entries) - 1; i >= 0; i-- {
			if b.entries[i].key == key {
				return b, i
			}
		}
		if last == nil {
			last = b
		}
	}
	return last, -1
}

// drop takes all lines of one property away, except for their comments.
func (e *Edit) drop(p *patch, t *target, b *block, i int) error {
	for _, o := range b.owners {
		if o.entry != i {
			continue
		}
		if o.role == roleBad {
			return &EditError{Origin: origin.File(e.path, o.line, ""), Section: t.section, Key: printableKey(b.entries[i].key),
				Reason: "a line that cannot be read belongs to the key", Fix: "correct or remove the line"}
		}
		var comment []string
		if o.role != roleContinuation { // there a hash is part of the value
			comment = commentLine(e.lines[o.line-1].text)
		}
		p.put(o.line-1, comment...)
	}
	return nil
}

// patch is what stands in the place of lines, by their index, and what comes at
// the end.
type patch struct {
	lines map[int][]string
	tail  []string
}

// put replaces a line; an empty text is none.
func (p *patch) put(at int, texts ...string) {
	if p.lines == nil {
		p.lines = make(map[int][]string)
	}
	p.lines[at] = slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

// apply returns the lines with the patch. A line that comes back unchanged
// stays the line it was.
func (p *patch) apply(lines []editLine) []editLine {
	out := make([]editLine, 0, len(lines)+len(p.tail)+2)
	for i, l := range lines {
		texts, ok := p.lines[i]
		if !ok {
			out = append(out, l)
			continue
		}
		for _, text := range texts {
			if text == l.text {
				out = append(out, l)
				continue
			}
			out = append(out, editLine{text: text})
		}
	}
	for _, text := range p.tail {
		out = append(out, editLine{text: text})
	}
	return out
}
