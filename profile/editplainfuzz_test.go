package profile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/latchkey-aws/latchkey/profile"
)

// FuzzEditPlain holds that making lines plain never changes what any profile has,
// and is done after the first time.
func FuzzEditPlain(f *testing.F) {
	for _, seed := range []string{"", soundPlain, "\ufeff[a]\nx: 'y' # z\n", "[profile a]\nx =\n y: \"z\" ;c\n[profile a]\nrubbish\n", "[default]\r\nx:y\r\n q\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := profile.OpenEdit(path, profile.ConfigFile)
		if err != nil {
			return
		}
		before := meaning(t, path, nil)
		if _, err := e.Plain(nil); err != nil {
			return // refused, and then nothing has changed
		}
		if err := e.RemoveBOM(); err != nil {
			return
		}
		if after := meaning(t, path, e); after != before {
			t.Fatalf("%q means %q, and before %q", e.Bytes(), after, before)
		}
		if lines, err := e.Plain(nil); err != nil || len(lines) > 0 {
			t.Fatalf("%q: again %v, %v", e.Bytes(), lines, err)
		}
	})
}

const soundPlain = "[profile a]\nregion = us-east-1\n"

// meaning is all that the profiles of a file say.
func meaning(t *testing.T, path string, e *profile.Edit) (all string) {
	t.Helper()
	o := profile.Options{Env: noEnv, Home: "/nowhere", ConfigFile: path}
	if e != nil {
		o.Edits = []*profile.Edit{e}
	}
	g, err := profile.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range g.Names() {
		p, err := g.Profile(name)
		if err != nil {
			all += name + ": cannot be read\n"
			continue
		}
		for _, key := range p.Keys() {
			v, _ := p.Get(key)
			all += name + ": " + key + " = " + v.Text + "\n"
		}
	}
	return all
}
