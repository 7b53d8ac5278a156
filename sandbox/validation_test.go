package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestValidation has one wrong parameter a row, in AWS's words.
func TestValidation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	role := []string{"RoleArn", devReadOnly, "RoleSessionName", "s1"}
	with := func(extra ...string) []string { return append(append([]string{}, role...), extra...) }
	one := func(value, member, constraint string) string {
		return "1 validation error detected: Value " + value + " at '" + member + "' failed to satisfy constraint: " + constraint
	}
	long := strings.Repeat("x", 65)
	for _, c := range []struct {
		action  string
		params  []string
		code    string
		message string
	}{
		{"AssumeRole", nil, "ValidationError", "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"},
		{"AssumeRole", []string{"RoleArn", "short", "RoleSessionName", "s1"}, "ValidationError", one("'short'", "roleArn", "Member must have length greater than or equal to 20")},
		{"AssumeRole", []string{"RoleArn", "arn:aws:iam::1:role/ReadOnly", "RoleSessionName", "s1"}, "ValidationError", "arn:aws:iam::1:role/ReadOnly is invalid"},
		{"AssumeRole", []string{"RoleArn", devReadOnly, "RoleSessionName", "s"}, "ValidationError", one("'s'", "roleSessionName", "Member must have length greater than or equal to 2")},
		{"AssumeRole", []string{"RoleArn", devReadOnly, "RoleSessionName", long}, "ValidationError", one("'"+long+"'", "roleSessionName", "Member must have length less than or equal to 64")},
		{"AssumeRole", []string{"RoleArn", devReadOnly, "RoleSessionName", "a b"}, "ValidationError", one("'a b'", "roleSessionName", `Member must satisfy regular expression pattern: [\w+=,.@-]*`)},
		{"AssumeRole", with("DurationSeconds", "899"), "ValidationError", one("'899'", "durationSeconds", "Member must have value greater than or equal to 900")},
		{"AssumeRole", with("DurationSeconds", "43201"), "ValidationError", one("'43201'", "durationSeconds", "Member must have value less than or equal to 43200")},
		{"AssumeRole", with("DurationSeconds", "1h"), "ValidationError", one("'1h'", "durationSeconds", "Member must be an integer")},
		{"AssumeRole", with("ExternalId", "x"), "ValidationError", one("'x'", "externalId", "Member must have length greater than or equal to 2")},
		{"AssumeRole", with("ExternalId", "a b"), "ValidationError", one("'a b'", "externalId", `Member must satisfy regular expression pattern: [\w+=,.@:\/-]*`)},
		{"AssumeRole", with("TokenCode", "12345x", "SerialNumber", aliceSerial), "ValidationError", one("'12345x'", "tokenCode", `Member must satisfy regular expression pattern: [\d]*`)},
		{"AssumeRole", with("TokenCode", "12345", "SerialNumber", aliceSerial), "ValidationError", one("'12345'", "tokenCode", "Member must have length greater than or equal to 6")},
		{"AssumeRole", with("SourceIdentity", "x"), "ValidationError", one("'x'", "sourceIdentity", "Member must have length greater than or equal to 2")},
		{"AssumeRole", with("Policy", "no json"), "MalformedPolicyDocument", "The policy is not in the valid JSON format."},
		{"AssumeRole", with("Policy", `{"Version":"2012-10-17"}`), "MalformedPolicyDocument", "Syntax errors in policy."},
		{"AssumeRole", with("Policy", strings.Repeat("x", 2049)), "ValidationError", one("'"+strings.Repeat("x", 200)+"'", "policy", "Member must have length less than or equal to 2048")},
		{"AssumeRole", with("PolicyArns.member.1.arn", "arn:aws:s3:::bucket-name"), "ValidationError", "ARN arn:aws:s3:::bucket-name is not valid."},
		{"AssumeRole", with("PolicyArns.member.1.arn", "x"), "ValidationError", one("'x'", "policyArns.1.member.arn", "Member must have length greater than or equal to 20")},
		{"AssumeRole", with("Tags.member.1.Key", "", "Tags.member.1.Value", "x"), "ValidationError", one("''", "tags.1.member.key", "Member must have length greater than or equal to 1")},
		{"AssumeRole", with("Tags.member.1.Key", "aws:x", "Tags.member.1.Value", "x"), "ValidationError", "Tag keys must not begin with aws:."},
		{"AssumeRole", with("Tags.member.1.Key", "a", "Tags.member.2.Key", "A"), "ValidationError", "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
		{"AssumeRole", with("TransitiveTagKeys.member.1", "a"), "ValidationError", "The specified transitive tag key a must be included in the requested tags."},
		{"AssumeRoleWithWebIdentity", role, "ValidationError", one("null", "webIdentityToken", "Member must not be null")},
		{"AssumeRoleWithWebIdentity", with("WebIdentityToken", "abc"), "ValidationError", one("", "webIdentityToken", "Member must have length greater than or equal to 4")},
		{"GetSessionToken", []string{"DurationSeconds", "129601"}, "ValidationError", one("'129601'", "durationSeconds", "Member must have value less than or equal to 129600")},
		{"GetFederationToken", nil, "ValidationError", one("null", "name", "Member must not be null")},
		{"GetFederationToken", []string{"Name", strings.Repeat("n", 33)}, "ValidationError", one("'"+strings.Repeat("n", 33)+"'", "name", "Member must have length less than or equal to 32")},
		{"GetAccessKeyInfo", []string{"AccessKeyId", "AKIANOBODY001EXAMPLE"}, "ValidationError", "Access key AKIANOBODY001EXAMPLE is not valid."},
	} {
		got := b.call(alice(), form(c.action, c.params...), nil)
		if got.Status != 400 || got.Code != c.code || got.Message != c.message || got.Type != "Sender" {
			t.Errorf("%s %v: %d %s: %q\nwant %s: %q", c.action, c.params, got.Status, got.Code, got.Message, c.code, c.message)
		}
	}
}

// TestCounts has the limits of lists and of all of them together.
func TestCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tagged := func(n, size int) []string {
		out := []string{"RoleArn", devReadOnly, "RoleSessionName", "s1"}
		for i := 1; i <= n; i++ {
			out = append(out, fmt.Sprintf("Tags.member.%d.Key", i), fmt.Sprintf("k%d", i), fmt.Sprintf("Tags.member.%d.Value", i), strings.Repeat("v", size))
		}
		return out
	}
	got := b.call(alice(), form("AssumeRole", tagged(50, 10)...), nil)
	if got.Status != 200 || got.Packed != "16" {
		t.Errorf("50 tags: %d %s, packed %s", got.Status, got.Message, got.Packed)
	}
	got = b.call(alice(), form("AssumeRole", tagged(51, 10)...), nil)
	if got.Code != "ValidationError" || !strings.HasSuffix(got.Message, "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50") {
		t.Errorf("51 tags: %d %s", got.Status, got.Message)
	}
	got = b.call(alice(), form("AssumeRole", tagged(50, 250)...), nil)
	if got.Status != 400 || got.Code != "PackedPolicyTooLarge" || got.Message != "Packed policy consumes 309% of allotted space, please use smaller policy." {
		t.Errorf("large tags: %d %s: %s", got.Status, got.Code, got.Message)
	}
}
