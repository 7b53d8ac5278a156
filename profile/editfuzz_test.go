package profile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/profile"
)

// FuzzEdit edits any file and reads both versions: the graph differs in what
// was meant and in nothing else, comments and all other lines are as they were.
func FuzzEdit(f *testing.F) {
	for _, tt := range grammar {
		f.Add([]byte(tt.config), false, byte(0), "region", "x")
		f.Add([]byte(tt.credentials), true, byte(1), "k", "v w")
	}
	f.Add([]byte("[profile a]\nk = v # c\n  w\ns3 =\n  n = 1 ; d\n  bad\n[profile a"), false, byte(2), "s3", "x")
	f.Add([]byte("\ufeff[profile default]\r\n[default]\r\nK: v\r\n\r\n"), false, byte(3), "k", "y")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte, credentials bool, choice byte, key, value string) {
		editAndCompare(t, filepath.Join(dir, "file"), data, credentials, choice, key, value)
	})
}

// TestEditGrammar makes all sorts of edits of all files of the grammar's table.
func TestEditGrammar(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for _, tt := range grammar {
		for i, text := range []string{tt.config, tt.credentials} {
			if text == absent {
				continue
			}
			for choice := range byte(12) {
				for _, key := range []string{"k", "s3"} {
					editAndCompare(t, path, []byte(text), i == 1, choice, key, "a value")
				}
			}
		}
	}
}

// editAndCompare makes the edit that choice decides: its lowest bits what, the
// others of which profile.
func editAndCompare(t *testing.T, path string, data []byte, credentials bool, choice byte, key, value string) {
	kind := profile.ConfigFile
	if credentials {
		kind = profile.CredentialsFile
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := profile.OpenEdit(path, kind)
	if err != nil {
		var bad *profile.FileError
		if !errors.As(err, &bad) {
			t.Fatalf("untyped error %v", err)
		}
		return
	}
	if !bytes.Equal(e.Bytes(), data) {
		t.Fatal("opening changes the bytes")
	}
	before := readAll(t, path, credentials)
	name, action := "new", int(choice%4)
	if n := len(before.names); n > 0 && choice >= 4 {
		name = before.names[int(choice/4-1)%n]
	}
	removed := false
	switch action {
	case 0, 1:
		err = e.Set("profile "+name, key, value)
	case 2:
		err = e.Remove("profile "+name, key)
	case 3:
		if err = e.Remove("profile "+name, before.keys(name)...); err == nil {
			removed, err = e.RemoveSection("profile " + name)
		}
	}
	if err != nil {
		var refused *profile.EditError
		var bad *profile.FileError
		if !errors.As(err, &refused) && !errors.As(err, &bad) {
			t.Fatalf("untyped error %v", err)
		}
		if !bytes.Equal(e.Bytes(), data) {
			t.Fatal("a refused edit changes the bytes")
		}
		return
	}
	if diff := e.Diff(); (diff != "") != e.Changed() {
		t.Fatalf("changed %v, diff %q", e.Changed(), diff)
	}
	checkLines(t, data, e.Bytes(), action < 2)
	if err := os.WriteFile(path, e.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	after := readAll(t, path, credentials)
	if !before.sections[name].broken || removed {
		before.expect(name, action, key, value, removed)
	}
	if got, want := after.text(name), before.text(name); got != want {
		t.Errorf("%s %d %q of\n%q made\n%q\nwhich reads\n%s, want\n%s", name, action, key, data, e.Bytes(), got, want)
	}
}

// reading is what the reader sees of one file.
type reading struct {
	names    []string
	sections map[string]section
}

type section struct {
	broken bool
	values map[string]string
}

func readAll(t *testing.T, path string, credentials bool) reading {
	o := profile.Options{Env: noEnv, ConfigFile: path, CredentialsFile: path + "-not-there"}
	if credentials {
		o.ConfigFile, o.CredentialsFile = o.CredentialsFile, o.ConfigFile
	}
	g, err := profile.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	r := reading{names: g.Names(), sections: map[string]section{}}
	for _, name := range r.names {
		p, err := g.Profile(name)
		s := section{broken: err != nil, values: map[string]string{}}
		if err == nil {
			for _, k := range p.Keys() {
				v, _ := p.Get(k)
				hidden, _, _ := p.Secret(k)
				s.values[k] = strconv.Quote(v.Text + hidden.Reveal())
			}
		}
		r.sections[name] = s
	}
	return r
}

func (r reading) keys(name string) (keys []string) {
	for k := range r.sections[name].values {
		keys = append(keys, k)
	}
	return keys
}

// expect makes the change in the reading.
func (r *reading) expect(name string, action int, key, value string, removed bool) {
	s, there := r.sections[name]
	switch {
	case removed:
		delete(r.sections, name)
	case action < 2 && !there:
		r.sections[name] = section{values: map[string]string{key: strconv.Quote(value)}}
	case action < 2:
		s.values[key] = strconv.Quote(value)
	case action == 2:
		delete(s.values, key)
	case there:
		clear(s.values)
	}
}

// text writes all that an edit of one profile must leave, or make, as it is.
func (r reading) text(edited string) string {
	var list []string
	for name, s := range r.sections {
		if _, includes := s.values["include_profile"]; (includes || s.broken) && name != edited {
			continue // it may show what the edit did to another one
		}
		if s.broken {
			list = append(list, name+" broken")
			continue
		}
		var values []string
		for k, v := range s.values {
			values = append(values, k+"="+v)
		}
		slices.Sort(values)
		list = append(list, strconv.Quote(name)+": "+strings.Join(values, " "))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// checkLines: comments of the file are in the new one, in their order; apart
// from at most four lines (a header, a property, its comment, a line end that
// was missing) the new one has no line that the old one has not.
func checkLines(t *testing.T, before, after []byte, set bool) {
	old, now := strings.Split(string(before), "\n"), strings.Split(string(after), "\n")
	at := 0
	for _, line := range old {
		if text := strings.TrimLeft(line, " \t"); text == "" || text[0] != '#' && text[0] != ';' {
			continue
		}
		for at < len(now) && strings.TrimRight(now[at], "\r") != strings.TrimRight(line, "\r") {
			at++
		}
		if at++; at > len(now) {
			t.Fatalf("the comment %q is lost or moved:\n%q\n%q", line, before, after)
		}
	}
	at, fresh := 0, 0
	for _, line := range now {
		next := slices.Index(old[at:], line)
		if next >= 0 {
			at += next + 1
			continue
		}
		if text := strings.TrimLeft(line, " \t"); text == "" || !set && (text[0] == '#' || text[0] == ';') {
			continue // a comment that stood behind a value
		}
		fresh++
	}
	if !set && fresh > 0 || fresh > 6 {
		t.Fatalf("%d lines are new:\n%q\n%q", fresh, before, after)
	}
}
