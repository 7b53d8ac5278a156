// Package tokenfile owns the sign-in cache files that all AWS tools share: how
// they are read and written back byte for byte in the AWS CLI's form, and how
// one process at a time refreshes what they hold.
//
// Nobody else takes a lock on these files, and several programs write them in
// place. So a file may be met half written, and somebody else may have used the
// single-use refresh token a moment ago; both are normal here. The package must
// not know what the members mean or who issues the tokens.
package tokenfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/secret"
)

// A document nested deeper or with more members in one object is hostile: the
// real ones have two levels and ten members.
const (
	maxDepth   = 32
	maxMembers = 1000
)

// Document is a JSON object that keeps the order of its members and those that
// it does not know. It holds secrets and prints as [secret.Redacted].
type Document struct{ members []member }

// member holds a string, json.Number, bool, nil, []any or *Document.
type member struct {
	name  string
	value any
}

// New returns a document without members.
func New() *Document { return &Document{} }

// Parse reads one JSON object with nothing after it. Of a repeated name the
// last value counts, in the place of the first, as in Python. Errors do not
// repeat any of the text.
func Parse(data []byte) (*Document, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("empty")
	}
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	value, err := decode(decoder, 0)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("cut short")
	}
	doc, ok := value.(*Document)
	if err != nil || !ok {
		return nil, errors.New("not a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON object")
	}
	return doc, nil
}

func decode(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth == maxDepth {
		return nil, errors.New("nested too deep")
	}
	if delim == '{' {
		return decodeObject(d, depth)
	}
	list := []any{}
	for d.More() {
		value, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err = d.Token()
	return list, err
}

func decodeObject(d *json.Decoder, depth int) (*Document, error) {
	doc := &Document{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		value, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		text, ok := name.(string)
		if !ok {
			return nil, errors.New("member without a name")
		}
		if doc.set(text, value); len(doc.members) > maxMembers {
			return nil, errors.New("too many members")
		}
	}
	_, err := d.Token()
	return doc, err
}

func (d *Document) index(name string) int {
	return slices.IndexFunc(d.members, func(m member) bool { return m.name == name })
}

func (d *Document) set(name string, value any) {
	if i := d.index(name); i >= 0 {
		d.members[i].value = value
		return
	}
	d.members = append(d.members, member{name, value})
}

// Text returns the string member name, "" when there is none.
func (d *Document) Text(name string) string {
	if i := d.index(name); i >= 0 {
		text, _ := d.members[i].value.(string)
		return text
	}
	return ""
}

// Secret returns the string member name as a secret.
func (d *Document) Secret(name string) secret.Text { return secret.New(d.Text(name)) }

// Object returns the object member name. Setting members of it changes d.
func (d *Document) Object(name string) (*Document, bool) {
	if i := d.index(name); i >= 0 {
		doc, ok := d.members[i].value.(*Document)
		return doc, ok
	}
	return nil, false
}

// Set gives the member name the string value: in its place if it exists, else
// at the end.
func (d *Document) Set(name, value string) { d.set(name, value) }

// SetList gives the member name a list of strings, in the place that Set would.
func (d *Document) SetList(name string, values []string) {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	d.set(name, list)
}

// SetObject gives the member name an object without members, in the place that
// Set would. Setting members of what it returns changes d.
func (d *Document) SetObject(name string) *Document {
	inner := New()
	d.set(name, inner)
	return inner
}

// Delete takes the member name away, if there is one.
func (d *Document) Delete(name string) {
	if i := d.index(name); i >= 0 {
		d.members = slices.Delete(d.members, i, i+1)
	}
}

// Clone returns a copy that shares nothing that can be set.
func (d *Document) Clone() *Document {
	c := &Document{members: slices.Clone(d.members)}
	for i, m := range c.members {
		if inner, ok := m.value.(*Document); ok {
			c.members[i].value = inner.Clone()
		}
	}
	return c
}

// Format implements fmt.Formatter so that no verb prints the content.
func (d *Document) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secret.Redacted) }
