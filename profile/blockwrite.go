package profile

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// SetBlock makes a block hold what b says: in its place, or where there is none
// of that name at the end of the file. Everything outside of it keeps its bytes,
// and so do the sections in it that do not change and the comments above them.
// Without sections the block is taken away. As with [Edit.Set], what the grammar
// that all SDKs share cannot say is refused; so are sections that the file has
// outside of the block, and a block that [Edit.Block] refuses.
func (e *Edit) SetBlock(b Block) error {
	if err := e.checkBlock(b); err != nil {
		return err
	}
	old, ok, err := e.readBlock(b.Name)
	if err != nil || !ok && len(b.Sections) == 0 {
		return err
	}
	if !ok {
		old.begin, old.end = len(e.lines), len(e.lines)-1
	}
	lines, err := e.withBlock(b, old, ok)
	if err != nil {
		return err
	}
	return e.acceptBlock(b, old, lines)
}

// checkBlock refuses what would not come back from the reader as it went in.
func (e *Edit) checkBlock(b Block) error {
	refused := func(reason string) error { return e.refused("block "+b.Name, "", reason, "") }
	if e.kind == CredentialsFile {
		return refused("a block belongs in the config file")
	}
	if b.Name == "" || strings.Join(strings.Fields(b.Name), " ") != b.Name || !printable([]byte(b.Name)) {
		return refused("such a name cannot stand in its marks")
	}
	for _, note := range b.Notes {
		begins, ends := markOf("# " + note)
		if strings.TrimSpace(note) != note || !printable([]byte(note)) || begins+ends != "" {
			return refused("a note is no line of visible characters")
		}
	}
	seen := make(map[string]bool, len(b.Sections))
	for _, s := range b.Sections {
		if _, _, err := e.sectionName(s.Section); err != nil {
			return err
		}
		if seen[s.Section] || len(s.Properties) == 0 {
			return e.refused(s.Section, "", "the block has the section twice, or without properties", "")
		}
		seen[s.Section] = true
		keys := make(map[string]bool, len(s.Properties))
		for _, p := range s.Properties {
			if err := e.checkProperty(s.Section, p.Key, p.Value); err != nil {
				return err
			}
			if keys[p.Key] {
				return e.refused(s.Section, p.Key, "the key is there twice", "")
			}
			keys[p.Key] = true
		}
	}
	return nil
}

// withBlock returns the lines of the file with the block as b says.
func (e *Edit) withBlock(b Block, old blockRead, there bool) ([]editLine, error) {
	w := blockWriter{edit: e, old: old, eol: e.eol(old.begin - 1)}
	w.lines = slices.Clone(e.lines[:old.begin])
	switch {
	case there && len(b.Sections) == 0:
		if first := e.lines[old.begin].text; strings.HasPrefix(first, string(bom[:])) {
			w.add(string(bom[:]) + endOf(first)) // it is the file's, not the block's
		}
	case there:
		w.eol = e.eol(old.begin)
		w.keep(old.begin, old.begin+1)
	default:
		if last := len(w.lines) - 1; last >= 0 {
			if text := w.lines[last].text; endOf(text) == "" {
				w.lines[last] = editLine{text: text + w.eol}
			}
			if strings.TrimSpace(w.lines[last].text) != "" {
				w.add(w.eol)
			}
		}
		w.add(beginMark + b.Name + w.eol)
	}
	if len(b.Sections) > 0 {
		if err := w.sections(b); err != nil {
			return nil, err
		}
		if there {
			w.keep(old.end, old.end+1)
		} else {
			w.add(endMark + b.Name + w.eol)
		}
	}
	return append(w.lines, e.lines[old.end+1:]...), nil
}

// blockWriter puts the lines of a file together.
type blockWriter struct {
	edit  *Edit
	old   blockRead
	eol   string
	lines []editLine
	last  int // the number in the file of the last line that stayed what it was
}

//go:noinline
func (w *blockWriter) add(text string) { w.lines = append(w.lines, editLine{text: text}) }

// keep adds lines of the file. Those that come before one that is there already
// count as new ones: a diff could not say otherwise.
func (w *blockWriter) keep(from, to int) {
	for _, l := range w.edit.lines[from:to] {
		if l.old <= w.last {
			l.old = 0
		} else {
			w.last = l.old
		}
		w.lines = append(w.lines, l)
	}
}

// sections writes what stands between the marks.
func (w *blockWriter) sections(b Block) error {
	if slices.Equal(b.Notes, w.old.block.Notes) {
		w.keep(w.old.begin+1, w.old.begin+1+len(b.Notes))
	} else {
		for _, note := range b.Notes {
			w.add(strings.TrimRight("# "+note, " ") + w.eol)
		}
	}
	at := make(map[string]int, len(w.old.block.Sections))
	for i, s := range w.old.block.Sections {
		at[s.Section] = i
	}
	for _, s := range b.Sections {
		if i, ok := at[s.Section]; ok {
			w.change(s, w.old.chunks[i])
			continue
		}
		kind, name, err := w.edit.sectionName(s.Section)
		if err != nil {
			return err
		}
		header, err := w.edit.header(s.Section, kind, name)
		if err != nil {
			return err
		}
		w.add(w.eol)
		w.add(header + w.eol)
		for _, p := range s.Properties {
			w.add(p.Key + " = " + p.Value + w.eol)
		}
	}
	return nil
}

// change writes a section that was there before: its comments stay, and the lines
// that say what they said.
func (w *blockWriter) change(s BlockSection, c chunk) {
	e := w.edit
	var had []int // the lines of its properties
	for i := c.header + 1; i < c.to; i++ {
		if e.content(i, i+1) >= 0 {
			had = append(had, i)
		}
	}
	says := func(i int, p Property) bool {
		return strings.TrimRight(e.lines[i].text, " \t\r\n") == p.Key+" = "+p.Value
	}
	same := len(had) == len(s.Properties)
	for n := 0; same && n < len(had); n++ {
		same = says(had[n], s.Properties[n])
	}
	if same {
		w.keep(c.from, c.to)
		return
	}
	w.keep(c.from, c.header+1)
	for i := c.header + 1; i < c.to; i++ {
		if strings.TrimSpace(e.lines[i].text) != "" && e.content(i, i+1) < 0 {
			w.keep(i, i+1)
		}
	}
	for _, p := range s.Properties {
		i := slices.IndexFunc(had, func(i int) bool { return says(i, p) })
		if i < 0 {
			w.add(p.Key + " = " + p.Value + w.eol)
			continue
		}
		w.keep(had[i], had[i]+1)
		had = had[i+1:]
	}
}

// acceptBlock takes lines over if the reader sees the block in them as it is
// meant, and the same sections as before outside of it.
func (e *Edit) acceptBlock(b Block, old blockRead, lines []editLine) error {
	before, err := e.file(e.lines)
	if err != nil {
		return err
	}
	next := &Edit{path: e.path, kind: e.kind, lines: lines}
	after, err := next.file(lines)
	if err != nil {
		return err
	}
	now, ok, err := next.readBlock(b.Name)
	switch {
	case err != nil:
		return err
	case !ok:
		now.begin, now.end = old.begin, old.begin-1
	}
	outside := before.headsOutside(old.begin, old.end)
	for _, s := range b.Sections {
		if line := outside[s.Section]; line > 0 {
			return &EditError{Origin: origin.File(e.path, line, ""), Section: s.Section, Reason: "it is there already, outside of the block", Fix: "remove it, or give the other one another name"}
		}
	}
	then := after.headsOutside(now.begin, now.end)
	same := ok == (len(b.Sections) > 0) && len(outside) == len(then) && sameSections(b, now.block)
	for section := range outside {
		same = same && then[section] > 0
	}
	if !same {
		return e.refused("block "+b.Name, "", "the edit would change the meaning of other lines", "")
	}
	e.lines = lines
	return nil
}

// headsOutside returns the lines of the first sections of each name that do not
// stand between two lines, given by their indexes.
func (f *file) headsOutside(begin, end int) map[string]int {
	f.lookups.Store(lookupsBeforeTable + 1) // every line number is asked for
	lines := make(map[string]int)
	for i := range f.heads {
		section, _ := f.labels(i)
		if line := f.lineOf(i); (line <= begin+1 || line > end+1) && lines[section] == 0 {
			lines[section] = line
		}
	}
	return lines
}

func sameSections(a, b Block) bool {
	return slices.EqualFunc(a.Sections, b.Sections, func(x, y BlockSection) bool {
		return x.Section == y.Section && slices.Equal(x.Properties, y.Properties)
	})
}
