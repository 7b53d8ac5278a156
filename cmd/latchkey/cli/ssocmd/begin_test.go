package ssocmd_test

import (
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sso"
)

// TestBegin: one command leads from nothing to all profiles.
func TestBegin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.accounts = []sso.Account{account(1, "dev", "Admin")}
	args := []string{"--start-url", "https://Corp.awsapps.com/start/#/?tab=accounts", "--sso-region", "eu-west-1"}
	out, lines := w.sync(args...)
	own := "\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n"
	want := marked(plain, own, generated("dev-Admin", "111111111111", "dev", "Admin", "eu-west-1"))
	if w.read("config") != want || lines != "added dev-Admin = Admin in 111111111111\n" || !out.Written || out.Backup != "" {
		t.Fatalf("%+v\n%s", out, w.read("config"))
	}
	if got := strings.Join(w.asked, ","); got != "corp https://corp.awsapps.com/start eu-west-1 https://portal.sso.eu-west-1.amazonaws.com" {
		t.Errorf("asked %s", got)
	}
	for _, again := range [][]string{args, nil, {"corp"}} {
		if out, _ := w.sync(again...); out.Changed || w.read("config") != want {
			t.Errorf("%v changes\n%s", again, w.read("config"))
		}
	}
	// The session stays for whoever has no roles any more.
	w.accounts = nil
	w.sync("--prune")
	if w.read("config") != marked(plain, own) {
		t.Errorf("file\n%s", w.read("config"))
	}
}

// TestBeginElsewhere: Identity Center says that it is in another region.
func TestBeginElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "[profile mine]\nregion = x\n")
	w.accounts, w.region = []sso.Account{account(1, "dev", "Admin")}, "us-east-2"
	w.sync("--start-url", "https://corp.awsapps.com/start", "--sso-region", "eu-west-1", "--session", "work")
	for _, want := range []string{"[profile mine]\nregion = x\n\n# BEGIN latchkey sso work\n", "[sso-session work]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-2\n", "region = us-east-2\n# END latchkey sso work\n"} {
		if !strings.Contains(w.read("config"), want) {
			t.Errorf("%q is not there:\n%s", want, w.read("config"))
		}
	}
}

// TestBeginWithWhatIsThere: a session with the URL is used, one with the name is not
// taken over.
func TestBeginWithWhatIsThere(t *testing.T) {
	t.Parallel()
	begin := func(url string) []string { return []string{"--start-url", url, "--sso-region", "eu-west-1"} }
	tests := []struct {
		name, config, url, session string
		isNew                      bool
	}{
		{"the same URL", session, "https://corp.awsapps.com/start/", "corp", false},
		{"the same name", session, "https://corp.example.com/start", "corp-2", true},
		{"both", session + strings.ReplaceAll(session, "corp", "corp-2"), "https://corp.example.org/", "corp-3", true},
		{"an id", "", "https://d-1234567890.awsapps.com/start", "d-1234567890", true},
		{"a new form", "", "https://ssoins-1234567890abcdef.portal.eu-west-1.app.aws", "ssoins-1234567890abcdef", true},
		{"one more form", "", "https://identitycenter.amazonaws.com/ssoins-1234567890abcdef", "ssoins-1234567890abcdef", true},
		{"a host of one's own", "", "https://sso.example.com:8443/aws", "example", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.config)
			w.accounts = []sso.Account{account(1, "dev", "Admin")}
			out, _ := w.sync(begin(tt.url)...)
			if out.Session != tt.session || strings.Contains(w.read("config"), "BEGIN latchkey sso "+tt.session+"\n") != true ||
				strings.Contains(strings.TrimPrefix(w.read("config"), tt.config), "[sso-session ") != tt.isNew {
				t.Errorf("session %s:\n%s", out.Session, w.read("config"))
			}
			if out, _ := w.sync(begin(tt.url)...); out.Changed || out.Session != tt.session {
				t.Errorf("again it changes something: %+v", out)
			}
		})
	}
}

// TestBeginTogether: of two that begin at once one writes, and the other finds it.
func TestBeginTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.accounts = []sso.Account{account(1, "dev", "Admin")}
	args := []string{"--start-url", "https://corp.awsapps.com/start", "--sso-region", "eu-west-1"}
	other := &world{t: t, home: w.home, accounts: w.accounts}
	w.during = func() { other.sync(args...) }
	if out, _ := w.sync(args...); out.Changed || strings.Count(w.read("config"), "[sso-session corp]") != 1 {
		t.Errorf("%+v\n%s", out, w.read("config"))
	}
}
