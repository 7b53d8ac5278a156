package profile_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/profile"
)

// block makes one of sections written as "a region=x output=json".
func block(sections ...string) profile.Block {
	b := profile.Block{Name: "sso corp", Notes: []string{"Kept by a test."}}
	for _, text := range sections {
		words := strings.Fields(text)
		s := profile.BlockSection{Section: "profile " + words[0]}
		if words[0] == "sso-session" {
			s.Section, words = "sso-session "+words[1], words[1:]
		}
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			s.Properties = append(s.Properties, profile.Property{Key: key, Value: value})
		}
		b.Sections = append(b.Sections, s)
	}
	return b
}

const (
	head = "# BEGIN latchkey sso corp\n# Kept by a test.\n"
	foot = "# END latchkey sso corp\n"
	abl  = "\n[profile a]\nk = v\n"
	bbl  = "\n[profile b]\nk = v\nl = w\n"
)

func TestSetBlock(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, before string
		block        profile.Block
		after        string
	}{
		{"no file", absent, block("sso-session corp u=v", "a k=v"), head + "\n[sso-session corp]\nu = v\n" + abl + foot},
		{"no block in no file", absent, block(), ""},
		{"no block", "[profile x]\nk = v", block(), "[profile x]\nk = v"},
		{"behind others", "[profile x]\nk = v\n", block("a k=v"), "[profile x]\nk = v\n\n" + head + abl + foot},
		{"no final newline", "[profile x]\r\nk = v", block("a k=v"), strings.ReplaceAll("[profile x]\nk = v\n\n"+head+abl+foot, "\n", "\r\n")},
		{"only a byte order mark", "\ufeff", block("a k=v"), "\ufeff\n\n" + head + abl + foot},
		{"only comments", "# mine\n\n", block("a k=v"), "# mine\n\n" + head + abl + foot},
		{"the default profile", "", block("default k=v"), head + "\n[default]\nk = v\n" + foot},
		{"another block", strings.ReplaceAll(head+abl+foot, "corp", "other"), block("b k=v l=w"), strings.ReplaceAll(head+abl+foot, "corp", "other") + "\n" + head + bbl + foot},
		{"the same", "# x\n" + head + abl + bbl + foot + "# y", block("a k=v", "b k=v l=w"), "# x\n" + head + abl + bbl + foot + "# y"},
		{"one more", head + bbl + foot + "[profile x]\nk = v", block("a k=v", "b k=v l=w"), head + abl + bbl + foot + "[profile x]\nk = v"},
		{"one less", "[profile x]\n" + head + abl + bbl + foot + "\n[profile y]\n", block("a k=v"), "[profile x]\n" + head + abl + foot + "\n[profile y]\n"},
		{"in the other order", head + abl + bbl + foot, block("b k=v l=w", "a k=v"), head + bbl + abl + foot},
		{"another value", head + abl + bbl + foot, block("a k=u", "b k=v l=w"), head + "\n[profile a]\nk = u\n" + bbl + foot},
		{"another note", strings.Replace(head, "test", "person", 1) + abl + foot, block("a k=v"), head + abl + foot},
		{"none left", "[profile x]\nk = v\n\n" + head + abl + foot + "# end", block(), "[profile x]\nk = v\n\n# end"},
		{"none left below a byte order mark", "\ufeff" + head + abl + foot + "[profile x]\n", block(), "\ufeff\n[profile x]\n"},
		{"changed below a byte order mark", "\ufeff" + head + abl + foot, block("a k=u"), "\ufeff" + head + "\n[profile a]\nk = u\n" + foot},
		{"no newline behind it", head + abl + strings.TrimSpace(foot), block("b k=v l=w"), head + bbl + strings.TrimSpace(foot)},
		{"carriage returns", strings.ReplaceAll(head+abl+foot, "\n", "\r\n"), block("a k=v", "b k=v l=w"), strings.ReplaceAll(head+abl+bbl+foot, "\n", "\r\n")},
		{"comments of a person", head + "\n# mine\n[profile a]\n; why\nk = v\n# last\n" + bbl + "# of b\n" + foot, block("a k=u", "b k=v l=w"),
			head + "\n# mine\n[profile a]\n; why\nk = u\n# last\n" + bbl + "# of b\n" + foot},
		{"indented marks", "  " + head + abl + "\t" + foot, block("b k=v l=w"), "  " + head + bbl + "\t" + foot},
		{"spelling of a person", head + "\n[profile a]\n  K=v\n" + foot, block("a k=v"), head + abl + foot},
		{"a comment behind a value", head + "\n[profile a]\nk = v # mine\n" + foot, block("a k=v"), head + abl + foot},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, tt.before, profile.ConfigFile)
			err := e.SetBlock(tt.block)
			check(t, e, err, tt.before, tt.after)
			got, ok, err := e.Block("sso corp")
			if len(tt.block.Sections) == 0 {
				tt.block = profile.Block{}
			}
			if err != nil || ok != (len(tt.block.Sections) > 0) || !reflect.DeepEqual(got, tt.block) {
				t.Errorf("reads back %+v, %v, %v", got, ok, err)
			}
			if err := e.SetBlock(got); ok && (err != nil || string(e.Bytes()) != tt.after) {
				t.Errorf("the same again: %v\n%q", err, e.Bytes())
			}
		})
	}
}

// TestBlockDamaged: what somebody did to a block is told with its line, and
// nothing is changed.
func TestBlockDamaged(t *testing.T) {
	t.Parallel()
	end := strings.TrimSpace(foot)
	tests := []struct {
		name, text, want string
		line             int
	}{
		{"no end", "[profile x]\n" + head + abl, "block sso corp: its end mark is missing", 2},
		{"no beginning", abl + foot, "block sso corp: the mark of its beginning is missing", 4},
		{"nested", head + head + abl + foot + foot, "block sso corp: its end mark is missing", 1},
		{"another one in it", head + strings.ReplaceAll(head+abl+foot, "corp", "other") + foot, "block sso corp: its end mark is missing", 1},
		{"ends of others", head + abl + strings.ReplaceAll(foot, "corp", "other") + foot, "block sso corp: the end mark of another block stands in it", 6},
		{"of others", head + abl + foot + "# BEGIN latchkey x\n", "block x: its end mark is missing", 7},
		{"twice", head + abl + foot + head + bbl + foot, "block sso corp: it is there before in line 1", 7},
		{"twice the end", head + abl + foot + foot, "block sso corp: the mark of its beginning is missing", 7},
		{"a line of the section above", "[profile x]\n" + head + "k = v\n" + abl + foot, "block sso corp: the line belongs to the section above the block", 4},
		{"only a line of the section above", "[profile x]\n" + head + "k = v\n" + foot, "block sso corp: the line belongs to the section above the block", 4},
		{"a line below", head + abl + foot + "\n# mine\nregion = x\n[profile y]\n", "block sso corp: the line below the end mark belongs to the last section of the block", 9},
		{"a line below at the end", head + abl + foot + "region = x", "block sso corp: the line below the end mark belongs to the last section of the block", 7},
		{"nested properties", head + abl + "s3 =\n  a = b\n" + foot, "block sso corp: latchkey writes no such line, and would lose it", 6},
		{"two lines of one value", head + abl + "  w\n" + foot, "block sso corp: latchkey writes no such line, and would lose it", 5},
		{"no value", head + abl + "x =\n" + foot, "block sso corp: latchkey writes no such line, and would lose it", 6},
		{"quotes", head + abl + "x = 'y'\n" + foot, "", 0},
		{"no property", head + abl + "x\n" + foot, "block sso corp: latchkey writes no such line, and would lose it", 6},
		{"a key twice", head + abl + "k = w\n" + foot, "block sso corp: the key is there before", 6},
		{"a header that is none", head + abl + "[preview]\n" + foot, "block sso corp: latchkey writes no such header", 6},
		{"a header with quotes", head + abl + "[profile \"x y\"]\n" + foot, "block sso corp: latchkey writes no such header", 6},
		{"a header without end", head + abl + "[profile x\n" + foot, "block sso corp: latchkey writes no such header", 6},
		{"a header with more", head + abl + "[profile x] # mine\n" + foot, "block sso corp: latchkey writes no such header", 6},
		{"an empty section", head + abl + "[profile x]\n" + foot, "", 0},
		{"the end in a value", "[profile x]\nk = " + end + "\n", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := open(t, tt.text, profile.ConfigFile)
			_, _, err := e.Block("sso corp")
			var damaged *profile.EditError
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.As(err, &damaged) || damaged.Section+": "+damaged.Reason != tt.want || damaged.Origin.Line != tt.line || damaged.Fix == "" {
				t.Fatalf("error %v, line %d", err, damaged.Origin.Line)
			}
			if again := e.SetBlock(block("a k=u")); again == nil || again.Error() != err.Error() || e.Changed() {
				t.Errorf("SetBlock: %v", again)
			}
		})
	}
}

func TestSetBlockRefuses(t *testing.T) {
	t.Parallel()
	const before = "[profile x]\nk = v\n[sso-session corp]\nk = v\n" + head + abl + foot
	change := func(f func(*profile.Block)) profile.Block {
		b := block("a k=v", "b k=v")
		f(&b)
		return b
	}
	for name, b := range map[string]profile.Block{
		"no name":                     change(func(b *profile.Block) { b.Name = "" }),
		"blanks in the name":          change(func(b *profile.Block) { b.Name = "a  b" }),
		"a line in the name":          change(func(b *profile.Block) { b.Name = "a\n[profile z]" }),
		"a line in a note":            change(func(b *profile.Block) { b.Notes = []string{"a\nb = c"} }),
		"a mark as a note":            change(func(b *profile.Block) { b.Notes = []string{"END latchkey sso corp"} }),
		"a section twice":             block("a k=v", "a k=w"),
		"no properties":               block("a"),
		"a key twice":                 block("a k=v k=w"),
		"a name with blanks":          change(func(b *profile.Block) { b.Sections[1].Section = "profile x y" }),
		"a name with a bracket":       change(func(b *profile.Block) { b.Sections[1].Section = "profile x]y" }),
		"another spelling of default": block("DEFAULT k=v"),
		"no kind":                     change(func(b *profile.Block) { b.Sections[1].Section = "x" }),
		"a value with a comment":      change(func(b *profile.Block) { b.Sections[1].Properties[0].Value = "a # b" }),
		"a value of two lines":        change(func(b *profile.Block) { b.Sections[1].Properties[0].Value = "a\n[x]" }),
		"no value":                    block("a k="),
		"there outside":               block("x k=v"),
		"session there outside":       block("sso-session corp k=v"),
	} {
		e := open(t, before, profile.ConfigFile)
		var refused *profile.EditError
		if err := e.SetBlock(b); !errors.As(err, &refused) || e.Changed() {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := open(t, "", profile.CredentialsFile)
	if err := e.SetBlock(block("a k=v")); err == nil {
		t.Error("the credentials file got a block")
	}
	e = open(t, before, profile.ConfigFile)
	var there *profile.EditError
	if err := e.SetBlock(block("x k=v")); !errors.As(err, &there) || there.Origin.Line != 1 {
		t.Errorf("there outside: %v", err)
	}
}

// TestBlockDiff: a profile more among a thousand is a small diff.
func TestBlockDiff(t *testing.T) {
	t.Parallel()
	var before, after []string
	for i := range 1000 {
		text := "p" + string(rune('a'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10)) + " k=v l=w"
		after = append(after, text)
		if i != 300 && i != 700 {
			before = append(before, text)
		}
	}
	e := open(t, "", profile.ConfigFile)
	if err := e.SetBlock(block(before...)); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Save(t.Context(), saveOptions()); err != nil {
		t.Fatal(err)
	}
	if err := e.SetBlock(block(after...)); err != nil {
		t.Fatal(err)
	}
	want := "+\n+[profile pd00]\n+k = v\n+l = w\n"
	if diff := e.Diff(); strings.Count(diff, "\n") > 30 || strings.Count(diff, "\n+") != 9 || strings.Contains(diff, "\n-p") || !strings.Contains(diff, want) {
		t.Errorf("diff\n%s", diff)
	}
}

// TestBotocoreReadsBlocks lets the AWS CLI's reader say what stands in a file with
// blocks.
func TestBotocoreReadsBlocks(t *testing.T) {
	t.Parallel()
	python := installed.Need(t, "python3", "-c", "import botocore")
	e := open(t, "[profile x]\ns3 =\n  k = v", profile.ConfigFile)
	b := block("sso-session corp sso_region=eu-west-1", "default k=v", "a.b/c:d%e@f+g_h-1 k=50%")
	b.Sections[1].Properties[0].Value = "R&D (EU) = 100%#1; 'x' \"y\""
	other := block("last k=v")
	other.Name = "sso other"
	if err := errors.Join(e.SetBlock(b), e.SetBlock(other)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, e.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	script := "import json,sys\nfrom botocore import configloader\nc = configloader.load_config(sys.argv[1])\nprint(json.dumps([c['profiles'], c['sso_sessions']]))"
	out, err := exec.Command(python, "-c", script, path).Output()
	if err != nil {
		t.Fatal(err)
	}
	type values = map[string]any
	var got []values
	want := []values{{
		"x": values{"s3": values{"k": "v"}}, "default": values{"k": "R&D (EU) = 100%#1; 'x' \"y\""}, "a.b/c:d%e@f+g_h-1": values{"k": "50%"}, "last": values{"k": "v"},
	}, {"corp": values{"sso_region": "eu-west-1"}}}
	if err := json.Unmarshal(out, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("botocore reads\n%v, want\n%v", got, want)
	}
}
