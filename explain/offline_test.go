package explain_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

const goodSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// scene plans a profile ("" for none) in a home with the files given.
func scene(t *testing.T, name, config, credentials string, env map[string]string) explain.Scene {
	t.Helper()
	home := t.TempDir()
	for file, text := range map[string]string{"config": config, "credentials": credentials} {
		path := filepath.Join(home, ".aws", file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "HOME", home)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look := func(name string) (string, bool) {
		v, ok := env[name]
		if name == "HOME" && !ok {
			return home, true
		}
		return v, ok
	}
	g, err := profile.Load(profile.Options{Env: look})
	if err != nil {
		t.Fatal(err)
	}
	wanted := origin.Value{}
	if name != "" {
		wanted = origin.Value{Text: name, Origin: origin.Argument("PROFILE")}
	}
	s := explain.Scene{Graph: g, Env: look, Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), There: func(path string) bool { _, err := os.Stat(path); return err == nil }}
	plan, err := chain.NewPlan(chain.Config{Graph: g, Env: look}, wanted, chain.Policy{})
	if err == nil {
		s.Plan = plan
	}
	return s
}

// TestOffline has one thing wrong a row: the codes that are found, those that say the
// plan will fail with their class, and words of the first finding.
func TestOffline(t *testing.T) {
	t.Parallel()
	pair := func(id, secret, more string) string {
		return "[p]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\n" + more
	}
	long := func(secret string) string { return pair("AKIAIOSFODNN7EXAMPLE", secret, "") }
	keys := func(more ...string) map[string]string {
		env := map[string]string{"AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": goodSecret, "AWS_SESSION_TOKEN": "canary"}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	const elsewhere = "AWS_ENDPOINT_URL"
	for _, tt := range []struct {
		name, profile, config, credentials string
		env                                map[string]string
		want, words                        string
	}{
		{"all is well", "p", "", long(goodSecret), nil, "", ""},
		{"session without its token", "p", "", pair("ASIAIOSFODNN7EXAMPLE", goodSecret, ""), nil, "session-key-without-token/refused", "credentials:2"},
		{"long-term key with a token", "p", "", pair("AKIAIOSFODNN7EXAMPLE", goodSecret, "aws_session_token = canary\n"), nil, "long-term-key-with-token/refused", "credentials:4"},
		{"cut", "p", "", long("canary7890"), nil, "secret-form/refused", "has 10 characters, not 40"},
		{"quote", "p", "", long(`canary"` + goodSecret[7:]), nil, "secret-form/refused", "holds a quote"},
		{"comment", "p", "", long(goodSecret + "#canary"), nil, "secret-form/refused", "holds a # or ;"},
		{"of a page's address", "p", "", long("canary%2F" + goodSecret[9:]), nil, "secret-form/refused", "holds a %"},
		{"blank", "p", "", long("canary " + goodSecret[7:]), nil, "secret-form/refused", "blank"},
		{"letter of no secret", "p", "", long("canarý" + goodSecret[7:]), nil, "secret-form/refused", "character that no secret has"},
		{"a stand-in's secret", "p", "", long("canary"), map[string]string{elsewhere: "http://localhost:4566"}, "secret-form custom-endpoint", "6 characters"},
		{"a stand-in's key", "p", "", pair("test", "test", ""), nil, "", ""},
		{"AWS's own endpoint", "p", "", long(goodSecret), map[string]string{elsewhere: "https://sts.eu-west-1.amazonaws.com"}, "", ""},
		{"endpoint of a role", "p", "[profile p]\nrole_arn = arn:aws:iam::111111111111:role/R\nsource_profile = k\n[profile k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " + goodSecret + "\n", "", map[string]string{elsewhere: "http://localhost:4566"}, "custom-endpoint", "$AWS_ENDPOINT_URL"},
		{"keys of the environment", "", "", "", keys(), "", ""},
		{"expired", "", "", "", keys("AWS_CREDENTIAL_EXPIRATION", "2026-03-04T05:06:06Z"), "environment-expired/failed", "1s ago"},
		{"not yet", "", "", "", keys("AWS_CREDENTIAL_EXPIRATION", "2026-03-04T05:06:08Z"), "", ""},
		{"expired, as aws-vault says", "", "", "", keys("AWS_SESSION_EXPIRATION", "2026-03-04T04:06:07Z"), "environment-expired", "1h0m0s ago"},
		{"no time", "", "", "", keys("AWS_CREDENTIAL_EXPIRATION", "tomorrow"), "environment-expiration/config", "no time"},
		{"keys beside a named profile", "p", "", long(goodSecret), keys("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z"), "environment-keys-unused", "profile p is named"},
		{"variables of a container", "p", "", long(goodSecret), map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x"}, "container-variables-unused", "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
		{"used", "", "", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x"}, "", ""},
		{"its token file", "", "", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nowhere/t"}, "token-file/config", "/nowhere/t"},
		{"region misspelt", "p", "[profile p]\nregion = eu-cnetral-1\n", long(goodSecret), nil, "unknown-region", "eu-central-1"},
		{"region of the environment", "p", "", long(goodSecret), map[string]string{"AWS_REGION": "eu-cnetral-1"}, "unknown-region", "$AWS_REGION"},
		{"values of the source", "p", "[profile p]\nrole_arn = arn:aws:iam::111111111111:role/R\nsource_profile = k\n[profile k]\nexternal_id = a b\ncredential_process = x\n", "", nil, "external-id", "config:5"},
		{"values of the sign-in", "p", "[profile p]\nsso_session = s\nsso_account_id = 111111111111\nsso_role_name = R\n[sso-session s]\nsso_start_url = https://x.awsapps.com/\nsso_region = eu-west-1\n", "", nil, "start-url", "config:6"},
		{"no certificates", "p", "", long(goodSecret), map[string]string{"AWS_CA_BUNDLE": "/nowhere/roots.pem"}, "ca-bundle-missing", "unset AWS_CA_BUNDLE"},
		{"endpoint of the profile", "p", "[profile p]\nendpoint_url = http://localhost:4566\n", long(goodSecret), nil, "custom-endpoint", "remove endpoint_url at "},
		{"variables of a pod", "p", "", long(goodSecret), map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:aws:iam::111111111111:role/R"}, "web-identity-variables-unused", "unset AWS_WEB"},
		{"pod's file is not here", "", "", "", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/t", "AWS_ROLE_ARN": "arn:aws:iam::111111111111:role/R"}, "token-file/config", "/nowhere/t"},
		{"pod's file is here", "p", "[profile p]\nrole_arn = arn:aws:iam::111111111111:role/R\nweb_identity_token_file = HOME/.aws/config\n", "", nil, "", ""},
		{"long role of a process", "p", "[profile p]\nrole_arn = arn:aws:iam::111111111111:role/R\nsource_profile = q\nduration_seconds = 7200\n[profile q]\ncredential_process = x\n", "", nil, "duration-may-be-refused", "7200 s"},
		{"short role of a process", "p", "[profile p]\nrole_arn = arn:aws:iam::111111111111:role/R\nsource_profile = q\nduration_seconds = 3600\n[profile q]\ncredential_process = x\n", "", nil, "", ""},
		{"device of a session", "p", "[profile p]\nrole_arn = arn:aws:iam::111111111111:role/R\nsource_profile = q\nmfa_serial = arn:aws:iam::111111111111:mfa/a\n[profile q]\nrole_arn = arn:aws:iam::111111111111:role/Q\nsource_profile = k\n[profile k]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " + goodSecret + "\n", "", nil, "mfa-of-session/refused", "config:4"},
		{"another config file", "p", "", "", map[string]string{"AWS_CONFIG_FILE": "/nowhere/config"}, "file-not-read", "config is not read: $AWS_CONFIG_FILE names /nowhere/config"},
		{"keys that the profile asks for", "p", "[profile p]\nrole_arn = arn:aws:iam::111111111111:role/R\ncredential_source = Environment\n", "", keys(), "", ""},
		{"AWS's own endpoint of a role", "p", "[profile p]\nrole_arn = arn:aws:iam::111111111111:role/R\nsource_profile = p\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " + goodSecret + "\n", "", map[string]string{elsewhere: "https://sts.eu-west-1.api.aws"}, "", ""},
		{"sudo with the own home", "", "", "", keys("SUDO_USER", "bob", "HOME", "/home/bob/"), "", ""},
		{"sudo", "", "", "", keys("SUDO_USER", "bob"), "sudo-home", "not that of bob"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := scene(t, tt.profile, tt.config, tt.credentials, tt.env)
			var codes []string
			text := ""
			for _, f := range explain.Offline(s) {
				code := f.Code
				if f.Class != "" {
					code += "/" + string(f.Class)
				}
				codes = append(codes, code)
				text += f.What + " " + f.Why + " " + f.Fix
				if f.Where != nil {
					text += " " + f.Where.String()
				}
				if f.Fix == "" {
					t.Errorf("%s has no fix", code)
				}
			}
			if got := strings.Join(codes, " "); got != tt.want || !strings.Contains(text, tt.words) || strings.Contains(text, "canar") {
				t.Errorf("found %q, want %q; %s", got, tt.want, text)
			}
		})
	}
}

// TestFiles: which files were read, and whose word that is.
func TestFiles(t *testing.T) {
	t.Parallel()
	files := scene(t, "", "", "", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}).Files()
	if len(files) != 2 || !files[0].Read || files[0].Instead != "" || files[1].Read || files[1].Path != "/nowhere" || files[1].From != origin.Env("AWS_SHARED_CREDENTIALS_FILE") || !strings.HasSuffix(files[1].Instead, "credentials") {
		t.Errorf("files %+v", files)
	}
	if s := scene(t, "", "", "", nil); slices.ContainsFunc(s.Files(), func(f explain.FileUse) bool { return !f.Read }) {
		t.Errorf("files %+v", s.Files())
	}
}
