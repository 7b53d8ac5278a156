package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/profile"
)

// FuzzBlock puts a block into any file, changes it and takes it away again: it
// reads back as it was written, all other profiles read as before, and no byte
// outside of it is another one.
func FuzzBlock(f *testing.F) {
	for _, tt := range grammar {
		if tt.config != absent {
			f.Add([]byte(tt.config), "a", "v", "b")
		}
	}
	for _, text := range []string{
		head + abl + bbl + foot, "\ufeff" + head + foot, "[profile x]\r\nk = v\r\n" + head + abl + foot + "; c\r\n[profile y]", head + abl, foot + head,
		"  " + head + "\n# c\n[profile a]\n# d\nK = v # e\n" + foot + "\n", strings.ReplaceAll(head+abl+foot, "corp", "other") + head + bbl + foot,
	} {
		f.Add([]byte(text), "a", "v w", "x")
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte, name, value, other string) {
		path := filepath.Join(dir, "config")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := profile.OpenEdit(path, profile.ConfigFile)
		if err != nil {
			return
		}
		had, there, err := e.Block("sso corp")
		if !typed(err) {
			t.Fatalf("untyped error %v", err)
		}
		before := readAll(t, path, false)
		b := block()
		b.Notes = []string{"Kept by a test."}
		b.Sections = []profile.BlockSection{
			{Section: "profile " + name, Properties: []profile.Property{{Key: "k", Value: value}, {Key: "region", Value: "x"}}},
			{Section: "sso-session " + other, Properties: []profile.Property{{Key: "sso_region", Value: value}}},
		}
		if err := e.SetBlock(b); err != nil {
			if !typed(err) || string(e.Bytes()) != string(data) {
				t.Fatalf("untyped error %v, or a refused edit changes the bytes", err)
			}
			return
		}
		got, ok, err := e.Block("sso corp")
		if err != nil || !ok || !reflect.DeepEqual(got, b) {
			t.Fatalf("of %q: %+v, %v, %v, want %+v", data, got, ok, err, b)
		}
		checkOutside(t, string(data), string(e.Bytes()), there)
		if (e.Diff() != "") != e.Changed() {
			t.Fatal("the diff does not say whether there is a change")
		}
		if err := os.WriteFile(path, e.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		after := readAll(t, path, false)
		before.sections[name] = section{values: map[string]string{"k": after.sections[name].values["k"], "region": `"x"`}}
		for _, s := range had.Sections {
			if gone := strings.TrimPrefix(s.Section, "profile "); gone != name && gone != s.Section {
				delete(before.sections, gone)
			}
		}
		if got, want := after.text(name), before.text(name); got != want {
			t.Errorf("of\n%q\nmade\n%q\nwhich reads\n%s, want\n%s", data, e.Bytes(), got, want)
		}
		b.Sections = nil
		if err := e.SetBlock(b); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := e.Block("sso corp"); ok || err != nil {
			t.Errorf("taken away, it is there: %v, %v", ok, err)
		}
	})
}

func typed(err error) bool {
	var refused *profile.EditError
	var bad *profile.FileError
	return err == nil || errors.As(err, &refused) || errors.As(err, &bad)
}

// checkOutside compares what stands before and behind the block.
func checkOutside(t *testing.T, before, after string, there bool) {
	t.Helper()
	cut := func(text string) (above, below string) {
		lines := strings.SplitAfter(text, "\n")
		begin, end := -1, -1
		for i, line := range lines {
			switch strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")) {
			case strings.SplitN(head, "\n", 2)[0]:
				begin = i
			case strings.TrimSpace(foot):
				end = i
			}
		}
		return strings.Join(lines[:begin], ""), strings.Join(lines[end+1:], "")
	}
	above, below := cut(after)
	if !there {
		if rest, ok := strings.CutPrefix(above, before); !ok || below != "" || strings.Trim(rest, "\r\n") != "" {
			t.Fatalf("outside of the new block:\n%q\n%q", before, after)
		}
		return
	}
	if wantAbove, wantBelow := cut(before); above != wantAbove || below != wantBelow {
		t.Fatalf("outside of the block:\n%q\n%q", before, after)
	}
}
