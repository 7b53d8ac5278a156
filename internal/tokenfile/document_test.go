package tokenfile_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

func TestDocumentKeepsForm(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, out string }{
		{"order and unknown members", `{"z": 1, "a": {"y": [1, "x", null, true], "b": {}}, "m": []}`, ""},
		{"numbers as written", `{"n": 1.50, "big": 123456789012345678901234567890, "e": 1e5}`, ""},
		{"compact input", `{"a":"b","c":[1,2]}`, `{"a": "b", "c": [1, 2]}`},
		{"python's escapes", `{"t": "\u00fc \ud83d\ude00 \u007f\u0001\n\r\t\b\f \"\\ <>&/"}`, ""},
		{"raw UTF-8", `{"t": "ü 😀"}`, `{"t": "\u00fc \ud83d\ude00"}`},
		{"repeated name", `{"a": 1, "b": 2, "a": 3}`, `{"a": 3, "b": 2}`},
		{"newline at the end", "{}\n", `{}`},
	}
	for _, tt := range tests {
		doc, err := tokenfile.Parse([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want := tt.out
		if want == "" {
			want = tt.in
		}
		if got := string(doc.Encode()); got != want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "empty", " \n": "empty", `{"a": "b`: "cut short", `{`: "cut short", `{"a": 1`: "cut short", `{"a":`: "cut short",
		`[]`: "not a JSON object", `"x"`: "not a JSON object", `{a: 1}`: "not a JSON object", "<html>": "not a JSON object",
		`{} {}`: "text after the JSON object", `{"a": 1}}`: "text after the JSON object", "{\"a\": \"\xff\"}": "not UTF-8",
		`{"a": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}": "not a JSON object",
		manyMembers(): "not a JSON object",
	} {
		if _, err := tokenfile.Parse([]byte(in)); err == nil || err.Error() != want {
			t.Errorf("Parse(%q) = %v, want %q", in, err, want)
		}
	}
}

func manyMembers() string {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, ", \"%d\": 1", i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestSetAndClone(t *testing.T) {
	t.Parallel()
	doc, err := tokenfile.Parse([]byte(`{"a": "1", "o": {"k": "v", "x": 1}, "n": 2}`))
	if err != nil {
		t.Fatal(err)
	}
	clone := doc.Clone()
	clone.Set("a", "2")
	clone.Set("new", "3")
	inner, ok := clone.Object("o")
	if !ok {
		t.Fatal("no object o")
	}
	inner.Set("k", "w")
	if got, want := string(clone.Encode()), `{"a": "2", "o": {"k": "w", "x": 1}, "n": 2, "new": "3"}`; got != want {
		t.Errorf("clone %s, want %s", got, want)
	}
	if got, want := string(doc.Encode()), `{"a": "1", "o": {"k": "v", "x": 1}, "n": 2}`; got != want {
		t.Errorf("original %s, want %s", got, want)
	}
	if doc.Text("n") != "" || doc.Text("missing") != "" || doc.Secret("a").Reveal() != "1" {
		t.Error("Text of a number, of nothing, or Secret is wrong")
	}
	if _, ok := doc.Object("a"); ok {
		t.Error("a string counts as an object")
	}
	if got := fmt.Sprintf("%v %+v %#v %s", doc, doc, doc, doc); strings.Contains(got, `"v"`) || strings.Contains(got, "0x") {
		t.Errorf("printed as %s", got)
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	d := tokenfile.New()
	d.Set("id", "a\"ü")
	d.SetList("scopes", []string{"sso:account:access", "x"})
	d.SetObject("token").Set("key", "v")
	d.Set("end", "")
	if got, want := string(d.Encode()), `{"id": "a\"\u00fc", "scopes": ["sso:account:access", "x"], "token": {"key": "v"}, "end": ""}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	d.SetList("scopes", nil)
	d.SetObject("token")
	d.Delete("id")
	d.Delete("missing")
	if got, want := string(d.Encode()), `{"scopes": [], "token": {}, "end": ""}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReadWaitsForWriters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, []byte(`{"a": "half`), 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		_ = os.WriteFile(path, []byte(`{"a": "whole"}`), 0o600)
	}()
	doc, err := tokenfile.Read(t.Context(), path)
	if err != nil || doc.Text("a") != "whole" {
		t.Errorf("Read = %v, %v", doc, err)
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, why := range map[string]string{
		write("empty", ""): "empty",
		write("half", `{"accessToken": "canary-half`): "cut short",
		write("big", strings.Repeat(" ", 1<<20+1)):    "larger than 1 MiB",
		folder: "not a regular file",
	} {
		_, err := tokenfile.Read(t.Context(), path)
		var damaged *tokenfile.DamagedError
		if !errors.As(err, &damaged) || damaged.Why != why || damaged.Path != path || strings.Contains(err.Error(), "canary") {
			t.Errorf("Read(%s) = %v, want %s", path, err, why)
		}
	}
	if _, err := tokenfile.Read(t.Context(), filepath.Join(folder, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tokenfile.Read(ctx, filepath.Join(folder, "half")); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
}

// FuzzParse holds that what is read is written in a form that reads the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a": "b", "n": 1.5, "o": {"x": [null, true]}}`, `{"t": "\ud83d\ude00\ud800"}`, `{`, ``, `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		doc, err := tokenfile.Parse(in)
		if err != nil {
			return
		}
		first := doc.Encode()
		again, err := tokenfile.Parse(first)
		if err != nil || string(again.Encode()) != string(first) {
			t.Errorf("%q → %q → %v, %v", in, first, again, err)
		}
	})
}
