package chain_test

import (
	"os"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

const (
	login   = "login_session = arn:aws:iam::1:user/x\n"
	process = "credential_process = /bin/x\n"
	half    = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
	token   = "web_identity_token_file = /t\n"
)

// TestDeviations holds who decides otherwise: each want is a path, then "code:
// words of Breaks" of notes that must be there, or the beginning of an error.
func TestDeviations(t *testing.T) {
	t.Parallel()
	a := func(body string) string { return "[profile a]\nregion = eu-west-1\n" + body }
	source := func(body string) string {
		return "[profile r]\nregion = eu-west-1\n" + roleB + "source_profile = a\n[profile a]\n" + body
	}
	web := map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "arn:aws:iam::1:role/W"}
	tests := []struct {
		name string
		setup
		want []string
	}{
		{"static and login, credentials file", setup{config: a(login), credentials: "[a]\n" + keys, name: "a"}, []string{"static:a", "static-over-login: the Rust SDK uses login_session"}},
		{"static and login, config file", setup{config: a(login + keys), name: "a"}, []string{"static:a", "static-over-login: boto3, the AWS CLI and the Rust SDK use login_session"}},
		{"static and process, config file", setup{config: a(process + keys), name: "a"}, []string{"static:a", "static-over-process: boto3, the AWS CLI and the Rust SDK use credential_process"}},
		{"static, sso and process", setup{config: a(sso + process + keys), name: "a"}, []string{"static:a", "static-over-sso: boto3, the AWS CLI and the Rust SDK use", "static-over-process: "}},
		{"static and broken sso", setup{config: a("sso_account_id = 1\n" + keys), name: "a"}, []string{"static:a", "static-over-sso: boto3, the AWS CLI"}},
		{"source, static and sso", setup{config: source(sso), credentials: "[a]\n" + keys, name: "r"}, []string{"static:a assume-role:r", "static-over-sso: boto3 and the AWS CLI use"}},
		{"source, static in config and process", setup{config: source(process + keys), name: "r"}, []string{"static:a assume-role:r", "static-over-process: boto3 and the AWS CLI use"}},
		{"source, static, role and token", setup{config: source(roleA + token + keys), name: "r"}, []string{"static:a assume-role:r", "source-has-role: Go", "static-over-web-identity: boto3"}},
		{"source, static and source without role", setup{config: source("source_profile = b\n" + keys), name: "r"}, []string{"static:a assume-role:r", "source-without-role: Go"}},
		{"credential_source without role", setup{config: a("credential_source = Environment\n" + keys), name: "a"}, []string{"static:a", "credential-source-without-role: Go"}},
		{"token without role, keys", setup{config: a(token + keys), name: "a"}, []string{"error profile a: web_identity_token_file without role_arn"}},
		{"token without role, sso", setup{config: a(token + sso), name: "a"}, []string{"error profile a: web_identity_token_file without role_arn"}},
		{"source, token without role, keys", setup{config: source(token + keys), name: "r"}, []string{"error profile a: web_identity_token_file without role_arn"}},
		{"role, source and process", setup{config: a(roleA+"source_profile = b\n"+process) + "[profile b]\n" + keys, name: "a"}, []string{"static:b assume-role:a", "role-over-process: Go"}},
		{"role, credential_source and keys", setup{config: a(roleA + "credential_source = Ec2InstanceMetadata\n" + keys), name: "a"}, []string{"imds assume-role:a", "credential-source-over-static: Go"}},
		{"half in config, sso", setup{config: a(sso + half), name: "a"}, []string{"sso:a", "half-pair-ignored: "}},
		{"half in config, login", setup{config: a(login + half), name: "a"}, []string{"login:a", "half-pair-ignored: "}},
		{"half in credentials, sso", setup{config: a(sso), credentials: "[a]\n" + half, name: "a"}, []string{"sso:a", "half-pair-ignored: Go"}},
		{"half in credentials, process", setup{config: a(process), credentials: "[a]\n" + half, name: "a"}, []string{"error profile a: half a key pair"}},
		{"half in config alone", setup{config: a(half), name: "a"}, []string{"error profile a: half a key pair"}},
		{"halves in two files, process", setup{config: a(process + "aws_secret_access_key = x\n"), credentials: "[a]\n" + half, name: "a"}, []string{"error profile a: half a key pair"}},
		{"source, half and role", setup{config: source(roleA+"source_profile = b\n"+half) + "[profile b]\n" + keys, name: "r"}, []string{"error profile a: half a key pair"}},
		{"source, half in config, role and token", setup{config: source(roleA + token + half), name: "r"}, []string{"web-identity:a assume-role:r", "half-pair-ignored: "}},
		{"source, half in credentials, role and token", setup{config: source(roleA + token), credentials: "[a]\n" + half, name: "r"}, []string{"error profile a: half a key pair"}},
		{"sso without account, process", setup{config: a("sso_start_url = https://x\nsso_region = us-east-1\n" + process), name: "a"}, []string{"process:a", "sso-unfinished: Go and Rust"}},
		{"sso session takes region of profile", setup{config: a("sso_session = s\n"+sso) + "[sso-session s]\nsso_start_url = https://corp.awsapps.com/start\n", name: "a"}, []string{"sso:a", "sso-session-incomplete: all AWS SDKs"}},
		{"web identity, settings that are not sent", setup{config: a(roleA + token + "duration_seconds = 7200\nmfa_serial = x\n"), name: "a"}, []string{"web-identity:a", "not-for-web-identity: "}},

		{"web identity of the environment, [default] with a role", setup{config: "[default]\nregion = x1\n" + roleA + "source_profile = default\n" + keys, env: web}, []string{"web-identity", "web-identity-over-profile: boto3"}},
		{"AWS_REGION alone", setup{config: a(keys), name: "a", env: map[string]string{"AWS_REGION": "us-west-2"}}, []string{"static:a", "aws-region-variable: it uses eu-west-1"}},
		{"AWS_REGION and none", setup{config: "[profile a]\n" + keys, name: "a", env: map[string]string{"AWS_REGION": "us-west-2"}}, []string{"static:a", "aws-region-variable: it finds no region"}},
		{"two regions", setup{config: a(keys), name: "a", env: map[string]string{"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-1"}}, []string{"static:a", "aws-region-variable: us-west-1 ($AWS_DEFAULT_REGION)"}},
		{"blank region", setup{config: a(keys), name: "a", env: map[string]string{"AWS_REGION": " "}}, []string{"static:a", "blank-variable: the AWS SDKs"}},
		{"blank token", setup{env: envKeys("AWS_SESSION_TOKEN", " ")}, []string{"environment", "blank-variable: the AWS SDKs"}},
		{"blanks around a key", setup{env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIA ", "AWS_SECRET_ACCESS_KEY": "x\n"}}, []string{"environment", "blanks-around-key: all AWS SDKs"}},
		{"boolean in the environment", setup{config: a(roleA + "source_profile = a\n" + keys), name: "a", env: map[string]string{"AWS_USE_FIPS_ENDPOINT": "1"}}, []string{"static:a assume-role:a", "not-boolean: Go"}},
		{"boolean in the file", setup{config: a(roleA + "source_profile = a\nuse_fips_endpoint = yes\n" + keys), name: "a"}, []string{"static:a assume-role:a", "not-boolean: "}},
		{"empty AWS_DEFAULT_PROFILE", setup{env: envKeys("AWS_DEFAULT_PROFILE", "")}, []string{"environment", "empty-aws-profile: boto3"}},
		{"empty container URI", setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": ""}}, []string{"imds", "empty-container-uri: boto3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, err := tt.plan(t)
			if err != nil {
				if got := "error " + err.Error(); !strings.HasPrefix(got, tt.want[0]) {
					t.Fatalf("got %s, want %s", got, tt.want[0])
				}
				return
			}
			if got := path(plan); got != tt.want[0] {
				t.Errorf("path %q, want %q", got, tt.want[0])
			}
			for _, want := range tt.want[1:] {
				code, words, _ := strings.Cut(want, ": ")
				if !noted(plan, code, words) {
					t.Errorf("no note %s that says %q in %+v", code, words, plan.Notes)
				}
			}
		})
	}
}

func noted(p *chain.Plan, code, words string) bool {
	for _, n := range p.Notes {
		if n.Code == code && strings.Contains(n.Breaks, words) && n.Message != "" {
			return true
		}
	}
	return false
}

// TestUnreadableDefault: files that belong to another user, as after su, do not
// stand in the way of the environment's keys, but of the profile's.
func TestUnreadableDefault(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{{envKeys(), "environment"}, {nil, "error config file "}, {envKeys("AWS_PROFILE", "default"), "error config file "}} {
		s := setup{config: "[default]\nregion = eu-west-1\n", env: tt.env}
		g, env := s.load(t)
		if err := os.Chmod(g.Locations().Config, 0); err != nil {
			t.Fatal(err)
		}
		g, err := profile.Load(profile.Options{Env: profile.Env(env), Home: g.Locations().Home, ConfigFile: g.Locations().Config})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if plan, err := chain.NewPlan(chain.Config{Graph: g, Env: env}, origin.Value{}, chain.Policy{}); err != nil {
			got = "error " + err.Error()
		} else {
			got = path(plan)
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
