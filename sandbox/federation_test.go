package sandbox_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/sandbox"
)

const consoleHome = "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1"

// sessionOf is the JSON of the parameter Session.
func sessionOf(t *testing.T, c aws.Credentials) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"sessionId": c.AccessKeyID, "sessionKey": c.SecretAccessKey, "sessionToken": c.SessionToken})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// federate asks for a sign-in token with a form; pairs change parameters.
func (b *bench) federate(c aws.Credentials, pairs ...string) (int, string) {
	b.t.Helper()
	q := url.Values{"Action": {"getSigninToken"}, "Session": {sessionOf(b.t, c)}}
	status, body, _ := b.send("POST", "/federation", changed(q, pairs), "Content-Type", "application/x-www-form-urlencoded")
	var out struct{ SigninToken string }
	if status == 200 && (json.Unmarshal([]byte(body), &out) != nil || len(out.SigninToken) < 64) {
		b.t.Fatalf("no token: %s", body)
	}
	if status != 200 {
		return status, body
	}
	return status, out.SigninToken
}

// consoleURL is where the browser is sent with a token; pairs change parameters.
func (b *bench) consoleURL(token string, pairs ...string) string {
	q := url.Values{"Action": {"login"}, "Issuer": {"https://example.com"}, "Destination": {consoleHome}, "SigninToken": {token}}
	return "/federation?" + changed(q, pairs)
}

func (b *bench) last() sandbox.Recorded {
	log := b.Requests()
	return log[len(log)-1]
}

func ssoSession(b *bench) aws.Credentials {
	in, err := b.SignInSSO("alice")
	if err != nil {
		b.t.Fatal(err)
	}
	_, body, _ := b.send("GET", devRole("444455556666", "Developer"), "", bearer, in.AccessToken)
	var out struct {
		RoleCredentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		b.t.Fatal(err)
	}
	r := out.RoleCredentials
	return key(r.AccessKeyID, r.SecretAccessKey, r.SessionToken)
}

func consoleSignIn(b *bench) aws.Credentials {
	in, err := b.SignInConsole("alice")
	if err != nil {
		b.t.Fatal(err)
	}
	return key(in.AccessKeyID, in.SecretAccessKey, in.SessionToken)
}

func webSession(b *bench) aws.Credentials {
	token, err := b.WebIdentityToken("ci", 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.must(aws.Credentials{}, form("AssumeRoleWithWebIdentity", "RoleArn", "arn:aws:iam::444455556666:role/ci/Deploy", "RoleSessionName", "ci", "WebIdentityToken", token))
}

func chainedSession(b *bench) aws.Credentials {
	return b.must(devSession(b), form("AssumeRole", "RoleArn", stageRelease, "RoleSessionName", "r1", "SourceIdentity", "alice"))
}

func sessionOfSession(b *bench) aws.Credentials {
	return b.must(mfaSession(b), form("AssumeRole", "RoleArn", devDeveloper, "RoleSessionName", "alice"))
}

// TestSignInToken is the table of whose session opens the console, and for how long.
func TestSignInToken(t *testing.T) {
	t.Parallel()
	const duration = "SessionDuration"
	spoil := func(change func(*aws.Credentials)) func(*bench) aws.Credentials {
		return func(b *bench) aws.Credentials {
			c := devSession(b)
			change(&c)
			return c
		}
	}
	for _, c := range []struct {
		name  string
		as    func(*bench) aws.Credentials
		pairs []string
		code  string // as recorded; "": a token
	}{
		{"a role", devSession, nil, ""},
		{"a role and JSON by name", devSession, []string{"SessionType", "json"}, ""},
		{"a permission set", ssoSession, nil, ""},
		{"web identity", webSession, nil, ""},
		{"a role of a role", chainedSession, nil, ""},
		{"a role of a session", sessionOfSession, nil, ""},
		{"a federated user", federated, nil, ""},
		{"a role, shortest", devSession, []string{duration, "900"}, ""},
		{"a role, longest", devSession, []string{duration, "43200"}, ""},
		{"a permission set for 12 hours", ssoSession, []string{duration, "43200"}, ""},
		{"web identity for an hour", webSession, []string{duration, "3600"}, ""},

		{"too short", devSession, []string{duration, "899"}, "InvalidSessionDuration"},
		{"too long", devSession, []string{duration, "43201"}, "InvalidSessionDuration"},
		{"no number", devSession, []string{duration, "1h"}, "InvalidSessionDuration"},
		{"chained", chainedSession, []string{duration, "3600"}, "InvalidSessionDuration"},
		{"chained from a session", sessionOfSession, []string{duration, "3600"}, "InvalidSessionDuration"},
		{"federated", federated, []string{duration, "3600"}, "InvalidSessionDuration"},
		{"long-term keys", long(alice), nil, "AccessDenied"},
		{"GetSessionToken", mfaSession, nil, "AccessDenied"},
		{"a console sign-in", consoleSignIn, nil, "AccessDenied"},
		{"wrong secret", spoil(func(c *aws.Credentials) { c.SecretAccessKey += "x" }), nil, "SignatureDoesNotMatch"},
		{"wrong token", spoil(func(c *aws.Credentials) { c.SessionToken += "x" }), nil, "InvalidClientTokenId"},
		{"no token", spoil(func(c *aws.Credentials) { c.SessionToken = "" }), nil, "InvalidClientTokenId"},
		{"unknown key", spoil(func(c *aws.Credentials) { c.AccessKeyID = "ASIANOBODY001EXAMPLE" }), nil, "InvalidClientTokenId"},
		{"no session", devSession, []string{"Session", ""}, "InvalidSession"},
		{"no JSON", devSession, []string{"Session", "{"}, "InvalidSession"},
		{"no action", devSession, []string{"Action", ""}, "InvalidAction"},
		{"another action", devSession, []string{"Action", "getsigninToken"}, "InvalidAction"},
		{"the browser's action", devSession, []string{"Action", "login"}, "InvalidAction"},
	} {
		b := newBench(t)
		creds := c.as(b)
		status, got := b.federate(creds, c.pairs...)
		last := b.last()
		if (status == 200) != (c.code == "") || last.Service != "console" || last.Code != c.code || last.Status != status {
			t.Errorf("%s: %d %s, recorded %+v", c.name, status, got, last)
		}
		known := status == 200 || c.code == "AccessDenied" || c.code == "InvalidSessionDuration"
		if known != (last.AccessKeyID == creds.AccessKeyID) || known && last.Operation != "GetSigninToken" {
			t.Errorf("%s: recorded %+v", c.name, last)
		}
		if status != 200 && (status != 400 || !strings.Contains(got, "Invalid Credentials Parameter") || strings.Contains(got, c.code)) {
			t.Errorf("%s: %d %s", c.name, status, got)
		}
	}
}

// TestSignInTokenWire asks in the other ways that there are.
func TestSignInTokenWire(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	creds := devSession(b)
	query := "/federation?" + url.Values{"Action": {"getSigninToken"}, "SessionDuration": {"3600"}, "Session": {sessionOf(t, creds)}}.Encode()
	status, body, header := b.send("GET", query, "")
	if status != 200 || !strings.HasPrefix(body, `{"SigninToken":"`) || header.Get("Content-Type") != "application/json" {
		t.Errorf("GET: %d %s", status, body)
	}
	if status, _, _ := b.send("GET", query+"&SessionDuration=900", ""); status != 400 {
		t.Errorf("a parameter twice: %d", status)
	}
	if status, _, _ := b.send("GET", query, "", "Sec-Fetch-Mode", "navigate"); status != 403 {
		t.Errorf("by a browser: %d", status)
	}
	if status, _, header := b.send("PUT", query, ""); status != 405 || header.Get("Allow") != "GET, POST" {
		t.Errorf("PUT: %d", status)
	}
	b.clock.Advance(time.Hour)
	if status, _ := b.federate(creds); status != 400 || b.last().Code != "ExpiredToken" {
		t.Errorf("an ended session: %d %+v", status, b.last())
	}
	b.fail(`{"service":"console","operation":"GetSigninToken","status":503}`)
	if status, body := b.federate(creds); status != 503 || body != "the sandbox fails on demand\n" {
		t.Errorf("on demand: %d %s", status, body)
	}
	b.fail(`{"operation":"Login","status":500,"message":"x"}`)
	if p := b.visitor().open("/federation?Action=login"); p.status != 500 || p.body != "x\n" {
		t.Errorf("on demand: %d %s", p.status, p.body)
	}
	if got := b.Ready().Endpoints.Console; got != b.URL() {
		t.Errorf("endpoint %q", got)
	}
}
