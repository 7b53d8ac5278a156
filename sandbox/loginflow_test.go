package sandbox_test

import (
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/sandbox/internal/jose"
)

// login sends CreateOAuth2Token with a proof of the key.
func (b *bench) login(k *ecdsa.PrivateKey, in object) (int, object, string) {
	b.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		b.t.Fatal(err)
	}
	status, text, header := b.send("POST", "/v1/token", string(body), "DPoP", b.proof(k, nil, nil))
	var out object
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		b.t.Fatalf("%d %v: %s", status, err, text)
	}
	return status, out, header.Get("X-Amzn-Errortype")
}

func loginCode(client, redirect, code string) object {
	return object{"clientId": client, "grantType": "authorization_code", "code": code, "codeVerifier": codeVerifier, "redirectUri": redirect}
}

// TestLoginFlow signs in at the console through the pages and refreshes.
func TestLoginFlow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor()
	p := v.open(b.loginURL(sameDevice, ported))
	if p.status != 200 || p.buttons()["signin-carol"].values.Get("user") != "arn:aws:iam::111122223333:user/contractors/carol" {
		t.Fatalf("sign-in page: %d %s", p.status, p.body)
	}
	if p = v.click("signin-carol"); !strings.Contains(p.body, `<dd id="who">arn:aws:iam::111122223333:user/contractors/carol</dd>`) {
		t.Errorf("consent: %s", p.body)
	}
	got := answerOf(t, v.click("allow"), ported)
	if got.Get("state") != "6f5902ac-237a" {
		t.Errorf("allowed: %v", got)
	}
	k := b.key()
	status, out, _ := b.login(k, loginCode(sameDevice, ported, got.Get("code")))
	if status != 200 || out["tokenType"] != "aws_sigv4" || out["expiresIn"] != 900.0 || len(out) != 5 {
		t.Fatalf("tokens: %d %v", status, out)
	}
	b.checkLogin(out, sameDevice, "arn:aws:iam::111122223333:user/contractors/carol")
	refresh := object{"clientId": sameDevice, "grantType": "refresh_token", "refreshToken": out["refreshToken"]}
	if status, out, _ := b.login(b.key(), refresh); status != 400 || out["error"] != "INVALID_REQUEST" {
		t.Errorf("refresh with another key: %d %v", status, out)
	}
	b.clock.Advance(12*time.Hour - time.Second)
	if status, out, _ := b.login(k, refresh); status != 200 || out["idToken"] != nil || out["refreshToken"] == refresh["refreshToken"] {
		t.Errorf("refresh: %d %v", status, out)
	}
	v.open(b.loginURL(sameDevice, ported))
	v.click("signin-alice") // half a day later the browser asks again
	if got := answerOf(t, v.click("deny"), ported); got.Get("error") != "access_denied" || got.Has("code") {
		t.Errorf("denied: %v", got)
	}
}

// checkLogin uses the credentials and reads the identity token.
func (b *bench) checkLogin(out object, client, arn string) {
	b.t.Helper()
	token, _ := out["idToken"].(string)
	id, err := jose.Parse(token)
	if err != nil || id.Text("sub") != arn || id.Text("aud") != client || id.Text("iss") != b.URL() {
		b.t.Errorf("identity token %v: %v", err, id)
	}
	keys, _ := out["accessToken"].(object)
	text := func(name string) string { s, _ := keys[name].(string); return s }
	if who := b.call(key(text("accessKeyId"), text("secretAccessKey"), text("sessionToken")), form("GetCallerIdentity"), nil); who.Arn != arn {
		b.t.Errorf("identity %d %s %s", who.Status, who.Arn, who.Message)
	}
}

// TestRemoteLogin carries the code over by hand.
func TestRemoteLogin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor()
	confirmation := b.URL() + "/v1/sessions/confirmation"
	v.open(b.loginURL(crossDevice, confirmation))
	v.click("signin-alice")
	p := v.click("allow")
	m := regexp.MustCompile(`id="paste-code">([A-Za-z0-9+/=]+)<`).FindStringSubmatch(p.body)
	if p.status != 200 || m == nil {
		t.Fatalf("confirmation: %d %s", p.status, p.body)
	}
	raw, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	pasted, err := url.ParseQuery(string(raw))
	if err != nil || !strings.HasPrefix(string(raw), "state=6f5902ac-237a&code=") {
		t.Fatalf("%v: %s", err, raw)
	}
	for query, want := range map[string]int{
		"": 400, "code=x&state=6f5902ac-237a": 400, "code=" + pasted.Get("code") + "&state=x": 400, "code=" + pasted.Get("code"): 400,
		"code=" + pasted.Get("code") + "&state=6f5902ac-237a&state=y": 400, "code=" + pasted.Get("code") + "&state=6f5902ac-237a": 200,
	} {
		if p := v.open("/v1/sessions/confirmation?" + query); p.status != want || strings.Contains(p.body, `id="paste-code"`) != (want == 200) {
			t.Errorf("%s: %d %s", query, p.status, p.body)
		}
	}
	k := b.key()
	in := loginCode(crossDevice, confirmation, pasted.Get("code"))
	status, out, _ := b.login(k, in)
	if status != 200 {
		t.Fatalf("tokens: %d %v", status, out)
	}
	b.checkLogin(out, crossDevice, "arn:aws:iam::111122223333:user/alice")
	if status, _, _ := b.login(k, object{"clientId": crossDevice, "grantType": "refresh_token", "refreshToken": out["refreshToken"]}); status != 200 {
		t.Errorf("refresh: %d", status)
	}
	if p := v.open("/v1/sessions/confirmation?code=" + pasted.Get("code") + "&state=6f5902ac-237a"); p.status != 400 {
		t.Errorf("the page of a used code: %d", p.status)
	}
	v.open(b.loginURL(crossDevice, confirmation))
	if p := v.click("deny"); p.status != 200 || !strings.Contains(p.body, "denied") {
		t.Errorf("denied: %d %s", p.status, p.body)
	}
	// The page shows a code as long as it is good.
	v.open(b.loginURL(crossDevice, confirmation))
	late := v.click("allow").url
	b.clock.Advance(10 * time.Minute)
	if p := v.open(late.String()); p.status != 400 {
		t.Errorf("the page of an old code: %d", p.status)
	}
	// Below a region, that region's page shows it.
	where := strings.Replace(b.loginURL(crossDevice, b.RegionURL("us-east-1")+"/v1/sessions/confirmation"), b.URL(), b.RegionURL("us-east-1"), 1)
	v.open(where)
	if p := v.click("allow"); p.status != 200 || !strings.Contains(p.body, `id="paste-code"`) {
		t.Errorf("in a region: %d %s", p.status, p.body)
	}
	// The code of a sign-in on the same machine is not for this page.
	got := answerOf(t, b.visitorAt(sameDevice, ported), ported)
	if p := v.open("/v1/sessions/confirmation?" + got.Encode()); p.status != 400 {
		t.Errorf("a code of the same device: %d", p.status)
	}
}

// visitorAt has a new visitor allow a console sign-in.
func (b *bench) visitorAt(client, redirect string) page {
	b.t.Helper()
	v := b.visitor()
	v.open(b.loginURL(client, redirect))
	v.click("signin-alice")
	return v.click("allow")
}

// TestLoginRefusals has what is wrong, one at a time.
func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	confirmation := b.URL() + "/v1/sessions/confirmation"
	for _, c := range []struct{ client, redirect, name, value, want string }{
		{"x", ported, "state", "x", ""},
		{sameDevice, confirmation, "state", "x", ""},
		{sameDevice, "http://localhost:50123/oauth/callback", "state", "x", ""},
		{sameDevice, "http://127.0.0.1:50123/other", "state", "x", ""},
		{sameDevice, "https://evil.example/oauth/callback", "state", "x", ""},
		{crossDevice, ported, "state", "x", ""},
		{crossDevice, confirmation + "?", "state", "x", ""},
		{crossDevice, b.URL() + "/region/us-east-1/v1/sessions/confirmation", "state", "x", ""},
		{crossDevice, "http://evil.example/v1/sessions/confirmation", "state", "x", ""},
		{sameDevice, ported, "response_type", "token", "unsupported_response_type"},
		{sameDevice, ported, "code_challenge_method", "S256", "invalid_request"},
		{sameDevice, ported, "code_challenge", "x", "invalid_request"},
		{sameDevice, ported, "scope", "", "invalid_scope"},
		{sameDevice, ported, "scope", "email", "invalid_scope"},
	} {
		p := b.visitor().open(b.loginURL(c.client, c.redirect, c.name, c.value))
		if c.want == "" {
			if p.status != 400 || p.location != "" {
				t.Errorf("%+v: %d %s", c, p.status, p.location)
			}
		} else if got := answerOf(t, p, ported); got.Get("error") != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	k := b.key()
	a := b.register(codeClient())
	of := func(p page) string { return answerOf(t, p, ported).Get("code") }
	sso := b.visitor().consent(b.authorizeURL(a)).Get("code")
	for _, c := range []struct {
		member, value string
		status        int
		shape, code   string
	}{
		{"code", "x", 401, "AccessDeniedException", "AUTHCODE_EXPIRED"},
		{"code", sso, 401, "AccessDeniedException", "AUTHCODE_EXPIRED"},
		{"clientId", crossDevice, 400, "ValidationException", "INVALID_REQUEST"},
		{"codeVerifier", strings.Repeat("v", 43), 400, "ValidationException", "INVALID_REQUEST"},
		{"redirectUri", callback, 400, "ValidationException", "INVALID_REQUEST"},
		{"code", "", 400, "ValidationException", "INVALID_REQUEST"},
		{"codeVerifier", "", 400, "ValidationException", "INVALID_REQUEST"},
		{"redirectUri", "", 400, "ValidationException", "INVALID_REQUEST"},
		{"grantType", "refresh_token", 400, "ValidationException", "INVALID_REQUEST"},
		{"grantType", "password", 400, "ValidationException", "INVALID_REQUEST"},
	} {
		in := loginCode(sameDevice, ported, of(b.visitorAt(sameDevice, ported)))
		in[c.member] = c.value
		if status, out, shape := b.login(k, in); status != c.status || shape != c.shape || out["error"] != c.code || out["message"] == "" {
			t.Errorf("%s=%s: %d %s %v", c.member, c.value, status, shape, out)
		}
	}
	code := of(b.visitorAt(sameDevice, ported))
	if status, _, shape := b.oidc("/token", a.with(redeem(code))); status != 400 || shape != "InvalidGrantException" {
		t.Errorf("at the other service: %d %s", status, shape)
	}
	if status, out, _ := b.login(k, loginCode(sameDevice, ported, code)); status != 200 {
		t.Errorf("then at the right one: %d %v", status, out)
	}
	if status, out, _ := b.login(k, loginCode(sameDevice, ported, code)); status != 401 || out["error"] != "AUTHCODE_EXPIRED" {
		t.Errorf("twice: %d %v", status, out)
	}
	code = of(b.visitorAt(sameDevice, ported))
	b.clock.Advance(10 * time.Minute)
	if status, out, _ := b.login(k, loginCode(sameDevice, ported, code)); status != 401 || out["error"] != "AUTHCODE_EXPIRED" {
		t.Errorf("after ten minutes: %d %v", status, out)
	}
}

// TestSameNames tells people of the same name in two accounts apart.
func TestSameNames(t *testing.T) {
	t.Parallel()
	w, err := sandbox.ParseWorld([]byte(strings.Replace(smallWorld, "profiles:\n  - name: ann\n    keys_of: ann\n",
		"  - {id: \"444455556666\", name: dev, users: [{name: ann}]}\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, sandbox.WithWorld(w))
	v := b.visitor()
	v.open(b.loginURL(sameDevice, ported))
	if p := v.click("signin-dev-ann"); !strings.Contains(p.body, `<dd id="who">arn:aws:iam::444455556666:user/ann</dd>`) {
		t.Errorf("consent: %s", p.body)
	}
	if p := v.open(b.authorizeURL(app{"x", "y"})); p.status != 400 {
		t.Errorf("without an Identity Center: %d", p.status)
	}
}
