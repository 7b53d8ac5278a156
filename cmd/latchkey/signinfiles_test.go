//go:build unix

package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// The names of the AWS CLI's files for the sign-ins of the organisation below.
const (
	corpToken    = "sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
	bareToken    = "sso/cache/b9e2c5c9b81ab1605f269dab3ed81a8dd42016cb.json"
	legacyToken  = "sso/cache/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json"
	corpClient   = "sso/cache/1b56c55d6e723362537167a7f43960b8185b5a80.json"
	bareClient   = "sso/cache/3fbfdd50b30bc8ea21ec6efe3b1ac8c555127440.json"
	legacyClient = "sso/cache/ffb6eff0a547e7a6123046d5853a4c054139b507.json"
	corpRole     = "cli/cache/d7467b2ce0aaa46d5fc3753e3bbaaf372cba5c68.json"
	legacyRole   = "cli/cache/a9d8bd16212c2a18df720ec1422fb8460f283a1d.json"
	aliceLogin   = "login/cache/dd1afc160d574539510be1fcd896014ad173ccb3a5e262eaca0fa3e2431588e2.json"
)

// asCorp is a guest of an organisation for which the names of the files are known.
func asCorp(t *testing.T) *guest {
	t.Helper()
	world, err := sandbox.ParseWorld([]byte(`
region: us-east-1
accounts:
  - id: "111111111111"
    name: base
    users: [{name: alice}]
identity_center:
  start_url: https://corp.awsapps.com/start
  session: corp
  users:
    - {name: alice, email: alice@example.com, assignments: [{account: base, permission_set: Admin}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	world.Settings.DeviceInterval = time.Second
	g := asGuest(t, "[sessions]\nkeep = no\n", sandbox.WithWorld(world))
	const center = "sso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n"
	const role = "sso_account_id = 111111111111\nsso_role_name = Admin\nregion = us-east-1\n"
	put(t, filepath.Join(g.dir, ".aws", "config"), "[profile corp]\nsso_session = corp\n"+role+"[sso-session corp]\n"+center+"sso_registration_scopes = sso:account:access\n"+
		"[profile bare]\nsso_session = bare\n"+role+"[sso-session bare]\n"+center+"[profile legacy]\n"+center+role+
		"[profile login]\nlogin_session = arn:aws:iam::111111111111:user/alice\nregion = us-east-1\n")
	return g
}

func (g *guest) file(name string) string {
	return filepath.Join(g.dir, ".aws", filepath.FromSlash(name))
}

// text reads a file below .aws.
func (g *guest) text(name string) string {
	g.t.Helper()
	text, err := os.ReadFile(g.file(name))
	if err != nil {
		g.t.Fatal(err)
	}
	return string(text)
}

// blank takes the values out that a refresh changes.
func blank(text string, names ...string) string {
	return regexp.MustCompile(`"(`+strings.Join(names, "|")+`)": "[^"]*"`).ReplaceAllString(text, `"$1": ""`)
}

// TestFilesOfTheCLI reads files as AWS CLI v2 writes them, to which a later version
// has added members, and keeps every byte but those of a refresh.
func TestFilesOfTheCLI(t *testing.T) {
	t.Parallel()
	g := asCorp(t)
	const added = `, "laterMember": {"b": [1, 2.50, null, "\u00e9<>"], "a": {}}, "empty": ""}`
	in, err := g.server.SignInSSO("alice")
	if err != nil {
		t.Fatal(err)
	}
	stamp := func(at time.Time) string { return at.UTC().Format(time.RFC3339) }
	center := `{"startUrl": "` + in.StartURL + `", "region": "` + in.Region + `", "accessToken": "` + in.AccessToken + `", "expiresAt": "` + stamp(in.ExpiresAt) +
		`", "clientId": "` + in.ClientID + `", "clientSecret": "` + in.ClientSecret + `", "registrationExpiresAt": "` + stamp(in.RegistrationExpiresAt) + `"`
	console, err := g.server.SignInConsole("alice")
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(console.Key)
	if err != nil {
		t.Fatal(err)
	}
	key, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	login := `{"accessToken": {"accessKeyId": "` + console.AccessKeyID + `", "secretAccessKey": "` + console.SecretAccessKey + `", "sessionToken": "` + console.SessionToken +
		`", "accountId": "111111111111", "expiresAt": "` + stamp(console.ExpiresAt) + `"}, "tokenType": "aws_sigv4", "clientId": "` + console.ClientID +
		`", "refreshToken": "` + console.RefreshToken + `", "idToken": "` + console.IDToken + `", "dpopKey": ` + string(key)
	for _, tt := range []struct {
		profile, file, text, whose string
		change                     []string // by a refresh; none: it has none
	}{
		{"corp", corpToken, center + `, "refreshToken": "` + in.RefreshToken + `"` + added, ":assumed-role/AWSReservedSSO_Admin", []string{"accessToken", "expiresAt", "refreshToken"}},
		{"legacy", legacyToken, center + added, ":assumed-role/AWSReservedSSO_Admin", nil},
		{"login", aliceLogin, login + added, ":user/alice", []string{"accessKeyId", "secretAccessKey", "sessionToken", "expiresAt", "refreshToken"}},
	} {
		put(t, g.file(tt.file), tt.text)
		who := func() {
			t.Helper()
			if out := g.runs(0, "latchkey", "whoami", tt.profile); !strings.Contains(out, tt.whose) {
				t.Errorf("%s: it says:\n%s", tt.profile, out)
			}
		}
		if who(); g.text(tt.file) != tt.text {
			t.Errorf("%s: reading has changed the file:\n%s\n%s", tt.profile, tt.text, g.text(tt.file))
		}
		old := regexp.MustCompile(`"expiresAt": "[^"]*"`).ReplaceAllString(tt.text, `"expiresAt": "`+stamp(time.Now().Add(-time.Minute))+`"`)
		put(t, g.file(tt.file), old)
		if tt.change == nil {
			if g.runs(4, "latchkey", "whoami", tt.profile); g.text(tt.file) != old {
				t.Errorf("%s: the file has changed:\n%s", tt.profile, g.text(tt.file))
			}
			continue
		}
		who()
		got := g.text(tt.file)
		if blank(got, tt.change...) != blank(tt.text, tt.change...) {
			t.Errorf("%s: the refresh has changed more than it brings:\n%s\n%s", tt.profile, tt.text, got)
		}
		for _, name := range tt.change {
			value := regexp.MustCompile(`"` + name + `": "[^"]*"`)
			if was, is := value.FindString(old), value.FindString(got); was == is || !regexp.MustCompile(`: ".+"`).MatchString(is) {
				t.Errorf("%s: %s is not new", tt.profile, name)
			}
		}
		who()
	}
}

// TestFilesForTheCLI signs in every way, and leaves files where AWS CLI v2 looks
// for them, with its members in its order; signing out leaves what is not of it.
func TestFilesForTheCLI(t *testing.T) {
	t.Parallel()
	g := asCorp(t)
	const token = "startUrl region accessToken expiresAt clientId clientSecret registrationExpiresAt"
	const client = "clientId clientSecret expiresAt scopes grantTypes"
	g.runs(0, "latchkey", "login", "--browser", "corp", "bare", "legacy", "login")
	for name, want := range map[string]string{
		corpToken: token + " refreshToken", bareToken: token + " refreshToken", legacyToken: token,
		corpClient: client, bareClient: client, legacyClient: client,
		aliceLogin: "accessToken tokenType clientId refreshToken idToken dpopKey",
	} {
		if got := members(t, g.text(name)); got != want {
			t.Errorf("%s has %s, want %s", name, got, want)
		}
	}
	put(t, g.file("cli/cache/session.db"), "SQLite format 3\x00")
	for _, name := range []string{corpRole, legacyRole} {
		put(t, g.file(name), `{"ProviderType": "sso", "Credentials": {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2099-01-01T00:00:00Z", "AccountId": "111111111111"}}`)
	}
	g.runs(0, "latchkey", "logout", "corp")
	for name, stays := range map[string]bool{
		corpToken: false, corpRole: false, bareToken: true, legacyToken: true, legacyRole: true, aliceLogin: true, "cli/cache/session.db": true, corpClient: true,
	} {
		if _, err := os.Stat(g.file(name)); (err == nil) != stays {
			t.Errorf("after logout %s: %v", name, err)
		}
	}
}

// members are the names of the outer members of an object on one line, in order.
func members(t *testing.T, text string) string {
	t.Helper()
	if strings.ContainsAny(text, "\n") {
		t.Errorf("more than one line: %q", text)
	}
	var names []string
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
	}
	return strings.Join(names, " ")
}

// TestLegacySignIn signs in for a profile without an sso-session, for all tools.
func TestLegacySignIn(t *testing.T) {
	t.Parallel()
	g := asCorp(t)
	g.environ = append(g.environ, "AWS_PROFILE=legacy")
	g.runs(4, "latchkey", "whoami")
	g.runs(0, "latchkey", "login")
	before := g.text(legacyToken)
	all := peers(t)
	all["latchkey"] = []string{"latchkey", "whoami"}
	for name, command := range all {
		if out := g.runs(0, command...); !strings.Contains(out, ":assumed-role/AWSReservedSSO_Admin") {
			t.Errorf("%s says:\n%s", name, out)
		}
	}
	if g.text(legacyToken) != before || g.opened() != 1 {
		t.Errorf("%d tabs, want 1; the token file:\n%s\n%s", g.opened(), before, g.text(legacyToken))
	}
	g.ages("sso") // nobody can renew it
	if out := g.runs(4, "latchkey", "whoami"); !strings.Contains(out, "fix: sign in: latchkey login legacy\n") {
		t.Errorf("it says:\n%s", out)
	}
	g.runs(0, "latchkey", "login", "--device-code")
	g.runs(0, all["the Go SDK"]...)
}
