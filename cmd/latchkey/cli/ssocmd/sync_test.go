package ssocmd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/sso"
)

// generated is a profile as sync writes it.
func generated(name, account, accountName, role, region string, more ...string) string {
	s := "\n[profile " + name + "]\nsso_session = corp\nsso_account_id = " + account + "\n"
	if accountName != "" {
		s += "sso_account_name = " + accountName + "\n"
	}
	return s + "sso_role_name = " + role + "\nregion = " + region + "\n" + strings.Join(more, "")
}

func marked(options string, sections ...string) string {
	return "# BEGIN latchkey sso corp\n# Kept up to date by the command below. Keys that you add to these profiles stay;\n" +
		"# profiles of your own belong outside of the marks.\n# latchkey sso sync corp " + options + "\n" + strings.Join(sections, "") + "# END latchkey sso corp\n"
}

const plain = `--name "{account}-{role}" --region eu-west-1`

// TestSync follows one config file through the life of an organisation.
func TestSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session)
	w.accounts = []sso.Account{account(1, "dev", "Admin", "Reader"), account(2, "prod", "Reader")}
	dev, reader, prod := generated("dev-Admin", "111111111111", "dev", "Admin", "eu-west-1"), generated("dev-Reader", "111111111111", "dev", "Reader", "eu-west-1"), generated("prod-Reader", "222222222222", "prod", "Reader", "eu-west-1")
	step := func(what, wantLines, wantFile string, args ...string) {
		t.Helper()
		out, lines := w.sync(args...)
		if lines != wantLines || w.read("config") != wantFile {
			t.Fatalf("%s:\n%s\nfile\n%s", what, lines, w.read("config"))
		}
		if out.Session != "corp" || out.File != w.path("config") || out.Changed != out.Written || out.Changed != (out.Backup != "") {
			t.Errorf("%s: %+v", what, out)
		}
		if again, _ := w.sync(args...); again.Changed || again.Written || w.read("config") != wantFile {
			t.Fatalf("%s: a second time it changes something: %+v\n%s", what, again, w.read("config"))
		}
	}
	first := session + "\n" + marked(plain, dev, reader, prod)
	step("nothing there", "added dev-Admin = Admin in 111111111111\nadded dev-Reader = Reader in 111111111111\nadded prod-Reader = Reader in 222222222222\n", first)

	w.put("config", strings.Replace(w.read("config"), reader, reader+"output = json\n", 1)+"\n[profile mine]\nregion = x\n")
	mine := "\n[profile mine]\nregion = x\n"
	w.accounts[1] = account(2, "Production", "Reader")
	w.accounts = append(w.accounts, account(3, "new", "Admin"))
	prod = strings.Replace(prod, "name = prod", "name = Production", 1)
	reader += "output = json\n"
	fresh := generated("new-Admin", "333333333333", "new", "Admin", "eu-west-1")
	step("a new account, a renamed one, a key of the person's own",
		"unchanged dev-Admin = Admin in 111111111111\nunchanged dev-Reader = Reader in 111111111111\nadded new-Admin = Admin in 333333333333\n"+
			"changed prod-Reader = Reader in 222222222222, wanted Production-Reader\n",
		session+"\n"+marked(plain, dev, reader, fresh, prod)+mine)

	w.accounts = w.accounts[:1]
	step("accounts that are gone stay", "unchanged dev-Admin = Admin in 111111111111\nunchanged dev-Reader = Reader in 111111111111\n"+
		"unassigned new-Admin = Admin in 333333333333\nunassigned prod-Reader = Reader in 222222222222\n", w.read("config"))

	w.accounts = append(w.accounts, sso.Account{ID: "333333333333", Name: "new", Refused: true})
	_, lines := w.sync("--prune", "--dry-run")
	if want := "unchanged dev-Admin = Admin in 111111111111\nunchanged dev-Reader = Reader in 111111111111\nuntold new-Admin = Admin in 333333333333\nremoved prod-Reader = Reader in 222222222222\n"; lines != want {
		t.Errorf("pruned, not told:\n%s", lines)
	}
	out, _ := w.sync("--prune")
	if want := session + "\n" + marked(plain, dev, reader, fresh) + mine; w.read("config") != want || !out.Written {
		t.Errorf("pruned:\n%s", w.read("config"))
	}

	w.accounts = w.accounts[:1]
	options := `--name "c/{account-id}.{role}" --region us-east-1`
	dev, reader = generated("c/111111111111.Admin", "111111111111", "dev", "Admin", "us-east-1"), generated("c/111111111111.Reader", "111111111111", "dev", "Reader", "us-east-1", "output = json\n")
	_, lines = w.sync("--prune", "--name", "c/{account-id}.{role}", "--region", "us-east-1")
	if want := "renamed c/111111111111.Admin = Admin in 111111111111, was dev-Admin\nrenamed c/111111111111.Reader = Reader in 111111111111, was dev-Reader\nremoved new-Admin = Admin in 333333333333\n"; lines != want || w.read("config") != session+"\n"+marked(options, dev, reader)+mine {
		t.Errorf("other names:\n%s\n%s", lines, w.read("config"))
	}
	step("as last time", "unchanged c/111111111111.Admin = Admin in 111111111111\nunchanged c/111111111111.Reader = Reader in 111111111111\n", w.read("config"))

	w.accounts = nil
	step("nothing left", "removed c/111111111111.Admin = Admin in 111111111111\nremoved c/111111111111.Reader = Reader in 111111111111\n", session+"\n"+mine, "--prune")
}

func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, config, template string
		accounts               []sso.Account
		want                   string
	}{
		{"words", "", "", []sso.Account{account(1, "Prod  (EU)/main", "AWSAdministratorAccess"), account(2, "Zürich ß", "a=b,c@d+e")},
			"added Prod-EU-main-AWSAdministratorAccess = AWSAdministratorAccess in 111111111111\nadded Zurich-ss-a-b-c@d+e = a=b,c@d+e in 222222222222\n"},
		{"nothing that can be written", "", "", []sso.Account{account(1, "日本", "Admin"), account(2, "", "Admin"), account(3, "- .", "Admin"), account(4, "111111111111", "Admin"), account(5, "日本 2", "=")},
			"added 111111111111-Admin = Admin in 111111111111\nadded 222222222222-Admin = Admin in 222222222222\nadded 333333333333-Admin = Admin in 333333333333\n" +
				"added 444444444444-Admin = Admin in 444444444444\nadded 555555555555-role = = in 555555555555\n"},
		{"accounts of one name", "", "", []sso.Account{account(1, "prod", "Admin", "Dev"), account(2, "Prod", "Admin")},
			"added Prod-Admin-222222222222 = Admin in 222222222222, wanted Prod-Admin\nadded prod-Admin-111111111111 = Admin in 111111111111, wanted prod-Admin\nadded prod-Dev = Dev in 111111111111\n"},
		{"roles that write the same", "", "", []sso.Account{account(1, "dev", "a,b", "a=b", "A=B")},
			"added dev-A-B-111111111111-A-B-2 = A=B in 111111111111, wanted dev-A-B\nadded dev-a-b-111111111111-a-b-3 = a,b in 111111111111, wanted dev-a-b\nadded dev-a-b-111111111111-a-b-4 = a=b in 111111111111, wanted dev-a-b\n"},
		{"without the role", "", "{account}", []sso.Account{account(1, "dev", "Admin", "Dev"), account(2, "prod", "Admin")},
			"added dev-111111111111-Admin = Admin in 111111111111, wanted dev\nadded dev-111111111111-Dev = Dev in 111111111111, wanted dev\nadded prod = Admin in 222222222222\n"},
		{"all placeholders", "", "{session}:{account}/{account-id}_{email-local}%{email}.{role}", []sso.Account{account(1, "dev", "Admin")},
			"added corp:dev/111111111111_aws+dev%aws+dev@example.com.Admin = Admin in 111111111111\n"},
		{"default is taken", "", "{role}", []sso.Account{account(1, "dev", "default", "Default")},
			"added Default-111111111111-Default-2 = Default in 111111111111, wanted Default\nadded default-111111111111-default-3 = default in 111111111111, wanted default\n"},
		{"of another profile", "[profile dev-Admin]\nregion = x\n", "", []sso.Account{account(1, "dev", "Admin")},
			"added dev-Admin-111111111111 = Admin in 111111111111, wanted dev-Admin\n"},
		{"of a profile that cannot be read", "[profile dev-Admin]\nregion\n", "", []sso.Account{account(1, "dev", "Admin")},
			"added dev-Admin-111111111111 = Admin in 111111111111, wanted dev-Admin\n"},
		{"of two other profiles", "[profile DEV-admin]\nregion = x\n[profile dev-admin-111111111111]\nregion = x\n", "", []sso.Account{account(1, "dev", "Admin")},
			"added dev-Admin-111111111111-Admin = Admin in 111111111111, wanted dev-Admin\n"},
		{"the role has a profile", "[profile work]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admin\n", "", []sso.Account{account(1, "dev", "Admin", "Dev")},
			"added dev-Dev = Dev in 111111111111\nelsewhere work = Admin in 111111111111\n"},
		{"the role has a legacy profile", "[profile work]\nsso_start_url = https://corp.awsapps.com/start/#\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = Admin\n", "", []sso.Account{account(1, "dev", "Admin")},
			"elsewhere work = Admin in 111111111111\n"},
		{"the role of another session has a profile", "[profile work]\nsso_session = other\nsso_account_id = 111111111111\nsso_role_name = Admin\n", "", []sso.Account{account(1, "dev", "Admin")},
			"added dev-Admin = Admin in 111111111111\n"},
		{"no flags and no hidden files", "", "-{role}", []sso.Account{account(1, "dev", ".-Admin")}, "added Admin = .-Admin in 111111111111\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, session+tt.config)
			w.accounts = tt.accounts
			var args []string
			if tt.template != "" {
				args = []string{"--name", tt.template}
			}
			_, got := w.sync(args...)
			if got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
			before := w.read("config")
			if !strings.HasPrefix(before, session+tt.config) {
				t.Errorf("the rest of the file has changed:\n%s", before)
			}
			for i, j := 0, len(w.accounts)-1; i < j; i, j = i+1, j-1 {
				w.accounts[i], w.accounts[j] = w.accounts[j], w.accounts[i]
			}
			if out, _ := w.sync(args...); out.Changed {
				t.Errorf("in another order it is another file:\n%s\n%s", before, w.read("config"))
			}
		})
	}
}

// TestNamesStay: a profile that came first keeps its name when another account
// gets the same one, and when a person gave it another one.
func TestNamesStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session)
	w.accounts = []sso.Account{account(2, "prod", "Admin", "Dev")}
	w.sync()
	w.accounts = append(w.accounts, account(1, "prod", "Admin"))
	_, got := w.sync()
	if want := "unchanged prod-Admin = Admin in 222222222222\nadded prod-Admin-111111111111 = Admin in 111111111111, wanted prod-Admin\nunchanged prod-Dev = Dev in 222222222222\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	w.put("config", strings.Replace(w.read("config"), "[profile prod-Dev]", "[profile mine]", 1))
	_, got = w.sync()
	if want := "unchanged mine = Dev in 222222222222, wanted prod-Dev\nunchanged prod-Admin = Admin in 222222222222\nunchanged prod-Admin-111111111111 = Admin in 111111111111, wanted prod-Admin\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	w.put("config", w.read("config")+"\n[profile mine]\nregion = x\n")
	if _, got = w.sync(); !strings.HasPrefix(got, "renamed prod-Dev = Dev in 222222222222, was mine\n") && !strings.Contains(got, "\nrenamed prod-Dev = Dev in 222222222222, was mine\n") {
		t.Errorf("got\n%s", got)
	}
}

// TestForeignSections: what somebody else put between the marks stays there.
func TestForeignSections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session)
	w.accounts = []sso.Account{account(1, "dev", "Admin")}
	w.sync()
	own := "\n[services local]\nregion = x\n\n[profile aa]\nregion = x\n\n[profile copy]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admin\n"
	w.put("config", strings.Replace(w.read("config"), "# END", own+"# END", 1))
	w.accounts = append(w.accounts, account(2, "copy", "Dev"))
	w.sync("--prune", "--name", "{account}")
	for _, want := range []string{"[services local]\nregion = x\n", "[profile aa]\nregion = x\n", "[profile copy]\nsso_session = corp\nsso_account_id = 111111111111\n", "[profile dev]\n", "[profile copy-222222222222]\n"} {
		if strings.Count(w.read("config"), want) != 1 {
			t.Errorf("%q is not there:\n%s", want, w.read("config"))
		}
	}
}

func TestSyncAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session)
	w.accounts = []sso.Account{account(1, "dev", "Admin")}
	preview := "+[profile dev-Admin]\n+sso_session = corp\n"
	stdout, _, err := w.run("sync")
	var usage *usageError
	if !errors.As(err, &usage) || !strings.Contains(usage.fix, "--yes") || !strings.Contains(stdout, preview) || w.read("config") != session {
		t.Errorf("nobody there: %v\n%s", err, stdout)
	}
	w.person = no
	stdout, stderr, err := w.run("sync")
	if err != nil || !strings.Contains(stdout, preview) || !strings.HasSuffix(stderr, "latchkey: nothing was changed\n") || w.read("config") != session {
		t.Errorf("no: %v\n%s\n%s", err, stdout, stderr)
	}
	stdout, stderr, err = w.run("sync", "--dry-run")
	if err != nil || !strings.Contains(stdout, preview) || !strings.HasSuffix(stderr, "latchkey: nothing was changed\n") || w.read("config") != session {
		t.Errorf("dry run: %v\n%s\n%s", err, stdout, stderr)
	}
	w.person = yes
	stdout, stderr, err = w.run("sync")
	if err != nil || !strings.Contains(stdout, preview) || !strings.Contains(stderr, "latchkey: profiles of corp: 1 to add\n") || !strings.Contains(stderr, "latchkey exec dev-Admin") || w.read("config") == session {
		t.Errorf("yes: %v\n%s\n%s", err, stdout, stderr)
	}
	w.person = nil
	stdout, stderr, err = w.run("sync")
	if err != nil || stdout != "" || stderr != "latchkey: corp is up to date: 1 profile\n" {
		t.Errorf("again: %v\n%s\n%s", err, stdout, stderr)
	}
}

// TestSyncTells: what a person has to know is said, and not a thousand times.
func TestSyncTells(t *testing.T) {
	t.Parallel()
	config := session + "[profile dev-Admin]\nregion = x\n"
	for i := range 15 {
		config += fmt.Sprintf("[profile w%02d]\nsso_session = corp\nsso_account_id = 222222222222\nsso_role_name = R%02d\n", i, i)
	}
	w := newWorld(t, config)
	prod := account(2, "prod")
	for i := range 15 {
		prod.Roles = append(prod.Roles, fmt.Sprintf("R%02d", i))
	}
	w.accounts = []sso.Account{account(1, "dev", "Admin"), prod}
	_, stderr, err := w.run("sync", "--yes")
	at := w.path("config")
	for _, want := range []string{
		"latchkey: R00 in 222222222222 (prod) has a profile already: w00 (" + at + ":7)\n", "latchkey: and 5 profiles more; --json lists all\n",
		"latchkey: dev-Admin-111111111111 is named so because there is another profile dev-Admin (" + at + ":5)\n", "latchkey: profiles of corp: 1 to add\n",
	} {
		if err != nil || !strings.Contains(stderr, want) {
			t.Errorf("%v: %q is not said:\n%s", err, want, stderr)
		}
	}
	w.accounts = nil
	if _, stderr, err = w.run("sync", "--yes"); err != nil || !strings.Contains(stderr, "latchkey: profile dev-Admin-111111111111 stays, but Admin in 111111111111 (dev) is no longer assigned to you; --prune removes it\n") {
		t.Errorf("%v\n%s", err, stderr)
	}
}

func TestSyncRefuses(t *testing.T) {
	t.Parallel()
	const legacy = "[profile old]\nsso_start_url = https://old.awsapps.com/start\nsso_region = us-east-2\nsso_account_id = 111111111111\nsso_role_name = Admin\n"
	url := []string{"--start-url", "https://new.awsapps.com/start", "--sso-region", "eu-west-1"}
	tests := []struct {
		name, config string
		args         []string
		want         string
	}{
		{"unknown placeholder", session, []string{"--name", "{acount}"}, "--name: what stands in braces is one of account, account-id, email, email-local, role, session; fix: write it as in --name {account}-{role}"},
		{"open brace", session, []string{"--name", "{role"}, "--name: what stands in braces"},
		{"no placeholder", session, []string{"--name", "x"}, "--name: without a placeholder"},
		{"blank", session, []string{"--name", "a {role}"}, "--name: names of profiles are made of letters, digits and _-/.%@:+"},
		{"region", session, []string{"--region", "eu west"}, "--region: "},
		{"legacy", legacy, []string{"old"}, "profile old signs in without an sso-session, which the new profiles need; fix: latchkey sso sync --start-url https://old.awsapps.com/start --sso-region us-east-2"},
		{"http", "", []string{"--start-url", "http://x.awsapps.com/start", "--sso-region", "eu-west-1"}, "--start-url does not begin with https://"},
		{"no host", "", []string{"--start-url", "https:///start", "--sso-region", "eu-west-1"}, "--start-url has no host"},
		{"a user", "", []string{"--start-url", "https://a@x.awsapps.com/start", "--sso-region", "eu-west-1"}, "--start-url holds a user name"},
		{"a host of other letters", "", []string{"--start-url", "https://аws.com/start", "--sso-region", "eu-west-1"}, "--start-url has no host"},
		{"no region of Identity Center", "", url[:2], "--start-url needs the region"},
		{"a bad one", "", []string{url[0], url[1], "--sso-region", "eu_west"}, "--sso-region: "},
		{"a region alone", session, url[2:], "--sso-region and --session are for a new sso-session"},
		{"a session's bad name", "", append([]string{"--session", "a b"}, url...), "--session: SDKs disagree on such a name"},
		{"URL and session", session, append([]string{"corp"}, url...), "--start-url is for a new sso-session, and corp names one"},
		{"the session is there", session, append([]string{"--session", "corp"}, url...), "there is an sso-session corp ("},
		{"in another region", session, []string{"--start-url", "https://corp.awsapps.com/start/#/", "--sso-region", "us-east-1"}, "has this URL and the region eu-west-1; fix: latchkey sso sync corp"},
		{"damaged", session + "# BEGIN latchkey sso corp\n", nil, ":5: block sso corp: its end mark is missing"},
		{"edited by hand", session + marked(plain, generated("a", "111111111111", "", "Admin", "x"), "s3 =\n  a = b\n"), nil, ":15: block sso corp: latchkey writes no such line"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.config)
			w.accounts = []sso.Account{account(1, "dev", "Admin")}
			_, _, err := w.run(append([]string{"sync", "--yes"}, tt.args...)...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || w.read("config") != tt.config || len(w.asked) > 0 {
				t.Errorf("error %v, asked %v", err, w.asked)
			}
		})
	}
}

func TestSyncFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session)
	w.err = context.Canceled
	if _, _, err := w.run("sync", "--yes"); !errors.Is(err, context.Canceled) || w.read("config") != session {
		t.Errorf("error %v\n%s", err, w.read("config"))
	}
	w.err = nil
	w.accounts = []sso.Account{account(1, "dev", "Admin")}
	// Somebody else writes while the person is being asked.
	w.person = func(string) bool { w.put("config", session+"# mine\n"); return true }
	var meanwhile *profile.ChangedError
	if _, _, err := w.run("sync"); !errors.As(err, &meanwhile) || w.read("config") != session+"# mine\n" {
		t.Errorf("error %v\n%s", err, w.read("config"))
	}
}

// TestSyncTogether: of many at once none spoils the file, and all find it as they
// want it.
func TestSyncTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session)
	w.accounts = []sso.Account{account(1, "dev", "Admin")}
	done := make(chan error)
	const processes = 6
	for range processes {
		one := &world{t: t, home: w.home, accounts: w.accounts}
		go func() {
			_, _, err := one.run("sync", "--yes")
			done <- err
		}()
	}
	for range processes {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if want := session + "\n" + marked(plain, generated("dev-Admin", "111111111111", "dev", "Admin", "eu-west-1")); w.read("config") != want {
		t.Errorf("file\n%s", w.read("config"))
	}
	if list, _ := os.ReadDir(w.path("")); len(list) != 2 {
		t.Errorf("left behind: %v", list)
	}
}

// TestSyncOrphans names the profiles of the person's own that a sync would break.
func TestSyncOrphans(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session)
	w.accounts = []sso.Account{account(1, "dev", "Admin", "Reader")}
	w.sync()
	w.put("config", w.read("config")+"\n[profile mine]\nrole_arn = arn:aws:iam::111111111111:role/R\nsource_profile = dev-Reader\n")
	says := func(want string, args ...string) {
		t.Helper()
		if _, said, err := w.run(append([]string{"sync", "--dry-run"}, args...)...); err != nil || !strings.Contains(said, want) {
			t.Errorf("%v: %v\n%s", args, err, said)
		}
	}
	says("latchkey: profile mine gets its credentials from dev-Reader ("+w.path("config")+":", "--name", "{role}")
	says("), which becomes Reader: write that there", "--name", "{role}")
	w.accounts[0].Roles = []string{"Admin"}
	says("), which goes: it will not work any more", "--prune")
	if _, said, _ := w.run("sync", "--dry-run"); strings.Contains(said, "profile mine") {
		t.Errorf("nothing is the matter:\n%s", said)
	}
}
