package policies

import (
	"bytes"
	"encoding/json"
	"strings"
)

// node is a value of JSON with its place. Text is that of a string, number or word.
type node struct {
	kind    byte // { [ " 0 t n: object, array, string, number, boolean, null
	at, end int  // offsets of its first byte, and behind its last
	text    string
	members []member
	items   []*node
}

type member struct {
	name  string
	at    int // offset of the name
	value *node
}

// get returns the member of a name, nil if there is none; the last, as AWS would.
//
//go:noinline
func (n *node) get(name string) *member {
	for i := len(n.members) - 1; i >= 0; i-- {
		if n.members[i].name == name {
			return &n.members[i]
		}
	}
	return nil
}

// The most of a file that is read: bytes, and values inside each other.
const (
	maxText  = 1 << 20
	maxDepth = 40
)

// misread is a text that is no JSON, and where that shows.
type misread struct {
	at        int
	what, fix string
}

// reader reads JSON with the place of each value, which encoding/json does not tell
// of by itself, and finds names that are there twice, of which it keeps the last.
type reader struct {
	data  []byte
	dec   *json.Decoder
	twice func(member)
}

func read(data []byte, twice func(member)) (*node, *misread) {
	r := &reader{data, json.NewDecoder(bytes.NewReader(data)), twice}
	r.dec.UseNumber()
	if len(data) > maxText {
		return &node{}, &misread{}
	}
	n, wrong := r.value(0)
	if wrong == nil {
		if at := r.next(); at < len(data) {
			wrong = &misread{at, "there is text after the document", "leave one document in the file"}
		}
	}
	return n, wrong
}

// next is the offset of what comes next, past blanks and what separates values.
//
//go:noinline
func (r *reader) next() int {
	at := int(r.dec.InputOffset())
	for at < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) value(depth int) (*node, *misread) {
	n := &node{at: r.next()}
	if depth > maxDepth {
		return n, &misread{n.at, "values are inside each other too deeply", "give a policy document"}
	}
	token, err := r.dec.Token()
	if err != nil {
		return n, r.wrong(n.at)
	}
	switch v := token.(type) {
	case string:
		n.kind, n.text = '"', v
	case json.Number:
		n.kind, n.text = '0', v.String()
	case bool:
		n.kind, n.text = 't', "false"
		if v {
			n.text = "true"
		}
	case nil:
		n.kind, n.text = 'n', "null"
	case json.Delim:
		n.kind = byte(v)
		for r.dec.More() {
			if wrong := r.child(n, depth); wrong != nil {
				return n, wrong
			}
		}
		if at := r.next(); r.close() != nil {
			return n, r.wrong(at)
		}
	}
	n.end = int(r.dec.InputOffset())
	return n, nil
}

//go:noinline
func (r *reader) close() error {
	_, err := r.dec.Token()
	return err
}

// child reads one value of an array, or a name and its value of an object.
func (r *reader) child(n *node, depth int) *misread {
	if n.kind == '[' {
		item, wrong := r.value(depth + 1)
		n.items = append(n.items, item)
		return wrong
	}
	m := member{at: r.next()}
	token, err := r.dec.Token()
	name, ok := token.(string)
	if err != nil || !ok {
		return r.wrong(m.at)
	}
	m.name = name
	if n.get(name) != nil {
		r.twice(m)
	}
	var wrong *misread
	m.value, wrong = r.value(depth + 1)
	n.members = append(n.members, m)
	return wrong
}

// wrong says what is at an offset where JSON has something else.
func (r *reader) wrong(at int) *misread {
	const fix = "correct it; every name and text stands in double quotes"
	if at >= len(r.data) {
		return &misread{at, "the document ends too early", "close what is open: brackets, braces or a text"}
	}
	before := strings.TrimRight(string(r.data[:at]), " \t\r\n")
	switch c := r.data[at]; {
	case at == 0 && bytes.HasPrefix(r.data, []byte("\ufeff")):
		return &misread{at, "the file begins with a byte order mark", "save it as UTF-8 without one"}
	case (c == '}' || c == ']') && ends(before, ","):
		return &misread{at, "a comma stands before the " + string(c), "take the comma out"}
	case c == '/' || c == '#':
		return &misread{at, "JSON has no comments", "take the comment out; a Sid can say what a statement is for"}
	case c == '"' && before != "" && strings.IndexByte("]}\"", before[len(before)-1]) >= 0:
		return &misread{at, "a comma is missing before this", "put one behind the value before"}
	}
	return &misread{at, "this is no JSON", fix}
}
