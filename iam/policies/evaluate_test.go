package policies_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/iam/policies"
	"github.com/latchkey-aws/latchkey/internal/policy"
)

// The kinds of credentials that a user's request can be signed with. What AWS says of
// MFA in each is that of the IAM user guide, "aws:MultiFactorAuthPresent".
const (
	byKey     = "access key"
	bySession = "session without MFA"
	byMFA     = "session with MFA"
)

func kinds() []string { return []string{byKey, bySession, byMFA} }

// asked is the context of a request by a user.
func asked(kind, user string) policy.Context {
	ctx := policy.Context{"aws:username": {user}}
	switch kind {
	case bySession:
		ctx["aws:multifactorauthpresent"] = []string{"false"}
	case byMFA:
		ctx["aws:multifactorauthpresent"] = []string{"true"}
		ctx["aws:multifactorauthage"] = []string{"60"}
	}
	return ctx
}

func parse(t testing.TB, text string, kind policy.Kind) *policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(text), kind)
	if err != nil {
		t.Fatalf("%v of\n%s", err, text)
	}
	return d
}

const (
	alice  = "arn:aws:iam::111122223333:user/alice"
	nested = "arn:aws:iam::111122223333:user/people/berlin/alice"
	bob    = "arn:aws:iam::111122223333:user/bob"
	device = "arn:aws:iam::111122223333:mfa/alice"
	spare  = "arn:aws:iam::111122223333:mfa/alice-2"
	role   = "arn:aws:iam::444455556666:role/deploy"
)

// TestSelfService asks for each action, by each kind of credentials, as alice with
// all else allowed: what is left is what the policy denies. And with nothing else,
// what it allows.
func TestSelfService(t *testing.T) {
	t.Parallel()
	never, anyhow, withMFA := []string(nil), kinds(), []string{byMFA}
	for _, row := range []struct {
		action, resource  string
		allowed, undenied []string
	}{
		{"iam:ChangePassword", alice, anyhow, anyhow},
		{"iam:ChangePassword", nested, anyhow, anyhow},
		{"iam:ChangePassword", bob, never, anyhow},
		{"iam:GetAccountPasswordPolicy", "*", anyhow, anyhow},
		{"iam:GetUser", alice, anyhow, anyhow},
		{"iam:GetLoginProfile", alice, anyhow, anyhow},
		{"iam:CreateVirtualMFADevice", device, anyhow, anyhow},
		{"iam:CreateVirtualMFADevice", spare, anyhow, anyhow},
		{"iam:EnableMFADevice", alice, anyhow, anyhow},
		{"iam:EnableMFADevice", bob, never, anyhow},
		{"iam:ResyncMFADevice", nested, anyhow, anyhow},
		{"iam:ListMFADevices", alice, anyhow, anyhow},
		{"iam:GetMFADevice", alice, anyhow, anyhow},
		{"iam:ListVirtualMFADevices", "arn:aws:iam::111122223333:mfa/", anyhow, anyhow},
		{"iam:DeactivateMFADevice", alice, withMFA, withMFA},
		{"iam:DeactivateMFADevice", bob, never, withMFA},
		{"iam:DeleteVirtualMFADevice", device, withMFA, withMFA},
		{"iam:CreateAccessKey", alice, withMFA, withMFA},
		{"iam:CreateAccessKey", bob, never, withMFA},
		{"iam:ListAccessKeys", nested, withMFA, withMFA},
		{"iam:UpdateAccessKey", alice, withMFA, withMFA},
		{"iam:DeleteAccessKey", alice, withMFA, withMFA},
		{"iam:GetAccessKeyLastUsed", alice, withMFA, withMFA},
		{"iam:CreateLoginProfile", alice, never, withMFA},
		{"iam:UpdateLoginProfile", alice, never, withMFA},
		{"iam:AttachUserPolicy", alice, never, withMFA},
		{"iam:PutUserPolicy", alice, never, withMFA},
		{"iam:DeleteUserPolicy", alice, never, withMFA},
		{"iam:DeleteUserPermissionsBoundary", alice, never, withMFA},
		{"iam:AddUserToGroup", "arn:aws:iam::111122223333:group/admins", never, withMFA},
		{"signin:AuthorizeOAuth2Access", "arn:aws:signin:eu-west-1:111122223333:oauth2/public-client/localhost", anyhow, anyhow},
		{"signin:CreateOAuth2Token", "arn:aws:signin:eu-west-1:111122223333:oauth2/public-client/remote", anyhow, anyhow},
		{"sts:GetSessionToken", "*", never, anyhow}, // takes no permission
		{"sts:GetCallerIdentity", "*", never, anyhow},
		{"sts:AssumeRole", role, never, withMFA},
		{"s3:GetObject", "arn:aws:s3:::data/x", never, withMFA},
	} {
		alone := parse(t, policies.SelfService(policies.SelfServiceOptions{}).JSON(), policy.Identity)
		for _, kind := range kinds() {
			got := alone.Evaluate(policy.Request{Action: row.action, Resource: row.resource, Context: asked(kind, "alice")})
			if want := slices.Contains(row.allowed, kind); got.Allowed != want {
				t.Errorf("%s on %s by %s: allowed is %v, want %v", row.action, row.resource, kind, got.Allowed, want)
			}
			if want := !slices.Contains(row.undenied, kind); got.Denied != want {
				t.Errorf("%s on %s by %s: denied is %v, want %v", row.action, row.resource, kind, got.Denied, want)
			}
		}
	}
}

// TestSelfServiceOneDevice: with OneDevice nobody can have a second device under any
// other name, whatever they hold.
func TestSelfServiceOneDevice(t *testing.T) {
	t.Parallel()
	d := parse(t, policies.SelfService(policies.SelfServiceOptions{Partition: "aws-cn", OneDevice: true}).JSON(), policy.Identity)
	for _, row := range []struct {
		resource string
		allowed  bool
	}{
		{"arn:aws-cn:iam::111122223333:mfa/alice", true},
		{"arn:aws-cn:iam::111122223333:mfa/alice-2", false},
		{"arn:aws-cn:iam::111122223333:mfa/bob", false},
		{"arn:aws:iam::111122223333:mfa/alice", false},
	} {
		for _, kind := range kinds() {
			got := d.Evaluate(policy.Request{Action: "iam:CreateVirtualMFADevice", Resource: row.resource, Context: asked(kind, "alice")})
			if got.Allowed != row.allowed {
				t.Errorf("%s by %s: allowed is %v", row.resource, kind, got.Allowed)
			}
		}
	}
}

func TestAssumeRoles(t *testing.T) {
	t.Parallel()
	d, err := policies.AssumeRoles([]string{role, "arn:aws:iam::*:role/team/*", role}, policies.AssumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(d.JSON(), role); n != 1 {
		t.Errorf("the role is there %d times", n)
	}
	for _, row := range []struct {
		action, resource string
		allowed          bool
	}{
		{"sts:AssumeRole", role, true},
		{"sts:AssumeRole", "arn:aws:iam::1:role/team/a", true},
		{"sts:AssumeRole", role + "er", false},
		{"sts:TagSession", role, false},
		{"sts:SetSourceIdentity", role, false},
		{"sts:AssumeRoleWithSAML", role, false},
	} {
		if got := parse(t, d.JSON(), policy.Identity).Evaluate(policy.Request{Action: row.action, Resource: row.resource}); got.Allowed != row.allowed {
			t.Errorf("%s on %s: %+v", row.action, row.resource, got)
		}
	}
	d, _ = policies.AssumeRoles([]string{role}, policies.AssumeOptions{SessionTags: true, SourceIdentity: true})
	for _, action := range []string{"sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRole"} {
		if !parse(t, d.JSON(), policy.Identity).Evaluate(policy.Request{Action: action, Resource: role}).Allowed {
			t.Errorf("%s is not allowed", action)
		}
	}
}

func TestAssumeRolesRefuses(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{
		"", "deploy", "arn:aws:iam::444455556666:user/alice", "arn:aws:sts::444455556666:assumed-role/deploy/x",
		"arn:aws:iam::44445555666:role/deploy", "arn:aws:iam:eu-west-1:444455556666:role/deploy", "arn:aws:iam::444455556666:role/",
		role + "\"", role + " ", "arn:aws:iam::444455556666:role/a\nb", "arn:aws:iam::444455556666:role/${aws:username}",
	} {
		if d, err := policies.AssumeRoles([]string{role, arn}, policies.AssumeOptions{}); err == nil {
			t.Errorf("%q is taken:\n%s", arn, d.JSON())
		}
	}
	if _, err := policies.AssumeRoles(nil, policies.AssumeOptions{}); err == nil {
		t.Error("no role is taken")
	}
}

// TestSize: both documents that onboarding attaches fit into what a user's inline
// policies may have together.
func TestSize(t *testing.T) {
	t.Parallel()
	self := policies.SelfService(policies.SelfServiceOptions{Partition: "aws-us-gov"})
	var arns []string
	for _, name := range []string{"read", "deploy", "administrate", "audit", "bill", "restore"} {
		arns = append(arns, "arn:aws-us-gov:iam::444455556666:role/"+name)
	}
	roles, err := policies.AssumeRoles(arns, policies.AssumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []policies.Document{self, roles} {
		blank := func(r rune) rune {
			if r == ' ' || r == '\n' {
				return -1
			}
			return r
		}
		if n := len(strings.Map(blank, d.JSON())); n != d.Size() {
			t.Errorf("the size is %d, and %d are counted", d.Size(), n)
		}
	}
	if n := self.Size() + roles.Size(); n > policies.MaxInline {
		t.Errorf("together %d characters", n)
	}
}
