package explain_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/installed"
)

// profiles are wrong, each in its way; the programs that are installed say how.
func profiles(dir string) string {
	const role = "role_arn = arn:aws:iam::444455556666:role/A\n"
	return "[profile empty]\nregion = eu-west-1\n[profile half]\naws_access_key_id = AKIAALICE0001EXAMPLE\n[profile nosource]\n" + role +
		"[profile loop]\n" + role + "source_profile = loop2\n[profile loop2]\n" + role + "source_profile = loop\n[profile lost]\n" + role + "source_profile = nowhere\n" +
		"[profile ssohalf]\nsso_account_id = 1\nsso_role_name = R\n[profile ssolost]\nsso_session = q\nsso_account_id = 1\nsso_role_name = R\n" +
		"[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n[profile sso]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = R\n" +
		"[profile login]\nlogin_session = arn:aws:iam::1:user/a\n" +
		"[profile exits]\ncredential_process = sh -c \"echo oops >&2; exit 3\"\n[profile nothere]\ncredential_process = /nope/there-is-none\n[profile chatty]\ncredential_process = echo hello\n[profile versionless]\ncredential_process = echo {}\n" +
		"[profile web]\n" + role + "web_identity_token_file = /nope/token\nregion = eu-west-1\n" +
		"[profile mfa]\nregion = eu-west-1\n" + role + "source_profile = keys\nmfa_serial = arn:aws:iam::1:mfa/a\n[profile keys]\nregion = eu-west-1\n" + aliceKey +
		"[profile noregion]\n" + aliceKey + "[profile fips]\nuse_fips_endpoint = true\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n" + aliceKey +
		"[profile away]\nregion = us-esat-1\nendpoint_url = http://sts.us-esat-1.invalid\n" + aliceKey
}

// told is what a program says of a profile, and which rule is to know it.
type told struct {
	profile, code string
	env           []string
}

// TestBoto3Says feeds what the installed boto3 says to the rules.
func TestBoto3Says(t *testing.T) {
	t.Parallel()
	python := installed.Need(t, "python3", "-c", "import boto3")
	dir := awsFolder(t, profiles(""))
	for _, tt := range []told{
		{"empty", "no-credentials", nil}, {"absent", "not-found", nil}, {"half", "half-pair", nil}, {"nosource", "role-without-source", nil}, {"loop", "source-profile-loop", nil},
		{"lost", "source-profile-missing", nil}, {"ssohalf", "sso-incomplete", nil}, {"ssolost", "sso-session-missing", nil}, {"sso", "sso-sign-in", nil},
		{"login", "needs-crt", nil}, {"exits", "process-exit-status", nil}, {"nothere", "process-not-found", nil}, {"chatty", "process-not-JSON", nil}, {"versionless", "process-wrong-version", nil},
		{"web", "token-file", nil}, {"noregion", "no-region", []string{"SERVICE=ec2"}}, {"noregion", "no-region", []string{"SERVICE=ec2", "AWS_DEFAULT_REGION="}}, {"away", "unreachable-dns", nil}, {"", "empty-aws-profile", nil},
		{"", "half-pair", []string{"AWS_PROFILE=", "AWS_ACCESS_KEY_ID=a"}},
		{"-", "container-host", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://example.com/x"}},
		{"-", "container-refused", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/x"}},
		{"-", "malformed", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN=a\nb"}},
		{"mfa", "mfa-required", []string{"PROGRAM=from botocore.credentials import create_mfa_serial_refresher\nrefresh = create_mfa_serial_refresher(dict)\nrefresh()\nrefresh()"}},
	} {
		t.Run(tt.code+" "+tt.profile, func(t *testing.T) {
			t.Parallel()
			if tt.profile == "login" && exec.Command(python, "-c", "import awscrt").Run() == nil {
				t.Skip("boto3 has what it needs")
			}
			program := "import boto3, os\nboto3.client(os.environ.get('SERVICE', 'sts')).get_caller_identity() if 'SERVICE' not in os.environ else boto3.client(os.environ['SERVICE'])"
			cmd := exec.Command(python, "-c", program)
			cmd.Env = append(os.Environ(), "HOME="+dir, "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+filepath.Join(dir, ".aws", "config"), "AWS_MAX_ATTEMPTS=1", "HTTPS_PROXY=", "HTTP_PROXY=")
			if tt.profile != "-" {
				cmd.Env = append(cmd.Env, "AWS_PROFILE="+tt.profile)
			}
			if tt.code != "no-region" {
				cmd.Env = append(cmd.Env, "AWS_DEFAULT_REGION=eu-west-1")
			}
			for _, pair := range tt.env {
				if text, ok := strings.CutPrefix(pair, "PROGRAM="); ok {
					cmd = exec.Command(python, "-c", text)
					continue
				}
				cmd.Env = append(cmd.Env, pair)
			}
			if tt.code == "half-pair" && tt.profile == "" {
				cmd.Env = slices.DeleteFunc(cmd.Env, func(pair string) bool { return strings.HasPrefix(pair, "AWS_PROFILE=") })
			}
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("it works: %s", out)
			}
			knows(t, string(out), tt.code)
		})
	}
}

// knows holds that a program's words are of one rule.
func knows(t *testing.T, text, code string) {
	t.Helper()
	var codes []string
	for _, f := range explain.FromText(text, nil).Findings {
		codes = append(codes, f.Code)
	}
	if len(codes) != 1 || codes[0] != code {
		t.Errorf("rules %v, want %s: %s", codes, code, text)
	}
}

func awsFolder(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".aws", "config"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestGoSays feeds what the AWS SDK for Go says to the rules. Terraform is built
// with it.
func TestGoSays(t *testing.T) { //nolint:paralleltest // the SDK reads the process's environment
	dir := awsFolder(t, profiles(""))
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name) // back at the end of the test
		}
	}
	t.Setenv("HOME", dir)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, ".aws", "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	for _, tt := range []told{
		{"empty", "no-credentials", []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1"}}, {"absent", "not-found", nil}, {"half", "half-pair", nil},
		{"loop", "source-profile-loop", nil}, {"lost", "source-profile-missing", nil}, {"ssohalf", "sso-incomplete", nil}, {"ssolost", "sso-session-missing", nil},
		{"sso", "sso-sign-in", nil}, {"exits", "process-exit-status", nil}, {"nothere", "process-not-found", nil}, {"chatty", "process-not-JSON", nil}, {"versionless", "process-wrong-version", nil},
		{"web", "token-file", nil}, {"mfa", "mfa-required", nil}, {"noregion", "no-region", nil}, {"fips", "fips-endpoint", nil}, {"away", "unreachable-dns", nil}, {"login", "console-sign-in", nil},
		{"empty", "container-host", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://192.0.2.1/x"}},
		{"empty", "container-refused", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/x"}},
	} {
		t.Run(tt.code+" "+tt.profile, func(t *testing.T) {
			for _, pair := range tt.env {
				name, value, _ := strings.Cut(pair, "=")
				t.Setenv(name, value)
			}
			if tt.code != "no-credentials" {
				t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			}
			err := goSays(t, tt.profile)
			if err == nil {
				t.Fatal("it works")
			}
			knows(t, err.Error(), tt.code)
		})
	}
}

func goSays(t *testing.T, profile string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile), config.WithRetryMaxAttempts(1))
	if err != nil {
		return err
	}
	_, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return fmt.Errorf("Error: %w", err) // as Terraform does
	}
	return nil
}
