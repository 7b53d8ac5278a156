package sandbox_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	devDeveloper   = "arn:aws:iam::444455556666:role/Developer"
	devReadOnly    = "arn:aws:iam::444455556666:role/ReadOnly"
	stageDeveloper = "arn:aws:iam::777788889999:role/Developer"
	stageAuditor   = "arn:aws:iam::777788889999:role/Auditor"
	stageRelease   = "arn:aws:iam::777788889999:role/Release"
	prodAdmin      = "arn:aws:iam::123456789012:role/Admin"
	prodReadOnly   = "arn:aws:iam::123456789012:role/ReadOnly"
	aliceSerial    = "arn:aws:iam::111122223333:mfa/alice"
	carolSerial    = "arn:aws:iam::111122223333:mfa/carol"
	wrongCode      = "MultiFactorAuthentication failed with invalid MFA one time pass code."
	wrongSerial    = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
	halfMFA        = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
)

func notAuthorized(who, action, role string) string {
	return "User: arn:aws:" + who + " is not authorized to perform: " + action + " on resource: " + role
}

// TestAssumeRole is the table of what the example organisation lets whom do.
// Every row has a server of its own; {code} is a fresh code of alice.
func TestAssumeRole(t *testing.T) {
	t.Parallel()
	const user, bobARN = "iam::111122223333:user/alice", "iam::111122223333:user/bob"
	mfa := []string{"SerialNumber", aliceSerial, "TokenCode", "{code}"}
	with := func(extra ...string) []string { return append(append([]string{}, mfa...), extra...) }
	for _, c := range []struct {
		name          string
		as            func(*bench) aws.Credentials
		role, session string
		params        []string
		status        int
		code, message string
	}{
		{"MFA on the call", long(alice), devDeveloper, "s1", mfa, 200, "", ""},
		{"no MFA", long(alice), devDeveloper, "s1", nil, 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", devDeveloper)},
		{"MFA session", mfaSession, devDeveloper, "s1", nil, 200, "", ""},
		{"session without MFA", plainSession, devDeveloper, "s1", nil, 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", devDeveloper)},
		{"role that needs no MFA", long(alice), devReadOnly, "s1", nil, 200, "", ""},
		{"no such role", long(alice), "arn:aws:iam::444455556666:role/Nobody", "s1", nil, 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", "arn:aws:iam::444455556666:role/Nobody")},
		{"role name in another case", long(alice), "arn:aws:iam::444455556666:role/readonly", "s1", nil, 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", "arn:aws:iam::444455556666:role/readonly")},
		{"role without its path", long(alice), "arn:aws:iam::444455556666:role/Deploy", "s1", nil, 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", "arn:aws:iam::444455556666:role/Deploy")},
		{"allowed by the caller's policy", long(bob), devReadOnly, "s1", nil, 200, "", ""},
		{"not allowed by the caller's policy", long(bob), prodReadOnly, "s1", nil, 403, "AccessDenied", notAuthorized(bobARN, "sts:AssumeRole", prodReadOnly)},
		{"denied without MFA", long(carol), devReadOnly, "s1", nil, 403, "AccessDenied",
			notAuthorized("iam::111122223333:user/contractors/carol", "sts:AssumeRole", devReadOnly) + " with an explicit deny in an identity-based policy"},

		{"wrong code", long(alice), devDeveloper, "s1", []string{"SerialNumber", aliceSerial, "TokenCode", "000000"}, 403, "AccessDenied", wrongCode},
		{"another's device", long(alice), devDeveloper, "s1", []string{"SerialNumber", carolSerial, "TokenCode", "{code}"}, 403, "AccessDenied", wrongSerial},
		{"device of the role's account", long(alice), devDeveloper, "s1", []string{"SerialNumber", "arn:aws:iam::444455556666:mfa/alice", "TokenCode", "{code}"}, 403, "AccessDenied", wrongSerial},
		{"user without a device", long(bob), devReadOnly, "s1", mfa, 403, "AccessDenied", wrongSerial},
		{"code without device", long(alice), devDeveloper, "s1", []string{"TokenCode", "{code}"}, 403, "AccessDenied", halfMFA},
		{"device without code", long(alice), devDeveloper, "s1", []string{"SerialNumber", aliceSerial}, 403, "AccessDenied", halfMFA},

		{"external id", long(alice), prodAdmin, "s1", with("ExternalId", "latchkey-prod"), 200, "", ""},
		{"wrong external id", long(alice), prodAdmin, "s1", with("ExternalId", "latchkey"), 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", prodAdmin)},
		{"no external id", long(alice), prodAdmin, "s1", mfa, 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", prodAdmin)},
		{"session name is the user's", long(alice), stageDeveloper, "alice", mfa, 200, "", ""},
		{"session name is another", long(alice), stageDeveloper, "alicia", mfa, 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", stageDeveloper)},
		{"source identity is the user's", long(alice), stageDeveloper, "alice", with("SourceIdentity", "alice"), 200, "", ""},
		{"source identity is another", long(alice), stageDeveloper, "alice", with("SourceIdentity", "bob"), 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", stageDeveloper)},
		{"source identity not let in", long(alice), prodReadOnly, "s1", with("SourceIdentity", "alice"), 403, "AccessDenied", notAuthorized(user, "sts:SetSourceIdentity", prodReadOnly)},
		{"tags", long(alice), stageAuditor, "s1", []string{"SourceIdentity", "alice", "Tags.member.1.Key", "Team", "Tags.member.1.Value", "platform"}, 200, "", ""},
		{"tag with another value", long(alice), stageAuditor, "s1", []string{"SourceIdentity", "alice", "Tags.member.1.Key", "Team", "Tags.member.1.Value", "sales"}, 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", stageAuditor)},
		{"a tag too many", long(alice), stageAuditor, "s1", []string{"SourceIdentity", "alice", "Tags.member.1.Key", "Team", "Tags.member.1.Value", "platform", "Tags.member.2.Key", "Pet", "Tags.member.2.Value", "x"}, 403, "AccessDenied", notAuthorized(user, "sts:AssumeRole", stageAuditor)},
		{"tags not let in", long(alice), prodAdmin, "s1", with("ExternalId", "latchkey-prod", "Tags.member.1.Key", "Team", "Tags.member.1.Value", "x"), 403, "AccessDenied", notAuthorized(user, "sts:TagSession", prodAdmin)},

		{"twelve hours", long(alice), devDeveloper, "s1", with("DurationSeconds", "43200"), 200, "", ""},
		{"longer than the role allows", long(alice), prodAdmin, "s1", with("ExternalId", "latchkey-prod", "DurationSeconds", "3601"), 400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},
		{"MFA session longer than an hour", mfaSession, devDeveloper, "s1", []string{"DurationSeconds", "3601"}, 400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."},
		{"role chaining", devSession, stageRelease, "s1", nil, 200, "", ""},
		{"role chaining longer than an hour", devSession, stageRelease, "s1", []string{"DurationSeconds", "7200"}, 400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."},
		{"role chaining from a role not trusted", devSession, prodReadOnly, "s1", nil, 403, "AccessDenied", notAuthorized("sts::444455556666:assumed-role/Developer/alice", "sts:AssumeRole", prodReadOnly) + " with an explicit deny in a resource-based policy"},
		{"MFA of a role session", devSession, stageRelease, "s1", mfa, 403, "AccessDenied", wrongSerial},
		{"federated user", federated, devReadOnly, "s1", nil, 403, "AccessDenied", notAuthorized("sts::111122223333:federated-user/fred", "sts:AssumeRole", devReadOnly)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			creds := c.as(b)
			v := form("AssumeRole", "RoleArn", c.role, "RoleSessionName", c.session)
			for i := 0; i < len(c.params); i += 2 {
				value := c.params[i+1]
				if value == "{code}" {
					value = b.code("alice")
				}
				v.Set(c.params[i], value)
			}
			got := b.call(creds, v, nil)
			if got.Status != c.status || got.Code != c.code || got.Message != c.message {
				t.Fatalf("%d %s: %q\nwant %d %s: %q", got.Status, got.Code, got.Message, c.status, c.code, c.message)
			}
			if c.status == 200 {
				checkSession(t, b, c.role, c.session, v, got)
			}
		})
	}
}

// checkSession looks at the credentials and uses them.
func checkSession(t *testing.T, b *bench, role, session string, v url.Values, got answer) {
	t.Helper()
	name := role[strings.LastIndex(role, "/")+1:]
	want := strings.Replace(strings.Split(role, ":role/")[0], ":iam:", ":sts:", 1) + ":assumed-role/" + name + "/" + session
	lifetime := time.Hour
	if v.Get("DurationSeconds") == "43200" {
		lifetime = 12 * time.Hour
	}
	id := got.Credentials.AccessKeyID
	if len(id) != 20 || !strings.HasPrefix(id, "ASIA") || !strings.HasSuffix(id, "EXAMPLE") || len(got.Credentials.SecretAccessKey) != 40 {
		t.Errorf("key %q with a secret of %d", id, len(got.Credentials.SecretAccessKey))
	}
	if got.Arn != want || !strings.HasSuffix(got.AssumedID, "EXAMPLE:"+session) || !got.Expiration.Equal(start().Add(lifetime)) || got.SourceIdentity != v.Get("SourceIdentity") {
		t.Errorf("ARN %s, id %s, expires %s, source identity %q", got.Arn, got.AssumedID, got.Expiration, got.SourceIdentity)
	}
	who := b.call(got.Credentials, form("GetCallerIdentity"), nil)
	if who.Arn != want || who.UserID != got.AssumedID || !strings.Contains(role, who.Account) {
		t.Errorf("identity %s %s %s", who.Arn, who.UserID, who.Account)
	}
}

func long(c func() aws.Credentials) func(*bench) aws.Credentials {
	return func(*bench) aws.Credentials { return c() }
}

func mfaSession(b *bench) aws.Credentials {
	return b.must(alice(), form("GetSessionToken", "SerialNumber", aliceSerial, "TokenCode", b.code("alice")))
}

func plainSession(b *bench) aws.Credentials { return b.must(alice(), form("GetSessionToken")) }

func devSession(b *bench) aws.Credentials {
	return b.must(alice(), form("AssumeRole", "RoleArn", devDeveloper, "RoleSessionName", "alice", "SerialNumber", aliceSerial, "TokenCode", b.code("alice")))
}

func federated(b *bench) aws.Credentials {
	return b.must(alice(), form("GetFederationToken", "Name", "fred"))
}

// must is a call that has to succeed.
func (b *bench) must(c aws.Credentials, v url.Values) aws.Credentials {
	b.t.Helper()
	got := b.call(c, v, nil)
	if got.Status != 200 {
		b.t.Fatalf("%s: %d %s: %s", v.Get("Action"), got.Status, got.Code, got.Message)
	}
	return got.Credentials
}
