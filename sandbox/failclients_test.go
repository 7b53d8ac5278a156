package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestBoto3Failures has the Python SDK meet failures: it must know them as the
// exceptions of its service models, and page through what is throttled.
func TestBoto3Failures(t *testing.T) {
	t.Parallel()
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	python := installed.Need(t, "python3", "-c", "import boto3")
	w := largeWorld()
	// The clock goes on by an eighth of a second whenever it is read, which is once
	// a request: of 11 pages at 4 a second the last ones are throttled, however
	// fast or slow the machine is.
	w.Settings.PortalRate = 4
	c := &clock{now: time.Now()}
	s := sandbox.Start(t, sandbox.WithWorld(w), sandbox.WithClock(func() time.Time {
		c.Advance(time.Second / 8)
		return c.Now()
	}))
	h, err := s.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.SignInSSO("alice")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []sandbox.Failure{
		{Operation: "CreateToken", Times: 1, Code: "expired_token", Message: "too late"},
		{Operation: "CreateToken", Times: 1, Code: "SlowDownException"},
		{Operation: "RegisterClient", Times: 1, Status: 500},
		{Operation: "Logout", Times: 1, Code: "TooManyRequestsException", Message: "slow"},
		{Operation: "GetRoleCredentials", Times: 1, Code: "ResourceNotFoundException", Message: "gone"},
		{Service: "sts", Times: 1, Code: "Throttling", Message: "Rate exceeded"},
		{Service: "iam", Times: 1, Code: "NoSuchEntity", Message: "nobody"},
	} {
		if err := s.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	const script = `
import sys, boto3
from botocore.config import Config
from botocore.exceptions import ClientError
token, wrong = sys.argv[1:]
session = boto3.Session(profile_name="alice")
once = Config(retries={"total_max_attempts": 1})
def tell(call, **args):
    try:
        call(**args)
        print("no error")
    except ClientError as e:
        print(type(e).__name__, e.response["ResponseMetadata"]["HTTPStatusCode"], e.response["Error"]["Code"], e.response.get("message", "-"))
        return e.response
oidc = session.client("sso-oidc", config=once)
grant = dict(clientId="x", clientSecret="x", grantType="refresh_token", refreshToken="x")
print(tell(oidc.create_token, **grant)["error_description"])
tell(oidc.create_token, **grant)
tell(oidc.create_token, **grant)
tell(oidc.register_client, clientName="x", clientType="public")
there = tell(session.client("sso-oidc", config=once, endpoint_url=wrong).create_token, **grant)
print(there["error"], there["region"], there["endpoint"])
sso = session.client("sso", config=once)
tell(sso.get_role_credentials, accessToken=token, accountId="444455556666", roleName="Developer")
tell(sso.logout, accessToken=token)
tell(session.client("sts", config=once).get_caller_identity)
tell(session.client("iam", config=once).get_user)
patient = session.client("sso", config=Config(retries={"total_max_attempts": 9, "mode": "standard"}))
pages = patient.get_paginator("list_accounts").paginate(accessToken=token, PaginationConfig={"PageSize": 100})
print(len({a["accountId"] for p in pages for a in p["accountList"]}))
`
	cmd := exec.Command(python, "-c", script, in.AccessToken, s.RegionURL("us-east-1"))
	cmd.Env = childEnv(h, "PYENV_ROOT="+filepath.Join(real, ".pyenv"), "AWS_ENDPOINT_URL_IAM="+s.URL(), "PYTHONIOENCODING=utf-8")
	out, err := cmd.CombinedOutput()
	want := `ExpiredTokenException 400 ExpiredTokenException -
too late
SlowDownException 400 SlowDownException -
InvalidClientException 401 InvalidClientException -
InternalServerException 500 InternalServerException -
InvalidRequestRegionException 400 InvalidRequestRegionException -
invalid_request eu-central-1 ` + s.RegionURL("eu-central-1") + `
ResourceNotFoundException 404 ResourceNotFoundException gone
TooManyRequestsException 429 TooManyRequestsException slow
ClientError 400 Throttling -
NoSuchEntityException 404 NoSuchEntity -
1002
`
	if err != nil || string(out) != want {
		t.Errorf("%v\n got %s\nwant %s", err, out, want)
	}
	throttled := false
	for _, r := range s.Requests() {
		throttled = throttled || r.Operation == "ListAccounts" && r.Code == "TooManyRequestsException" && !r.Injected
	}
	if !throttled {
		t.Error("nothing was throttled")
	}
}

// TestDocumentedFailures sends what docs/sandbox.md says, and finds its Go text
// in a test.
func TestDocumentedFailures(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Failures on demand\n")
	section, _, found := strings.Cut(section, "\n## ")
	if !found {
		t.Fatal("no such section")
	}
	aws := newBench(t)
	sent := 0
	for line := range strings.Lines(section) {
		if _, text, is := strings.Cut(line, "curl -s $F -d '"); is {
			failure, _, _ := strings.Cut(text, "'")
			aws.fail(failure)
			sent++
		}
	}
	if sent < 3 || len(aws.Failures()) != sent {
		t.Errorf("%d failures sent", sent)
	}
	err = aws.Fail(sandbox.Failure{Operation: "CreateToken", Code: "invalid_grant", Times: 1})
	if err != nil {
		t.Error(err)
	}
	if !strings.Contains(section, `err := aws.Fail(sandbox.Failure{Operation: "CreateToken", Code: "invalid_grant", Times: 1})`) {
		t.Error("the Go text of the page is not tried here")
	}
}
