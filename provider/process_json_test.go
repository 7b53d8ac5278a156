package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/provider"
)

func TestParseProcess(t *testing.T) {
	t.Parallel()
	const keys = `"AccessKeyId": "AKIA1", "SecretAccessKey": "canary"`
	tests := []struct {
		in      string
		failure provider.ProcessFailure
		why     string
	}{
		{`{"Version": 1, ` + keys + `}`, "", ""},
		{` {"Version": 1.0, ` + keys + `, "SessionToken": null, "Expiration": null, "AccountId": null, "Other": [1]}` + "\r\n", "", ""},
		{`{` + keys + `}`, provider.ProcessWrongVersion, "no Version"},
		{`{"version": 1, ` + keys + `}`, provider.ProcessWrongVersion, "no Version"},
		{`{"Version": "1", ` + keys + `}`, provider.ProcessWrongVersion, "as a string"},
		{`{"Version": 2, ` + keys + `}`, provider.ProcessWrongVersion, "Version 2, and only 1"},
		{`{"Version": true, ` + keys + `}`, provider.ProcessWrongVersion, "not the number 1"},
		{`{"Version": null, ` + keys + `}`, provider.ProcessWrongVersion, "not the number 1"},
		{`{"Version": 1, "AccessKeyId": "AKIA1"}`, provider.ProcessMissingField, "no SecretAccessKey"},
		{`{"Version": 1, "SecretAccessKey": "canary"}`, provider.ProcessMissingField, "no AccessKeyId"},
		{`{"Version": 1, "AccessKeyID": "AKIA1", "SecretAccessKey": "canary"}`, provider.ProcessMissingField, "no AccessKeyId"},
		{`{"Version": 1, "AccessKeyId": "AKIA1", "SecretAccessKey": ""}`, provider.ProcessMissingField, "no SecretAccessKey"},
		{`{"Version": 1, "AccessKeyId": 1, "SecretAccessKey": "canary"}`, provider.ProcessWrongField, "AccessKeyId that is not a string"},
		{`{"Version": 1, ` + keys + `, "SessionToken": ["canary"]}`, provider.ProcessWrongField, "SessionToken that is not a string"},
		{`{"Version": 1, ` + keys + `, "Expiration": 1767355200}`, provider.ProcessWrongField, "Expiration that is not a string"},
		{`{"Version": 1, ` + keys + `, "Expiration": "canary"}`, provider.ProcessWrongField, "Expiration that is not an ISO 8601"},
		{`{"Version": 1, ` + keys + `, "Expiration": ""}`, provider.ProcessWrongField, "Expiration that is not an ISO 8601"},
		{``, provider.ProcessNotJSON, "is empty"},
		{"\n", provider.ProcessNotJSON, "is empty"},
		{`canary`, provider.ProcessNotJSON, "is text"},
		{`Please sign in`, provider.ProcessNotJSON, "is text"},
		{`<html>canary`, provider.ProcessNotJSON, "begins like HTML"},
		{`[1]`, provider.ProcessNotJSON, "is JSON but no object"},
		{`null`, provider.ProcessNotJSON, "is JSON but no object"},
		{`{"Version": 1, "SecretAccessKey": "canary`, provider.ProcessNotJSON, "begins like JSON"},
		{`{"Version": 1} {"canary": 1}`, provider.ProcessNotJSON, "begins like JSON"},
		{"\xff\xfe{\x00", provider.ProcessNotJSON, "is UTF-16"},
		{"\xef\xbb\xbf{}", provider.ProcessNotJSON, "byte order mark"},
		{"{\"Version\": 1, \"SecretAccessKey\": \"canary\xff\"}", provider.ProcessNotJSON, "is binary"},
		{strings.Repeat("[", 60_000), provider.ProcessNotJSON, "is text"},
	}
	for _, tt := range tests {
		creds, failure := provider.ExportParseProcess([]byte(tt.in))
		if tt.failure == "" {
			if failure != nil || creds.AccessKeyID != "AKIA1" || creds.SecretAccessKey != "canary" || creds.SessionToken != "" || creds.CanExpire {
				t.Errorf("%s: %+v, %v", tt.in, creds, failure)
			}
			continue
		}
		if failure == nil {
			t.Errorf("%.60s: taken", tt.in)
			continue
		}
		if failure.Failure != tt.failure || !strings.Contains(failure.Why, tt.why) {
			t.Errorf("%.60s: %s, %s; want %s, %s", tt.in, failure.Failure, failure.Why, tt.failure, tt.why)
		}
		clean(t, failure)
	}
}

func TestParseProcessExpiration(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2026-01-02T12:00:00Z", "2026-01-02T12:00:00.000Z", "2026-01-02T12:00:00+00:00", "2026-01-02T07:00:00-05:00",
		"2026-01-02T12:00:00.000000+0000", "2026-01-02 12:00:00Z", "20260102T120000Z",
	} {
		creds, failure := provider.ExportParseProcess([]byte(`{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T", "AccountId": "1", "Expiration": "` + text + `"}`))
		if failure != nil || !creds.CanExpire || !creds.Expires.Equal(noon) || creds.SessionToken != "T" || creds.AccountID != "1" {
			t.Errorf("%s: %+v, %v", text, creds, failure)
		}
	}
}

// FuzzParseProcess holds that nothing gets into an error which came in, and that
// what is taken is whole.
func FuzzParseProcess(f *testing.F) {
	for _, seed := range []string{
		`{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "Expiration": "2026-01-02T12:00:00Z"}`,
		`{"Version": "1"}`, `{"Version": 1e0}`, `{`, `<`, "\xff", `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		creds, failure := provider.ExportParseProcess(in)
		if failure == nil && (creds.AccessKeyID == "" || creds.SecretAccessKey == "" || creds.CanExpire && creds.Expires.Equal(time.Time{})) {
			t.Errorf("%q taken as %+v", in, creds)
		}
		_, planted := provider.ExportParseProcess(append([]byte("canary"), in...))
		clean(t, planted)
	})
}
