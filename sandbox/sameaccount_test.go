package sandbox_test

import (
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

const sameAccountWorld = `
region: us-east-1
accounts:
  - id: "111122223333"
    name: base
    users:
      - name: ann
        access_keys: [{id: AKIAANN000001EXAMPLE, secret: ann/Sandbox+Secret/000001/bPxREXAMPLEKEY}]
        policies:
          - {Version: "2012-10-17", Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}
          - {Version: "2012-10-17", Statement: {Effect: Deny, Action: "sts:*", Resource: "arn:aws:iam::*:role/Denied"}}
    roles:
      - name: ByAccount
        trust: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {AWS: "111122223333"}, Action: "sts:*"}}
      - name: ByName
        trust: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:user/ann"}, Action: "sts:*"}}
      - name: Denied
        trust: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:user/ann"}, Action: "sts:*"}}
      - name: LongTermOnly
        trust: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {AWS: "*"}, Action: "sts:*", Condition: {"Null": {"aws:MultiFactorAuthPresent": "true"}}}}
      - name: NextByName
        trust: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:role/ByName"}, Action: "sts:*"}}
`

// TestSameAccount: inside one account a trust policy that names the caller
// itself is enough, one that names the account needs the caller's own policy.
func TestSameAccount(t *testing.T) {
	t.Parallel()
	w, err := sandbox.ParseWorld([]byte(sameAccountWorld))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, sandbox.WithWorld(w))
	ann := key("AKIAANN000001EXAMPLE", "ann/Sandbox+Secret/000001/bPxREXAMPLEKEY", "")
	assume := func(role string, more ...string) []string {
		return append([]string{"RoleArn", "arn:aws:iam::111122223333:role/" + role, "RoleSessionName", "s1"}, more...)
	}
	session := b.must(ann, form("GetSessionToken"))
	role := b.must(ann, form("AssumeRole", assume("ByName")...))
	narrowed := b.must(ann, form("AssumeRole", assume("ByName", "PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess")...))
	const user, deny = "iam::111122223333:user/ann", " with an explicit deny in an identity-based policy"
	arn := func(role string) string { return "arn:aws:iam::111122223333:role/" + role }
	for _, c := range []struct {
		name    string
		got     answer
		message string
	}{
		{"named by account", b.call(ann, form("AssumeRole", assume("ByAccount")...), nil), notAuthorized(user, "sts:AssumeRole", arn("ByAccount"))},
		{"named itself", b.call(ann, form("AssumeRole", assume("ByName")...), nil), ""},
		{"denied by its own policy", b.call(ann, form("AssumeRole", assume("Denied")...), nil), notAuthorized(user, "sts:AssumeRole", arn("Denied")) + deny},
		{"no MFA key with long-term keys", b.call(ann, form("AssumeRole", assume("LongTermOnly")...), nil), ""},
		{"an MFA key with a session", b.call(session, form("AssumeRole", assume("LongTermOnly")...), nil), notAuthorized(user, "sts:AssumeRole", arn("LongTermOnly"))},
		{"a role by its ARN", b.call(role, form("AssumeRole", assume("NextByName")...), nil), ""},
		{"a role with a session policy", b.call(narrowed, form("AssumeRole", assume("NextByName")...), nil),
			notAuthorized("sts::111122223333:assumed-role/ByName/s1", "sts:AssumeRole", arn("NextByName"))},
	} {
		if c.got.Message != c.message || (c.got.Status == 200) != (c.message == "") {
			t.Errorf("%s: %d %q, want %q", c.name, c.got.Status, c.got.Message, c.message)
		}
	}
}
