package profile

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// FileKind tells the two shared files apart, whose headers differ.
type FileKind uint8

// The kinds of file.
const (
	ConfigFile FileKind = iota
	CredentialsFile
)

// String returns "config" or "credentials".
func (k FileKind) String() string {
	if k == CredentialsFile {
		return "credentials"
	}
	return "config"
}

// Edit is a change of one shared file that is not written before [Edit.Save].
// All that it does not mean to change keeps its bytes: comments, blanks, line
// ends, lines that cannot be read. It is not safe for concurrent use.
//
// Sections are named as in [Diagnostic]: "profile dev", "sso-session corp",
// "services local"; in the credentials file there are only profiles. Keys are
// in lower case. An edit that fails, with an *EditError or a *FileError,
// changes nothing.
type Edit struct {
	path  string
	kind  FileKind
	there bool
	read  string // the file as it was read
	lines []editLine
}

// editLine is one line with its end.
type editLine struct {
	text string
	old  int // its number in the file as it was read, from 1; 0: a new line
}

// OpenEdit reads the file at path; a missing one is empty. A file that cannot
// be read, or is not a regular one, is a *FileError.
func OpenEdit(path string, kind FileKind) (*Edit, error) {
	e := &Edit{path: path, kind: kind}
	data, err := readRegular(path)
	switch {
	case err == nil:
		e.there, e.read = true, string(data)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, e.fileError(err)
	}
	for n, line := range slices.Collect(strings.Lines(e.read)) {
		e.lines = append(e.lines, editLine{line, n + 1})
	}
	if _, err := e.file(e.lines); err != nil {
		return nil, err
	}
	return e, nil
}

// readRegular reads a file that a write can replace.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, ErrNotRegular
	}
	return readFile(path)
}

// Path returns the path of the file.
func (e *Edit) Path() string { return e.path }

// Bytes returns the file as Save would write it.
func (e *Edit) Bytes() []byte { return join(e.lines) }

// Changed reports whether there is anything to save.
func (e *Edit) Changed() bool { return string(e.Bytes()) != e.read }

// Set gives key a value: on the line that decides it now, which keeps its
// spelling; else on a new line behind the last property of the section; else in
// a new section at the end, for which the file is made if need be. A comment
// behind the old value moves to a line of its own, because the AWS CLI would
// read it as part of the new one. What the grammar that all SDKs share cannot
// say is refused: such names of new sections, and values that are blank, hold
// control characters or comments, or stand in quotes.
func (e *Edit) Set(section, key, value string) error {
	if err := e.checkProperty(section, key, value); err != nil {
		return err
	}
	t, err := e.target(section)
	if err != nil {
		return err
	}
	if len(t.blocks) == 0 {
		return e.addSection(t, key, value)
	}
	b, i := t.deciding(key)
	if i < 0 {
		return e.addProperty(t, b, key, value)
	}
	old := &b.entries[i]
	if old.value == value && len(old.subs) == 0 {
		return nil
	}
	var p patch
	if err := e.drop(&p, t, b, i); err != nil {
		return err
	}
	at := old.line - 1
	var texts []string
	for _, comment := range commentLine(e.lines[at].text) {
		texts = append(texts, ended(comment, e.eol(at)))
	}
	p.put(at, append(texts, replaced(e.lines[at].text, value))...)
	old.value, old.subs = value, nil
	return e.accept(t, p)
}

// Remove takes keys out of a section, each with all its duplicates, the lines
// that continue its value and the properties nested below it. Comments stay; one
// behind a value gets a line of its own. Keys and sections that are not there
// are no error.
func (e *Edit) Remove(section string, keys ...string) error {
	t, err := e.target(section)
	if err != nil {
		return err
	}
	var p patch
	for n := range t.blocks {
		b := &t.blocks[n]
		var kept []entry
		for i, old := range b.entries {
			if !slices.Contains(keys, old.key) {
				kept = append(kept, old)
				continue
			}
			if err := e.drop(&p, t, b, i); err != nil {
				return err
			}
		}
		b.entries = kept
	}
	return e.accept(t, p)
}

// RemoveSection takes the header of a section away, and the blank lines below
// it, if no property and no line that cannot be read is left; comments stay.
// removed is false where something is left or the section is not there.
func (e *Edit) RemoveSection(section string) (removed bool, err error) {
	t, err := e.target(section)
	if err != nil || len(t.blocks) == 0 {
		return false, err
	}
	var p patch
	for n := range t.blocks {
		b := &t.blocks[n]
		header := e.lines[b.from].text
		open := strings.IndexByte(header, '[')
		h := readHeader([]byte(header[open:]), e.kind == CredentialsFile)
		rest := ""
		if h.closed {
			rest = strings.TrimLeft(header[open+h.after:], " \t")
		}
		text := strings.TrimSpace(rest)
		if len(b.owners) > 0 || !h.closed || text != "" && text[0] != '#' && text[0] != ';' {
			return false, nil
		}
		if text == "" {
			rest = ""
		}
		p.put(b.from, rest)
		for at := b.from + 1; at < b.to && strings.TrimSpace(e.lines[at].text) == ""; at++ {
			p.put(at, "")
		}
		b.gone = true
	}
	return true, e.accept(t, p)
}

func (e *Edit) fileError(err error) error {
	return &FileError{Path: e.path, What: e.kind.String(), Origin: origin.File(e.path, 0, ""), Err: err}
}
