package sandbox_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// source is an operation that hands out credentials.
type source struct {
	name string
	get  func(*bench) string // the answer's body
}

func sources() []source {
	post := func(c func(*bench) aws.Credentials, action string, pairs ...string) func(*bench) string {
		return func(b *bench) string { return b.call(c(b), form(action, pairs...), nil).Body }
	}
	return []source{
		{"AssumeRole", post(long(alice), "AssumeRole", "RoleArn", devReadOnly, "RoleSessionName", "s1")},
		{"GetSessionToken", post(long(alice), "GetSessionToken")},
		{"GetFederationToken", post(long(alice), "GetFederationToken", "Name", "fred")},
		{"AssumeRoleWithWebIdentity", func(b *bench) string {
			token, err := b.WebIdentityToken("ci", 0)
			if err != nil {
				b.t.Fatal(err)
			}
			return b.call(aws.Credentials{}, form("AssumeRoleWithWebIdentity", "RoleArn", "arn:aws:iam::444455556666:role/ci/Deploy", "RoleSessionName", "ci", "WebIdentityToken", token), nil).Body
		}},
		{"GetRoleCredentials", func(b *bench) string {
			in, err := b.SignInSSO("alice")
			if err != nil {
				b.t.Fatal(err)
			}
			_, body, _ := b.send("GET", devRole("444455556666", "Developer"), "", bearer, in.AccessToken)
			return body
		}},
		{"CreateOAuth2Token", func(b *bench) string {
			in, err := b.SignInConsole("alice")
			if err != nil {
				b.t.Fatal(err)
			}
			_, out, _ := b.login(in.Key, object{"clientId": in.ClientID, "grantType": "refresh_token", "refreshToken": in.RefreshToken})
			text, _ := json.Marshal(out)
			return string(text)
		}},
		{"imds", func(b *bench) string {
			_, token, _ := b.send("PUT", "/latest/api/token", "", ttlHeader, "60")
			_, body, _ := b.send("GET", credsPath+"Instance", "", tokenHeader, token)
			return body
		}},
		{"container", func(b *bench) string {
			_, body, _ := b.send("GET", "/container/credentials", "", "Authorization", b.Ready().ContainerToken)
			return body
		}},
	}
}

// wire reads credentials out of any service's answer: the names that are there,
// and the values.
func wire(t *testing.T, body string) (names []string, c aws.Credentials, expires string) {
	t.Helper()
	set := func(name, value string) {
		switch {
		case strings.EqualFold(name, "AccessKeyId"):
			name, c.AccessKeyID = "access_key_id", value
		case strings.EqualFold(name, "SecretAccessKey"):
			name, c.SecretAccessKey = "secret_access_key", value
		case strings.EqualFold(name, "SessionToken"), name == "Token":
			name, c.SessionToken = "session_token", value
		case strings.EqualFold(name, "Expiration"), name == "expiresIn":
			name, expires = "expiration", value
		default:
			return
		}
		names = append(names, name)
	}
	if strings.HasPrefix(body, "<") {
		for part := range strings.SplitSeq(body, "<") {
			if name, value, ok := strings.Cut(part, ">"); ok && !strings.HasPrefix(name, "/") {
				set(name, value)
			}
		}
		slices.Sort(names)
		return names, c, expires
	}
	var walk func(map[string]json.RawMessage)
	walk = func(m map[string]json.RawMessage) {
		for name, raw := range m {
			var inner map[string]json.RawMessage
			if json.Unmarshal(raw, &inner) == nil && inner != nil {
				walk(inner)
				continue
			}
			set(name, strings.Trim(string(raw), `"`))
		}
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &top); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	walk(top)
	slices.Sort(names)
	return names, c, expires
}

// TestFailureCredentials changes what each operation hands out.
func TestFailureCredentials(t *testing.T) {
	t.Parallel()
	all := []string{"access_key_id", "expiration", "secret_access_key", "session_token"}
	for _, from := range sources() {
		b := newBench(t)
		get := func(failure string) ([]string, aws.Credentials, string) {
			t.Helper()
			b.ClearFailures()
			if failure != "" {
				b.fail(failure)
			}
			return wire(t, from.get(b))
		}
		works := func(c aws.Credentials) string { return b.call(c, form("GetCallerIdentity"), nil).Code }
		names, first, _ := get("")
		if !slices.Equal(names, all) || works(first) != "" {
			t.Fatalf("%s: %q %s", from.name, names, works(first))
		}

		_, c, expires := get(`{"lifetime":"-1s"}`)
		if want := []string{"2026-03-04T05:06:06Z", "-1", "1772600766000"}; works(c) != "ExpiredToken" || !slices.Contains(want, expires) {
			t.Errorf("%s: expired on arrival: %s, %s", from.name, works(c), expires)
		}
		_, c, expires = get(`{"lifetime":"70s"}`)
		if want := []string{"2026-03-04T05:07:17Z", "70", "1772600837000"}; works(c) != "" || !slices.Contains(want, expires) {
			t.Errorf("%s: for 70 seconds: %s, %s", from.name, works(c), expires)
		}
		b.clock.Advance(70 * time.Second)
		if works(c) != "ExpiredToken" || works(first) != "" {
			t.Errorf("%s: after 70 seconds: %s, the first ones %s", from.name, works(c), works(first))
		}

		_, second, _ := get(`{"rotate":true}`)
		_, third, _ := get(`{"rotate":true}`)
		if works(second) != "ExpiredToken" || works(third) != "" || works(first) != "ExpiredToken" {
			t.Errorf("%s: rotated: %q, %q, %q", from.name, works(first), works(second), works(third))
		}
		names, c, expires = get(`{"drop":["session_token","expiration"],"empty":["secret_access_key"]}`)
		if !slices.Equal(names, []string{"access_key_id", "secret_access_key"}) || c.SecretAccessKey != "" || c.SessionToken != "" || expires != "" || c.AccessKeyID == "" {
			t.Errorf("%s: without token and end: %q %q", from.name, names, c.SecretAccessKey)
		}
		names, c, _ = get(`{"empty":["access_key_id","session_token","expiration"]}`)
		if !slices.Equal(names, all) || c.AccessKeyID != "" || c.SessionToken != "" || c.SecretAccessKey == "" {
			t.Errorf("%s: empty: %q", from.name, names)
		}
		if names, c, _ = get(""); !slices.Equal(names, all) || works(c) != "" {
			t.Errorf("%s: afterwards: %q %s", from.name, names, works(c))
		}
		if n := b.RevokeSessions(); n < 1 || works(c) != "ExpiredToken" || b.RevokeSessions() != 0 {
			t.Errorf("%s: %d revoked: %s", from.name, n, works(c))
		}
		if _, c, _ = get(""); works(c) != "" {
			t.Errorf("%s: new ones: %s", from.name, works(c))
		}
	}
}

// TestFailureCredentialsMatch meets only what hands out credentials.
func TestFailureCredentialsMatch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail(`{"lifetime":"-1s","times":1}`)
	session := b.must(alice(), form("GetCallerIdentity")) // lets it be
	if f := b.Failures()[0]; f.Seen != 0 || session.AccessKeyID != "" {
		t.Errorf("seen %d", f.Seen)
	}
	session = b.must(alice(), form("GetSessionToken"))
	if f := b.Failures()[0]; f.Hits != 1 || b.call(session, form("GetCallerIdentity"), nil).Code != "ExpiredToken" || !b.Requests()[1].Injected {
		t.Errorf("%+v", b.Failures())
	}
	if status, body, _ := b.send("POST", "/_sandbox/revoke", ""); status != 200 || body != "{\"revoked\":0}\n" {
		t.Errorf("revoked: %d %s", status, body)
	}
	if status, _, _ := b.send("GET", "/_sandbox/revoke", ""); status != 405 {
		t.Errorf("GET: %d", status)
	}
	role := devSession(b)
	if status, token := b.federate(role); status != 200 || b.RevokeSessions() != 1 {
		t.Errorf("federated: %d", status)
	} else if p := b.visitor().open(b.consoleURL(token)); p.status != 400 || b.last().Code != "ExpiredToken" {
		t.Errorf("the console of a revoked session: %d", p.status)
	}
}
