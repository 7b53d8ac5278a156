package profile

import (
	"bytes"
)

// kind is what a section is to the file that it stands in.
type kind uint8

const (
	kindOther kind = iota // ignored: unknown, or not readable
	kindProfile
	kindSSO
	kindServices
)

// word returns the kind as it stands in a header of the config file.
//
//go:noinline
func (k kind) word() string {
	switch k {
	case kindProfile:
		return "profile"
	case kindSSO:
		return "sso-session"
	case kindServices:
		return "services"
	}
	return ""
}

// The flags of a head.
const (
	flagPrefixed = 1 << iota // [profile default], which replaces [default]
	flagUnclosed             // no closing bracket
)

// head is where a section begins. It is small because a file has thousands and
// every fresh page of memory costs more than looking at its content.
type head struct {
	name  uint32 // offset of the name
	size  uint16 // of the name, in bytes
	kind  kind
	flags uint8
}

// table makes look-ups independent of the number of sections. It is built when
// a graph is asked often enough to pay for it.
type table struct {
	first map[tableKey]int32
	next  []int32 // next head of the same kind and name, or -1
	lines []int32 // line of each head
}

type tableKey struct {
	kind kind
	name string
}

// lookupsBeforeTable is how many scans of all heads cost as much as the table.
const lookupsBeforeTable = 16

var bom = [...]byte{0xef, 0xbb, 0xbf}

// index finds the headers: lines whose first character is an opening bracket.
func (f *file) index() error {
	f.heads = make([]head, 0, min(bytes.Count(f.data, []byte{'['}), maxSections))
	for at := 0; ; {
		h, _, next := nextHead(f.data, at, f.credentials)
		if next < 0 {
			return nil
		}
		if len(f.heads) == maxSections {
			return ErrTooManySections
		}
		f.heads = append(f.heads, h)
		at = next
	}
}

// nextHead returns the first header at or after at, where its bracket is, and
// where to look for the one behind it; next is -1 when there is none.
func nextHead(data []byte, at int, credentials bool) (h head, bracket, next int) {
	for at < len(data) {
		j := bytes.IndexByte(data[at:], '[')
		if j < 0 {
			break
		}
		j += at
		start, indented := lineHead(data, j)
		if start < 0 {
			at = j + 1
			continue
		}
		if from, to := plainProfile(data[j:], credentials); to > 0 {
			return head{name: uint32(j + from), size: uint16(to - from), kind: kindProfile}, j, j + to
		}
		end := lineEnd(data, j)
		h := readHeader(data[j:end], credentials)
		if indented && !h.plain() {
			at = end
			continue
		}
		return head{name: uint32(j + h.from), size: uint16(h.to - h.from), kind: h.kind, flags: h.flags()}, j, end
	}
	return head{}, 0, -1
}

// plainProfile returns the name in a header of the usual form, [profile NAME]
// or in the credentials file [NAME], or to = 0 where readHeader has to look.
func plainProfile(line []byte, credentials bool) (from, to int) {
	from = 1
	if !credentials {
		const start = "[profile "
		if len(line) < len(start) || string(line[:len(start)]) != start {
			return 0, 0
		}
		from = len(start)
	}
	for to = from; to < len(line) && to-from <= maxName; to++ {
		switch c := line[to]; {
		case c == ']':
			if to == from || to-from == len("default") {
				return 0, 0 // nothing, or perhaps one spelling of default
			}
			return from, to
		case c <= ' ', c > '~', c == '"', c == '\'', c == '#', c == ';':
			return 0, 0
		}
	}
	return 0, 0
}

// lineHead returns where the line of the bracket at j begins, or -1 if
// something other than blanks and byte order marks stands before the bracket.
func lineHead(data []byte, j int) (start int, indented bool) {
	start = j
	for start > 0 && (data[start-1] == ' ' || data[start-1] == '\t') {
		start--
	}
	indented = start < j
	if start >= len(bom) && bytes.Equal(data[start-len(bom):start], bom[:]) {
		start -= len(bom)
	}
	if start > 0 && data[start-1] != '\n' {
		return -1, false
	}
	return start, indented
}

func lineEnd(data []byte, at int) int {
	if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
		return at + n
	}
	return len(data)
}

// nameOf returns the name of head i.
//
//go:noinline
func (f *file) nameOf(i int) string {
	h := f.heads[i]
	return string(f.data[h.name : h.name+uint32(h.size)])
}

// extent returns where the line of head i begins, and its body begins and ends.
func (f *file) extent(i int) (header, body, end int) {
	header = f.lineStart(i)
	end = len(f.data)
	if i+1 < len(f.heads) {
		end = f.lineStart(i + 1)
	}
	return header, min(lineEnd(f.data, header)+1, end), end
}

func (f *file) lineStart(i int) int {
	return bytes.LastIndexByte(f.data[:f.heads[i].name], '\n') + 1
}

// lineOf returns the line number of head i.
func (f *file) lineOf(i int) int {
	if f.lines != nil {
		return f.lines[i]
	}
	if f.lookups.Load() > lookupsBeforeTable {
		return int(f.indexed().lines[i])
	}
	return 1 + bytes.Count(f.data[:f.heads[i].name], []byte{'\n'})
}

// find returns the first head after the head at after (-1: from the start)
// that has this kind and name, or -1.
func (f *file) find(k kind, name string, after int) int {
	if len(f.heads) == 0 || len(name) > maxName {
		return -1
	}
	if after < 0 && f.lookups.Load() <= lookupsBeforeTable {
		f.lookups.Add(1)
	}
	if f.lookups.Load() > lookupsBeforeTable {
		t := f.indexed()
		if after >= 0 {
			return int(t.next[after])
		}
		if i, ok := t.first[tableKey{k, name}]; ok {
			return int(i)
		}
		return -1
	}
	size := uint16(len(name))
	for i := after + 1; i < len(f.heads); i++ {
		h := &f.heads[i]
		if h.size == size && h.kind == k && string(f.data[h.name:h.name+uint32(size)]) == name {
			return i
		}
	}
	return -1
}

// indexed builds the table once. The names are cut from one string, which is
// far cheaper than a string for each.
func (f *file) indexed() *table {
	f.once.Do(func() {
		total := 0
		for _, h := range f.heads {
			total += int(h.size)
		}
		all := make([]byte, 0, total)
		for _, h := range f.heads {
			all = append(all, f.data[h.name:h.name+uint32(h.size)]...)
		}
		names := string(all)
		n := len(f.heads)
		t := &table{first: make(map[tableKey]int32, n), next: make([]int32, n), lines: make([]int32, n)}
		last := make(map[tableKey]int32)
		line, at := int32(1), uint32(0)
		for i, h := range f.heads {
			line += int32(bytes.Count(f.data[at:h.name], []byte{'\n'}))
			at, t.lines[i], t.next[i] = h.name, line, -1
			key := tableKey{h.kind, names[:h.size]}
			names = names[h.size:]
			first, seen := t.first[key]
			if !seen {
				t.first[key] = int32(i)
				continue
			}
			if before, ok := last[key]; ok {
				first = before
			}
			t.next[first], last[key] = int32(i), int32(i)
		}
		f.table = t
	})
	return f.table
}
