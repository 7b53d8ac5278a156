package sandbox_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// childEnv is the environment of this process with that of the home over it.
func childEnv(h sandbox.Home, extra ...string) []string {
	var out []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		overridden := slices.ContainsFunc(h.Env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		if !slices.Contains(h.Unset, name) && !overridden {
			out = append(out, kv)
		}
	}
	return append(append(out, h.Env...), extra...)
}

func realHome(t *testing.T) (*sandbox.Server, sandbox.Home) {
	t.Helper()
	s := sandbox.Start(t)
	h, err := s.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s, h
}

// TestAWSCLI runs the real AWS CLI in a home of the sandbox.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	aws := installed.Need(t, "aws", "--version")
	_, h := realHome(t)
	for _, c := range []struct{ profile, arn string }{
		{"alice", "arn:aws:iam::111122223333:user/alice"},
		{"ci", "arn:aws:sts::444455556666:assumed-role/Deploy/ci"},
		{"sso-dev", "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_Developer_"},
		{"", "arn:aws:sts::444455556666:assumed-role/Instance/i-0123456789abcdef0"},
	} {
		cmd := exec.Command(aws, "sts", "get-caller-identity", "--output", "json")
		// Version managers find the program by the real home.
		cmd.Env = childEnv(h, "PYENV_ROOT="+filepath.Join(real, ".pyenv"))
		if c.profile != "" {
			cmd.Env = append(cmd.Env, "AWS_PROFILE="+c.profile)
		}
		out, err := cmd.CombinedOutput()
		var identity struct{ Arn string }
		if err != nil || json.Unmarshal(out, &identity) != nil || !strings.HasPrefix(identity.Arn, c.arn) {
			t.Errorf("profile %q: %v, %s", c.profile, err, out)
		}
	}
}

// TestAWSCLIRefresh gives the AWS CLI an Identity Center token that is about to
// end, and finds its refresh among the requests.
func TestAWSCLIRefresh(t *testing.T) {
	t.Parallel()
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	aws := installed.Need(t, "aws", "--version")
	w := sandbox.Example()
	w.Settings.SSOToken = 5 * time.Minute
	s := sandbox.Start(t, sandbox.WithWorld(w))
	h, err := s.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(aws, "sts", "get-caller-identity", "--profile", "sso-prod")
	cmd.Env = childEnv(h, "PYENV_ROOT="+filepath.Join(real, ".pyenv"))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "AWSReservedSSO_ReadOnly_") {
		t.Errorf("%v: %s", err, out)
	}
	var asked []string
	for _, r := range s.Requests() {
		if r.Status == 200 {
			asked = append(asked, r.Operation)
		}
	}
	if want := []string{"CreateToken", "GetRoleCredentials", "GetCallerIdentity"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// TestBoto3 assumes a role with an MFA code and refuses the same code again,
// through the Python SDK.
func TestBoto3(t *testing.T) {
	t.Parallel()
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	python := installed.Need(t, "python3", "-c", "import boto3")
	s, h := realHome(t)
	code, err := s.MFACode("alice")
	if err != nil {
		t.Fatal(err)
	}
	const script = `
import sys, boto3, botocore.exceptions
sts = boto3.Session(profile_name="alice").client("sts")
ask = dict(RoleArn="arn:aws:iam::444455556666:role/Developer", RoleSessionName="py",
           SerialNumber="arn:aws:iam::111122223333:mfa/alice", TokenCode=sys.argv[1])
c = sts.assume_role(**ask)["Credentials"]
role = boto3.client("sts", aws_access_key_id=c["AccessKeyId"], aws_secret_access_key=c["SecretAccessKey"], aws_session_token=c["SessionToken"])
print(role.get_caller_identity()["Arn"])
try:
    sts.assume_role(**ask)
except botocore.exceptions.ClientError as e:
    print(e)
`
	cmd := exec.Command(python, "-c", script, code)
	cmd.Env = childEnv(h, "PYENV_ROOT="+filepath.Join(real, ".pyenv"))
	out, err := cmd.CombinedOutput()
	want := "arn:aws:sts::444455556666:assumed-role/Developer/py\n" +
		"An error occurred (AccessDenied) when calling the AssumeRole operation: MultiFactorAuthentication failed with invalid MFA one time pass code.\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n got %s\nwant %s", err, out, want)
	}
}
