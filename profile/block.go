package profile

import (
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// Block is a part of the config file that latchkey keeps: whole sections between
// two comments,
//
//	# BEGIN latchkey NAME
//	# NOTES
//
//	[profile a]
//	region = eu-west-1
//	# END latchkey NAME
type Block struct {
	// Name is one or more words of visible ASCII, one blank apart.
	Name string
	// Notes are the comments below the first mark, without their "# ".
	Notes []string
	// Sections stand in this order. Without any there is no block.
	Sections []BlockSection
}

// BlockSection is one section of a block, named as for [Edit.Set], with the
// properties that it has, at least one.
type BlockSection struct {
	Section    string
	Properties []Property
}

// Property is a key, in lower case, and its value.
type Property struct{ Key, Value string }

// Get returns the value of a key, "" if it is not there.
func (s *BlockSection) Get(key string) string {
	for _, p := range s.Properties {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// The beginnings of the lines that mark a block.
const (
	beginMark = "# BEGIN latchkey "
	endMark   = "# END latchkey "
)

// Block returns what the block of that name holds; ok is false where there is
// none. One that somebody has changed so that it cannot be told what belongs to
// it, or so that writing it anew would lose more than comments, is an *EditError
// with the line.
func (e *Edit) Block(name string) (b Block, ok bool, err error) {
	r, ok, err := e.readBlock(name)
	if !ok || err != nil {
		return Block{}, false, err
	}
	return r.block, true, nil
}

// blockRead is a block that was read, and where all of it stands.
type blockRead struct {
	block      Block
	begin, end int // the indexes of its marks' lines
	chunks     []chunk
}

// chunk is where a section stands: from is the first of the blank lines and
// comments above its header.
type chunk struct{ from, header, to int }

// readBlock finds and reads a block.
func (e *Edit) readBlock(name string) (r blockRead, ok bool, err error) {
	r.block.Name = name
	if r.begin, r.end, err = e.findMarks(name); err != nil || r.begin < 0 {
		return r, false, err
	}
	f, err := e.file(e.lines)
	if err != nil {
		return r, false, err
	}
	f.lookups.Store(lookupsBeforeTable + 1) // every line number is asked for
	at := r.begin + 1
	for ; at < r.end && strings.HasPrefix(strings.TrimSpace(e.lines[at].text), "#"); at++ {
		r.block.Notes = append(r.block.Notes, strings.TrimSpace(strings.TrimSpace(e.lines[at].text)[1:]))
	}
	heads, next := f.headsBetween(r.begin, r.end)
	if next < 0 {
		next = len(e.lines)
	}
	if err := e.strays(&r, f, heads, next); err != nil {
		return r, false, err
	}
	for n, i := range heads {
		c := chunk{from: at, header: f.lineOf(i) - 1, to: r.end}
		if n+1 < len(heads) {
			for c.to = f.lineOf(heads[n+1]) - 1; c.to > c.header+1 && e.content(c.to-1, c.to) < 0; c.to-- {
			}
		}
		s, err := e.blockSection(name, f, i, c)
		if err != nil {
			return r, false, err
		}
		r.block.Sections, r.chunks, at = append(r.block.Sections, s), append(r.chunks, c), c.to
	}
	return r, true, nil
}

// findMarks returns the indexes of the lines that mark a block, -1 where it is
// not there. Marks of any block that are not in pairs are an error: what lies
// between others could not be told.
func (e *Edit) findMarks(name string) (begin, end int, err error) {
	begin, end = -1, -1
	open, opened := -1, ""
	unended := func() error {
		return e.damaged(opened, open, "its end mark is missing", "put back the line "+endMark+clean(opened)+" where the block ends")
	}
	for i, line := range e.lines {
		begins, ends := markOf(line.text)
		switch {
		case begins == "" && ends == "":
			continue
		case begins != "" && open >= 0:
			return 0, 0, unended()
		case begins != "":
			open, opened = i, begins
			continue
		case open < 0:
			return 0, 0, e.damaged(ends, i, "the mark of its beginning is missing", "put back the line "+beginMark+clean(ends)+" where the block begins, or remove this one")
		case ends != opened:
			return 0, 0, e.damaged(opened, i, "the end mark of another block stands in it", "remove the line, or put it back where it was")
		case ends == name && begin >= 0:
			return 0, 0, e.damaged(name, open, "it is there before in line "+strconv.Itoa(begin+1), "remove one of the two")
		case ends == name:
			begin, end = open, i
		}
		open = -1
	}
	if open >= 0 {
		return 0, 0, unended()
	}
	return begin, end, nil
}

// markOf returns the name of the block that a line begins or ends. A byte order
// mark and blanks around the line do not matter.
func markOf(line string) (begins, ends string) {
	text := strings.TrimSpace(strings.TrimPrefix(line, string(bom[:])))
	if name, ok := strings.CutPrefix(text, beginMark); ok {
		return strings.TrimSpace(name), ""
	}
	if name, ok := strings.CutPrefix(text, endMark); ok {
		return "", strings.TrimSpace(name)
	}
	return "", ""
}

// headsBetween returns the heads whose lines stand between two others, by their
// indexes, and the index of the line of the head that follows, -1 if none does.
func (f *file) headsBetween(begin, end int) (list []int, next int) {
	for i := range f.heads {
		switch line := f.lineOf(i) - 1; {
		case line > end:
			return list, line
		case line > begin:
			list = append(list, i)
		}
	}
	return list, -1
}

// strays refuses lines that belong to another section than their place says:
// those between the begin mark and the first header to the section above the
// block, those below the end mark to the block's last section, and to another
// one when that is replaced.
func (e *Edit) strays(r *blockRead, f *file, heads []int, next int) error {
	first := r.end
	if len(heads) > 0 {
		first = f.lineOf(heads[0]) - 1
	}
	if i := e.content(r.begin+1, first); i >= 0 {
		return e.damaged(r.block.Name, i, "the line belongs to the section above the block", "move the line out of the block")
	}
	if i := e.content(r.end+1, next); i >= 0 {
		return e.damaged(r.block.Name, i, "the line below the end mark belongs to the last section of the block", "put a header above the line, or move it")
	}
	return nil
}

// content returns the first line of a range that is neither blank nor a comment,
// or -1.
func (e *Edit) content(from, to int) int {
	for i := from; i < to; i++ {
		text := strings.TrimSpace(e.lines[i].text)
		if text != "" && text[0] != '#' && text[0] != ';' {
			return i
		}
	}
	return -1
}

// blockSection reads the section of head i. What [Block] cannot hold is refused.
func (e *Edit) blockSection(name string, f *file, i int, c chunk) (s BlockSection, err error) {
	s.Section, _ = f.labels(i)
	h := f.heads[i]
	text := strings.TrimSpace(e.lines[c.header].text)
	if want, err := e.header(s.Section, h.kind, f.nameOf(i)); h.kind == kindOther || err != nil || text != want {
		return s, e.damaged(name, c.header, "latchkey writes no such header", "move the section out of the block")
	}
	var owners []owner
	p := parser{file: f, section: s.Section, owners: &owners}
	p.body(string(join(e.lines[c.header+1:c.to])), c.header+2)
	for _, o := range owners {
		if o.role != roleProperty || e.checkProperty(s.Section, p.entries[o.entry].key, p.entries[o.entry].value) != nil {
			return s, e.damaged(name, o.line-1, "latchkey writes no such line, and would lose it", "move the section, or what the line says, out of the block")
		}
	}
	for _, entry := range p.entries {
		if s.Get(entry.key) != "" {
			return s, e.damaged(name, entry.line-1, "the key is there before", "remove one of the two")
		}
		s.Properties = append(s.Properties, Property{entry.key, entry.value})
	}
	return s, nil
}

func (e *Edit) damaged(name string, line int, why, fix string) error {
	return &EditError{Origin: origin.File(e.path, line+1, ""), Section: "block " + clean(name), Reason: why, Fix: fix}
}
