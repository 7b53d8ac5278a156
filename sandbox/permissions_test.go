package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func dana() aws.Credentials {
	return key("AKIADANA00001EXAMPLE", "dana/Sandbox+Secret/00001/bPxREXAMPLEKEY", "")
}

// ok makes a call of IAM that must succeed.
func (b *bench) ok(c aws.Credentials, action string, pairs ...string) iamAnswer {
	b.t.Helper()
	got := b.iam(c, action, pairs...)
	if got.Status != 200 {
		b.t.Fatalf("%s %q: %d %s", action, pairs, got.Status, got.Body)
	}
	return got
}

// makeUser has the administrator make a user with a key and inline policies.
func (b *bench) makeUser(name string, policies ...string) aws.Credentials {
	b.t.Helper()
	b.ok(dana(), "CreateUser", "UserName", name)
	for i, text := range policies {
		b.ok(dana(), "PutUserPolicy", "UserName", name, "PolicyName", "p"+string(rune('0'+i)), "PolicyDocument", text)
	}
	return b.ok(dana(), "CreateAccessKey", "UserName", name).key()
}

// statement is a whole policy of one statement.
func statement(effect, action, resource, more string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"` + action + `","Resource":"` + resource + `"` + more + `}}`
}

// enrol gives the user a virtual device and returns a session with MFA.
func (b *bench) enrol(c aws.Credentials, name string) aws.Credentials {
	b.t.Helper()
	made := b.ok(c, "CreateVirtualMFADevice", "VirtualMFADeviceName", name)
	seed := seedOf(b.t, made.Body)
	serial := "arn:aws:iam::111122223333:mfa/" + name
	step := b.clock.Now().Unix() / 30
	b.ok(c, "EnableMFADevice", "UserName", name, "SerialNumber", serial, "AuthenticationCode1", totpCode(seed, step-1), "AuthenticationCode2", totpCode(seed, step))
	return b.must(c, form("GetSessionToken", "SerialNumber", serial, "TokenCode", b.code(name)))
}

func seedOf(t *testing.T, body string) []byte {
	t.Helper()
	m := regexp.MustCompile(`<Base32StringSeed>([^<]+)<`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no seed in %s", body)
	}
	text, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	seed, err := base32.StdEncoding.DecodeString(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// totpCode is a code of RFC 6238, made as an authenticator app makes it.
func totpCode(seed []byte, step int64) string {
	mac := hmac.New(sha1.New, seed)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// untilMFA lets users set themselves up, and forbids all else until MFA is on.
const untilMFA = `{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Action":["iam:GetAccountPasswordPolicy","iam:ListVirtualMFADevices","iam:ListUsers"],"Resource":"*"},
{"Effect":"Allow","Action":["iam:ChangePassword","iam:GetUser","iam:CreateAccessKey","iam:ListAccessKeys","iam:EnableMFADevice","iam:ListMFADevices","iam:ResyncMFADevice","iam:DeactivateMFADevice"],"Resource":"arn:aws:iam::*:user/${aws:username}"},
{"Effect":"Allow","Action":["iam:CreateVirtualMFADevice","iam:DeleteVirtualMFADevice"],"Resource":"arn:aws:iam::*:mfa/${aws:username}"},
{"Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser","iam:ListMFADevices","iam:ListVirtualMFADevices","iam:ResyncMFADevice","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}`

// TestUntilMFA is the table of what the policy allows with a key alone, with MFA,
// and never.
func TestUntilMFA(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	erin := b.makeUser("erin", untilMFA)
	session := b.enrol(erin, "erin")
	const deny, none = "explicit deny in an identity-based policy", "no identity-based policy allows"
	for _, c := range []struct {
		action   string
		pairs    []string
		key, mfa string // why not; "" for allowed
	}{
		{"GetUser", nil, "", ""},
		{"ListMFADevices", nil, "", ""},
		{"ListVirtualMFADevices", nil, "", ""},
		{"ListUsers", nil, deny, ""},
		{"ListAccessKeys", nil, deny, ""},
		{"ListAccessKeys", []string{"UserName", "alice"}, deny, none},
		{"GetUser", []string{"UserName", "alice"}, none, none},
		{"ListGroups", nil, deny, none},
		{"CreateVirtualMFADevice", []string{"VirtualMFADeviceName", "other"}, none, none},
		{"DeactivateMFADevice", []string{"UserName", "erin", "SerialNumber", "arn:aws:iam::111122223333:mfa/erin"}, deny, ""},
		{"DeleteVirtualMFADevice", []string{"SerialNumber", "arn:aws:iam::111122223333:mfa/erin"}, deny, ""},
	} {
		for i, as := range []aws.Credentials{erin, session} {
			want := []string{c.key, c.mfa}[i]
			got := b.iam(as, c.action, c.pairs...)
			if (got.Status == 200) != (want == "") || !strings.Contains(got.Error.Message, want) {
				t.Errorf("%s %q, with MFA %t: %d %s, want %q", c.action, c.pairs, i == 1, got.Status, got.Error.Message, want)
			}
		}
	}
	if got := b.iam(b.makeUser("nobody"), "GetUser"); got.Error.Code != "AccessDenied" || !strings.Contains(got.Error.Message, none) {
		t.Errorf("a new user without policies: %d %s", got.Status, got.Body)
	}
}

// TestLayers: what an identity may do, every kind of policy must allow.
func TestLayers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := dana()
	boundary := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:List*","sts:*"],"Resource":"*"},{"Effect":"Deny","Action":"iam:ListPolicies","Resource":"*"}]}`
	b.ok(d, "CreatePolicy", "PolicyName", "edge", "Path", "/b/", "PolicyDocument", boundary)
	const edge = "arn:aws:iam::111122223333:policy/b/edge"
	erin := b.makeUser("erin", statement("Allow", "iam:*", "*", ""))
	b.ok(d, "CreateGroup", "GroupName", "quiet")
	b.ok(d, "PutGroupPolicy", "GroupName", "quiet", "PolicyName", "quiet", "PolicyDocument", statement("Deny", "iam:ListRoles", "*", ""))
	kim := b.makeUser("kim")
	b.ok(d, "CreateGroup", "GroupName", "readers")
	b.ok(d, "AttachGroupPolicy", "GroupName", "readers", "PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")
	expect := func(what string, as aws.Credentials, action, why string, pairs ...string) {
		t.Helper()
		if got := b.iam(as, action, pairs...); (got.Status == 200) != (why == "") || !strings.HasSuffix(got.Error.Message, why) {
			t.Errorf("%s: %s: %d %s, want %q", what, action, got.Status, got.Error.Message, why)
		}
	}
	expect("free", erin, "ListRoles", "")
	b.ok(d, "AddUserToGroup", "GroupName", "quiet", "UserName", "erin")
	expect("in the group", erin, "ListRoles", "with an explicit deny in an identity-based policy")
	expect("no group", kim, "ListUsers", "because no identity-based policy allows the iam:ListUsers action")
	b.ok(d, "AddUserToGroup", "GroupName", "readers", "UserName", "kim")
	expect("readers", kim, "ListUsers", "")
	expect("readers", kim, "CreateGroup", "on resource: group x because no identity-based policy allows the iam:CreateGroup action", "GroupName", "x")
	b.ok(d, "PutUserPermissionsBoundary", "UserName", "erin", "PermissionsBoundary", edge)
	expect("bounded", erin, "ListUsers", "")
	expect("bounded", erin, "GetUser", "because no permissions boundary allows the iam:GetUser action", "UserName", "kim")
	expect("bounded", erin, "ListPolicies", "with an explicit deny in a permissions boundary")
	if got := b.iam(d, "DeletePolicy", "PolicyArn", edge); got.Error.Code != "DeleteConflict" {
		t.Errorf("the boundary is deleted: %s", got.Body)
	}
	b.ok(d, "DeleteUserPermissionsBoundary", "UserName", "erin")
	expect("free again", erin, "GetUser", "", "UserName", "kim")

	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}`
	b.ok(d, "CreateRole", "RoleName", "ops", "AssumeRolePolicyDocument", trust)
	b.ok(d, "PutRolePolicy", "RoleName", "ops", "PolicyName", "all", "PolicyDocument", statement("Allow", "iam:*", "*", ""))
	assume := []string{"RoleArn", "arn:aws:iam::111122223333:role/ops", "RoleSessionName", "s1"}
	role := b.must(d, form("AssumeRole", assume...))
	narrow := b.must(d, form("AssumeRole", append(assume, "Policy", statement("Allow", "iam:ListUsers", "*", ""))...))
	expect("role", role, "ListRoles", "")
	expect("narrowed", narrow, "ListUsers", "")
	expect("narrowed", narrow, "ListRoles", "because no session policy allows the iam:ListRoles action")
	b.ok(d, "UpdateAssumeRolePolicy", "RoleName", "ops", "PolicyDocument", strings.Replace(trust, "Allow", "Deny", 1))
	if got := b.call(d, form("AssumeRole", assume...), nil); got.Code != "AccessDenied" || !strings.HasSuffix(got.Message, "with an explicit deny in a resource-based policy") {
		t.Errorf("the trust policy has changed: %s", got.Body)
	}
	b.ok(d, "DeleteRolePolicy", "RoleName", "ops", "PolicyName", "all")
	b.ok(d, "DeleteRole", "RoleName", "ops")
	if got := b.iam(role, "ListRoles"); got.Error.Code != "InvalidClientTokenId" {
		t.Errorf("the role is gone: %s", got.Body)
	}
}

// TestRequestConditions evaluates the keys that a call of IAM brings.
func TestRequestConditions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ok(dana(), "CreatePolicy", "PolicyName", "edge", "PolicyDocument", statement("Allow", "*", "*", ""))
	const edge, change = "arn:aws:iam::111122223333:policy/edge", "arn:aws:iam::aws:policy/IAMUserChangePassword"
	b.ok(dana(), "CreateUser", "UserName", "core", "Tags.member.1.Key", "team", "Tags.member.1.Value", "core")
	b.ok(dana(), "CreateUser", "UserName", "bounded", "PermissionsBoundary", edge)
	for i, c := range []struct {
		policy string
		action string
		pairs  []string
		want   bool
	}{
		{statement("Allow", "iam:CreateUser", "*", `,"Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+edge+`"}}`), "CreateUser", []string{"UserName", "n1", "PermissionsBoundary", edge}, true},
		{statement("Allow", "iam:CreateUser", "*", `,"Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+edge+`"}}`), "CreateUser", []string{"UserName", "n2"}, false},
		{statement("Allow", "iam:CreateUser", "arn:aws:iam::*:user/team/*", ""), "CreateUser", []string{"UserName", "n3", "Path", "/team/"}, true},
		{statement("Allow", "iam:CreateUser", "arn:aws:iam::*:user/team/*", ""), "CreateUser", []string{"UserName", "n4"}, false},
		{statement("Allow", "iam:CreateUser", "*", `,"Condition":{"StringEquals":{"aws:RequestTag/Team":"core"},"ForAllValues:StringEquals":{"aws:TagKeys":["Team"]}}`), "CreateUser", []string{"UserName", "n5", "Tags.member.1.Key", "Team", "Tags.member.1.Value", "core"}, true},
		{statement("Allow", "iam:CreateUser", "*", `,"Condition":{"StringEquals":{"aws:RequestTag/Team":"core"}}`), "CreateUser", []string{"UserName", "n6"}, false},
		{statement("Allow", "iam:AttachUserPolicy", "*", `,"Condition":{"ArnEquals":{"iam:PolicyARN":"`+change+`"}}`), "AttachUserPolicy", []string{"UserName", "core", "PolicyArn", change}, true},
		{statement("Allow", "iam:AttachUserPolicy", "*", `,"Condition":{"ArnEquals":{"iam:PolicyARN":"`+change+`"}}`), "AttachUserPolicy", []string{"UserName", "core", "PolicyArn", edge}, false},
		{statement("Allow", "iam:DeleteUserPolicy", "*", `,"Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+edge+`"}}`), "DeleteUserPolicy", []string{"UserName", "core", "PolicyName", "x"}, false},
		{statement("Allow", "iam:GetUser", "*", `,"Condition":{"StringEquals":{"iam:PermissionsBoundary":"`+edge+`"}}`), "GetUser", []string{"UserName", "bounded"}, true},
		{statement("Allow", "iam:GetUser", "*", `,"Condition":{"StringEquals":{"aws:ResourceTag/team":"core"}}`), "GetUser", []string{"UserName", "core"}, true},
		{statement("Allow", "iam:GetUser", "*", `,"Condition":{"StringEquals":{"iam:ResourceTag/team":"core"}}`), "GetUser", []string{"UserName", "bounded"}, false},
		{statement("Allow", "iam:GetUser", "*", `,"Condition":{"Null":{"aws:TokenIssueTime":"true"}}`), "GetUser", nil, true},
		{statement("Allow", "iam:GetUser", "*", `,"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-03-05T00:00:00Z"}}`), "GetUser", nil, false},
		{statement("Allow", "iam:GetUser", "*", `,"Condition":{"StringEquals":{"aws:PrincipalType":"User","aws:username":"u"}}`), "GetUser", nil, false},
	} {
		as := b.makeUser(fmt.Sprintf("u%d", i), c.policy)
		if got := b.iam(as, c.action, c.pairs...); (got.Status == 200) != c.want || !c.want && got.Error.Code != "AccessDenied" {
			t.Errorf("%s %q by %s: %d %s", c.action, c.pairs, c.policy, got.Status, got.Error.Message)
		}
	}
}

// TestEndOfSessions: what a session may do goes by its user, its key and its role
// as they are now.
func TestEndOfSessions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	erin := b.makeUser("erin", statement("Allow", "*", "*", ""))
	first, second := b.must(erin, form("GetSessionToken")), b.enrol(erin, "erin")
	if got := b.iam(first, "GetUser"); got.Error.Code != "InvalidClientTokenId" {
		t.Errorf("without MFA: %s", got.Body)
	}
	b.ok(second, "GetUser")
	b.ok(dana(), "UpdateAccessKey", "UserName", "erin", "AccessKeyId", erin.AccessKeyID, "Status", "Inactive")
	for _, as := range []aws.Credentials{erin, first, second} {
		if got := b.call(as, form("GetCallerIdentity"), nil); got.Code != "InvalidClientTokenId" {
			t.Errorf("the key is off: %d %s", got.Status, got.Code)
		}
	}
	b.ok(dana(), "UpdateAccessKey", "UserName", "erin", "AccessKeyId", erin.AccessKeyID, "Status", "Active")
	b.ok(second, "GetUser")
	role := b.must(second, form("AssumeRole", "RoleArn", "arn:aws:iam::444455556666:role/Developer", "RoleSessionName", "erin"))
	b.ok(dana(), "PutUserPolicy", "UserName", "erin", "PolicyName", "off", "PolicyDocument", statement("Deny", "*", "*", ""))
	if got := b.iam(second, "GetUser"); !strings.HasSuffix(got.Error.Message, "with an explicit deny in an identity-based policy") {
		t.Errorf("denied all: %s", got.Body)
	}
	b.ok(dana(), "DeleteAccessKey", "UserName", "erin", "AccessKeyId", erin.AccessKeyID)
	if got := b.call(second, form("GetCallerIdentity"), nil); got.Code != "InvalidClientTokenId" {
		t.Errorf("the key is gone: %d %s", got.Status, got.Code)
	}
	if got := b.call(role, form("GetCallerIdentity"), nil); got.Status != 200 {
		t.Errorf("the role's session: %d %s", got.Status, got.Code)
	}
}
