package profile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/latchkey-aws/latchkey/profile"
)

// TestEditPlain holds what is rewritten, and that nothing else is.
func TestEditPlain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, section, text, want string }{
		{"comment", "profile a", "[profile a]\nregion = us-east-1 # here\noutput=json\n", "[profile a]\n# here\nregion = us-east-1\noutput=json\n"},
		{"quotes", "profile a", "[profile a]\r\nregion = \"us-east-1\"  \r\n", "[profile a]\r\nregion = us-east-1\r\n"},
		{"colon", "profile a", "[profile a]\nregion: us-east-1\n", "[profile a]\nregion = us-east-1\n"},
		{"command keeps its quotes", "profile a", "[profile a]\ncredential_process = \"/a b/c\" \"d\"\n", "[profile a]\ncredential_process = \"/a b/c\" \"d\"\n"},
		{"nested", "services s", "[services s]\nsts =\n  endpoint_url = \"https://x\" ; why\niam =\n  endpoint_url = https://y\n", "[services s]\nsts =\n  ; why\n  endpoint_url = https://x\niam =\n  endpoint_url = https://y\n"},
		{"continuation stays", "profile a", "[profile a]\nx: one\n  two # part of it\n", "[profile a]\nx = one\n  two # part of it\n"},
		{"twice", "profile a", "[profile a]\nregion: us-east-1\n[profile a]\nregion = 'eu-west-1'\n", "[profile a]\nregion = us-east-1\n[profile a]\nregion = eu-west-1\n"},
		{"other sections stay", "profile b", "[profile a]\nregion: us-east-1\n[profile b]\nx = 1\n", "[profile a]\nregion: us-east-1\n[profile b]\nx = 1\n"},
		{"not beside a bad line", "profile a", "[profile a]\nregion: us-east-1\nrubbish\n", "[profile a]\nregion: us-east-1\nrubbish\n"},
		{"no such section", "profile z", "[profile a]\n", "[profile a]\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := profile.OpenEdit(path, profile.ConfigFile)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time there is nothing left to do
				if _, err := e.Plain(func(s string) bool { return s == tt.section }); err != nil {
					t.Fatal(err)
				}
				if got := string(e.Bytes()); got != tt.want {
					t.Fatalf("got:\n%s\nwant:\n%s", got, tt.want)
				}
			}
		})
	}
}

// TestEditRemoveBOM takes the mark away, also one on a line of its own.
func TestEditRemoveBOM(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"\ufeff[profile a]\nx = 1\n": "[profile a]\nx = 1\n",
		"\ufeff":                     "",
		"\ufeff\n[profile a]\n":      "\n[profile a]\n",
		"[profile a]\n":              "[profile a]\n",
	} {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := profile.OpenEdit(path, profile.ConfigFile)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.RemoveBOM(); err != nil || string(e.Bytes()) != want {
			t.Errorf("%q: %q, %v", text, e.Bytes(), err)
		}
	}
}
