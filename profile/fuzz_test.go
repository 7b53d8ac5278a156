package profile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// FuzzParse holds for any two files: no panic, bounded time, names that are the
// same each time, values whose line holds their key, and the same answers
// before and after the index that many look-ups build.
func FuzzParse(f *testing.F) {
	for _, tt := range grammar {
		f.Add([]byte(tt.config), []byte(tt.credentials))
	}
	f.Add([]byte("[profile a]\ninclude_profile=b\nsource_profile=a\nrole_arn=x\n[profile b]\ninclude_profile=a\n"), []byte("[a]\naws_access_key_id=x\n"))
	f.Add([]byte("\xff\xfe["), []byte("\x00"))
	f.Add([]byte("[profile default]\n[default]\n[default"), []byte("[default]\n=\n:\n[\"\"]\n[' ']"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, config, credentials []byte) {
		paths := [2]string{filepath.Join(dir, "config"), filepath.Join(dir, "credentials")}
		for i, data := range [][]byte{config, credentials} {
			if err := os.WriteFile(paths[i], data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		lines := map[string][][]byte{paths[0]: bytes.Split(config, []byte("\n")), paths[1]: bytes.Split(credentials, []byte("\n"))}
		g, second := loadPaths(t, paths[0], paths[1]), loadPaths(t, paths[0], paths[1])
		names := g.Names()
		if len(names) > 200 {
			names = names[:200]
		}
		before := answers(t, g, lines, names)
		g.Findings()
		for _, name := range names {
			g.FindingsFor(name)
			break
		}
		if after := answers(t, g, lines, names); after != before {
			t.Errorf("the index changes the answers:\n%s\n%s", before, after)
		}
		if !slices.Equal(g.Names(), second.Names()) {
			t.Error("Names differ from load to load")
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%v for %d bytes", took, len(config)+len(credentials))
		}
	})
}

// answers asks for everything and checks each origin.
func answers(t *testing.T, g *profile.Graph, lines map[string][][]byte, names []string) string {
	var out strings.Builder
	holds := func(o origin.Origin, key string) {
		all := lines[o.File]
		if o.Line < 1 || o.Line > len(all) || !strings.Contains(strings.ToLower(string(all[o.Line-1])), key) {
			t.Errorf("%s does not hold %q", o, key)
		}
	}
	for _, name := range names {
		out.WriteString(name + ": ")
		p, err := g.Profile(name)
		var syntax *profile.SyntaxError
		var missing *profile.NotFoundError
		switch {
		case errors.As(err, &missing) && missing.Name == name:
			t.Errorf("%q is among the names and not found", name)
		case errors.As(err, &syntax):
			holds(syntax.Origin, "")
		}
		if err != nil {
			out.WriteString(err.Error() + "\n")
			continue
		}
		for _, key := range p.Keys() {
			v, ok := p.Get(key)
			o := v.Origin
			if !ok {
				if _, o, ok = p.Secret(key); !ok {
					continue
				}
			}
			holds(o, key)
			out.WriteString(key + " " + o.Position() + v.Text + "; ")
		}
		k, err := p.StaticKeys()
		if err == nil && k.AccessKeyID.Set() && k.AccessKeyID.Origin.File != k.SecretOrigin.File {
			t.Error("a pair from two files")
		}
		out.WriteString("\n")
	}
	return out.String()
}
