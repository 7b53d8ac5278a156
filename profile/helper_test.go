package profile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/profile"
)

// absent stands for a file that is not written.
const absent = "\x00absent"

// write makes both files in a folder of the test's own and returns their paths.
func write(t testing.TB, config, credentials string) (string, string) {
	t.Helper()
	dir := t.TempDir()
	paths := [2]string{filepath.Join(dir, "config"), filepath.Join(dir, "credentials")}
	for i, text := range []string{config, credentials} {
		if text == absent {
			continue
		}
		if err := os.WriteFile(paths[i], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return paths[0], paths[1]
}

func noEnv(string) (string, bool) { return "", false }

func load(t testing.TB, config, credentials string) *profile.Graph {
	t.Helper()
	c, s := write(t, config, credentials)
	return loadPaths(t, c, s)
}

func loadPaths(t testing.TB, config, credentials string) *profile.Graph {
	t.Helper()
	g, err := profile.Load(profile.Options{Env: noEnv, Home: "/nowhere", ConfigFile: config, CredentialsFile: credentials})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// show writes a section as "key=value" lines, secrets included, nested
// properties as "key.sub=value" for the subs named.
func show(t testing.TB, s *profile.Section, subs ...string) string {
	t.Helper()
	var out []string
	for _, key := range s.Keys() {
		if v, ok := s.Get(key); ok {
			out = append(out, key+"="+strconv.Quote(v.Text))
		} else if v, _, ok := s.Secret(key); ok {
			out = append(out, key+"="+strconv.Quote(v.Reveal()))
		}
		for _, sub := range subs {
			if v, ok := s.Nested(key, sub); ok {
				out = append(out, key+"."+sub+"="+strconv.Quote(v.Text))
			}
		}
	}
	return strings.Join(out, " ")
}

// codes writes findings as "code@line" for the config file and "code@c:line"
// for the credentials file, sorted.
func codes(g *profile.Graph, list []profile.Diagnostic) string {
	var out []string
	for _, d := range list {
		where := strconv.Itoa(d.Origin.Line)
		if d.Origin.File != "" && d.Origin.File == g.Locations().Credentials {
			where = "c:" + where
		}
		out = append(out, d.Code+"@"+where)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// profileText returns the profile as show does, or the error.
func profileText(t testing.TB, g *profile.Graph, name string) string {
	t.Helper()
	p, err := g.Profile(name)
	if err != nil {
		return "error: " + strings.ReplaceAll(err.Error(), filepath.Dir(g.Locations().Config)+"/", "")
	}
	return show(t, &p.Section, "n", "m", "endpoint_url", "addressing_style")
}
