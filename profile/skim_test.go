package profile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// padding moves what follows it over the edge of what is read at a time.
func padding(n int) string {
	return strings.Repeat("[profile filler]\nregion = eu-west-1\n# a comment of some length\n", n/60+1)
}

// whole writes everything about a profile: values, origins, keys or the error.
func whole(t testing.TB, g *profile.Graph, name string) string {
	t.Helper()
	p, err := g.Profile(name)
	if err != nil {
		return err.Error()
	}
	out := show(t, &p.Section, "a", "b", "endpoint_url") + p.Origin().String()
	for _, key := range p.Keys() {
		var at origin.Origin
		if v, ok := p.Get(key); ok {
			at = v.Origin
		} else if _, o, ok := p.Secret(key); ok {
			at = o
		}
		out += " " + at.String()
	}
	keys, err := p.StaticKeys()
	return out + fmt.Sprint(keys.AccessKeyID, keys.Secret.Reveal(), keys.SecretOrigin, keys.Token.Reveal(), keys.InCredentialsFile, err)
}

// sameAsWhole loads the files once for each profile with that one first, and
// compares with what reading all says of it.
func sameAsWhole(t testing.TB, config, credentials string) {
	t.Helper()
	c, s := write(t, config, credentials)
	all := loadPaths(t, c, s)
	names := append(all.Names(), "nope", "default", "filler")
	chained, err := profile.Load(profile.Options{Env: noEnv, Home: "/nowhere", ConfigFile: c, CredentialsFile: s, First: names[0]})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, names[0]) {
		if got, want := whole(t, chained, name), whole(t, all, name); got != want {
			t.Errorf("profile %q after others:\n%s\nall read:\n%s\nconfig %.200q", name, got, want, config)
		}
	}
	for _, name := range names {
		g, err := profile.Load(profile.Options{Env: noEnv, Home: "/nowhere", ConfigFile: c, CredentialsFile: s, First: name})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := whole(t, g, name), whole(t, all, name); got != want {
			t.Errorf("profile %q first:\n%s\nall read:\n%s\nconfig %.200q", name, got, want, config)
		}
		if got, want := whole(t, g, "other"), whole(t, all, "other"); got != want {
			t.Errorf("another profile after %q: %s, want %s", name, got, want)
		}
		if got, want := codes(g, g.Findings()), codes(all, all.Findings()); got != want {
			t.Errorf("findings after %q: %s, want %s", name, got, want)
		}
	}
}

// TestFirstIsTheSame holds that naming the first profile changes nothing but
// the cost, over the whole grammar table, before and behind the buffer's edge.
func TestFirstIsTheSame(t *testing.T) {
	t.Parallel()
	for _, tt := range grammar {
		sameAsWhole(t, tt.config, tt.credentials)
		if tt.config != absent {
			sameAsWhole(t, padding(40<<10)+tt.config, tt.credentials)
		}
	}
}

// TestFirstOverTheEdge moves a section by one byte at a time over the edge.
func TestFirstOverTheEdge(t *testing.T) {
	t.Parallel()
	section := "[profile here]\nregion = eu-west-1\nrole_arn = arn:aws:iam::1:role/x\n[profile other]\noutput = json\n"
	for n := 32<<10 - 90; n <= 32<<10+10; n++ {
		config := "#" + strings.Repeat("x", n-2) + "\n" + section + padding(2000) + "[profile here]\nregion = eu-west-2\n"
		sameAsWhole(t, config, "[here]\naws_account_id = 123456789012\n")
	}
	sameAsWhole(t, strings.Repeat("x", 40<<10)+"\n"+section, "")
	sameAsWhole(t, "[profile here]\nregion = "+strings.Repeat("x", 40<<10)+"\n", "")
}

func FuzzFirst(f *testing.F) {
	for _, tt := range grammar {
		f.Add(tt.config, tt.credentials, 0)
	}
	f.Add("[profile a]\nk=v\n[default]\n[profile default]\nx=y", "[a]\n[a]\n\xef\xbb\xbf[b]", 33<<10)
	f.Fuzz(func(t *testing.T, config, credentials string, pad int) {
		if pad < 0 || pad > 64<<10 || strings.Count(config+credentials, "[") > 50 {
			return
		}
		if pad > 0 {
			config = padding(pad) + config
		}
		sameAsWhole(t, config, credentials)
	})
}
