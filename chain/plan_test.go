package chain_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// set-up of one plan: both files, the environment, the profile named by the
// caller, and the caller's policy.
type setup struct {
	config, credentials string
	env                 map[string]string
	name                string
	policy              chain.Policy
	vault               []string // names of entries
}

func (s setup) load(t testing.TB) (*profile.Graph, chain.Env) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }
	g, err := profile.Load(profile.Options{Env: env, Home: dir, ConfigFile: write("config", s.config), CredentialsFile: write("credentials", s.credentials)})
	if err != nil {
		t.Fatal(err)
	}
	return g, env
}

func (s setup) plan(t testing.TB) (*chain.Plan, error) {
	t.Helper()
	g, env := s.load(t)
	name := origin.Value{}
	if s.name != "" {
		name = origin.Value{Text: s.name, Origin: origin.Code("test")}
	}
	vault := func(name string) (chain.Entry, error) {
		if !slices.Contains(s.vault, name) {
			return chain.Entry{}, nil
		}
		return chain.Entry{Name: name, Stamp: "1", Origin: origin.Default("the vault")}, nil
	}
	return chain.NewPlan(chain.Config{Graph: g, Env: env, Vault: vault}, name, s.policy)
}

// path writes a plan as "kind:profile" hops, alternatives after "|".
func path(p *chain.Plan) string {
	var parts []string
	for ; p != nil; p = p.Next {
		var hops []string
		for _, s := range p.Steps {
			hop := string(s.Kind)
			if s.Profile != "" {
				hop += ":" + s.Profile
			}
			hops = append(hops, hop)
		}
		parts = append(parts, strings.Join(hops, " "))
	}
	return strings.Join(parts, " | ")
}

func codes(p *chain.Plan) string {
	var list []string
	for _, n := range p.Notes {
		if n.Code != "no-region" {
			list = append(list, n.Code)
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

const keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
const roleA = "role_arn = arn:aws:iam::111111111111:role/A\n"
const roleB = "role_arn = arn:aws:iam::222222222222:role/B\n"
const sso = "sso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 111111111111\nsso_role_name = Admin\n"

func envKeys(more ...string) map[string]string {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

// TestShape holds the order (credential-sources 2.1), the shape table (2.2),
// source_profile (2.3), credential_source (2.4) and Identity Center (2.5). A
// want that begins with "error" is the beginning of the error's text.
func TestShape(t *testing.T) {
	t.Parallel()
	a := func(body string) string { return "[profile a]\nregion = eu-west-1\n" + body }
	tests := []struct {
		name string
		setup
		want, notes string
	}{
		{name: "nothing", want: "imds"},
		{name: "nothing, metadata off", setup: setup{env: map[string]string{"AWS_EC2_METADATA_DISABLED": "TRUE"}}, want: "error no credentials found"},
		{name: "default profile", setup: setup{credentials: "[default]\n" + keys}, want: "static:default"},
		{name: "environment first", setup: setup{credentials: "[default]\n" + keys, env: envKeys()}, want: "environment"},
		{name: "environment over AWS_PROFILE", setup: setup{config: a(sso), env: envKeys("AWS_PROFILE", "a")}, want: "environment", notes: "environment-over-profile"},
		{name: "named profile over environment", setup: setup{config: a(sso), env: envKeys(), name: "a"}, want: "sso:a"},
		{name: "AWS_PROFILE of no profile", setup: setup{env: envKeys("AWS_PROFILE", "nope")}, want: "error profile nope: not found"},
		{name: "AWS_PROFILE=default of no profile", setup: setup{env: map[string]string{"AWS_PROFILE": "default"}}, want: "error profile default: not found"},
		{name: "empty AWS_PROFILE", setup: setup{credentials: "[default]\n" + keys, env: map[string]string{"AWS_PROFILE": ""}}, want: "static:default", notes: "empty-aws-profile"},
		{name: "two profile variables", setup: setup{config: a(sso), env: map[string]string{"AWS_PROFILE": "a", "AWS_DEFAULT_PROFILE": "b"}}, want: "sso:a", notes: "two-profile-variables"},
		{name: "old profile variable", setup: setup{config: a(sso), env: map[string]string{"AWS_DEFAULT_PROFILE": "a"}}, want: "sso:a", notes: "old-profile-variable"},
		{name: "half pair, id", setup: setup{env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIA"}}, want: "error AWS_ACCESS_KEY_ID is set but"},
		{name: "half pair, secret", setup: setup{env: map[string]string{"AWS_SECRET_ACCESS_KEY": "x"}}, want: "error AWS_SECRET_ACCESS_KEY is set but"},
		{name: "half pair, blank secret", setup: setup{env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": " "}}, want: "error AWS_ACCESS_KEY_ID is set but"},
		{name: "security token differs", setup: setup{env: envKeys("AWS_SECURITY_TOKEN", "old")}, want: "environment", notes: "security-token"},
		{name: "env web identity before profile", setup: setup{credentials: "[default]\n" + keys, env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:aws:iam::1:role/W"}}, want: "web-identity", notes: "web-identity-over-profile"},
		{name: "env web identity without role", setup: setup{env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}}, want: "error AWS_WEB_IDENTITY_TOKEN_FILE is set but"},
		{name: "env role without token", setup: setup{credentials: "[default]\n" + keys, env: map[string]string{"AWS_ROLE_ARN": "arn:aws:iam::1:role/W"}}, want: "static:default"},
		{name: "env web identity, profile named", setup: setup{config: a(sso), name: "a", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:aws:iam::1:role/W"}}, want: "sso:a"},
		{name: "container", setup: setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/x"}}, want: "container"},
		{name: "container after profile", setup: setup{credentials: "[default]\n" + keys, env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/x"}}, want: "static:default"},
		{name: "two container URIs", setup: setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/x", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2"}}, want: "container", notes: "two-container-uris"},
		{name: "empty profile goes on", setup: setup{config: a(""), name: "a"}, want: "imds"},

		{name: "role over source, own keys ignored", setup: setup{config: a(roleA + "source_profile = b\n" + keys), credentials: "[b]\n" + keys, name: "a"}, want: "static:b assume-role:a"},
		{name: "role with token file", setup: setup{config: a(roleA + "web_identity_token_file = /t\n"), name: "a"}, want: "web-identity:a"},
		{name: "role with own keys, no source", setup: setup{config: a(roleA + keys), name: "a"}, want: "error profile a: role_arn without source_profile"},
		{name: "role alone", setup: setup{config: a(roleA), name: "a"}, want: "error profile a: role_arn without source_profile"},
		{name: "role with process", setup: setup{config: a(roleA + "credential_process = x\n"), name: "a"}, want: "error profile a: role_arn without source_profile"},
		{name: "role with both sources", setup: setup{config: a(roleA + "source_profile = b\ncredential_source = Environment\n"), name: "a"}, want: "error profile a: both source_profile and credential_source"},
		{name: "sso and static", setup: setup{config: a(sso), credentials: "[a]\n" + keys, name: "a"}, want: "static:a", notes: "static-over-sso"},
		{name: "static and process", setup: setup{config: a("credential_process = /bin/x\n"), credentials: "[a]\n" + keys, name: "a"}, want: "static:a", notes: "static-over-process"},
		{name: "static, token file and role", setup: setup{config: a(roleA + "web_identity_token_file = /t\n"), credentials: "[a]\n" + keys, name: "a"}, want: "web-identity:a", notes: "web-identity-over-static"},
		{name: "login and static in config", setup: setup{config: a("login_session = arn:aws:iam::1:user/x\n" + keys), name: "a"}, want: "static:a", notes: "static-over-login"},
		{name: "login and process", setup: setup{config: a("login_session = arn:aws:iam::1:user/x\ncredential_process = /bin/x\n"), name: "a"}, want: "login:a", notes: "login-over-process"},
		{name: "sso and login", setup: setup{config: a(sso + "login_session = arn:aws:iam::1:user/x\n"), name: "a"}, want: "sso:a", notes: "sso-over-others"},
		{name: "process and token file", setup: setup{config: a(roleA + "credential_process = /bin/x\nweb_identity_token_file = /t\n"), name: "a"}, want: "web-identity:a", notes: "web-identity-over-source"},
		{name: "sso, token file and role", setup: setup{config: a(sso + roleA + "web_identity_token_file = /t\n"), name: "a"}, want: "web-identity:a"},
		{name: "token file without role", setup: setup{config: a("web_identity_token_file = /t\n"), name: "a"}, want: "error profile a: web_identity_token_file without role_arn"},
		{name: "source without role", setup: setup{config: a("source_profile = b\n"), name: "a"}, want: "error profile a: source_profile without role_arn"},
		{name: "source without role, own keys", setup: setup{config: a("source_profile = b\n" + keys), name: "a"}, want: "static:a", notes: "source-without-role"},
		{name: "process in the shell", setup: setup{config: a("credential_process = ~/bin/x | cat\n"), name: "a"}, want: "process:a", notes: "process-needs-shell"},

		{name: "self with keys", setup: setup{config: a(roleA + "source_profile = a\n" + keys), name: "a"}, want: "static:a assume-role:a"},
		{name: "self without keys", setup: setup{config: a(roleA + "source_profile = a\n"), name: "a"}, want: "error profile a: source_profile loop: a → a"},
		{name: "chain of three", setup: setup{config: a(roleA+"source_profile = b\n") + "[profile b]\n" + roleB + "source_profile = c\n", credentials: "[c]\n" + keys, name: "a"}, want: "static:c assume-role:b assume-role:a"},
		{name: "source with keys and role", setup: setup{config: a(roleA+"source_profile = b\n") + "[profile b]\n" + roleB + "source_profile = c\n" + keys, credentials: "[c]\n" + keys, name: "a"}, want: "static:b assume-role:a", notes: "source-has-role"},
		{name: "loop", setup: setup{config: a(roleA+"source_profile = b\n") + "[profile b]\n" + roleB + "source_profile = a\n", name: "a"}, want: "error profile b: source_profile loop: a → b → a"},
		{name: "loop with keys", setup: setup{config: a(roleA+"source_profile = b\n"+keys) + "[profile b]\n" + roleB + "source_profile = a\n", name: "a"}, want: "error profile b: source_profile loop: a → b → a"},
		{name: "source by web identity", setup: setup{config: a(roleA+"source_profile = b\n") + "[profile b]\n" + roleB + "web_identity_token_file = /t\n", name: "a"}, want: "web-identity:b assume-role:a"},
		{name: "source by login", setup: setup{config: a(roleA+"source_profile = b\n") + "[profile b]\nlogin_session = arn:aws:iam::1:user/x\n", name: "a"}, want: "login:b assume-role:a", notes: "login-as-source"},
		{name: "source with nothing", setup: setup{config: a(roleA+"source_profile = b\n") + "[profile b]\nregion = us-east-1\n", name: "a"}, want: "error profile b: has no credentials"},
		{name: "source with half", setup: setup{config: a(roleA+"source_profile = b\n") + "[profile b]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", name: "a"}, want: "error profile b: half a key pair"},
		{name: "source missing", setup: setup{config: a(roleA + "source_profile = b\n"), name: "a"}, want: "error profile a: source_profile b does not exist"},

		{name: "credential_source Environment", setup: setup{config: a(roleA + "credential_source = Environment\n"), name: "a", env: envKeys()}, want: "environment assume-role:a"},
		{name: "credential_source Environment, none", setup: setup{config: a(roleA + "credential_source = Environment\n"), name: "a"}, want: "error profile a: credential_source Environment has nothing"},
		{name: "credential_source in lower case", setup: setup{config: a(roleA + "credential_source = ec2instancemetadata\n"), name: "a"}, want: "imds assume-role:a", notes: "credential-source-case"},
		{name: "credential_source EcsContainer, none", setup: setup{config: a(roleA + "credential_source = EcsContainer\n"), name: "a"}, want: "error profile a: credential_source EcsContainer has nothing"},
		{name: "credential_source unknown", setup: setup{config: a(roleA + "credential_source = Foo\n"), name: "a"}, want: "error profile a: unknown credential_source"},

		{name: "legacy sso", setup: setup{config: a(sso), name: "a"}, want: "sso:a"},
		{name: "sso without start url", setup: setup{config: a("sso_account_id = 1\nsso_role_name = R\n"), name: "a"}, want: "error profile a: is configured for Identity Center but lacks sso_start_url, sso_region"},
		{name: "sso without account", setup: setup{config: a("sso_start_url = https://x\nsso_region = us-east-1\n"), name: "a"}, want: "error profile a: has Identity Center settings but lacks sso_account_id, sso_role_name"},
		{name: "sso session", setup: setup{config: a("sso_session = s\nsso_account_id = 1\nsso_role_name = R\n") + "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x\n", name: "a"}, want: "sso:a"},
		{name: "sso session, token only", setup: setup{config: a("sso_session = s\n") + "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x\n", name: "a"}, want: "error profile a: is a token-only profile"},
		{name: "sso session missing", setup: setup{config: a("sso_session = s\nsso_account_id = 1\nsso_role_name = R\n"), name: "a"}, want: "error profile a: there is no section [sso-session s]"},
		{name: "sso session repeated", setup: setup{config: a("sso_session = s\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = R\n") + "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x\n", name: "a"}, want: "sso:a", notes: "sso-repeated"},
		{name: "sso session differs", setup: setup{config: a("sso_session = s\nsso_region = us-west-2\nsso_account_id = 1\nsso_role_name = R\n") + "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://x\n", name: "a"}, want: "error profile a: sso_region differs"},

		{name: "latchkey for another profile", setup: setup{config: a("credential_process = latchkey credentials b\n"), name: "a"}, want: "process:a"},
		{name: "latchkey for itself", setup: setup{config: a("credential_process = /usr/local/bin/latchkey credentials a\n"), name: "a"}, want: "error profile a: the vault has no entry for this profile"},
		{name: "latchkey for a server's", setup: setup{config: a("credential_process = latchkey credentials --from unix:/run/latchkey/s a\n"), name: "a"}, want: "process:a"},
		{name: "latchkey for a server's, in one word", setup: setup{config: a("credential_process = latchkey credentials a --from=unix:/run/latchkey/s\n"), name: "a"}, want: "process:a"},
		{name: "latchkey for itself, with a source", setup: setup{config: a("credential_process = latchkey credentials 'a'\n" + sso), name: "a"}, want: "sso:a", notes: "process-calls-itself"},
		{name: "process loop", setup: setup{config: a("credential_process = /bin/x\n"), name: "a", env: map[string]string{"_AWS_CLI_PROFILE_CHAIN": "a,b"}}, want: "error profile a: credential_process loop: a → b → a"},
		{name: "process too deep", setup: setup{config: a("credential_process = /bin/x\n"), name: "a", env: map[string]string{"_AWS_CLI_PROFILE_CHAIN": "b,c,d,e"}}, want: "error profile a: credential_process commands call each other more than 4 deep"},

		{name: "own order", setup: setup{env: envKeys(), credentials: "[default]\n" + keys, policy: chain.Policy{Order: []chain.Source{"mine", chain.SourceProfile}}}, want: "custom | static:default"},
		{name: "role on top", setup: setup{credentials: "[a]\n" + keys, name: "a", policy: chain.Policy{Role: origin.Value{Text: "arn:aws:iam::1:role/T"}}}, want: "static:a assume-role"},
		{name: "mfa session", setup: setup{config: "[profile a]\nregion=x1\nmfa_serial = arn:aws:iam::1:mfa/a\n", credentials: "[a]\n" + keys, name: "a", policy: chain.Policy{MFA: true}}, want: "static:a session-token:a"},
		{name: "mfa session without device", setup: setup{credentials: "[a]\n" + keys, name: "a", policy: chain.Policy{MFA: true}}, want: "static:a session-token:a"},
		{name: "policy without role", setup: setup{credentials: "[a]\n" + keys, name: "a", policy: chain.Policy{ReadOnly: true}}, want: "error profile a: a session policy needs a role session"},
		{name: "policy for the console", setup: setup{credentials: "[a]\n" + keys, name: "a", policy: chain.Policy{ReadOnly: true, Console: true}}, want: "static:a"},
		{name: "policy for the console, MFA", setup: setup{credentials: "[a]\n" + keys, name: "a", policy: chain.Policy{ReadOnly: true, Console: true, MFA: true}}, want: "static:a session-token:a"},
		{name: "policy for the console, a session", setup: setup{credentials: "[a]\n" + keys + "aws_session_token = t\n", name: "a", policy: chain.Policy{ReadOnly: true, Console: true}}, want: "error profile a: a session policy needs a role session"},
		{name: "services section missing", setup: setup{config: a(roleA + "source_profile = a\nservices = x\n" + keys), name: "a"}, want: "error profile a: there is no section [services x]"},
		{name: "fips with custom endpoint", setup: setup{config: a(roleA + "source_profile = a\nuse_fips_endpoint = true\nendpoint_url = http://127.0.0.1\n" + keys), name: "a"}, want: "error profile a: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, err := tt.plan(t)
			if err != nil {
				if got := "error " + err.Error(); !strings.HasPrefix(got, tt.want) {
					t.Fatalf("got %s, want %s", got, tt.want)
				}
				return
			}
			if got := path(plan); got != tt.want {
				t.Errorf("path %q, want %q", got, tt.want)
			}
			if got := codes(plan); got != tt.notes {
				t.Errorf("notes %q, want %q", got, tt.notes)
			}
		})
	}
}

// TestInputs looks at values and their origins.
func TestInputs(t *testing.T) {
	t.Parallel()
	config := "[profile a]\n" + roleA + "source_profile = b\nexternal_id = x-1\nduration_seconds = 7200\nsession_tags = k=v\nservices = local\n" +
		"[services local]\nsts =\n  endpoint_url = http://127.0.0.1:1\n"
	s := setup{config: config, credentials: "[b]\n" + keys, name: "a", env: map[string]string{"AWS_REGION": "eu-west-3"}}
	plan, err := s.plan(t)
	if err != nil {
		t.Fatal(err)
	}
	role := plan.Last()
	for name, want := range map[string]struct {
		value string
		line  int
	}{
		chain.InputRoleARN: {"arn:aws:iam::111111111111:role/A", 2}, chain.InputExternalID: {"x-1", 4},
		chain.InputDuration: {"7200", 5}, chain.InputTags: {"k=v", 6}, chain.InputEndpoint: {"http://127.0.0.1:1", 10},
	} {
		in, ok := role.Input(name)
		if !ok || strings.TrimSuffix(in.Value, "/") != want.value || in.Origin.Line != want.line {
			t.Errorf("%s = %+v, want %+v", name, in, want)
		}
	}
	if in, _ := role.Input(chain.InputRegion); in.Value != "eu-west-3" || in.Origin != origin.Env("AWS_REGION") {
		t.Errorf("region = %+v", in)
	}
	out, err := json.Marshal(plan)
	if err != nil || strings.Contains(string(out), "wJalrXUtnFEMI") {
		t.Errorf("the plan's JSON leaks the secret or fails: %v", err)
	}
}

// TestDuration holds the caps and checks of durations.
func TestDuration(t *testing.T) {
	t.Parallel()
	source := func(body string) string {
		return "[profile a]\nregion = eu-west-1\n" + roleA + "source_profile = b\n" + body
	}
	chained := "[profile b]\n" + sso
	direct := "[profile b]\n" + keys
	hours := func(n int) chain.Policy { return chain.Policy{Duration: time.Duration(n) * time.Hour} }
	tests := []struct {
		name, config string
		policy       chain.Policy
		want, err    string
	}{
		{"default", source("") + direct, chain.Policy{}, "", ""},
		{"from the profile", source("duration_seconds = 43200\n") + direct, chain.Policy{}, "43200", ""},
		{"chained", source("duration_seconds = 7200\n") + chained, chain.Policy{}, "3600", ""},
		{"too short", source("duration_seconds = 899\n") + direct, chain.Policy{}, "", "duration_seconds is not"},
		{"too long", source("duration_seconds = 43201\n") + direct, chain.Policy{}, "", "duration_seconds is not"},
		{"no number", source("duration_seconds = 1h\n") + direct, chain.Policy{}, "", "duration_seconds is not"},
		{"flag", source("duration_seconds = 3600\n") + direct, hours(2), "7200", ""},
		{"flag, chained", source("") + chained, hours(2), "", "one hour at most"},
		{"flag, too long", source("") + direct, hours(13), "", "the duration is not"},
		{"flag without role", "[profile a]\n" + keys, hours(2), "", "cannot be chosen"},
		{"for", source("") + direct, chain.Policy{Lifetime: 3 * time.Hour}, "10800", ""},
		{"for, chained", source("") + chained, chain.Policy{Lifetime: 3 * time.Hour}, "", "one hour at most"},
		{"for an hour, chained", source("") + chained, chain.Policy{Lifetime: time.Hour}, "", ""},
		{"for, configured for less", source("duration_seconds = 3600\n") + direct, chain.Policy{Lifetime: 3 * time.Hour}, "", "the session lasts 3600 s"},
		{"for, configured for as much", source("duration_seconds = 10800\n") + direct, chain.Policy{Lifetime: 3 * time.Hour}, "10800", ""},
		{"for too long", source("") + direct, chain.Policy{Lifetime: 13 * time.Hour}, "", "the duration is not"},
		{"for, with keys", "[profile a]\n" + keys, chain.Policy{Lifetime: 13 * time.Hour}, "", ""},
	}
	for _, tt := range tests {
		plan, err := setup{config: tt.config, name: "a", policy: tt.policy}.plan(t)
		if tt.err != "" {
			var config *chain.ConfigError
			if !errors.As(err, &config) || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want %q", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := plan.Last().Get(chain.InputDuration); got != tt.want {
			t.Errorf("%s: duration %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestSessionKey changes one input at a time: each must give another key, and
// what is no input must not.
func TestSessionKey(t *testing.T) {
	t.Parallel()
	base := setup{name: "a", credentials: "[b]\n" + keys,
		config: "[profile a]\nregion = eu-west-1\n" + roleA + "source_profile = b\nmfa_serial = arn:aws:iam::1:mfa/x\n"}
	key := func(s setup) string {
		plan, err := s.plan(t)
		if err != nil {
			t.Fatal(err)
		}
		return plan.Last().Key
	}
	seen := map[string]string{key(base): "base"}
	change := func(name string, edit func(*setup)) {
		s := base
		edit(&s)
		k := key(s)
		if other, ok := seen[k]; ok {
			t.Errorf("%s has the session key of %s", name, other)
		}
		seen[k] = name
	}
	for _, line := range []string{"external_id = x", "duration_seconds = 1800", "role_session_name = me", "session_tags = a=b",
		"session_tags = a=b\ntransitive_session_tags = a", "source_identity = me", "endpoint_url = http://127.0.0.1", "use_dualstack_endpoint = true"} {
		change(line, func(s *setup) { s.config += line + "\n" })
	}
	change("role", func(s *setup) { s.config = strings.Replace(s.config, "role/A", "role/B", 1) })
	change("device", func(s *setup) { s.config = strings.Replace(s.config, "mfa/x", "mfa/y", 1) })
	change("region", func(s *setup) { s.config = strings.Replace(s.config, "eu-west-1", "eu-west-2", 1) })
	change("source secret", func(s *setup) { s.credentials = strings.Replace(s.credentials, "wJalr", "xJalr", 1) })
	change("source id", func(s *setup) { s.credentials = strings.Replace(s.credentials, "AKIAI", "AKIAJ", 1) })
	change("source token", func(s *setup) { s.credentials += "aws_session_token = t\n" })
	change("policy", func(s *setup) { s.policy.SessionPolicy = origin.Value{Text: "{}"} })
	change("read only", func(s *setup) { s.policy.ReadOnly = true })
	change("policy arn", func(s *setup) { s.policy.PolicyARNs = []origin.Value{{Text: "arn:aws:iam::aws:policy/X"}} })
	same := base
	same.config = "# a comment moves every line\n" + same.config + "output = json\n"
	if seen[key(same)] != "base" {
		t.Error("a comment and a key that is no input change the session key")
	}
}
