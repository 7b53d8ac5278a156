package chain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

const (
	device   = "mfa_serial = arn:aws:iam::111122223333:mfa/me\n"
	itself   = "credential_process = latchkey credentials work\n"
	fromWork = "source_profile = work\n"
	// itselfMFA is itself with an MFA session.
	itselfMFA = "credential_process = latchkey credentials --mfa work\n"
)

// TestVaultAndMFA holds where keys of the vault and MFA codes go.
func TestVaultAndMFA(t *testing.T) {
	t.Parallel()
	mfa := chain.Policy{MFA: true}
	long := chain.Policy{Duration: 2 * time.Hour}
	onTop := func(p chain.Policy) chain.Policy {
		p.Role = origin.Value{Text: "arn:aws:iam::1:role/T"}
		return p
	}
	entry := []string{"work"}
	tests := []struct {
		name   string
		config string
		vault  []string
		at     string
		policy chain.Policy
		want   string
	}{
		{"no file names the entry", "", entry, "work", chain.Policy{}, "vault:work"},
		{"no entry and no profile", "", nil, "work", chain.Policy{}, "error profile work"},
		{"a profile that says so", "[profile work]\n" + itself, entry, "work", chain.Policy{}, "vault:work"},
		{"a profile that says so, no entry", "[profile work]\n" + itself, nil, "work", chain.Policy{}, "error profile work: the vault has no entry"},
		{"a name of two words", "[profile my work]\ncredential_process = \"/opt/my tools/latchkey\" credentials --duration=1h \"my work\"\n", []string{"my work"}, "my work", chain.Policy{}, "vault:my work"},
		{"a profile without credentials", "[profile work]\nregion = eu-west-1\n", entry, "work", chain.Policy{}, "vault:work"},
		{"plain keys win", "[profile work]\n" + keys, entry, "work", chain.Policy{}, "static:work"},
		{"another command wins", "[profile work]\ncredential_process = /bin/x\n", entry, "work", chain.Policy{}, "process:work"},
		{"Identity Center wins", "[profile work]\n" + sso, entry, "work", chain.Policy{}, "sso:work"},
		{"the default profile", "", []string{"default"}, "", chain.Policy{}, "vault:default"},
		{"a device beside the entry", "[profile work]\n" + itself + device, entry, "work", chain.Policy{}, "vault:work"},
		{"a line that asks for MFA", "[profile work]\n" + itselfMFA + device, entry, "work", chain.Policy{}, "vault:work session-token:work"},
		{"a line that asks for MFA, no device", "[profile work]\n" + itselfMFA, entry, "work", chain.Policy{}, "vault:work session-token:work"},
		{"a device beside plain keys", "[profile work]\n" + keys + device, nil, "work", chain.Policy{}, "static:work"},
		{"a source only in the vault", "[profile a]\n" + roleA + fromWork, entry, "a", chain.Policy{}, "vault:work assume-role:a"},
		{"itself as source", "[profile work]\n" + itself + roleA + fromWork, entry, "work", chain.Policy{}, "vault:work assume-role:work"},
		{"a source that is nowhere", "[profile a]\n" + roleA + fromWork, nil, "a", chain.Policy{}, "error profile a: source_profile work does not exist"},

		{"the role's device", "[profile a]\n" + roleA + fromWork + device, entry, "a", chain.Policy{}, "vault:work session-token:a assume-role:a"},
		{"the role's device, plain keys", "[profile a]\n" + roleA + fromWork + device + "[profile work]\n" + keys, nil, "a", chain.Policy{}, "static:work session-token:a assume-role:a"},
		{"the source's device", "[profile a]\n" + roleA + fromWork + "[profile work]\n" + itself + device, entry, "a", chain.Policy{}, "vault:work assume-role:a"},
		{"the source's device, asked for", "[profile a]\n" + roleA + fromWork + "[profile work]\n" + itself + device, entry, "a", mfa, "vault:work session-token:a assume-role:a"},
		{"the source's line asks for MFA", "[profile a]\n" + roleA + fromWork + "[profile work]\n" + itselfMFA + device, entry, "a", chain.Policy{}, "vault:work session-token:a assume-role:a"},
		{"a chain", "[profile b]\nrole_arn = arn:aws:iam::2:role/B\nsource_profile = a\n[profile a]\n" + roleA + fromWork + device, entry, "b", chain.Policy{},
			"vault:work session-token:a assume-role:a assume-role:b"},
		{"an hour is shared", "[profile a]\n" + roleA + fromWork + device + "duration_seconds = 3600\n", entry, "a", chain.Policy{}, "vault:work session-token:a assume-role:a"},
		{"more than an hour is not", "[profile a]\n" + roleA + fromWork + device + "duration_seconds = 7200\n", entry, "a", chain.Policy{}, "vault:work assume-role:a mfa-each-session"},
		{"nor by the caller's wish", "[profile a]\n" + roleA + fromWork + device, entry, "a", long, "vault:work assume-role:a mfa-each-session"},
		{"a session as source", "[profile a]\n" + roleA + fromWork + device + "[profile work]\n" + keys + "aws_session_token = x\n", nil, "a", chain.Policy{}, "static:work assume-role:a"},
		{"a command as source", "[profile a]\n" + roleA + fromWork + device + "[profile work]\ncredential_process = /bin/x\n", nil, "a", chain.Policy{}, "process:work assume-role:a"},

		{"asked for, no device", "", entry, "work", mfa, "vault:work session-token:work"},
		{"asked for, role without device", "[profile a]\n" + roleA + fromWork, entry, "a", mfa, "vault:work session-token:a assume-role:a"},
		{"asked for, role on top", "", entry, "work", onTop(mfa), "vault:work session-token assume-role"},
		{"asked for, long role on top", "", entry, "work", onTop(chain.Policy{MFA: true, Duration: 2 * time.Hour}), "vault:work assume-role mfa-each-session"},
		{"asked for, a command", "[profile work]\ncredential_process = /bin/x\n", nil, "work", mfa, "error profile work: an MFA session cannot be made of process"},
		{"asked for, a session", "[profile work]\n" + keys + "aws_session_token = x\n", nil, "work", mfa, "error profile work: an MFA session cannot be made of static"},
		{"asked for, Identity Center", "[profile work]\n" + sso, nil, "work", mfa, "error profile work: an MFA session cannot be made of sso"},
		{"asked for, a role that asks anyway", "[profile a]\n" + roleA + fromWork + device + "[profile work]\ncredential_process = /bin/x\n", nil, "a", mfa, "process:work assume-role:a"},
		{"role on top, not asked for", "", entry, "work", onTop(chain.Policy{}), "vault:work assume-role"},
		{"lasting longer than by default", "", entry, "work", chain.Policy{MFA: true, Lifetime: 13 * time.Hour}, "vault:work session-token:work"},
		{"lasting longer than it can", "", entry, "work", chain.Policy{MFA: true, Lifetime: 37 * time.Hour}, "error the duration is not from 15m to 36h"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, err := setup{config: tt.config, vault: tt.vault, name: tt.at, policy: tt.policy}.plan(t)
			if err != nil {
				if got := "error " + err.Error(); !strings.HasPrefix(got, tt.want) {
					t.Fatalf("got %s, want %s", got, tt.want)
				}
				return
			}
			if got := strings.TrimSpace(path(plan) + " " + codes(plan)); got != tt.want {
				t.Errorf("path %q, want %q", got, tt.want)
			}
		})
	}
}

// TestDiscovery looks at what the plan says of a device that nobody configured.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	plan, err := setup{credentials: "[a]\n" + keys, name: "a", policy: chain.Policy{MFA: true}, env: map[string]string{"AWS_REGION": "eu-west-3"}}.plan(t)
	if err != nil {
		t.Fatal(err)
	}
	session := plan.Last()
	if serial := session.Get(chain.InputMFASerial); serial != "" {
		t.Errorf("serial %q", serial)
	}
	if url, region := session.Get(chain.InputDiscover), session.Get(chain.InputDiscoverRegion); url != "https://iam.amazonaws.com" || region != "us-east-1" {
		t.Errorf("IAM is asked at %s for %s", url, region)
	}
	plan, err = setup{credentials: "[a]\n" + keys, name: "a", policy: chain.Policy{MFA: true, Lifetime: 13 * time.Hour}}.plan(t)
	if err != nil || plan.Last().Get(chain.InputDuration) != "46800" {
		t.Errorf("a lifetime of 13 h asks for %q s, %v", plan.Last().Get(chain.InputDuration), err)
	}
}

// TestMFASessionIsShared holds that the roles of one user have one MFA session,
// and that what would be another session has another key.
func TestMFASessionIsShared(t *testing.T) {
	t.Parallel()
	key := func(s setup) string {
		t.Helper()
		plan, err := s.plan(t)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Steps[1].Kind != chain.KindSessionToken {
			t.Fatalf("plan %s", path(plan))
		}
		return plan.Steps[1].Key
	}
	role := func(body string) setup {
		return setup{config: "[profile a]\n" + roleA + fromWork + device + body, vault: []string{"work"}, name: "a"}
	}
	base := key(role("region = eu-west-1\n"))
	for name, s := range map[string]setup{
		"another region":      role("region = us-west-2\n"),
		"no region":           role(""),
		"a FIPS endpoint":     role("region = us-east-1\nuse_fips_endpoint = true\n"),
		"another role":        {config: strings.ReplaceAll(role("").config, "role/A", "role/B"), vault: []string{"work"}, name: "a"},
		"external id":         role("external_id = x\nduration_seconds = 900\n"),
		"the user's own":      {config: "[profile work]\n" + itselfMFA + device, vault: []string{"work"}, name: "work"},
		"role on top of that": {config: "[profile work]\n" + itselfMFA + device, vault: []string{"work"}, name: "work", policy: chain.Policy{Role: origin.Value{Text: "arn:aws:iam::1:role/T"}}},
	} {
		if key(s) != base {
			t.Errorf("%s: another MFA session", name)
		}
	}
	for name, s := range map[string]setup{
		"another endpoint":  role("endpoint_url = http://127.0.0.1:1\n"),
		"another partition": role("region = cn-north-1\n"),
		"another device":    {config: strings.ReplaceAll(role("").config, "mfa/me", "mfa/you"), vault: []string{"work"}, name: "a"},
		"other keys":        {config: role("").config + "[profile work]\n" + keys, name: "a"},
		"another lifetime":  {config: "[profile work]\n" + itselfMFA + device, vault: []string{"work"}, name: "work", policy: chain.Policy{Duration: 2 * time.Hour}},
	} {
		if key(s) == base {
			t.Errorf("%s: the same MFA session", name)
		}
	}
}

// TestVaultOutOfOrder: a vault that cannot be read is no matter of profiles whose
// credentials are elsewhere.
func TestVaultOutOfOrder(t *testing.T) {
	t.Parallel()
	broken := errors.New("vault: cannot be read")
	plan := func(s setup) error {
		t.Helper()
		g, env := s.load(t)
		name := origin.Value{}
		if s.name != "" {
			name = origin.Value{Text: s.name, Origin: origin.Code("test")}
		}
		_, err := chain.NewPlan(chain.Config{Graph: g, Env: env, Vault: func(string) (chain.Entry, error) { return chain.Entry{}, broken }}, name, chain.Policy{})
		return err
	}
	for name, s := range map[string]setup{
		"a role":                     {config: "[profile a]\n" + roleA + fromWork, credentials: "[work]\n" + keys, name: "a"},
		"keys":                       {credentials: "[a]\n" + keys, name: "a"},
		"the environment":            {env: envKeys()},
		"environment, empty default": {env: envKeys(), config: "[default]\nregion = eu-west-1\n"},
	} {
		if err := plan(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]setup{
		"a profile that takes it from there": {config: "[profile work]\n" + itself, name: "work"},
		"a name that no file has":            {name: "work"},
		"a source that no file has":          {config: "[profile a]\n" + roleA + fromWork, name: "a"},
		"the default profile":                {},
	} {
		if err := plan(s); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
