package ssocmd_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/sso"
)

// FuzzSync makes profiles of whatever accounts and roles are called: each role has
// one, with a name of its own that all SDKs read alike; the rest of the file is as
// before; and a second time there is nothing to do.
func FuzzSync(f *testing.F) {
	f.Add("prod", "Prod", "a@b", "Admin", "admin", "{account}-{role}")
	f.Add("", "日本", "", "=", ",", "{role}{email-local}{account-id}")
	f.Add("R&D # x", `"x"`, "x@", "a=b", "a,b", "{session}/{email}%:{account}")
	f.Add("[profile z]", "a ; b", "\\", "default", "Default", "{role}")
	f.Fuzz(func(t *testing.T, first, second, email, role, other, template string) {
		shown := func(s string) string { return strings.TrimSpace(display.Text(s, 100)) } // as awsapi has it
		if role, other = shown(role), shown(other); role == "" || other == "" || role == other {
			return
		}
		w := newWorld(t, session+"[profile mine]\nregion = x\n")
		w.accounts = []sso.Account{{ID: "111111111111", Name: shown(first), Email: shown(email), Roles: []string{role, other}}, {ID: "222222222222", Name: shown(second), Roles: []string{role}}}
		_, _, err := w.run("sync", "--yes", "--name", template)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "--name: ") {
				t.Fatal(err)
			}
			return
		}
		out, lines := w.sync()
		if out.Changed || !strings.HasPrefix(w.read("config"), session+"[profile mine]\nregion = x\n") {
			t.Errorf("a second time:\n%s\n%s", lines, w.read("config"))
		}
		g, err := profile.Load(profile.Options{Env: func(string) (string, bool) { return "", false }, ConfigFile: w.path("config"), CredentialsFile: filepath.Join(w.home, "none")})
		if err != nil {
			t.Fatal(err)
		}
		names := make(map[string]bool)
		for _, row := range out.Profiles {
			if row.State == "unusable" {
				continue
			}
			p, err := g.Profile(row.Profile)
			if err != nil || names[strings.ToLower(row.Profile)] {
				t.Fatalf("%s: %v, twice %v", row.Profile, err, names[strings.ToLower(row.Profile)])
			}
			names[strings.ToLower(row.Profile)] = true
			for key, want := range map[string]string{"sso_account_id": row.AccountID, "sso_role_name": row.Role, "sso_session": "corp", "region": "eu-west-1"} {
				if v, _ := p.Get(key); v.Text != want {
					t.Errorf("%s: %s is %q, not %q", row.Profile, key, v.Text, want)
				}
			}
		}
		if len(g.Names()) != len(names)+1 {
			t.Errorf("profiles %v, told %v", g.Names(), names)
		}
		for _, d := range g.Findings() {
			if d.Origin.Line > 0 && d.Code != profile.CodeNameCase {
				t.Errorf("some SDK reads it otherwise: %+v\n%s", d, w.read("config"))
			}
		}
		config := w.read("config")
		for i := range len(config) {
			if config[i] > '~' {
				t.Fatalf("not ASCII:\n%s", config)
			}
		}
	})
}
