package profile

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// Plain rewrites the lines of sections that tools read differently although what
// they mean is certain: a comment behind a value gets a line of its own, quotes
// around a value go, and a colon becomes an equals sign. The file means the same as
// before to latchkey, and now to all others. want says which sections, named as in
// [Diagnostic]; nil: all. Sections with lines that cannot be read stay as they are.
// It returns the numbers of the lines that it rewrote.
func (e *Edit) Plain(want func(section string) bool) ([]int, error) {
	was, err := e.file(e.lines)
	if err != nil {
		return nil, err
	}
	var p patch
	var rewritten []int
	for i, h := range was.heads {
		if h.kind == kindOther || h.flags&flagUnclosed != 0 || want != nil && !want(h.kind.word()+" "+was.nameOf(i)) {
			continue
		}
		b := e.parsed(was, i)
		nested := make(map[int]int) // by entry, how many of its nested lines were met
		for _, o := range b.owners {
			if o.entry < 0 || o.role == roleContinuation || b.bad() > 0 {
				continue
			}
			value := b.entries[o.entry].value
			if o.role == roleNested {
				value = b.entries[o.entry].subs[nested[o.entry]].value
				nested[o.entry]++
			}
			value, _, _ = strings.Cut(value, "\n") // the rest are continuations
			if e.plainLine(&p, o.line-1, value) {
				rewritten = append(rewritten, o.line)
			}
		}
	}
	lines := p.apply(e.lines)
	now, err := e.file(lines)
	if err != nil {
		return nil, err
	}
	if !e.sameMeaning(was, now) {
		return nil, &EditError{Origin: origin.File(e.path, 0, ""), Section: "all sections", Reason: "the edit would change the meaning of other lines"}
	}
	e.lines = lines
	return rewritten, nil
}

// parsed reads the section of one header.
func (e *Edit) parsed(f *file, i int) block {
	f.lookups.Store(lookupsBeforeTable + 1) // all headers are asked for their lines
	var b block
	p := parser{file: f, section: f.heads[i].kind.word() + " " + f.nameOf(i), owners: &b.owners}
	p.head(i, f.lineOf(i))
	b.entries = p.entries
	return b
}

// sameMeaning reports whether two states of the file have the same sections with
// the same properties.
func (e *Edit) sameMeaning(a, b *file) bool {
	if !sameHeads(&target{file: a}, b) {
		return false
	}
	for i := range a.heads {
		before, after := e.parsed(a, i), e.parsed(b, i)
		if before.bad() != after.bad() || !slices.EqualFunc(before.entries, after.entries, sameEntry) {
			return false
		}
	}
	return true
}

// plainLine puts the line into the form key = value, unless it has it.
func (e *Edit) plainLine(p *patch, at int, value string) bool {
	old := e.lines[at].text
	line := replaced(old, value)
	if strings.TrimRight(line, " \t\r\n") == strings.TrimRight(old, " \t\r\n") {
		return false
	}
	var texts []string
	for _, comment := range commentLine(old) {
		texts = append(texts, ended(comment, e.eol(at)))
	}
	p.put(at, append(texts, line)...)
	return true
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
	if !e.sameMeaning(was, now) {
		return &EditError{Origin: origin.File(e.path, 1, ""), Reason: "the edit would change the meaning of other lines"}
	}
	e.lines = lines
	return nil
}
