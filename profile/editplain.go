package profile

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// Plain rewrites those lines of a section that tools read differently although what
// they mean is certain: a comment behind a value gets a line of its own, quotes
// around a value go, and a colon becomes an equals sign. The section means the same
// as before to latchkey, and now to all others. A section that is not there is no
// error; lines that cannot be read stay as they are.
func (e *Edit) Plain(section string) error {
	t, err := e.target(section)
	if err != nil {
		return err
	}
	var p patch
	for n := range t.blocks {
		b := &t.blocks[n]
		if b.bad() > 0 {
			continue
		}
		nested := make(map[int]int) // by entry, how many of its nested lines were met
		for _, o := range b.owners {
			if o.entry < 0 || o.role == roleContinuation {
				continue
			}
			value := b.entries[o.entry].value
			if o.role == roleNested {
				value = b.entries[o.entry].subs[nested[o.entry]].value
				nested[o.entry]++
			}
			value, _, _ = strings.Cut(value, "\n") // the rest are continuations
			e.plainLine(&p, o.line-1, value)
		}
	}
	return e.accept(t, p)
}

// plainLine puts the line into the form key = value, unless it has it.
func (e *Edit) plainLine(p *patch, at int, value string) {
	old := e.lines[at].text
	line := replaced(old, value)
	if strings.TrimRight(line, " \t\r\n") == strings.TrimRight(old, " \t\r\n") {
		return
	}
	var texts []string
	for _, comment := range commentLine(old) {
		texts = append(texts, ended(comment, e.eol(at)))
	}
	p.put(at, append(texts, line)...)
}

// RemoveBOM takes a byte order mark away from the beginning of the file, which some
// tools take for part of the first section's name.
func (e *Edit) RemoveBOM() error {
	if len(e.lines) == 0 || !strings.HasPrefix(e.lines[0].text, string(bom[:])) {
		return nil
	}
	was, err := e.file(e.lines)
	if err != nil {
		return err
	}
	lines := slices.Clone(e.lines)
	lines[0] = editLine{text: strings.TrimPrefix(lines[0].text, string(bom[:]))}
	if lines[0].text == "" {
		lines = lines[1:]
	}
	now, err := e.file(lines)
	if err != nil {
		return err
	}
	if !sameHeads(&target{file: was}, now) {
		return &EditError{Origin: origin.File(e.path, 1, ""), Reason: "the edit would change the meaning of other lines"}
	}
	e.lines = lines
	return nil
}
