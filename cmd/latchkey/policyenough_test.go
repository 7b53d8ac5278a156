package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/iam/policies"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// worldOf is a world in which alice has one policy, and nothing else. There is a role
// that trusts her, and bob, about whom administrators do things.
const worldOf = `
region: eu-central-1
accounts:
  - id: "111122223333"
    name: base
    users:
      - name: alice
        path: /people/
        access_keys: [{id: AKIAALICE0001EXAMPLE, secret: alice/Sandbox+Secret/0001/bPxREXAMPLEKEY}]
        mfa_devices: [{name: alice, seed: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP}]
        policies: [%s]
      - name: bob
        access_keys: [{id: AKIABOB000001EXAMPLE, secret: bob/Sandbox+Secret/000001/bPxREXAMPLEKEY}]
        mfa_devices: [{name: bob, seed: KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU}]
        groups: [developers]
        password: Old-Password-1
        tags: {team: x}
    groups: [{name: developers}]
    roles:
      - name: deploy
        trust: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "arn:aws:iam::111122223333:root"}}]}
`

const deployRole = "arn:aws:iam::111122223333:role/deploy"

// TestPolicyIsEnough runs commands by a user who has the command's policy alone: the
// sandbox denies nothing that they ask. spare are actions of the policy that this run
// has no use for.
func TestPolicyIsEnough(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		pattern string
		lines   []string
		spare   string
	}{
		{"exec", []string{"exec deploy -- true", "exec alice --mfa --mfa-code CODE -- true"}, ""},
		{"whoami", []string{"whoami alice"}, ""},
		{"explain", []string{"explain deploy --try"}, "GetRole ListMFADevices"},
		{"doctor", []string{"doctor --online"}, "ListMFADevices"},
		{"console", []string{"console alice --print"}, ""},
		{"vault-add", []string{"vault add work < typed"}, "ListMFADevices"},
		{"vault-rotate", []string{"vault add work < typed", "vault rotate work --grace 0s"}, "UpdateAccessKey ListMFADevices"},
		{"mfa-devices", []string{"mfa devices alice"}, ""},
		{"mfa-enroll", []string{"mfa enroll alice --keep-seed"}, ""},
		{"iam-enroll", []string{"iam enroll alice --keep-seed --yes"}, "ChangePassword GetAccountPasswordPolicy GetAccessKeyLastUsed"},
		{"iam-onboard", []string{
			"iam onboard carol alice --group developers --role " + deployRole + " --tag team=x --access-key --out secrets --yes",
			"iam onboard bob alice --group developers --tag team=y --out more --yes",
		}, "UntagUser DeleteAccessKey GetUserPolicy UpdateLoginProfile PutUserPermissionsBoundary GetAccessKeyLastUsed ListAccountAliases"},
		{"iam-offboard", []string{"iam offboard bob alice --yes", "iam offboard bob alice --delete --yes"},
			"UpdateSigningCertificate DeleteSigningCertificate UpdateSSHPublicKey DeleteSSHPublicKey UpdateServiceSpecificCredential DeleteServiceSpecificCredential " +
				"DetachUserPolicy GetUserPolicy"},
		{"iam-report", []string{"iam report alice"}, "ListAccountAliases"},
	} {
		t.Run(row.pattern, func(t *testing.T) {
			t.Parallel()
			document := policyFor(t, row.pattern)
			world := worldOf
			if strings.HasSuffix(row.pattern, "-enroll") {
				world = strings.Replace(world, "mfa_devices: [{name: alice, seed: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP}]", "tags: {}", 1)
			}
			server, environ := homeWith(t, world, document)
			dir := t.TempDir()
			put(t, filepath.Join(dir, "typed"), strings.Join(exampleKey(), "\n")+"\n")
			server.ClearRequests()
			for _, line := range row.lines {
				if strings.Contains(line, "CODE") {
					code, err := server.MFACode("alice")
					if err != nil {
						t.Fatal(err)
					}
					line = strings.Replace(line, "CODE", code, 1)
				}
				run := exec.Command("bash", "-c", "latchkey "+line)
				run.Dir, run.Env = dir, environ
				if out, err := run.CombinedOutput(); err != nil && !strings.Contains(line, "iam report") && !strings.HasPrefix(line, "doctor") { // they find things
					t.Errorf("%s: %v\n%s", line, err, out)
				}
			}
			unused := actionsOf(t, document)
			for _, r := range server.Requests() {
				if r.Code == "AccessDenied" {
					t.Errorf("%s was denied", r.Operation)
				}
				unused = slices.DeleteFunc(unused, func(a string) bool { return a == r.Operation })
			}
			for _, spare := range strings.Fields(row.spare) {
				unused = slices.DeleteFunc(unused, func(a string) bool { return a == spare })
			}
			if len(unused) > 0 {
				t.Errorf("never asked: %v", unused)
			}
		})
	}
}

// policyFor is a pattern's document, for the role of the world.
func policyFor(t *testing.T, name string) string {
	t.Helper()
	for _, p := range policies.Patterns() {
		if p.Name == name {
			d, err := p.Make(policies.Inputs{Roles: []string{deployRole}})
			if err != nil {
				t.Fatal(err)
			}
			return d.JSON()
		}
	}
	t.Fatalf("there is no pattern %s", name)
	return ""
}

// actionsOf lists the operations that a document allows.
func actionsOf(t *testing.T, document string) []string {
	t.Helper()
	var parsed struct{ Statement []struct{ Action any } }
	if err := json.Unmarshal([]byte(document), &parsed); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range parsed.Statement {
		for _, action := range strings.Fields(strings.Trim(fmt.Sprint(s.Action), "[]")) {
			_, operation, _ := strings.Cut(action, ":")
			list = append(list, operation)
		}
	}
	return list
}

// homeWith is the home folder of alice, who has one policy.
func homeWith(t *testing.T, world, document string) (*sandbox.Server, []string) {
	t.Helper()
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := sandbox.ParseWorld([]byte(fmt.Sprintf(world, text)))
	if err != nil {
		t.Fatal(err)
	}
	server := sandbox.Start(t, sandbox.WithWorld(parsed))
	home, err := server.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir, key := t.TempDir(), exampleKey()
	put(t, filepath.Join(dir, ".aws", "config"), "[profile alice]\nregion = eu-central-1\n[profile deploy]\nregion = eu-central-1\nrole_arn = "+deployRole+"\nsource_profile = alice\n")
	put(t, filepath.Join(dir, ".aws", "credentials"), "[alice]\naws_access_key_id = "+key[0]+"\naws_secret_access_key = "+key[1]+"\n")
	put(t, filepath.Join(dir, "passphrase"), "not empty")
	environ := append(home.Env, "HOME="+dir, "AWS_CONFIG_FILE="+filepath.Join(dir, ".aws", "config"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(dir, ".aws", "credentials"),
		"LATCHKEY_VAULT_PASSPHRASE_FILE="+filepath.Join(dir, "passphrase"), "PATH="+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0", "LATCHKEY_PROMPT=none")
	leave(t, environ)
	return server, environ
}
