package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/profile"
)

// open begins an edit of a file with that text.
func open(t testing.TB, text string, kind profile.FileKind) *profile.Edit {
	t.Helper()
	path := filepath.Join(t.TempDir(), kind.String())
	if text != absent {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, err := profile.OpenEdit(path, kind)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(e.Bytes()); got != text && text != absent || e.Changed() {
		t.Fatalf("before any edit: %q, changed %v", got, e.Changed())
	}
	return e
}

// check compares what an edit made of a file, byte for byte, and that it says
// truly whether it did anything.
func check(t *testing.T, e *profile.Edit, err error, before, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(e.Bytes()); got != want {
		t.Errorf("file\n%q, want\n%q", got, want)
	}
	if before == absent {
		before = ""
	}
	if e.Changed() != (before != want) || (e.Diff() != "") != (before != want) {
		t.Errorf("Changed %v, Diff %q", e.Changed(), e.Diff())
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	const config, credentials = profile.ConfigFile, profile.CredentialsFile
	tests := []struct {
		name    string
		kind    profile.FileKind
		section string
		before  string
		after   string // with region = eu-west-1
	}{
		{"no file", config, "profile a", absent, "[profile a]\nregion = eu-west-1\n"},
		{"empty file", config, "profile default", "", "[default]\nregion = eu-west-1\n"},
		{"credentials", credentials, "profile a", "", "[a]\nregion = eu-west-1\n"},
		{"credentials default", credentials, "profile default", "", "[default]\nregion = eu-west-1\n"},
		{"sso-session", config, "sso-session corp", "", "[sso-session corp]\nregion = eu-west-1\n"},
		{"services", config, "services local", "", "[services local]\nregion = eu-west-1\n"},
		{"characters of names", config, "profile a.b/c:d%e@f+g_h-1", "", "[profile a.b/c:d%e@f+g_h-1]\nregion = eu-west-1\n"},
		{"section at the end", config, "profile a", "[profile b]\nk = v\n", "[profile b]\nk = v\n\n[profile a]\nregion = eu-west-1\n"},
		{"blank line is there", config, "profile a", "[profile b]\nk = v\n \n", "[profile b]\nk = v\n \n[profile a]\nregion = eu-west-1\n"},
		{"no final newline", config, "profile a", "[profile b]\r\nk = v", "[profile b]\r\nk = v\r\n\r\n[profile a]\r\nregion = eu-west-1\r\n"},
		{"only a comment", config, "profile a", "# mine", "# mine\n\n[profile a]\nregion = eu-west-1\n"},
		{"only a byte order mark", config, "profile a", "\ufeff", "\ufeff\n\n[profile a]\nregion = eu-west-1\n"},
		{"similar section", config, "profile a", "[a]\nregion = x\n[Profile a]\nregion = x\n", "[a]\nregion = x\n[Profile a]\nregion = x\n\n[profile a]\nregion = eu-west-1\n"},
		{"value", config, "profile a", "[profile a]\nregion = x\nk = v\n", "[profile a]\nregion = eu-west-1\nk = v\n"},
		{"spelling", config, "profile a", "[profile a]\n\tREGION =\t x  \nk = v\n", "[profile a]\n\tREGION =\t eu-west-1\nk = v\n"},
		{"tight", config, "profile a", "[profile a]\nregion=x\n", "[profile a]\nregion=eu-west-1\n"},
		{"blank value", config, "profile a", "[profile a]\nregion =\n", "[profile a]\nregion = eu-west-1\n"},
		{"blank tight value", config, "profile a", "[profile a]\nregion=\n", "[profile a]\nregion=eu-west-1\n"},
		{"colon", config, "profile a", "[profile a]\nregion: x\n", "[profile a]\nregion = eu-west-1\n"},
		{"quotes", config, "profile a", "[profile a]\nregion = 'x'\n", "[profile a]\nregion = eu-west-1\n"},
		{"value is there", config, "profile a", "[profile a]\nregion = eu-west-1 # mine\n", "[profile a]\nregion = eu-west-1 # mine\n"},
		{"no newline", config, "profile a", "[profile a]\nregion = x", "[profile a]\nregion = eu-west-1"},
		{"CRLF", config, "profile a", "[profile a]\r\nregion = x\r\nk = v\r\n", "[profile a]\r\nregion = eu-west-1\r\nk = v\r\n"},
		{"comment", config, "profile a", "[profile a]\n  region = x # mine ; \r\n", "[profile a]\n  # mine ; \r\n  region = eu-west-1\r\n"},
		{"comment on the last line", config, "profile a", "[profile a]\nregion = x ;mine", "[profile a]\n;mine\nregion = eu-west-1"},
		{"hash in the value", config, "profile a", "[profile a]\nregion = x#y\n", "[profile a]\nregion = eu-west-1\n"},
		{"continuation", config, "profile a", "[profile a]\nregion = x\n  y\n\n  # mine\n  z\nk = v\n", "[profile a]\nregion = eu-west-1\n\n  # mine\nk = v\n"},
		{"nested", config, "profile a", "[profile a]\nregion =\n  y = 1 # one\n  z = 2\nk = v\n", "[profile a]\nregion = eu-west-1\n  # one\nk = v\n"},
		{"the last duplicate", config, "profile a", "[profile a]\nregion = x\nregion = y\n", "[profile a]\nregion = x\nregion = eu-west-1\n"},
		{"the last section", config, "profile a", "[profile a]\nregion = x\n[profile b]\n[profile a]\nk = v\n", "[profile a]\nregion = eu-west-1\n[profile b]\n[profile a]\nk = v\n"},
		{"new in the last section", config, "profile a", "[profile a]\nk = v\n[profile b]\n[profile a]\nk = v\n", "[profile a]\nk = v\n[profile b]\n[profile a]\nk = v\nregion = eu-west-1\n"},
		{"default that counts", config, "profile default", "[profile default]\nk = v\n[default]\nregion = x\n", "[profile default]\nk = v\nregion = eu-west-1\n[default]\nregion = x\n"},
		{"new key", config, "profile a", "[profile a]\nk = v\n  w\n\n# next\n[profile b]\n", "[profile a]\nk = v\n  w\nregion = eu-west-1\n\n# next\n[profile b]\n"},
		{"new key without newline", config, "profile a", "[profile a]\r\nk = v", "[profile a]\r\nk = v\r\nregion = eu-west-1\r\n"},
		{"new key below a header", config, "profile a", "[profile a] # mine", "[profile a] # mine\nregion = eu-west-1\n"},
		{"new key below nested ones", config, "profile a", "[profile a]\ns3 =\n  n = v\n", "[profile a]\ns3 =\n  n = v\nregion = eu-west-1\n"},
		{"new key below indented ones", config, "profile a", "[profile a]\n  k = v\n", "[profile a]\n  k = v\nregion = eu-west-1\n"},
		{"behind an orphan", config, "profile a", "[profile a]\nbad\n  orphan\n\n", "[profile a]\nbad\n  orphan\nregion = eu-west-1\n\n"},
		{"byte order mark", config, "profile a", "\ufeff[profile a]\nregion = x\n", "\ufeff[profile a]\nregion = eu-west-1\n"},
		{"quoted name", config, "profile my dev", "[profile \"my dev\"]\nregion = x\n", "[profile \"my dev\"]\nregion = eu-west-1\n"},
		{"other lines that cannot be read", config, "profile a", "rubbish\n[profile a]\n= x\n\xff\nregion = x\n[profile b\n", "rubbish\n[profile a]\n= x\n\xff\nregion = eu-west-1\n[profile b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, tt.before, tt.kind)
			check(t, e, e.Set(tt.section, "region", "eu-west-1"), tt.before, tt.after)
			check(t, e, e.Set(tt.section, "region", "eu-west-1"), tt.before, tt.after)
		})
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	const section = "profile a"
	tests := []struct{ name, before, after string }{
		{"nothing", "[profile a]\nk = v\n", "[profile a]\nk = v\n"},
		{"no section", "[profile b]\nx = v\n", "[profile b]\nx = v\n"},
		{"one", "[profile a]\nx = 1\nk = v\n[profile b]\nx = 1\n", "[profile a]\nk = v\n[profile b]\nx = 1\n"},
		{"both", "[profile a]\nx = 1\nk = v\ny=2", "[profile a]\nk = v\n"},
		{"duplicates in all sections", "[profile a]\nx = 1\nX = 2\n[profile a]\nx: 3\nk = v\n", "[profile a]\n[profile a]\nk = v\n"},
		{"continuation", "[profile a]\nx = 1\n  2\n\n\t3\nk = v\n  w\n", "[profile a]\n\nk = v\n  w\n"},
		{"nested", "[profile a]\nx =\n  n = 1\n  # mine\n  m = 2 ; two\nk = v\n", "[profile a]\n  # mine\n  ; two\nk = v\n"},
		{"comments", "[profile a]\n# above\nx = 1 # beside\r\n# below\nk = v # other\n", "[profile a]\n# above\n# beside\r\n# below\nk = v # other\n"},
		{"CRLF", "[profile a]\r\nx = 1\r\nk = v\r\n", "[profile a]\r\nk = v\r\n"},
		{"other lines that cannot be read", "[profile a]\nbad\n  orphan\nx = 1\n  2\n=3\n", "[profile a]\nbad\n  orphan\n=3\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, tt.before, profile.ConfigFile)
			check(t, e, e.Remove(section, "x", "y"), tt.before, tt.after)
		})
	}
	before := "[profile default]\nx = 1\n[default]\nx = 2\nk = v\n"
	e := open(t, before, profile.ConfigFile)
	check(t, e, e.Remove("profile default", "x"), before, "[profile default]\n[default]\nk = v\n")
}

func TestRemoveSection(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, before, after string
		removed             bool
	}{
		{"not there", "[profile b]\n", "[profile b]\n", false},
		{"holds a property", "[profile a]\n[profile a]\nk = v\n", "[profile a]\n[profile a]\nk = v\n", false},
		{"holds a line that cannot be read", "[profile a]\nbad\n", "[profile a]\nbad\n", false},
		{"holds text", "[profile a] x = 1\n", "[profile a] x = 1\n", false},
		{"is not closed", "[profile a\n", "[profile a\n", false},
		{"alone", "[profile a]", "", true},
		{"in the middle", "[profile b]\nk = v\n\n[profile a]\n\n[profile c]\n", "[profile b]\nk = v\n\n[profile c]\n", true},
		{"all of them", "[profile a]\r\n\r\n[profile b]\r\n[profile a]\r\n", "[profile b]\r\n", true},
		{"comments", "[profile a] # one\n\n# two\n\n# of b\n[profile b]\n", "# one\n# two\n\n# of b\n[profile b]\n", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, tt.before, profile.ConfigFile)
			removed, err := e.RemoveSection("profile a")
			check(t, e, err, tt.before, tt.after)
			if removed != tt.removed {
				t.Errorf("removed %v", removed)
			}
		})
	}
}

func TestEditRefused(t *testing.T) {
	t.Parallel()
	const config, credentials = profile.ConfigFile, profile.CredentialsFile
	const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	big := "[profile a]\n" + strings.Repeat("# "+strings.Repeat("x", 1<<10)+"\n", 1<<10)
	tests := []struct {
		name                      string
		kind                      profile.FileKind
		before, section, key, val string
		why                       string
	}{
		{"no kind", config, "", "dev", "region", "x", "config: dev: a section is named as in profile NAME"},
		{"no name", config, "", "profile ", "region", "x", "named as in"},
		{"session in credentials", credentials, "", "sso-session x", "region", "x", "belongs in the config file"},
		{"blanks in a name", config, "", "profile my dev", "region", "x", "SDKs disagree"},
		{"brackets in a name", credentials, "", "profile a]", "region", "x", "SDKs disagree"},
		{"Python's defaults", credentials, "", "profile DEFAULT", "region", "x", "SDKs disagree"},
		{"case of default", config, "", "profile Default", "region", "x", "SDKs disagree"},
		{"line in a name", config, "", "profile a\n[b]", "region", "x", "SDKs disagree"},
		{"key", config, "", "profile a", secret, "x", "the key is no word"},
		{"key in capitals", config, "", "profile a", "Region", "x", "the key is no word"},
		{"no key", config, "", "profile a", "", "x", "the key is no word"},
		{"blank", config, "", "profile a", "region", " ", "region: a blank value"},
		{"newline", config, "", "profile a", "aws_session_token", secret + "\n[b]", "do not show"},
		{"carriage return", config, "", "profile a", "region", "x\r", "do not show"},
		{"override", config, "", "profile a", "region", "x\u202ey", "do not show"},
		{"not UTF-8", config, "", "profile a", "region", "\xff", "do not show"},
		{"comment", config, "", "profile a", "region", secret + " # x", "read differently"},
		{"only a comment", config, "", "profile a", "region", "# x", "read differently"},
		{"quotes", config, "", "profile a", "region", `"x"`, "read differently"},
		{"quoted ends", config, "", "profile a", "credential_process", `"a b" credentials "c d"`, "the AWS SDK for Go drops both"},
		{"blank at the end", config, "", "profile a", "region", "x ", "read differently"},
		{"bad line below", config, "[profile a]\nregion =\n  a = b\n  bad\n", "profile a", "region", "x", "config:4: profile a: region: a line that cannot be read belongs to the key"},
		{"section too large", config, big, "profile a", "region", "x", "config:1: profile a: the section holds more than"},
		{"section gets too large", config, big[:1<<20], "profile a", "region", strings.Repeat("x", 100), "the section holds more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, tt.before, tt.kind)
			err := e.Set(tt.section, tt.key, tt.val)
			var refused *profile.EditError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.why) {
				t.Fatalf("error %v, want %s", err, tt.why)
			}
			if strings.Contains(err.Error(), secret) || strings.ContainsAny(err.Error(), "\n\r\u202e") || !utf8.ValidString(err.Error()) {
				t.Errorf("error holds what it should not: %q", err)
			}
			check(t, e, nil, tt.before, tt.before)
		})
	}
}

func TestOpenEditErrors(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "config")
	tests := []struct {
		name string
		text string
		want error
	}{
		{"UTF-16", "\xff\xfe[\x00", profile.ErrUTF16},
		{"binary", "[a]\n\x00", profile.ErrBinary},
		{"too large", strings.Repeat("#", profile.MaxFileSize+1), profile.ErrTooLarge},
		{"too many sections", strings.Repeat("[a]\n", 1<<17+1), profile.ErrTooManySections},
	}
	for _, tt := range tests {
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var bad *profile.FileError
		if _, err := profile.OpenEdit(path, profile.ConfigFile); !errors.As(err, &bad) || !errors.Is(err, tt.want) || bad.Path != path {
			t.Errorf("%s: error %v", tt.name, err)
		}
	}
	e := open(t, strings.Repeat("#", profile.MaxFileSize), profile.ConfigFile)
	if err := e.Set("profile a", "region", "x"); !errors.Is(err, profile.ErrTooLarge) || e.Changed() {
		t.Errorf("an edit that makes the file too large: %v", err)
	}
	for _, p := range []string{folder, os.DevNull} {
		if _, err := profile.OpenEdit(p, profile.ConfigFile); !errors.Is(err, profile.ErrNotRegular) {
			t.Errorf("%s: error %v", p, err)
		}
	}
}

// TestLoadEdits reads files as they will be: nothing is written for it.
func TestLoadEdits(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	config, credentials := filepath.Join(folder, "config"), filepath.Join(folder, "credentials")
	if err := os.WriteFile(config, []byte("[profile a]\nregion = x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var edits []*profile.Edit
	for path, kind := range map[string]profile.FileKind{config: profile.ConfigFile, credentials: profile.CredentialsFile} {
		e, err := profile.OpenEdit(path, kind)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Set("profile a", "region", "in-"+kind.String()); err != nil {
			t.Fatal(err)
		}
		edits = append(edits, e)
	}
	env := func(string) (string, bool) { return "", false }
	for _, tt := range []struct {
		edits []*profile.Edit
		want  string
	}{{nil, "x"}, {edits, "in-credentials"}} {
		g, err := profile.Load(profile.Options{Env: env, ConfigFile: config, CredentialsFile: credentials, First: "a", Edits: tt.edits})
		if err != nil {
			t.Fatal(err)
		}
		p, err := g.Profile("a")
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := p.Get("region"); v.Text != tt.want {
			t.Errorf("region %q, want %q", v.Text, tt.want)
		}
	}
}
