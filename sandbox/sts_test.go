package sandbox_test

import "testing"

func TestSmoke(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.call(alice(), form("GetCallerIdentity"), nil)
	t.Logf("%+v", a)
	a = b.call(alice(), form("AssumeRole", "RoleArn", "arn:aws:iam::444455556666:role/Developer", "RoleSessionName", "alice", "SerialNumber", "arn:aws:iam::111122223333:mfa/alice", "TokenCode", b.code("alice")), nil)
	t.Logf("%+v", a)
	a = b.call(a.Credentials, form("GetCallerIdentity"), nil)
	t.Logf("%+v", a)
	a = b.call(bob(), form("AssumeRole", "RoleArn", "arn:aws:iam::444455556666:role/Developer", "RoleSessionName", "alice"), nil)
	t.Logf("%+v", a)
}
