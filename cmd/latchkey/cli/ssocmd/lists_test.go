package ssocmd_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sso"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session)
	w.accounts = []sso.Account{account(1, "dev"), {ID: "222222222222", Name: "a\u202eb", Email: ""}}
	stdout, stderr, err := w.run("accounts")
	if err != nil || stdout != "ID|NAME|EMAIL\n111111111111|dev|aws+dev@example.com\n222222222222|ab|\n" || stderr != "" {
		t.Errorf("%q, %q, %v", stdout, stderr, err)
	}
	stdout, _, err = w.run("accounts", "corp", "--json")
	if err != nil || stdout != `[{"id":"111111111111","name":"dev","email":"aws+dev@example.com"},{"id":"222222222222","name":"a`+"\u202e"+`b"}]`+"\n" {
		t.Errorf("%q, %v", stdout, err)
	}
	w.accounts = nil
	if stdout, stderr, err = w.run("accounts"); err != nil || stdout != "" || stderr != "latchkey: no accounts are assigned to you at corp\n" {
		t.Errorf("%q, %q, %v", stdout, stderr, err)
	}
	if stdout, _, err = w.run("accounts", "--json"); err != nil || stdout != "[]\n" {
		t.Errorf("%q, %v", stdout, err)
	}
	w.err = errors.New("ended")
	if _, _, err = w.run("accounts"); !errors.Is(err, w.err) {
		t.Errorf("error %v", err)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session+`
[sso-session same]
sso_start_url = https://corp.awsapps.com/start/
sso_region = eu-west-1
[profile b]
sso_session = corp
sso_account_id = 111111111111
sso_role_name = Admin
[profile a]
sso_start_url = https://corp.awsapps.com/start/#/
sso_region = eu-west-1
sso_account_id = 111111111111
sso_role_name = Admin
[profile c]
sso_session = same
sso_account_id = 222222222222
sso_role_name = Admin
[profile other]
sso_start_url = https://other.awsapps.com/start
sso_account_id = 111111111111
sso_role_name = Reader
`)
	w.accounts = []sso.Account{account(1, "dev", "Admin", "Reader"), account(2, "prod", "Admin"), {ID: "333333333333", Name: "gone", Refused: true}}
	stdout, stderr, err := w.run("roles", "corp")
	want := "ACCOUNT|NAME|ROLE|PROFILE\n111111111111|dev|Admin|a, b\n111111111111|dev|Reader|\n222222222222|prod|Admin|c\n"
	if err != nil || stdout != want || stderr != "latchkey: AWS does not tell your roles in 333333333333 (gone)\n" {
		t.Errorf("%q, %q, %v", stdout, stderr, err)
	}
	stdout, _, err = w.run("roles", "a", "--json", "--account", "dev")
	want = `[{"account_id":"111111111111","account_name":"dev","role":"Admin","profiles":["a","b"]},{"account_id":"111111111111","account_name":"dev","role":"Reader","profiles":[]}]`
	if err != nil || strings.TrimSpace(stdout) != want {
		t.Errorf("%q, %v", stdout, err)
	}
	if _, _, err = w.run("roles", "corp", "--account", "nobody"); err == nil || err.Error() != "no account nobody is assigned to you at corp; fix: latchkey sso accounts lists those that are" {
		t.Errorf("error %v", err)
	}
}

func TestWhichSignIn(t *testing.T) {
	t.Parallel()
	const other = "[sso-session other]\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\n"
	const legacy = "[profile old]\nsso_start_url = https://old.awsapps.com/start\nsso_region = us-east-2\nsso_account_id = 111111111111\nsso_role_name = Admin\n"
	const usesOther = "[profile dev]\nsso_session = other\nsso_account_id = 111111111111\nsso_role_name = Admin\n"
	const corp = "corp https://corp.awsapps.com/start eu-west-1 https://portal.sso.eu-west-1.amazonaws.com"
	tests := []struct {
		name, config string
		args, env    []string
		want         string // the sign-in, or the error
	}{
		{"the only one", session, nil, nil, corp},
		{"named", session + other, []string{"corp"}, nil, corp},
		{"of a profile", session + other + usesOther, []string{"dev"}, nil, "other https://other.awsapps.com/start us-east-1 https://portal.sso.us-east-1.amazonaws.com"},
		{"of a legacy profile", session + legacy, []string{"old"}, nil, " https://old.awsapps.com/start us-east-2 https://portal.sso.us-east-2.amazonaws.com"},
		{"of AWS_PROFILE", session + other + usesOther, nil, []string{"AWS_PROFILE=dev"}, "other https://other.awsapps.com/start us-east-1 https://portal.sso.us-east-1.amazonaws.com"},
		{"AWS_PROFILE is something else", session + "[profile keys]\nregion = x\n", nil, []string{"AWS_PROFILE=keys"}, corp},
		{"the only legacy one", legacy + strings.Replace(legacy, "[profile old]", "[profile old2]", 1), nil, nil, " https://old.awsapps.com/start us-east-2 https://portal.sso.us-east-2.amazonaws.com"},
		{"two", session + other, nil, nil, "there are 2 sign-ins at Identity Center: corp, other; fix: say which: sso accounts corp"},
		{"two legacy ones", legacy + strings.ReplaceAll(legacy, "old", "older"), nil, nil, "there are 2 sign-ins at Identity Center: old, older; fix: say which: sso accounts old"},
		{"none", "", nil, nil, "no sso-session is configured; fix: latchkey sso sync --start-url URL --sso-region REGION makes an sso-session, and profiles with it"},
		{"none of the name", session, []string{"crop"}, nil, "sso-session crop"},
		{"a profile without", session + "[profile keys]\nregion = x\n", []string{"keys"}, nil, "profile keys does not sign in at Identity Center"},
		{"half a session", "[sso-session half]\nsso_region = eu-west-1\n", []string{"half"}, nil, "lacks sso_start_url"},
		{"two names", session, []string{"a", "b"}, nil, "takes one sso-session, not 2 arguments"},
		{"an empty name", session, []string{""}, nil, "name is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.config)
			w.env = tt.env
			_, _, err := w.run(append([]string{"accounts"}, tt.args...)...)
			got := strings.Join(w.asked, ",")
			if err != nil {
				got = err.Error()
			}
			if got != tt.want && (err == nil || !strings.Contains(got, tt.want)) {
				t.Errorf("got %q", got)
			}
		})
	}
}
