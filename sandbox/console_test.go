package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// text is what stands in the element of that id.
func (p page) text(id string) string {
	_, rest, found := strings.Cut(p.body, ` id="`+id+`"`)
	if !found {
		return ""
	}
	_, rest, _ = strings.Cut(rest, ">")
	text, _, _ := strings.Cut(rest, "<")
	return text
}

// says compares texts of the page, given as id, text, id, text.
func (p page) says(t *testing.T, what string, pairs ...string) {
	t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if got := p.text(pairs[i]); got != pairs[i+1] {
			t.Errorf("%s: %s is %q, want %q", what, pairs[i], got, pairs[i+1])
		}
	}
}

// TestConsoleLogin signs a browser in, once, until the session ends, and out.
func TestConsoleLogin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor()
	creds := devSession(b)
	_, token := b.federate(creds, "SessionDuration", "43200")
	p := v.open(b.consoleURL(token))
	if p.status != 200 || p.url.Path != "/_pages/console" || p.url.RawQuery != "" {
		t.Fatalf("%d at %s: %s", p.status, p.url, p.body)
	}
	p.says(t, "console", "account", "444455556666", "account-name", "dev", "role", "Developer", "session-name", "alice",
		"identity", "arn:aws:sts::444455556666:assumed-role/Developer/alice", "region", "eu-west-1", "destination", consoleHome,
		"issuer", "https://example.com", "ends", "2026-03-04T17:06:07Z", "user", "")
	for _, r := range b.Requests() {
		if r.Operation == "Login" && (r.Service != "console" || r.AccessKeyID != creds.AccessKeyID || r.Status != 302 || r.Code != "") {
			t.Errorf("recorded %+v", r)
		}
	}
	if log, _ := json.Marshal(b.Requests()); strings.Contains(string(log), token) {
		t.Error("the record holds a token")
	}
	if p := b.visitor().open(b.consoleURL(token)); p.status != 400 || b.last().Code != "InvalidSigninToken" || p.text("problem") == "" {
		t.Errorf("the same token again: %d %s", p.status, p.body)
	}
	b.clock.Advance(12*time.Hour - time.Second)
	if p := v.open("/_pages/console"); p.status != 200 {
		t.Errorf("before its end: %d", p.status)
	}
	b.clock.Advance(time.Second)
	if p := v.open("/_pages/console"); p.status != 400 || b.last().Code != "SignedOut" {
		t.Errorf("after its end: %d", p.status)
	}

	creds = devSession(b)
	_, token = b.federate(creds)
	p = v.open(b.consoleURL(token, "Issuer", "", "Destination", "https://console.aws.amazon.com/"))
	p.says(t, "without a duration", "ends", "2026-03-04T18:06:07Z", "region", "eu-central-1", "issuer", "", "destination", "https://console.aws.amazon.com/")
	p = v.open("/oauth?Action=logout")
	if p.status != 200 || p.text("done") == "" || v.open("/_pages/console").status != 400 {
		t.Errorf("signed out: %d %s", p.status, p.body)
	}

	_, token = b.federate(creds)
	b.clock.Advance(15 * time.Minute)
	if p := v.open(b.consoleURL(token)); p.status != 400 || b.last().Code != "InvalidSigninToken" {
		t.Errorf("a token of 15 minutes: %d", p.status)
	}
	_, token = b.federate(creds, "SessionDuration", "3600")
	b.clock.Advance(14 * time.Minute)
	if p := v.open(b.consoleURL(token)); p.status != 200 {
		t.Errorf("a token of 14 minutes: %d %s", p.status, p.body)
	}
	b.clock.Advance(20 * time.Minute)
	_, token = b.federate(creds, "SessionDuration", "3600")
	b.clock.Advance(11 * time.Minute)
	if p := v.open(b.consoleURL(token)); p.status != 400 || b.last().Code != "ExpiredToken" {
		t.Errorf("credentials that have ended: %d", p.status)
	}
}

// TestConsoleDestination opens no page in the name of another host.
func TestConsoleDestination(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, token := b.federate(devSession(b))
	for _, to := range []string{
		"", "console.aws.amazon.com", "http://console.aws.amazon.com/", "https://console.aws.amazon.com.evil.example/", "https://evil.example/",
		"https://xconsole.aws.amazon.com/", "https://console.aws.amazon.com:444/", "https://a@console.aws.amazon.com/", "javascript:alert(1)",
		"https://.console.aws.amazon.com/", "https://console.amazonaws.cn/", "//console.aws.amazon.com/",
	} {
		if p := b.visitor().open(b.consoleURL(token, "Destination", to)); p.status != 400 || b.last().Code != "InvalidDestination" || p.text("problem") == "" {
			t.Errorf("%s: %d %s", to, p.status, p.body)
		}
	}
	// None of them has spent the token.
	p := b.visitor().open(b.consoleURL(token, "Destination", `https://S3.console.aws.amazon.com/"><b id="x">?region=us-west-2`))
	if p.status != 200 || strings.Contains(p.body, `<b id="x"`) || p.text("region") != "us-west-2" {
		t.Errorf("%d %s", p.status, p.body)
	}
}

// TestConsoleIdentities signs one browser in with two identities.
func TestConsoleIdentities(t *testing.T) {
	t.Parallel()
	for _, multi := range []bool{false, true} {
		w := sandbox.Example()
		w.Settings.ConsoleMultiSession = multi
		b := newBench(t, sandbox.WithWorld(w))
		v := b.visitor()
		creds := devSession(b)
		_, first := b.federate(creds)
		v.open(b.consoleURL(first))
		_, again := b.federate(creds)
		if p := v.open(b.consoleURL(again)); p.status != 200 || p.text("account-2") != "" {
			t.Errorf("the same identity again: %d %s", p.status, p.body)
		}
		_, second := b.federate(federated(b))
		p := v.open(b.consoleURL(second))
		if !multi {
			if p.status != 400 || b.last().Code != "SignedIn" || p.text("problem") != "You must first log out before logging into a different AWS account." {
				t.Errorf("another identity: %d %s", p.status, p.body)
			}
			// The button signs out and comes back with the token, which is not spent.
			btn := p.buttons()["logout"]
			if btn.method != "get" || btn.action != "/oauth" || btn.values.Get("Action") != "logout" {
				t.Errorf("button %+v", btn)
			}
			p = v.open("/oauth?" + btn.values.Encode())
		}
		p.says(t, "another identity", "identity", "arn:aws:sts::111122223333:federated-user/fred", "user", "fred", "role", "", "session-name", "")
		if has := p.text("identity-2"); (has == "arn:aws:sts::444455556666:assumed-role/Developer/alice") != multi {
			t.Errorf("the other session: %q", has)
		}
	}
}

// TestConsoleUser has the console know who signed in on the pages of aws login.
func TestConsoleUser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor()
	v.open(b.loginURL(sameDevice, ported))
	v.click("signin-alice")
	p := v.open("/_pages/console")
	p.says(t, "a user", "identity", "arn:aws:iam::111122223333:user/alice", "user", "alice", "account-name", "base", "ends", "2026-03-04T13:06:07Z")
	_, token := b.federate(devSession(b))
	if p := v.open(b.consoleURL(token)); p.status != 400 || b.last().Code != "SignedIn" {
		t.Errorf("beside a user: %d", p.status)
	}
	v.open("/oauth?Action=logout")
	if p := v.open("/_pages/console"); p.status != 400 {
		t.Errorf("after the logout: %d %s", p.status, p.body)
	}
}

// TestConsoleLogout goes on to addresses of this server only.
func TestConsoleLogout(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for to, want := range map[string]int{
		b.URL() + "/device": 200, strings.Replace(b.URL(), "127.0.0.1", "localhost", 1) + "/x": 302,
		"http://evil.example/": 400, "https://console.aws.amazon.com/": 400, "/device": 400, "//evil.example/": 400,
		strings.Replace(b.URL(), "http://", "http://a@", 1) + "/": 400, "http://127.0.0.1:1/": 400, "javascript:alert(1)": 400,
	} {
		v := b.visitor()
		_, token := b.federate(federated(b))
		v.open(b.consoleURL(token))
		p := v.open("/oauth?" + url.Values{"Action": {"logout"}, "redirect_uri": {to}}.Encode())
		if p.status != want || want == 302 && p.location != to || want == 400 && b.last().Code != "InvalidRedirectUri" {
			t.Errorf("%s: %d %s", to, p.status, p.location)
		}
		if p := v.open("/_pages/console"); p.status != 400 {
			t.Errorf("%s: still signed in", to)
		}
	}
	for _, query := range []string{"", "?Action=login", "?Action=logout&Action=logout"} {
		if p := b.visitor().open("/oauth" + query); p.status != 400 || p.text("problem") == "" {
			t.Errorf("%q: %d", query, p.status)
		}
	}
}

// TestSwitchRole says what a switch-role link would do.
func TestSwitchRole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	link := func(pairs ...string) string {
		return "/switchrole?" + changed(url.Values{"account": {"444455556666"}, "roleName": {"ReadOnly"}}, pairs)
	}
	p := b.visitor().open(link())
	if p.status != 200 || p.text("problem") != "You are not signed in to the console." || p.text("exists") != "yes" || p.text("allowed") != "" {
		t.Errorf("signed out: %d %s", p.status, p.body)
	}
	v := b.visitor()
	v.open(b.loginURL(sameDevice, ported))
	v.click("signin-alice")
	v.open(link("displayName", "dev & <co>", "color", "#F2B0A9")).says(t, "a user", "role-arn", "arn:aws:iam::444455556666:role/ReadOnly",
		"display-name", "dev &amp; &lt;co&gt;", "color", "F2B0A9", "exists", "yes", "identity", "arn:aws:iam::111122223333:user/alice", "allowed", "yes")
	v.open(link("account", "dev")).says(t, "an alias", "role-arn", "arn:aws:iam::444455556666:role/ReadOnly", "display-name", "ReadOnly @ dev", "allowed", "yes")
	v.open(link("roleName", "ci/Deploy")).says(t, "a path", "role-arn", "arn:aws:iam::444455556666:role/ci/Deploy", "exists", "yes", "allowed", "no")
	v.open(link("roleName", "Developer")).says(t, "MFA", "exists", "yes", "allowed", "no")
	v.open(link("roleName", "Nobody")).says(t, "no such role", "exists", "no", "allowed", "no")
	v.open(link("account", "999999999999")).says(t, "no such account", "exists", "no", "allowed", "no")

	v = b.visitor()
	_, token := b.federate(b.must(alice(), form("AssumeRole", "RoleArn", devDeveloper, "RoleSessionName", "alice", "SourceIdentity", "alice",
		"SerialNumber", aliceSerial, "TokenCode", b.code("alice"))))
	v.open(b.consoleURL(token))
	v.open(link("account", "stage", "roleName", "Release")).says(t, "from a role", "identity", "arn:aws:sts::444455556666:assumed-role/Developer/alice", "allowed", "yes")
	v = b.visitor()
	_, token = b.federate(federated(b))
	v.open(b.consoleURL(token))
	v.open(link()).says(t, "a federated user", "exists", "yes", "allowed", "no")

	for _, pairs := range [][]string{
		{"account", ""}, {"roleName", ""}, {"roleName", "a b"}, {"roleName", strings.Repeat("x", 65)}, {"color", "red"}, {"color", "12345g"},
	} {
		if p := v.open(link(pairs...)); p.status != 400 || p.text("problem") == "" {
			t.Errorf("%q: %d", pairs, p.status)
		}
	}
	if p := v.open(link() + "&account=1"); p.status != 400 {
		t.Errorf("account twice: %d", p.status)
	}
}

// TestConsoleAuto opens the console with a browser that keeps no cookies.
func TestConsoleAuto(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.WithAutoApprove())
	_, token := b.federate(federated(b))
	status, body, _ := b.send(http.MethodGet, b.consoleURL(token), "")
	if status != 200 || !strings.Contains(body, `<dd id="identity">arn:aws:sts::111122223333:federated-user/fred</dd>`) {
		t.Errorf("%d %s", status, body)
	}
}
