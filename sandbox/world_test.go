package sandbox_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

const smallWorld = `region: us-east-1
accounts:
  - id: "111122223333"
    name: base
    users:
      - name: ann
        access_keys:
          - id: AKIAANN000001EXAMPLE
            secret: ann/Sandbox+Secret/000001/bPxREXAMPLEKEY
        mfa_devices:
          - {name: ann, seed: JBSWY3DPEHPK3PXP}
    roles:
      - name: Reader
        trust:
          Version: "2012-10-17"
          Statement:
            - {Effect: Allow, Principal: {AWS: 111122223333}, Action: "sts:AssumeRole"}
profiles:
  - name: ann
    keys_of: ann
`

// TestParseWorld changes one thing at a time in a world that is right.
func TestParseWorld(t *testing.T) {
	t.Parallel()
	if _, err := sandbox.ParseWorld([]byte(smallWorld)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"region:", "regoin:", `world:1: key "regoin" is not known; did you mean "region"?`},
		{"        access_keys:", "        acces_keys:", `world:7: key "acces_keys" is not known; did you mean "access_keys"?`},
		{"            secret:", "            zzzzzz:", `world:9: key "zzzzzz" is not known`},
		{"region: us-east-1\n", "", "world:1: region is missing"},
		{"us-east-1", "\"us\\n[x]\"", `world:1: region "us\n[x]" is not of`},
		{`"111122223333"`, "12", `world:3: account id "12" is not 12 digits`},
		{"name: base", "name: ''", "account 111122223333 has no name"},
		{"AKIAANN000001EXAMPLE", "AKIAIOSFODNN7ABCDEFG", "world:8: access key id is not AKIA…EXAMPLE of 20 characters; real keys do not belong here"},
		{"bPxREXAMPLEKEY", "bPxRfiCYabcdef", "world:9: secret is not 40 of letters, digits and /+=_ with EXAMPLE in them; real keys do not belong here"},
		{"JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PX1", "world:11: seed is not at least 16 characters of base32"},
		{"name: ann\n        access", "name: ../ann\n        access", `world:6: user name "../ann" is not`},
		{"name: Reader", "name: Reader\n        max_session_duration: 13h", "world:14: max_session_duration 13h0m0s is not 1h to 12h"},
		{"name: Reader", "name: Reader\n        max_session_duration: soon", `world:14: duration "soon" is not one like 15m or 1h30m`},
		{"name: Reader", "name: Reader\n        max_session_duration: 3600", `world:14: duration "3600" is not one like 15m or 1h30m`},
		{"Effect: Allow", "Effect: Maybe", `Effect is "Maybe", not Allow or Deny`},
		{"Action:", "Resource: x, Action:", "a trust policy has no Resource"},
		{"keys_of: ann", "keys_of: bob", `world:20: 0 users are called "bob"`},
		{"keys_of: ann", "sso_user: ann", `world:20: the Identity Center has no user "ann"`},
		{"keys_of: ann", "web_identity: x", `world:20: web identity "x" does not exist`},
		{"keys_of: ann", "config: {a: \"b\\nc\"}", "holds a line break"},
		{"profiles:", "task_role: arn:aws:iam::111122223333:role/None\nprofiles:", `world:18: role "arn:aws:iam::111122223333:role/None" does not exist`},
		{"- name: ann\n    keys", "- name: \"a]\\nb\"\n    keys", "profile name"},
		{"        mfa_devices:", "          - {id: AKIAANN000001EXAMPLE, secret: ann/Sandbox+Secret/000001/bPxREXAMPLEKEY}\n        mfa_devices:", "world:10: access key AKIAANN000001EXAMPLE is there twice"},
		{"        mfa_devices:", "          - {id: AKIAANN000002EXAMPLE, secret: ann/Sandbox+Secret/000001/bPxREXAMPLEKEY, status: Off}\n        mfa_devices:", `world:10: status "Off" is not Active or Inactive`},
		{"profiles:", "  - {id: \"111122223333\", name: twin}\nprofiles:", "world:18: account 111122223333 is there twice"},
		{"profiles:", "  - {id: \"111122224444\", name: base}\nprofiles:", "world:18: account base is there twice"},
		{"name: Reader", "name: Reader\n        path: team", `world:14: path "team" does not begin and end with /`},
		{"name: Reader\n        trust:", "name: Reader\n      - name: Reader\n        trust:", "world:13: role Reader has no trust policy"},
		{"profiles:\n", "profiles:\n  - name: ann\n", "profile ann is there twice"},
		{"profiles:", "identity_center: {start_url: http://x, session: s}\nprofiles:", `world:18: start_url "http://x" is not https`},
		{"profiles:", "identity_center: {start_url: https://x, session: s, users: [{name: u, assignments: [{account: dev, permission_set: P}]}]}\nprofiles:", `world:18: account "dev" does not exist`},
		{"profiles:", "identity_center: {start_url: https://x, session: s, users: [{name: u, assignments: [{account: base, permission_set: a b}]}]}\nprofiles:", `world:18: permission set "a b" is not`},
		{"profiles:", "web_identities: [{name: ci, issuer: https://x}]\nprofiles:", `world:18: no account has an OIDC provider "https://x"`},
		{"profiles:", "    oidc_providers: [{url: http://x, algorithm: none}]\nprofiles:", `world:18: algorithm "none" is not ES256 or RS256`},
		{"profiles:", "instance_profile: {role: x}\nprofiles:", `world:18: role "x" does not exist`},
		{"        mfa_devices:", "        groups: [none]\n        mfa_devices:", `world:10: group "none" does not exist in the account`},
		{"        mfa_devices:", "        managed_policies: [\"arn:aws:iam::aws:policy/Nope\"]\n        mfa_devices:", `world:10: policy "arn:aws:iam::aws:policy/Nope" does not exist`},
		{"        mfa_devices:", "        boundary: arn:aws:iam::111122224444:policy/x\n        mfa_devices:", `world:10: policy "arn:aws:iam::111122224444:policy/x" does not exist`},
		{"profiles:", "    groups: [{name: a b}, {name: x}, {name: X}]\nprofiles:", `world:18: group name "a b" is not`},
		{"profiles:", "    groups: [{name: x}, {name: X}]\nprofiles:", "world:18: group x in account 111122223333 is there twice"},
		{"profiles:", "    policies: [{name: x}]\nprofiles:", "world:18: policy x has no document"},
		{"profiles:", "    policies: [{name: x, document: {Statement: {Effect: Allow, Action: a}}}]\nprofiles:", "world:18: policy statement 1: needs one of Resource"},
		{"profiles:", "    password_policy: {minimum_length: 5}\nprofiles:", "world:18: minimum_length 5 is not 6 to 128"},
		{"profiles:", "settings: {login: 16m}\nprofiles:", "world:18: login credentials live 15m at most"},
		{"name: base", "name: &a base", "world:4: anchors, aliases, merge keys and tags are not supported"},
		{"name: base", "name: [base", "world:"},
		{"name: base", "name: base\n    name: base", "world:5: "},
		{smallWorld, "", "world:1: holds no world, or more than one"},
		{smallWorld, "- a\n", "world:1: "},
		{"name: base", "name: [base]", "world:4: is not a single value"},
		{"    users:", "    users: {}\n    roles_of:", "world:5: is not a list"},
		{"profiles:", "settings: []\nprofiles:", "world:18: is not a mapping of keys to values"},
		{"profiles:", "settings: {imds_v1: 1, portal_rate: many}\nprofiles:", `world:18: "1" is not true or false` + "\n" + `world:18: "many" is not a whole number`},
		{"profiles:", "web_identities: [{claims: []}]\nprofiles:", "world:18: is not a mapping of keys to values"},
		{"region: us-east-1", "region: " + strings.Repeat("[", 200) + strings.Repeat("]", 200), "world:1: values lie in each other more than 100 levels deep"},
		{"region: us-east-1", "? [a]\n: c", "world:2: found an invalid key"},
		{smallWorld, "region: x\n", "world:1: a world needs at least one account"},
	} {
		text := strings.Replace(smallWorld, c.old, c.new, 1)
		_, err := sandbox.ParseWorld([]byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v\nwant %s", c.new, err, c.want)
			continue
		}
		var at *sandbox.WorldError
		if !errors.As(err, &at) || at.Line < 1 {
			t.Errorf("%q: %T", c.new, err)
		}
	}
}

// TestPolicyForms reads one policy in YAML and in JSON.
func TestPolicyForms(t *testing.T) {
	t.Parallel()
	asJSON := `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"AWS":111122223333}}],"Version":"2012-10-17"}`
	before, after, _ := strings.Cut(smallWorld, "        trust:\n")
	_, profiles, _ := strings.Cut(after, "profiles:")
	for _, text := range []string{smallWorld, before + "        trust: '" + asJSON + "'\nprofiles:" + profiles} {
		w, err := sandbox.ParseWorld([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Accounts[0].Roles[0].Trust.JSON(); got != asJSON {
			t.Errorf("got %s", got)
		}
	}
}

// TestPlainScalars keeps what YAML has other ideas about: dates, octal numbers,
// the values of a config section.
func TestPlainScalars(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(strings.ReplaceAll(smallWorld, `"111122223333"`, "011122223333"), "keys_of: ann",
		"config: {a: 0012, b: true, c: 2026-01-02, d: , e: 1_000}")
	before, after, _ := strings.Cut(text, "        trust:\n")
	_, profiles, _ := strings.Cut(after, "profiles:")
	w, err := sandbox.ParseWorld([]byte(before + `        trust:
          Version: 2012-10-17
          Statement: {Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: 011122223333}}
profiles:` + profiles))
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Accounts[0].ID; got != "011122223333" {
		t.Errorf("account %s", got)
	}
	if got := w.Accounts[0].Roles[0].Trust.JSON(); !strings.Contains(got, `"AWS":"011122223333"`) || !strings.Contains(got, `"2012-10-17"`) {
		t.Errorf("trust %s", got)
	}
	if got := fmt.Sprint(w.Profiles[0].Config); got != "[{a 0012} {b true} {c 2026-01-02} {d } {e 1_000}]" {
		t.Errorf("config %s", got)
	}
	for _, config := range []string{"[a]", "{a: [b]}", "a"} {
		_, err := sandbox.ParseWorld([]byte(strings.ReplaceAll(smallWorld, "keys_of: ann", "config: "+config)))
		if err == nil || !strings.Contains(err.Error(), "world:20: ") {
			t.Errorf("%s: %v", config, err)
		}
	}
}

// TestLoadWorld names the file.
func TestLoadWorld(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "w.yaml")
	if err := os.WriteFile(path, []byte(smallWorld+"extra: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.LoadWorld(path); err == nil || err.Error() != path+`:21: key "extra" is not known` {
		t.Errorf("got %v", err)
	}
	if _, err := sandbox.LoadWorld(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := sandbox.ParseWorld([]byte(strings.Repeat("#", 2<<20))); err == nil {
		t.Error("a world of 2 MiB")
	}
}

// TestExample reads the built-in world, and again from its text.
func TestExample(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	var names []string
	for _, p := range w.Profiles {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "alice dev stage prod sso-dev sso-prod login ci admin broken" {
		t.Errorf("profiles: %s", got)
	}
	if _, err := sandbox.ParseWorld([]byte(sandbox.ExampleYAML())); err != nil {
		t.Error(err)
	}
	if sandbox.Example() == w {
		t.Error("two servers share one world")
	}
}

// TestNewChecks refuses a world that was made wrong in Go.
func TestNewChecks(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	w.Accounts[0].Users[0].AccessKeys[0].ID = "AKIAIOSFODNN7ABCDEFG"
	_, err := sandbox.New(sandbox.Options{World: w, Now: (&clock{}).Now})
	if err == nil || !strings.Contains(err.Error(), "real keys do not belong here") || strings.Contains(err.Error(), "AKIA"+"IOSFODNN7ABCDEFG") {
		t.Errorf("got %v", err)
	}
}

// FuzzWorld never panics, hangs or grows; what is read can be served.
func FuzzWorld(f *testing.F) {
	f.Add([]byte(smallWorld))
	f.Add([]byte(sandbox.ExampleYAML()))
	f.Add([]byte("a: &a [1]\nb: *a\n"))
	f.Add([]byte("accounts: [null]\nprofiles:\n- config: {<<: {a: b}}\n"))
	f.Add([]byte("accounts:\n- !!binary x: 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := sandbox.ParseWorld(data)
		if err != nil {
			return
		}
		s, err := sandbox.New(sandbox.Options{World: w, Now: (&clock{now: start()}).Now})
		if err != nil {
			t.Fatalf("read, but not served: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
