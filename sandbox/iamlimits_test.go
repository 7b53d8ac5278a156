package sandbox_test

import (
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestIAMDelay: reads and permissions lag behind, changes do not.
func TestIAMDelay(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	w.Settings.IAMDelay = 10 * time.Second
	b := newBench(t, sandbox.WithWorld(w))
	b.ok(dana(), "CreateUser", "UserName", "erin")
	if got := b.iam(dana(), "GetUser", "UserName", "erin"); got.Error.Code != "NoSuchEntity" {
		t.Errorf("erin is there at once: %s", got.Body)
	}
	if got := b.iam(dana(), "CreateUser", "UserName", "erin"); got.Error.Code != "EntityAlreadyExists" {
		t.Errorf("erin is made twice: %s", got.Body)
	}
	erin := b.ok(dana(), "CreateAccessKey", "UserName", "erin").key()
	b.ok(dana(), "CreateLoginProfile", "UserName", "erin", "Password", "Made-up-42")
	if got := b.iam(dana(), "DeleteLoginProfile", "UserName", "erin"); got.Error.Code != "EntityTemporarilyUnmodifiable" || got.Status != 409 {
		t.Errorf("the new password is deleted: %s", got.Body)
	}
	b.clock.Advance(5 * time.Second)
	b.ok(dana(), "PutUserPolicy", "UserName", "erin", "PolicyName", "p", "PolicyDocument", statement("Allow", "iam:GetUser", "*", ""))
	for i, want := range []string{"InvalidClientTokenId", "AccessDenied", ""} {
		if got := b.iam(erin, "GetUser"); got.Error.Code != want {
			t.Errorf("%d: %d %s, want %q", i, got.Status, got.Error.Code, want)
		}
		b.clock.Advance(5 * time.Second)
	}
	b.ok(dana(), "DeleteUserPolicy", "UserName", "erin", "PolicyName", "p")
	b.ok(dana(), "UpdateAccessKey", "UserName", "erin", "AccessKeyId", erin.AccessKeyID, "Status", "Inactive")
	b.ok(erin, "GetUser")
	b.clock.Advance(10 * time.Second)
	if got := b.iam(erin, "GetUser"); got.Error.Code != "InvalidClientTokenId" {
		t.Errorf("the key is on for long: %d %s", got.Status, got.Error.Code)
	}
	b.ok(dana(), "DeleteAccessKey", "UserName", "erin", "AccessKeyId", erin.AccessKeyID)
	if got := b.ok(dana(), "ListAccessKeys", "UserName", "erin"); len(got.Keys) != 1 {
		t.Errorf("the key is gone at once: %+v", got.Keys)
	}
	b.clock.Advance(10 * time.Second)
	if got := b.ok(dana(), "ListAccessKeys", "UserName", "erin"); len(got.Keys) != 0 {
		t.Errorf("the key is there for long: %+v", got.Keys)
	}
}

// TestIAMDelayOfMany: each of several changes is seen when its own time has come,
// and builds on the one before.
func TestIAMDelayOfMany(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	w.Settings.IAMDelay = 10 * time.Second
	w.Accounts[0].Users[0].Password = "Made-up-0"
	w.Accounts[0].Users[0].ManagedPolicies = []string{"arn:aws:iam::aws:policy/AdministratorAccess"}
	b := newBench(t, sandbox.WithWorld(w))
	for _, key := range []string{"a", "b", "c"} {
		b.ok(dana(), "TagUser", "UserName", "bob", "Tags.member.1.Key", key, "Tags.member.1.Value", "1")
		b.clock.Advance(3 * time.Second)
	}
	for i := range 4 { // at 9, 12, 15 and 18 seconds
		if got := strings.Count(b.ok(dana(), "ListUserTags", "UserName", "bob").Body, "<Key>"); got != i {
			t.Errorf("%d tags, want %d", got, i)
		}
		b.clock.Advance(3 * time.Second)
	}
	for i := range 3 {
		b.ok(alice(), "ChangePassword", "OldPassword", fmt.Sprintf("Made-up-%d", i), "NewPassword", fmt.Sprintf("Made-up-%d", i+1))
	}
}

// TestIAMLimits reaches every limit.
func TestIAMLimits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := dana()
	b.ok(d, "CreateUser", "UserName", "erin")
	limit := func(what, message string, got iamAnswer) {
		t.Helper()
		if got.Status != 409 || got.Error.Code != "LimitExceeded" || got.Error.Message != message {
			t.Errorf("%s: %d %s", what, got.Status, got.Body)
		}
	}
	for i := range 10 {
		name := fmt.Sprintf("n%d", i)
		b.ok(d, "CreateGroup", "GroupName", name)
		b.ok(d, "AddUserToGroup", "GroupName", name, "UserName", "erin")
		b.ok(d, "CreatePolicy", "PolicyName", name, "PolicyDocument", statement("Allow", "s3:*", "*", ""))
		b.ok(d, "AttachUserPolicy", "UserName", "erin", "PolicyArn", "arn:aws:iam::111122223333:policy/"+name)
	}
	b.ok(d, "AttachUserPolicy", "UserName", "erin", "PolicyArn", "arn:aws:iam::111122223333:policy/n3") // again
	b.ok(d, "CreateGroup", "GroupName", "more")
	limit("groups", "Cannot exceed quota for GroupsPerUser: 10", b.iam(d, "AddUserToGroup", "GroupName", "more", "UserName", "erin"))
	limit("attached", "Cannot exceed quota for PoliciesPerUser: 10", b.iam(d, "AttachUserPolicy", "UserName", "erin", "PolicyArn", "arn:aws:iam::aws:policy/IAMFullAccess"))
	long := statement("Allow", "s3:*", strings.Repeat("x", 1900), "")
	b.ok(d, "PutUserPolicy", "UserName", "erin", "PolicyName", "a", "PolicyDocument", long)
	b.ok(d, "PutUserPolicy", "UserName", "erin", "PolicyName", "a", "PolicyDocument", strings.ReplaceAll(long, ",", ",\n"+strings.Repeat(" ", 100))) // space does not count
	limit("inline", "Maximum policy size of 2048 bytes exceeded for user erin", b.iam(d, "PutUserPolicy", "UserName", "erin", "PolicyName", "b", "PolicyDocument", statement("Allow", "s3:*", strings.Repeat("x", 100), "")))
	limit("managed", "Cannot exceed quota for PolicySize: 6144", b.iam(d, "CreatePolicy", "PolicyName", "long", "PolicyDocument", statement("Allow", "s3:*", strings.Repeat("x", 6144), "")))
	step := b.clock.Now().Unix() / 30
	for i := range 9 {
		name := fmt.Sprintf("d%d", i)
		seed := seedOf(t, b.ok(d, "CreateVirtualMFADevice", "VirtualMFADeviceName", name).Body)
		got := b.iam(d, "EnableMFADevice", "UserName", "erin", "SerialNumber", "arn:aws:iam::111122223333:mfa/"+name, "AuthenticationCode1", totpCode(seed, step-1), "AuthenticationCode2", totpCode(seed, step))
		if i < 8 && got.Status != 200 {
			t.Fatalf("device %d: %s", i, got.Body)
		} else if i == 8 {
			limit("devices", "Cannot exceed quota for MFADevicesPerUser: 8", got)
		}
	}
}

// TestDrift: a device that is enabled with old codes is out of step, until it is
// resynced.
func TestDrift(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	erin := b.makeUser("erin", statement("Allow", "*", "*", ""))
	seed := seedOf(t, b.ok(erin, "CreateVirtualMFADevice", "VirtualMFADeviceName", "erin").Body)
	const serial = "arn:aws:iam::111122223333:mfa/erin"
	step := b.clock.Now().Unix() / 30
	pair := func(action string, n int64) iamAnswer {
		return b.iam(erin, action, "UserName", "erin", "SerialNumber", serial, "AuthenticationCode1", totpCode(seed, n), "AuthenticationCode2", totpCode(seed, n+1))
	}
	session := func(n int64) answer {
		return b.call(erin, form("GetSessionToken", "SerialNumber", serial, "TokenCode", totpCode(seed, n)), nil)
	}
	if got := pair("EnableMFADevice", step-60); got.Error.Code != "InvalidAuthenticationCode" || got.Status != 403 {
		t.Errorf("codes of half an hour ago: %s", got.Body)
	}
	if got := pair("EnableMFADevice", step-10); got.Status != 200 {
		t.Fatal(got.Body)
	}
	if got := pair("EnableMFADevice", step-5); got.Error.Code != "EntityAlreadyExists" {
		t.Errorf("enabled twice: %s", got.Body)
	}
	if got := session(step); got.Code != "AccessDenied" {
		t.Errorf("the device is in step: %d %s", got.Status, got.Code)
	}
	if got := pair("ResyncMFADevice", step-1); got.Status != 200 {
		t.Fatal(got.Body)
	}
	if got := pair("ResyncMFADevice", step-1); got.Error.Code != "InvalidAuthenticationCode" {
		t.Errorf("the same codes again: %s", got.Body)
	}
	if got := session(step); got.Code != "AccessDenied" {
		t.Errorf("a spent code: %d %s", got.Status, got.Code)
	}
	if got := session(step + 1); got.Status != 200 {
		t.Errorf("after the resync: %d %s", got.Status, got.Body)
	}
}

// TestCredentialReport reads the report as a program does.
func TestCredentialReport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if got := b.iam(dana(), "GetCredentialReport"); got.Error.Code != "ReportNotPresent" || got.Status != 410 {
		t.Errorf("no report yet: %s", got.Body)
	}
	b.ok(dana(), "CreateUser", "UserName", "a,b")
	b.ok(dana(), "CreateLoginProfile", "UserName", "a,b", "Password", "Made-up-42")
	for _, want := range []string{"STARTED", "COMPLETE"} {
		if got := b.ok(dana(), "GenerateCredentialReport"); !strings.Contains(got.Body, "<State>"+want+"</State>") {
			t.Errorf("%s", got.Body)
		}
	}
	m := regexp.MustCompile(`<Content>([^<]+)<`).FindStringSubmatch(b.ok(dana(), "GetCredentialReport").Body)
	text, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(rows) != 7 || len(rows[0]) != 22 {
		t.Fatalf("%v: %s", err, text)
	}
	of := map[string]map[string]string{}
	for _, row := range rows[1:] {
		of[row[0]] = map[string]string{}
		for i, name := range rows[0] {
			of[row[0]][name] = row[i]
		}
	}
	for _, c := range [][3]string{
		{"<root_account>", "access_key_1_active", "false"}, {"<root_account>", "password_last_changed", "not_supported"},
		{"bob", "access_key_1_active", "true"}, {"bob", "access_key_2_active", "false"}, {"bob", "mfa_active", "false"}, {"bob", "access_key_2_last_rotated", "2025-12-04T05:06:07+00:00"},
		{"dana", "mfa_active", "true"}, {"dana", "access_key_1_last_used_service", "iam"}, {"dana", "access_key_2_last_rotated", "N/A"}, {"dana", "password_enabled", "false"},
		{"a,b", "password_enabled", "true"}, {"a,b", "password_last_used", "no_information"}, {"a,b", "password_last_changed", "2026-03-04T05:06:07+00:00"}, {"a,b", "arn", "arn:aws:iam::111122223333:user/a,b"},
	} {
		if got := of[c[0]][c[1]]; got != c[2] {
			t.Errorf("%s %s is %q, want %q", c[0], c[1], got, c[2])
		}
	}
	summary := b.ok(dana(), "GetAccountSummary").Body
	for name, n := range map[string]int{"Users": 5, "MFADevicesInUse": 4, "AccountAccessKeysPresent": 0, "AccessKeysPerUserQuota": 2} {
		if !strings.Contains(summary, fmt.Sprintf("<key>%s</key><value>%d</value>", name, n)) {
			t.Errorf("%s is not %d in %s", name, n, summary)
		}
	}
}
