package awsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

type format uint8

const (
	formatXML format = iota
	formatJSON
	formatNone // the answer has no content that matters
)

func (f format) String() string {
	if f == formatXML {
		return "XML"
	}
	return "JSON"
}

const (
	maxDepth  = 16
	maxFields = 10_000
)

// document is a decoded answer: the texts of its leaves by path, such as
// "AssumeRoleResult/Credentials/AccessKeyId". XML and JSON share it, and with
// it the rules: bounded depth and size, no rest after the end, and a path that
// occurs twice has no value. The elements of lists, JSON's and those of the query
// services, are counted: "Keys/member.1", "Keys/member.2"; so are the entries of
// their maps, by the same name.
type document struct {
	root   string // name of the XML root
	fields map[string]leaf
	lists  map[string]int // how many elements each list has
}

type leaf struct {
	text  string
	count int
	// other is set for a JSON value that is neither string nor number.
	number, other bool
}

func parse(f format, body []byte) (document, error) {
	d := document{fields: make(map[string]leaf, 16)}
	switch f {
	case formatXML:
		return d, d.parseXML(body)
	case formatNone:
		return d, nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := d.parseJSON(dec, "", 0); err != nil {
		return d, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return d, errors.New("more follows the end")
	}
	return d, nil
}

func (d *document) set(path string, l leaf) error {
	if len(d.fields) >= maxFields {
		return errors.New("too many values")
	}
	l.count = d.fields[path].count + 1
	d.fields[path] = l
	return nil
}

func (d *document) parseXML(body []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(body))
	w := walk{d: d}
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) && d.root != "" && w.depth == 0 {
			return nil
		}
		if err == nil {
			err = w.take(tok)
		}
		if err != nil {
			return err
		}
	}
}

// walk is the state between two tokens of an XML document.
type walk struct {
	d     *document
	depth int
	path  []string // open elements below the root
	text  strings.Builder
	leaf  bool // the open element has had no children
}

func (w *walk) take(tok xml.Token) error {
	switch t := tok.(type) {
	case xml.Directive: // a document type could define entities
		return errors.New("document type")
	case xml.StartElement:
		if w.depth++; w.depth > maxDepth {
			return errors.New("too deep")
		}
		switch {
		case w.depth > 1:
			w.path = append(w.path, w.name(t.Name.Local))
		case w.d.root != "":
			return errors.New("second root")
		default:
			w.d.root = t.Name.Local
		}
		w.text.Reset()
		w.leaf = true
	case xml.EndElement:
		if w.leaf && len(w.path) > 0 {
			if err := w.d.set(strings.Join(w.path, "/"), leaf{text: w.text.String()}); err != nil {
				return err
			}
		}
		w.depth--
		w.path = w.path[:max(len(w.path)-1, 0)]
		w.leaf = false
	case xml.CharData:
		if w.leaf {
			w.text.Write(t)
		} else if w.depth == 0 && len(bytes.TrimSpace(t)) > 0 {
			return errors.New("text outside the root")
		}
	}
	return nil
}

// name returns an element's name in its path, a list's members with their number.
func (w *walk) name(local string) string {
	if local != "member" && local != "entry" { // a map's
		return local
	}
	return w.d.member(strings.Join(w.path, "/"))
}

// member counts one more element of a list and returns its name.
func (d *document) member(list string) string {
	if d.lists == nil {
		d.lists = make(map[string]int)
	}
	d.lists[list]++
	return "member." + strconv.Itoa(d.lists[list])
}

// parseJSON reads one value. Object keys that hold a slash are left out: they
// could pose as a path.
func (d *document) parseJSON(dec *json.Decoder, path string, depth int) error {
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	if path == "" && tok != json.Delim('{') {
		return errors.New("not an object")
	}
	if depth > maxDepth {
		return errors.New("too deep")
	}
	switch t := tok.(type) {
	case json.Delim:
		if t == '{' {
			return d.parseObject(dec, path, depth)
		}
		for dec.More() {
			if err := d.parseJSON(dec, path+"/"+d.member(path), depth+1); err != nil {
				return err
			}
		}
		_, err := dec.Token()
		return err
	case string:
		return d.set(path, leaf{text: t})
	case json.Number:
		return d.set(path, leaf{text: t.String(), number: true})
	}
	return d.set(path, leaf{other: true})
}

func (d *document) parseObject(dec *json.Decoder, path string, depth int) error {
	seen := make(map[string]bool)
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := tok.(string)
		if seen[key] {
			return errors.New("key twice in one object")
		}
		seen[key] = true
		if strings.ContainsRune(key, '/') || key == "" {
			key = "/"
		}
		at := key
		if path != "" {
			at = path + "/" + key
		}
		if err := d.parseJSON(dec, at, depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// text returns the one text at path, "" if there is none or it is not one.
func (d document) text(path string) string {
	if l := d.fields[path]; l.count == 1 && !l.number && !l.other {
		return l.text
	}
	return ""
}

// members returns the prefixes of the list's elements, in order.
func (d document) members(list string) []string {
	out := make([]string, d.lists[list])
	for i := range out {
		out[i] = list + "/member." + strconv.Itoa(i+1) + "/"
	}
	return out
}

// integer returns the one whole number at path.
func (d document) integer(path string) (int64, bool) {
	l := d.fields[path]
	if l.count != 1 || l.other {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(l.text), 10, 64)
	return n, err == nil
}
