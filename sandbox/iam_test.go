package sandbox_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// iamKey is one key in an answer of IAM.
type iamKey struct{ UserName, AccessKeyId, Status, SecretAccessKey, CreateDate string }

// iamAnswer is any answer of IAM.
type iamAnswer struct {
	Status  int      `xml:"-"`
	XMLName xml.Name `xml:""`
	Error   struct{ Type, Code, Message string }
	Keys    []iamKey                                                 `xml:"ListAccessKeysResult>AccessKeyMetadata>member"`
	New     iamKey                                                   `xml:"CreateAccessKeyResult>AccessKey"`
	Got     struct{ UserName, Path, Arn, UserId, CreateDate string } `xml:"GetUserResult>User"`
	Devices []struct{ UserName, SerialNumber, EnableDate string }    `xml:"ListMFADevicesResult>MFADevices>member"`
	More    bool                                                     `xml:"ListMFADevicesResult>IsTruncated"`
	Marker  string                                                   `xml:"ListMFADevicesResult>Marker"`
	Used    struct {
		UserName string
		Last     struct{ LastUsedDate, ServiceName, Region string } `xml:"AccessKeyLastUsed"`
	} `xml:"GetAccessKeyLastUsedResult"`
	Role struct {
		RoleName, Path, Arn, AssumeRolePolicyDocument string
		MaxSessionDuration                            int
	} `xml:"GetRoleResult>Role"`
	Body string `xml:"-"`
}

// iam signs and sends a call of IAM; pairs are name, value, name, value.
func (b *bench) iam(c aws.Credentials, action string, pairs ...string) iamAnswer {
	b.t.Helper()
	v := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	body := v.Encode()
	r := b.request(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(sum[:]), "iam", "us-east-1", b.clock.Now()); err != nil {
		b.t.Fatal(err)
	}
	var out iamAnswer
	var text string
	out.Status, text, _ = b.do(r)
	if err := xml.Unmarshal([]byte(text), &out); err != nil {
		b.t.Fatalf("%v: %s", err, text)
	}
	if out.XMLName.Space != "https://iam.amazonaws.com/doc/2010-05-08/" {
		b.t.Errorf("%s answers in namespace %q", action, out.XMLName.Space)
	}
	out.Body = text
	return out
}

func (a iamAnswer) key() aws.Credentials { return key(a.New.AccessKeyId, a.New.SecretAccessKey, "") }

// TestKeyLife takes a key from its making to its end.
func TestKeyLife(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	made := b.iam(alice(), "CreateAccessKey")
	if made.Status != 200 || len(made.New.AccessKeyId) != 20 || !strings.HasPrefix(made.New.AccessKeyId, "AKIA") || !strings.HasSuffix(made.New.AccessKeyId, "EXAMPLE") || len(made.New.SecretAccessKey) != 40 ||
		made.New.UserName != "alice" || made.New.Status != "Active" || made.New.CreateDate != "2026-03-04T05:06:07Z" {
		t.Fatalf("made %+v", made)
	}
	if got := b.call(made.key(), form("GetCallerIdentity"), nil); got.Arn != "arn:aws:iam::111122223333:user/alice" {
		t.Errorf("new key is %+v", got)
	}
	if third := b.iam(made.key(), "CreateAccessKey"); third.Status != 409 || third.Error.Code != "LimitExceeded" || third.Error.Message != "Cannot exceed quota for AccessKeysPerUser: 2" {
		t.Errorf("third key: %+v", third)
	}
	list := b.iam(alice(), "ListAccessKeys", "UserName", "alice")
	want := []iamKey{{"alice", alice().AccessKeyID, "Active", "", "2025-12-04T05:06:07Z"}, {"alice", made.New.AccessKeyId, "Active", "", "2026-03-04T05:06:07Z"}}
	if !reflect.DeepEqual(list.Keys, want) {
		t.Errorf("list %+v", list.Keys)
	}
	used := b.iam(made.key(), "GetAccessKeyLastUsed", "AccessKeyId", alice().AccessKeyID)
	if used.Used.UserName != "alice" || used.Used.Last.LastUsedDate != "2026-03-04T05:06:07Z" || used.Used.Last.ServiceName != "iam" || used.Used.Last.Region != "us-east-1" {
		t.Errorf("used %+v", used.Used)
	}
	if got := b.iam(made.key(), "UpdateAccessKey", "AccessKeyId", alice().AccessKeyID, "Status", "Inactive"); got.Status != 200 || strings.Contains(got.Body, "Result") {
		t.Errorf("deactivating: %s", got.Body)
	}
	if got := b.call(alice(), form("GetCallerIdentity"), nil); got.Code != "InvalidClientTokenId" {
		t.Errorf("inactive key: %d %s", got.Status, got.Code)
	}
	if got := b.iam(made.key(), "UpdateAccessKey", "AccessKeyId", alice().AccessKeyID, "Status", "Active"); got.Status != 200 {
		t.Errorf("activating: %s", got.Body)
	}
	if got := b.call(alice(), form("GetCallerIdentity"), nil); got.Status != 200 {
		t.Errorf("active again: %d %s", got.Status, got.Code)
	}
	for i, want := range []string{"", "NoSuchEntity"} {
		if got := b.iam(made.key(), "DeleteAccessKey", "AccessKeyId", alice().AccessKeyID); got.Error.Code != want {
			t.Errorf("deletion %d: %s", i, got.Body)
		}
	}
	if got := b.iam(alice(), "ListAccessKeys"); got.Status != 403 || got.Error.Code != "InvalidClientTokenId" {
		t.Errorf("deleted key: %+v", got.Error)
	}
	last := b.Requests()[len(b.Requests())-1]
	if last.Service != "iam" || last.Operation != "ListAccessKeys" || last.Code != "InvalidClientTokenId" {
		t.Errorf("recorded %+v", last)
	}
}

// TestNewKeyDelay: a new key is not known at once where the world says so.
func TestNewKeyDelay(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	w.Settings.NewKeyDelay = 5 * time.Second
	b := newBench(t, sandbox.WithWorld(w))
	made := b.iam(alice(), "CreateAccessKey").key()
	for _, want := range []string{"InvalidClientTokenId", ""} {
		if got := b.call(made, form("GetCallerIdentity"), nil); got.Code != want {
			t.Errorf("%s: %d %s, want %q", b.clock.Now(), got.Status, got.Code, want)
		}
		b.clock.Advance(5 * time.Second)
	}
}

// TestIAMRules is the table of who may do what, and of what is refused.
func TestIAMRules(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	w.Accounts[0].RootAccessKeys = []sandbox.AccessKey{{ID: "AKIAROOT00001EXAMPLE", Secret: "root/Sandbox+Secret/00001/bPxREXAMPLEKEY"}}
	w.Accounts[0].Roles = []sandbox.Role{{Name: "Ops", Path: "/team/", Trust: w.Accounts[1].Roles[1].Trust}}
	b := newBench(t, sandbox.WithWorld(w))
	root := key("AKIAROOT00001EXAMPLE", "root/Sandbox+Secret/00001/bPxREXAMPLEKEY", "")
	carolMFA := b.must(carol(), form("GetSessionToken", "SerialNumber", carolSerial, "TokenCode", b.code("carol")))
	login, err := b.SignInConsole("alice")
	if err != nil {
		t.Fatal(err)
	}
	const carolARN = "iam::111122223333:user/contractors/carol"
	invalidToken := "The security token included in the request is invalid."
	denial := func(who, action, resource, why string) string { return notAuthorized(who, action, resource) + why }
	deny := " with an explicit deny in an identity-based policy"
	because := func(action string) string {
		return " because no identity-based policy allows the " + action + " action"
	}
	for _, c := range []struct {
		name          string
		as            aws.Credentials
		action        string
		params        []string
		code, message string
	}{
		{"no policies, itself", alice(), "ListAccessKeys", nil, "", ""},
		{"no policies, itself by name", alice(), "GetUser", []string{"UserName", "alice"}, "", ""},
		{"no policies, another", alice(), "ListAccessKeys", []string{"UserName", "bob"}, "AccessDenied", denial("iam::111122223333:user/alice", "iam:ListAccessKeys", "user bob", because("iam:ListAccessKeys"))},
		{"policies without IAM", bob(), "ListMFADevices", nil, "AccessDenied", denial("iam::111122223333:user/bob", "iam:ListMFADevices", "user bob", because("iam:ListMFADevices"))},
		{"force-MFA, devices", carol(), "ListMFADevices", nil, "", ""},
		{"force-MFA, keys", carol(), "ListAccessKeys", nil, "AccessDenied", denial(carolARN, "iam:ListAccessKeys", "user carol", deny)},
		{"force-MFA with MFA", carolMFA, "ListAccessKeys", nil, "", ""},
		{"force-MFA with MFA, another", carolMFA, "ListAccessKeys", []string{"UserName", "alice"}, "AccessDenied", denial(carolARN, "iam:ListAccessKeys", "user alice", because("iam:ListAccessKeys"))},
		{"session without MFA", plainSession(b), "ListAccessKeys", nil, "InvalidClientTokenId", invalidToken},
		{"session with MFA", mfaSession(b), "ListAccessKeys", nil, "", ""},
		{"federated user", federated(b), "ListAccessKeys", []string{"UserName", "alice"}, "InvalidClientTokenId", invalidToken},
		{"console sign-in", key(login.AccessKeyID, login.SecretAccessKey, login.SessionToken), "ListAccessKeys", nil, "", ""},
		{"role without a name", devSession(b), "ListAccessKeys", nil, "ValidationError", "Must specify userName when calling with non-User credentials"},
		{"role without IAM", devSession(b), "ListAccessKeys", []string{"UserName", "x"}, "AccessDenied", denial("sts::444455556666:assumed-role/Developer/alice", "iam:ListAccessKeys", "user x", because("iam:ListAccessKeys"))},
		{"root", root, "ListAccessKeys", []string{"UserName", "carol"}, "", ""},
		{"root's own", root, "GetUser", nil, "", ""},
		{"no such user", root, "ListAccessKeys", []string{"UserName", "dave"}, "NoSuchEntity", "The user with name dave cannot be found."},
		{"another's key", alice(), "DeleteAccessKey", []string{"AccessKeyId", bob().AccessKeyID}, "NoSuchEntity", "The Access Key with id AKIABOB000001EXAMPLE cannot be found."},
		{"status of another's key", root, "UpdateAccessKey", []string{"UserName", "carol", "AccessKeyId", bob().AccessKeyID, "Status", "Inactive"}, "NoSuchEntity", "The Access Key with id AKIABOB000001EXAMPLE cannot be found."},
		{"last use of another's key", alice(), "GetAccessKeyLastUsed", []string{"AccessKeyId", bob().AccessKeyID}, "AccessDenied", denial("iam::111122223333:user/alice", "iam:GetAccessKeyLastUsed", "user bob", because("iam:GetAccessKeyLastUsed"))},
		{"last use of no key", root, "GetAccessKeyLastUsed", []string{"AccessKeyId", "AKIANOBODY001EXAMPLE"}, "AccessDenied", denial("iam::111122223333:root", "iam:GetAccessKeyLastUsed", "access key AKIANOBODY001EXAMPLE", "")},
		{"own account's role, in another case", root, "GetRole", []string{"RoleName", "ops"}, "", ""},
		{"no such role", root, "GetRole", []string{"RoleName", "Nope"}, "NoSuchEntity", "The role with name Nope cannot be found."},
		{"role of another account", root, "GetRole", []string{"RoleName", "Deploy"}, "NoSuchEntity", "The role with name Deploy cannot be found."},
		{"role without policies", alice(), "GetRole", []string{"RoleName", "Ops"}, "AccessDenied", denial("iam::111122223333:user/alice", "iam:GetRole", "role Ops", because("iam:GetRole"))},
		{"role without IAM's permission", bob(), "GetRole", []string{"RoleName", "Deploy"}, "AccessDenied", denial("iam::111122223333:user/bob", "iam:GetRole", "role Deploy", because("iam:GetRole"))},
		{"no role name", alice(), "GetRole", nil, "ValidationError", "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null"},
		{"no key id", alice(), "DeleteAccessKey", nil, "ValidationError", "1 validation error detected: Value null at 'accessKeyId' failed to satisfy constraint: Member must not be null"},
		{"bad status", alice(), "UpdateAccessKey", []string{"AccessKeyId", alice().AccessKeyID, "Status", "off"}, "ValidationError", "1 validation error detected: Value 'off' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]"},
		{"no status", alice(), "UpdateAccessKey", []string{"AccessKeyId", alice().AccessKeyID}, "ValidationError", "1 validation error detected: Value null at 'status' failed to satisfy constraint: Member must not be null"},
		{"bad marker", alice(), "ListAccessKeys", []string{"Marker", "-1"}, "ValidationError", "1 validation error detected: Invalid Marker."},
		{"no such call", alice(), "CreateSAMLProvider", nil, "InvalidAction", "Could not find operation CreateSAMLProvider for version 2010-05-08"},
	} {
		got := b.iam(c.as, c.action, c.params...)
		if got.Error.Code != c.code || got.Error.Message != c.message || (got.Status == 200) != (c.code == "") {
			t.Errorf("%s: %d %s %q, want %s %q", c.name, got.Status, got.Error.Code, got.Error.Message, c.code, c.message)
		}
	}
	if got := b.call(alice(), url.Values{"Action": {"ListAccessKeys"}, "Version": {"2010-05-08"}}, nil); got.Code != "SignatureDoesNotMatch" {
		t.Errorf("signed for STS: %d %s", got.Status, got.Code)
	}
	if got := b.iam(root, "GetUser"); got.Got.Arn != "arn:aws:iam::111122223333:root" || got.Got.UserId != "111122223333" {
		t.Errorf("root is %+v", got.Got)
	}
	role := b.iam(root, "GetRole", "RoleName", "OPS").Role
	if trust, err := url.PathUnescape(role.AssumeRolePolicyDocument); err != nil || trust != w.Accounts[1].Roles[1].Trust.JSON() || strings.ContainsAny(role.AssumeRolePolicyDocument, "{\" +") ||
		role.Arn != "arn:aws:iam::111122223333:role/team/Ops" || role.Path != "/team/" || role.MaxSessionDuration != 3600 {
		t.Errorf("role %+v", role)
	}
	if got := b.iam(carolMFA, "GetUser"); got.Got.Arn != "arn:aws:iam::111122223333:user/contractors/carol" || got.Got.Path != "/contractors/" || got.Got.UserName != "carol" {
		t.Errorf("carol is %+v", got.Got)
	}
}

// TestListMFADevices lists devices of all kinds, page by page.
func TestListMFADevices(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.iam(alice(), "ListMFADevices", "MaxItems", "1")
	if len(got.Devices) != 1 || got.Devices[0].SerialNumber != aliceSerial || got.Devices[0].EnableDate == "" || !got.More {
		t.Fatalf("first page %+v", got)
	}
	got = b.iam(alice(), "ListMFADevices", "Marker", got.Marker)
	if len(got.Devices) != 1 || !strings.HasPrefix(got.Devices[0].SerialNumber, "arn:aws:iam::111122223333:u2f/user/alice/") || got.More {
		t.Errorf("second page %+v", got)
	}
}

// TestIAMWithRealClients rotates a key with the AWS CLI and lists devices with boto3.
func TestIAMWithRealClients(t *testing.T) {
	t.Parallel()
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	cli := installed.Need(t, "aws", "--version")
	python := installed.Need(t, "python3", "-c", "import boto3")
	_, h := realHome(t)
	run := func(program string, args ...string) []byte {
		cmd := exec.Command(program, args...)
		cmd.Env = childEnv(h, "PYENV_ROOT="+filepath.Join(real, ".pyenv"), "AWS_PROFILE=alice")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v: %s", program, args, err, out)
		}
		return out
	}
	var made struct{ AccessKey iamKey }
	if err := json.Unmarshal(run(cli, "iam", "create-access-key", "--output", "json"), &made); err != nil || made.AccessKey.SecretAccessKey == "" {
		t.Fatalf("%v: %+v", err, made)
	}
	run(cli, "iam", "update-access-key", "--access-key-id", made.AccessKey.AccessKeyId, "--status", "Inactive")
	var list struct{ AccessKeyMetadata []iamKey }
	if err := json.Unmarshal(run(cli, "iam", "list-access-keys", "--page-size", "1", "--output", "json"), &list); err != nil ||
		len(list.AccessKeyMetadata) != 2 || list.AccessKeyMetadata[1].Status != "Inactive" {
		t.Errorf("%v: %+v", err, list)
	}
	run(cli, "iam", "delete-access-key", "--access-key-id", made.AccessKey.AccessKeyId)
	const script = `
import boto3
iam = boto3.client("iam")
print([d["SerialNumber"].split(":", 5)[5].split("/")[0] for d in iam.list_mfa_devices()["MFADevices"]])
print(iam.get_user()["User"]["UserName"], len(iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]))
print(iam.get_access_key_last_used(AccessKeyId="AKIAALICE0001EXAMPLE")["AccessKeyLastUsed"]["ServiceName"])
try:
    iam.delete_access_key(AccessKeyId="AKIANOBODY001EXAMPLE")
except iam.exceptions.NoSuchEntityException as e:
    print(e)
`
	want := "['mfa', 'u2f']\nalice 1\niam\nAn error occurred (NoSuchEntity) when calling the DeleteAccessKey operation: The Access Key with id AKIANOBODY001EXAMPLE cannot be found.\n"
	if got := string(run(python, "-c", script)); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
