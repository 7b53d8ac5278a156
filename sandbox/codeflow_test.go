package sandbox_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

const ported = "http://127.0.0.1:50123/oauth/callback"

// redeem is the request for the tokens of a code.
func redeem(code string) object {
	return object{"grantType": "authorization_code", "code": code, "redirectUri": ported, "codeVerifier": codeVerifier}
}

// consent signs alice in where that is asked for, allows, and returns the answer.
func (v *visitor) consent(where string) url.Values {
	v.b.t.Helper()
	v.open(where)
	if _, asked := v.page.buttons()["signin-alice"]; asked {
		v.click("signin-alice")
	}
	return answerOf(v.b.t, v.click("allow"), ported)
}

// TestCodeFlow goes through the pages as a person does, twice.
func TestCodeFlow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor()
	in := codeClient()
	in["clientName"] = `<b>"Bob's" & co</b>`
	a := b.register(in)
	p := v.open(b.authorizeURL(a))
	if _, more := p.buttons()["allow"]; p.status != 200 || more || p.buttons()["signin-bob"].action == "" || !strings.Contains(p.body, "alice@example.com") {
		t.Fatalf("sign-in page: %d %s", p.status, p.body)
	}
	first := v.http.Jar.Cookies(p.url)
	p = v.click("signin-alice")
	if p.status != 200 || p.url.Path != "/_pages/flow" || !strings.Contains(p.body, `<dd id="who">alice</dd>`) || !strings.Contains(p.body, `<dd id="scopes">`+accessScope+`</dd>`) ||
		!strings.Contains(p.body, `<dd id="client">&lt;b&gt;&#34;Bob&#39;s&#34; &amp; co&lt;/b&gt;</dd>`) || strings.Contains(p.body, "<b>\"") {
		t.Fatalf("consent page: %d %s", p.status, p.body)
	}
	if second := v.http.Jar.Cookies(p.url); len(first) != 1 || len(second) != 1 || first[0].Value == second[0].Value {
		t.Errorf("the cookie is the same after the sign-in: %v, %v", first, second)
	}
	p = v.click("allow")
	got := answerOf(t, p, ported)
	if p.status != 303 || got.Get("state") != "s t&a/te" || len(got) != 2 || p.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("allowed: %d %v %v", p.status, got, p.header)
	}
	status, out, _ := b.oidc("/token", a.with(redeem(got.Get("code"))))
	if status != 200 || out["tokenType"] != "Bearer" || out["expiresIn"] != 3600.0 || len(out) != 4 {
		t.Fatalf("tokens: %d %v", status, out)
	}
	refresh := a.with(object{"grantType": "refresh_token", "refreshToken": out["refreshToken"]})
	if status, again, _ := b.oidc("/token", refresh); status != 200 || again["refreshToken"] == out["refreshToken"] {
		t.Errorf("refresh: %d %v", status, again)
	}
	if status, _, shape := b.oidc("/token", refresh); status != 400 || shape != "InvalidGrantException" {
		t.Errorf("the same refresh: %d %s", status, shape)
	}
	token, _ := out["accessToken"].(string)
	if status, body, _ := b.send("GET", devRole("444455556666", "Developer"), "", bearer, token); status != 200 {
		t.Errorf("role: %d %s", status, body)
	}

	// The browser is signed in: only consent is asked for. No, and another user.
	v.open(b.authorizeURL(a))
	if got := answerOf(t, v.click("deny"), ported); got.Get("error") != "access_denied" || got.Get("state") != "s t&a/te" || got.Has("code") {
		t.Errorf("denied: %v", got)
	}
	v.open(b.authorizeURL(a))
	v.click("other")
	v.click("signin-bob")
	code := answerOf(t, v.click("allow"), ported).Get("code")
	_, out, _ = b.oidc("/token", a.with(redeem(code)))
	token, _ = out["accessToken"].(string)
	if status, body, _ := b.send("GET", devRole("444455556666", "Developer"), "", bearer, token); status != 403 {
		t.Errorf("bob's role: %d %s", status, body)
	}
	b.EndSSO("bob")
	if p := v.open(b.authorizeURL(a)); p.buttons()["signin-bob"].action == "" {
		t.Errorf("after the end of bob's session: %s", p.body)
	}
	v.click("signin-bob")
	b.clock.Advance(8 * time.Hour)
	if p := v.open(b.authorizeURL(a)); p.buttons()["signin-bob"].action == "" {
		t.Errorf("after eight hours: %s", p.body)
	}
}

// TestAuthorizeRefusals has one wrong parameter a row: "" is a page, else the
// error that the client is told.
func TestAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.register(codeClient())
	device := b.register(deviceClient())
	only := deviceClient()
	only["redirectUris"] = []string{callback}
	both := b.register(only)
	port := func(n string) string { return strings.Replace(ported, "50123", n, 1) }
	for _, c := range []struct {
		app         app
		name, value string
		want        string
	}{
		{a, "client_id", "x", ""},
		{a, "client_id", "", ""},
		{a, "redirect_uri", "", ""},
		{a, "redirect_uri", "http://127.0.0.1:50123/oauth/callback/", ""},
		{a, "redirect_uri", "http://127.0.0.1:50123/oauth/callback?x", ""},
		{a, "redirect_uri", "http://127.0.0.1:50123/oauth/callback#x", ""},
		{a, "redirect_uri", "http://localhost:50123/oauth/callback", ""},
		{a, "redirect_uri", "https://127.0.0.1:50123/oauth/callback", ""},
		{a, "redirect_uri", "http://127.0.0.1.evil.example/oauth/callback", ""},
		{a, "redirect_uri", "http://127.0.0.1:50123@evil.example/oauth/callback", ""},
		{a, "redirect_uri", "http://x@127.0.0.1:50123/oauth/callback", ""},
		{a, "redirect_uri", port(""), ""},
		{a, "redirect_uri", port("123456"), ""},
		{a, "redirect_uri", "http://127.0.0.1:50123/oauth%2Fcallback", ""},
		{a, "redirect_uri", "http://127.0.0.1:50123/oauth/callback\r\nx", ""},
		{a, "redirect_uri", "javascript:alert(1)", ""},
		{device, "state", "x", ""},
		{both, "state", "x", "unauthorized_client"},
		{a, "response_type", "token", "unsupported_response_type"},
		{a, "code_challenge_method", "plain", "invalid_request"},
		{a, "code_challenge_method", "SHA-256", "invalid_request"},
		{a, "code_challenge_method", "", "invalid_request"},
		{a, "code_challenge", "", "invalid_request"},
		{a, "code_challenge", "short", "invalid_request"},
		{a, "code_challenge", strings.Repeat("*", 43), "invalid_request"},
		{a, "scopes", "sso:account:access codewhisperer:completions", "invalid_scope"},
		{a, "scope", "openid", "invalid_scope"},
	} {
		p := b.visitor().open(b.authorizeURL(c.app, c.name, c.value))
		if c.want == "" {
			if p.status != 400 || p.location != "" || !strings.Contains(p.body, `id="problem"`) {
				t.Errorf("%s=%s: %d %s", c.name, c.value, p.status, p.location)
			}
			continue
		}
		if got := answerOf(t, p, ported); p.status != 302 || got.Get("error") != c.want || got.Get("state") == "" || got.Has("code") {
			t.Errorf("%s=%s: %d %v", c.name, c.value, p.status, got)
		}
		if log := b.Requests(); log[len(log)-1].Code != c.want {
			t.Errorf("%s=%s is recorded as %+v", c.name, c.value, log[len(log)-1])
		}
	}
	for name, url := range map[string]string{
		"twice": b.authorizeURL(a) + "&state=y", "semicolon": b.authorizeURL(a) + "&x;y", "escape": b.authorizeURL(a) + "&x=%zz",
	} {
		if p := b.visitor().open(url); p.status != 400 || p.location != "" || !strings.Contains(p.body, "A parameter is there twice, or cannot be read.") {
			t.Errorf("%s: %d %s", name, p.status, p.location)
		}
	}
	// Fine: another port, none, no scopes, no state.
	for _, pairs := range [][]string{{"redirect_uri", port("1")}, {"redirect_uri", callback}, {"scopes", ""}, {"state", ""}} {
		if p := b.visitor().open(b.authorizeURL(a, pairs...)); p.status != 200 || p.buttons()["signin-alice"].action == "" {
			t.Errorf("%v: %d %s", pairs, p.status, p.location)
		}
	}
	v := b.visitor() // without scopes it is those of the registration
	v.open(b.authorizeURL(a, "scopes", ""))
	if p := v.click("signin-alice"); !strings.Contains(p.body, `<dd id="scopes">`+accessScope+`</dd>`) {
		t.Errorf("consent: %s", p.body)
	}
	b.clock.Advance(90 * 24 * time.Hour)
	if p := b.visitor().open(b.authorizeURL(a)); p.status != 400 {
		t.Errorf("with an expired registration: %d", p.status)
	}
}

// TestCodeRefusals spends codes the wrong way.
func TestCodeRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor()
	a, other := b.register(codeClient()), b.register(codeClient())
	where := b.authorizeURL(a)
	for _, c := range []struct {
		member, value string
		shape, code   string
	}{
		{"code", "x", "InvalidGrantException", "invalid_grant"},
		{"codeVerifier", strings.Repeat("v", 43), "InvalidGrantException", "invalid_grant"},
		{"codeVerifier", codeVerifier + "*", "InvalidGrantException", "invalid_grant"},
		{"redirectUri", callback, "InvalidGrantException", "invalid_grant"},
		{"redirectUri", "http://127.0.0.1:50124/oauth/callback", "InvalidGrantException", "invalid_grant"},
		{"code", "", "InvalidRequestException", "invalid_request"},
		{"codeVerifier", "", "InvalidRequestException", "invalid_request"},
		{"redirectUri", "", "InvalidRequestException", "invalid_request"},
	} {
		code := v.consent(where).Get("code")
		in := a.with(redeem(code))
		in[c.member] = c.value
		if status, out, shape := b.oidc("/token", in); status != 400 || shape != c.shape || out["error"] != c.code || out["error_description"] == "" {
			t.Errorf("%s=%s: %d %s %v", c.member, c.value, status, shape, out)
		}
		// A wrong verifier or address spends the code, what is no attempt at it does not.
		spent := c.shape == "InvalidGrantException" && c.member != "code"
		if status, out, _ := b.oidc("/token", a.with(redeem(code))); (status != 200) != spent {
			t.Errorf("after %s=%s: %d %v", c.member, c.value, status, out)
		}
	}
	// A verifier is 43 to 128 of certain characters, also if it fits its challenge.
	for verifier, want := range map[string]int{
		strings.Repeat("v", 42): 400, strings.Repeat("v", 43): 200, strings.Repeat("v", 128): 200, strings.Repeat("v", 129): 400, strings.Repeat("v", 42) + "+": 400,
	} {
		in := a.with(redeem(v.consent(b.authorizeURL(a, "code_challenge", challenge(verifier))).Get("code")))
		in["codeVerifier"] = verifier
		if status, out, _ := b.oidc("/token", in); status != want {
			t.Errorf("verifier %s: %d %v", verifier, status, out)
		}
	}
	code := v.consent(where).Get("code")
	if status, _, shape := b.oidc("/token", other.with(redeem(code))); status != 400 || shape != "InvalidGrantException" {
		t.Errorf("another client: %d %s", status, shape)
	}
	if status, _, _ := b.oidc("/token", a.with(redeem(code))); status != 200 {
		t.Errorf("the right client after another: %d", status)
	}
	if status, _, shape := b.oidc("/token", a.with(redeem(code))); status != 400 || shape != "InvalidGrantException" {
		t.Errorf("twice: %d %s", status, shape)
	}
	d := b.register(deviceClient())
	if status, _, shape := b.oidc("/token", d.with(redeem("x"))); status != 400 || shape != "UnauthorizedClientException" {
		t.Errorf("a client of the device flow: %d %s", status, shape)
	}
	code = v.consent(where).Get("code")
	b.clock.Advance(10 * time.Minute)
	if status, _, shape := b.oidc("/token", a.with(redeem(code))); status != 400 || shape != "InvalidGrantException" {
		t.Errorf("after ten minutes: %d %s", status, shape)
	}
	plain := codeClient()
	plain["grantTypes"] = []string{"authorization_code"}
	a = b.register(plain)
	if _, out, _ := b.oidc("/token", a.with(redeem(v.consent(b.authorizeURL(a)).Get("code")))); out["accessToken"] == nil || out["refreshToken"] != nil {
		t.Errorf("a client without the refresh grant: %v", out)
	}
}

// TestRegister has what registration refuses and what it says.
func TestRegister(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		member      string
		value       any
		shape, code string
	}{
		{"clientName", "", "InvalidRequestException", "invalid_request"},
		{"clientType", "", "InvalidRequestException", "invalid_request"},
		{"clientType", "confidential", "InvalidClientMetadataException", "invalid_client_metadata"},
		{"scopes", []string{"a b"}, "InvalidScopeException", "invalid_scope"},
		{"scopes", []string{""}, "InvalidScopeException", "invalid_scope"},
		{"scopes", "x", "InvalidRequestException", "invalid_request"},
		{"grantTypes", []string{"password"}, "UnsupportedGrantTypeException", "unsupported_grant_type"},
		{"redirectUris", []string{"http://192.0.2.1/cb"}, "InvalidRedirectUriException", "invalid_redirect_uri"},
		{"redirectUris", []string{"https://example.com/cb"}, "InvalidRedirectUriException", "invalid_redirect_uri"},
		{"redirectUris", []string{callback, "http://127.0.0.1"}, "InvalidRedirectUriException", "invalid_redirect_uri"},
		{"redirectUris", []string{"http://127.0.0.1/" + strings.Repeat("x", 512)}, "InvalidRedirectUriException", "invalid_redirect_uri"},
		{"redirectUris", []string{"http://127.0.0.1/\u00e9"}, "InvalidRedirectUriException", "invalid_redirect_uri"},
		{"redirectUris", nil, "InvalidRequestException", "invalid_request"},
		{"issuerUrl", "", "InvalidRequestException", "invalid_request"},
		{"issuerUrl", "https://other.awsapps.com/start", "InvalidRequestException", "invalid_request"},
	} {
		in := codeClient()
		in[c.member] = c.value
		if status, out, shape := b.oidc("/client/register", in); status != 400 || shape != c.shape || out["error"] != c.code || out["error_description"] == "" {
			t.Errorf("%s=%v: %d %s %v", c.member, c.value, status, shape, out)
		}
	}
	for _, good := range []struct {
		member string
		value  any
	}{{"issuerUrl", startURL + "/#/"}, {"redirectUris", []string{"http://localhost:8080/x"}}, {"scopes", []string{"codewhisperer:completions", accessScope}}} {
		in := codeClient()
		in[good.member] = good.value
		b.register(in)
	}
	_, out, _ := b.oidc("/client/register", codeClient())
	if out["clientIdIssuedAt"] != float64(start().Unix()) || out["clientSecretExpiresAt"] != float64(start().Add(90*24*time.Hour).Unix()) ||
		out["authorizationEndpoint"] != b.URL()+"/authorize" || out["tokenEndpoint"] != b.URL()+"/token" {
		t.Errorf("registration: %v", out)
	}
	if status, _, _ := b.send("GET", "/client/register", ""); status != 405 {
		t.Errorf("by GET: %d", status)
	}
	if log := b.Requests(); log[0].Service != "sso_oidc" || log[0].Operation != "RegisterClient" || log[0].Code != "InvalidRequestException" {
		t.Errorf("log: %+v", log[0])
	}
}

// world reads the built-in world with other settings.
func world(t *testing.T, settings string) *sandbox.World {
	t.Helper()
	w := sandbox.Example()
	w2, err := sandbox.ParseWorld([]byte(smallWorld + "settings: {" + settings + "}\n"))
	if err != nil {
		t.Fatal(err)
	}
	w.Settings = w2.Settings
	return w
}

// TestFlowSettings shortens what can be shortened.
func TestFlowSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.WithWorld(world(t, "client_registration: 1h, authorization_code: 1m, device_code: 2m, device_interval: 1s")), sandbox.WithAutoApprove())
	a := b.register(codeClient())
	code := answerOf(t, b.visitor().open(b.authorizeURL(a)), ported).Get("code")
	b.clock.Advance(time.Minute)
	if status, _, shape := b.oidc("/token", a.with(redeem(code))); status != 400 || shape != "InvalidGrantException" {
		t.Errorf("after a minute: %d %s", status, shape)
	}
	_, out, _ := b.oidc("/device_authorization", b.register(deviceClient()).with(object{"startUrl": startURL}))
	if out["interval"] != 1.0 || out["expiresIn"] != 120.0 {
		t.Errorf("device: %v", out)
	}
	b.clock.Advance(time.Hour)
	if status, _, shape := b.oidc("/token", a.with(redeem("x"))); status != 401 || shape != "InvalidClientException" {
		t.Errorf("after an hour: %d %s", status, shape)
	}
	for text, want := range map[string]string{
		"device_interval: 1500ms": "device_interval 1.5s is not whole seconds", "device_code: 100ms": "device_code 100ms is not whole seconds",
	} {
		if _, err := sandbox.ParseWorld([]byte(smallWorld + "settings: {" + text + "}\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
