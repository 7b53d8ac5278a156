package sandbox_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/pquerna/otp/totp"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestSessionOperations has GetSessionToken, GetFederationToken and what their
// sessions may do.
func TestSessionOperations(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	session, role, fed := plainSession(b), devSession(b), federated(b)
	for _, c := range []struct {
		name          string
		creds         aws.Credentials
		action        string
		params        []string
		code, message string
	}{
		{"session of a session", session, "GetSessionToken", nil, "AccessDenied", "Cannot call GetSessionToken with session credentials"},
		{"session of a role", role, "GetSessionToken", nil, "AccessDenied", "Cannot call GetSessionToken with session credentials"},
		{"session of a federated user", fed, "GetSessionToken", nil, "AccessDenied", "Cannot call GetSessionToken with session credentials"},
		{"federation of a session", session, "GetFederationToken", []string{"Name", "fred"}, "AccessDenied", "Cannot call GetFederationToken with session credentials"},
		{"federation of a role", role, "GetFederationToken", []string{"Name", "fred"}, "AccessDenied", "Cannot call GetFederationToken with session credentials"},
		{"federation not allowed", bob(), "GetFederationToken", []string{"Name", "fred"}, "AccessDenied",
			notAuthorized("iam::111122223333:user/bob", "sts:GetFederationToken", "arn:aws:sts::111122223333:federated-user/fred")},
		{"session without permission", bob(), "GetSessionToken", nil, "", ""},
		{"session under force-MFA", carol(), "GetSessionToken", nil, "", ""},
		{"key info", alice(), "GetAccessKeyInfo", []string{"AccessKeyId", bob().AccessKeyID}, "", ""},
		{"key info of a session", session, "GetAccessKeyInfo", []string{"AccessKeyId", bob().AccessKeyID}, "AccessDenied",
			notAuthorized("iam::111122223333:user/alice", "sts:GetAccessKeyInfo", "*")},
		{"identity under force-MFA", carol(), "GetCallerIdentity", nil, "", ""},
		{"identity of a federated user", fed, "GetCallerIdentity", nil, "", ""},
	} {
		got := b.call(c.creds, form(c.action, c.params...), nil)
		if got.Code != c.code || got.Message != c.message || (got.Status == 200) != (c.code == "") {
			t.Errorf("%s: %d %s: %q, want %s: %q", c.name, got.Status, got.Code, got.Message, c.code, c.message)
		}
	}
	got := b.call(fed, form("GetCallerIdentity"), nil)
	if got.Arn != "arn:aws:sts::111122223333:federated-user/fred" || got.UserID != "111122223333:fred" {
		t.Errorf("federated user is %s, %s", got.Arn, got.UserID)
	}
	got = b.call(session, form("GetCallerIdentity"), nil)
	if got.Arn != "arn:aws:iam::111122223333:user/alice" || got.UserID != "AIDAK54MGDJ75DEXAMPLE" {
		t.Errorf("session is %s, %s", got.Arn, got.UserID)
	}
	got = b.call(alice(), form("GetSessionToken"), nil)
	if !got.Expiration.Equal(start().Add(12 * time.Hour)) {
		t.Errorf("session expires %s", got.Expiration)
	}
}

// TestForceMFA takes carol, who is denied everything without MFA, through a session.
func TestForceMFA(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	plain := b.must(carol(), form("GetSessionToken"))
	assume := form("AssumeRole", "RoleArn", devReadOnly, "RoleSessionName", "carol")
	if got := b.call(plain, assume, nil); got.Code != "AccessDenied" {
		t.Errorf("without MFA: %d %s", got.Status, got.Code)
	}
	strong := b.must(carol(), form("GetSessionToken", "SerialNumber", carolSerial, "TokenCode", b.code("carol")))
	if got := b.call(strong, assume, nil); got.Status != 200 {
		t.Errorf("with MFA: %d %s", got.Status, got.Message)
	}
}

// TestMFAAge lets the MFA of a session grow too old for one role.
func TestMFAAge(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	creds := mfaSession(b)
	assume := form("AssumeRole", "RoleArn", prodAdmin, "RoleSessionName", "alice", "ExternalId", "latchkey-prod")
	b.clock.Advance(time.Hour - time.Second)
	if got := b.call(creds, assume, nil); got.Status != 200 {
		t.Errorf("within the hour: %d %s", got.Status, got.Message)
	}
	b.clock.Advance(time.Second)
	if got := b.call(creds, assume, nil); got.Status != 403 {
		t.Errorf("after an hour: %d", got.Status)
	}
}

// TestCodes spends codes: each once, over all operations, one step to each side.
func TestCodes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := func(offset time.Duration) string {
		code, err := totp.GenerateCode("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", b.clock.Now().Add(offset))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	session := func(code string) int {
		return b.call(alice(), form("GetSessionToken", "SerialNumber", aliceSerial, "TokenCode", code), nil).Status
	}
	role := func(code string) int {
		return b.call(alice(), form("AssumeRole", "RoleArn", devDeveloper, "RoleSessionName", "s1", "SerialNumber", aliceSerial, "TokenCode", code), nil).Status
	}
	for i, c := range []struct {
		call func(string) int
		code string
		want int
	}{
		{session, at(-60 * time.Second), 403}, {session, at(60 * time.Second), 403},
		{session, at(0), 200}, {session, at(0), 403}, {role, at(0), 403},
		{role, at(30 * time.Second), 200}, {session, at(-30 * time.Second), 200}, {session, at(-30 * time.Second), 403},
	} {
		if got := c.call(c.code); got != c.want {
			t.Errorf("call %d: %d, want %d", i, got, c.want)
		}
	}
	// A code is spent also by a call that is refused for another reason.
	b.clock.Advance(5 * time.Minute)
	refused := b.call(alice(), form("AssumeRole", "RoleArn", prodAdmin, "RoleSessionName", "s1", "SerialNumber", aliceSerial, "TokenCode", at(0)), nil)
	if refused.Status != 403 || refused.Message == wrongCode {
		t.Errorf("without external id: %d %s", refused.Status, refused.Message)
	}
	if got := session(at(0)); got != 403 {
		t.Errorf("the code of a refused call: %d", got)
	}
}

// TestMFACode has the vectors of RFC 6238 and the three codes of one step.
func TestMFACode(t *testing.T) {
	t.Parallel()
	w, err := sandbox.ParseWorld([]byte(`
region: us-east-1
accounts:
- id: "111122223333"
  name: base
  users:
  - name: rfc
    mfa_devices: [{name: rfc, seed: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ}]
  - name: none
`))
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{}
	s := sandbox.Start(t, sandbox.WithWorld(w), sandbox.WithClock(c.Now))
	for _, v := range []struct {
		at   int64
		want string
	}{{59, "287082"}, {1111111109, "081804"}, {1111111111, "050471"}, {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}} {
		c.now = time.Unix(v.at, 0)
		if code, err := s.MFACode("rfc"); code != v.want || err != nil {
			t.Errorf("at %d: %s, %v, want %s", v.at, code, err, v.want)
		}
	}
	c.now = time.Unix(3_000_000_010, 0)
	seen := make(map[string]bool)
	for range 3 {
		code, err := s.MFACode("base/rfc")
		if err != nil || seen[code] {
			t.Errorf("code %s again, or %v", code, err)
		}
		seen[code] = true
	}
	var wait *sandbox.NoCodeError
	if _, err := s.MFACode("rfc"); !errors.As(err, &wait) || wait.After != 20*time.Second || wait.User != "rfc" {
		t.Errorf("fourth code: %v", err)
	}
	c.now = time.Unix(3_000_000_030, 0)
	if _, err := s.MFACode("arn:aws:iam::111122223333:user/rfc"); err != nil {
		t.Errorf("in the next step: %v", err)
	}
	for _, name := range []string{"none", "nobody", ""} {
		if code, err := s.MFACode(name); err == nil {
			t.Errorf("user %q has code %s", name, code)
		}
	}
}

// TestChain follows tags and the source identity through role chaining, and a
// session policy that narrows.
func TestChain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.must(alice(), form("AssumeRole", "RoleArn", devDeveloper, "RoleSessionName", "alice", "SourceIdentity", "alice",
		"Tags.member.1.Key", "Team", "Tags.member.1.Value", "platform", "TransitiveTagKeys.member.1", "Team",
		"SerialNumber", aliceSerial, "TokenCode", b.code("alice")))
	second := b.call(first, form("AssumeRole", "RoleArn", stageRelease, "RoleSessionName", "r1"), nil)
	if second.Status != 200 || second.SourceIdentity != "alice" {
		t.Errorf("chained: %d %s, source identity %q", second.Status, second.Message, second.SourceIdentity)
	}
	got := b.call(first, form("AssumeRole", "RoleArn", stageRelease, "RoleSessionName", "r1", "SourceIdentity", "bob"), nil)
	if got.Message != notAuthorized("sts::444455556666:assumed-role/Developer/alice", "sts:SetSourceIdentity", stageRelease) {
		t.Errorf("another source identity: %d %s", got.Status, got.Message)
	}
	got = b.call(first, form("AssumeRole", "RoleArn", stageRelease, "RoleSessionName", "r1", "Tags.member.1.Key", "team", "Tags.member.1.Value", "x"), nil)
	if got.Code != "ValidationError" || got.Message != "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session." {
		t.Errorf("tag of the chain set again: %d %s", got.Status, got.Message)
	}
	for _, c := range []struct {
		name   string
		param  string
		value  string
		status int
	}{
		{"session policy without STS", "Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, 403},
		{"session policy with STS", "Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}`, 200},
		{"read-only", "PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess", 403},
		{"administrator", "PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/AdministratorAccess", 200},
	} {
		b.clock.Advance(time.Minute)
		narrowed := b.must(alice(), form("AssumeRole", "RoleArn", devDeveloper, "RoleSessionName", "alice",
			"SerialNumber", aliceSerial, "TokenCode", b.code("alice"), c.param, c.value))
		got := b.call(narrowed, form("AssumeRole", "RoleArn", stageRelease, "RoleSessionName", "r1"), nil)
		if got.Status != c.status {
			t.Errorf("%s: %d %s", c.name, got.Status, got.Message)
		}
	}
}

// TestRoot signs with keys of an account itself.
func TestRoot(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	w.Accounts[0].RootAccessKeys = []sandbox.AccessKey{{ID: "AKIAROOT00001EXAMPLE", Secret: "root/Sandbox+Secret/00001/bPxREXAMPLEKEY"}}
	b := newBench(t, sandbox.WithWorld(w))
	root := key("AKIAROOT00001EXAMPLE", "root/Sandbox+Secret/00001/bPxREXAMPLEKEY", "")
	if got := b.call(root, form("GetCallerIdentity"), nil); got.Arn != "arn:aws:iam::111122223333:root" || got.UserID != "111122223333" {
		t.Errorf("root is %s, %s", got.Arn, got.UserID)
	}
	got := b.call(root, form("AssumeRole", "RoleArn", devReadOnly, "RoleSessionName", "s1"), nil)
	if got.Status != 403 || got.Code != "AccessDenied" || got.Message != "Roles may not be assumed by root accounts." {
		t.Errorf("root assumes a role: %d %s: %s", got.Status, got.Code, got.Message)
	}
	if got := b.call(root, form("GetSessionToken"), nil); !got.Expiration.Equal(start().Add(time.Hour)) {
		t.Errorf("root's session ends %s", got.Expiration)
	}
}
