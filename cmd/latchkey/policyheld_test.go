package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
)

// heldBy asks the sandbox by boto3 for each line of the table: whose credentials, the
// call, its parameters, and whether it is allowed.
const heldBy = `
import sys, boto3, botocore
from botocore.config import Config
url, code, table = sys.argv[1:4]
def client(service, **kw):
    return boto3.client(service, region_name="us-east-1", endpoint_url=url, config=Config(retries={"max_attempts": 1}), **kw)
key = dict(aws_access_key_id="AKIAALICE0001EXAMPLE", aws_secret_access_key="alice/Sandbox+Secret/0001/bPxREXAMPLEKEY")
def session(**mfa):
    c = client("sts", **key).get_session_token(**mfa)["Credentials"]
    return dict(aws_access_key_id=c["AccessKeyId"], aws_secret_access_key=c["SecretAccessKey"], aws_session_token=c["SessionToken"])
who = {"key": key, "session": session(), "mfa": session(SerialNumber="arn:aws:iam::111122223333:mfa/alice", TokenCode=code)}
n = 0
for line in table.strip().splitlines():
    kind, want, service, call, *params = line.split()
    n += 1
    try:
        getattr(client(service, **who[kind]), call)(**dict(p.split("=") for p in params))
        got = "yes"
    except botocore.exceptions.ClientError as e:
        # IAM takes no session without MFA, whatever the policies. Who may not ask is not told that there is nothing.
        got = {"AccessDenied": "no", "InvalidClientTokenId": "no", "NoSuchEntity": "yes"}.get(e.response["Error"]["Code"], str(e))
    if got != want:
        print(line, "->", got)
print(n, "asked")
`

// TestPoliciesHold: the sandbox, asked by boto3, allows and denies what the tables of
// docs/policies.md say.
func TestPoliciesHold(t *testing.T) {
	t.Parallel()
	python := installed.Need(t, "python3", "-c", "import boto3")
	for _, row := range []struct{ pattern, table string }{
		{"self-service", `
key yes sts get_caller_identity
key yes iam get_user UserName=alice
key yes iam get_account_password_policy
key yes iam list_mfa_devices UserName=alice
key yes iam list_virtual_mfa_devices
key yes iam create_virtual_mfa_device VirtualMFADeviceName=alice-2
key no iam delete_virtual_mfa_device SerialNumber=arn:aws:iam::111122223333:mfa/alice-2
session no iam delete_virtual_mfa_device SerialNumber=arn:aws:iam::111122223333:mfa/alice-2
key no iam deactivate_mfa_device UserName=alice SerialNumber=arn:aws:iam::111122223333:mfa/alice
session no iam deactivate_mfa_device UserName=alice SerialNumber=arn:aws:iam::111122223333:mfa/alice
key no iam create_access_key UserName=alice
session no iam create_access_key UserName=alice
key no iam list_access_keys UserName=alice
key no iam list_mfa_devices UserName=bob
key no iam list_users
key no sts assume_role RoleArn=` + deployRole + ` RoleSessionName=work
session no sts assume_role RoleArn=` + deployRole + ` RoleSessionName=work
mfa yes iam delete_virtual_mfa_device SerialNumber=arn:aws:iam::111122223333:mfa/alice-2
mfa yes iam list_access_keys UserName=alice
mfa yes iam create_access_key UserName=alice
mfa no iam create_access_key UserName=bob
mfa no iam list_users
mfa no iam attach_user_policy UserName=alice PolicyArn=arn:aws:iam::aws:policy/AdministratorAccess
mfa no iam deactivate_mfa_device UserName=bob SerialNumber=arn:aws:iam::111122223333:mfa/bob
mfa yes iam deactivate_mfa_device UserName=alice SerialNumber=arn:aws:iam::111122223333:mfa/alice
`},
		{"require-mfa", `
key yes sts get_caller_identity
key no iam list_mfa_devices UserName=bob
key no iam get_user UserName=alice
key no sts assume_role RoleArn=` + deployRole + ` RoleSessionName=work
session no sts assume_role RoleArn=` + deployRole + ` RoleSessionName=work
mfa no iam get_user UserName=alice
`},
		{"assume-roles", `
key yes sts assume_role RoleArn=` + deployRole + ` RoleSessionName=work
key no sts get_federation_token Name=work
key no iam get_user UserName=alice
`},
	} {
		t.Run(row.pattern, func(t *testing.T) {
			t.Parallel()
			server, environ := homeWith(t, worldOf, policyFor(t, row.pattern))
			code, err := server.MFACode("alice")
			if err != nil {
				t.Fatal(err)
			}
			run := exec.Command(python, "-c", heldBy, server.URL(), code, row.table)
			run.Env = environ
			out, err := run.CombinedOutput()
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			if err != nil || len(lines) != 1 || !strings.HasSuffix(lines[0], " asked") || strings.HasPrefix(lines[0], "0") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
