package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestPageHeaders looks at what every page says to the browser.
func TestPageHeaders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor()
	a := b.register(codeClient())
	const self = "form-action 'self';"
	check := func(name string, p page, action string) {
		csp := p.header.Get("Content-Security-Policy")
		for header, want := range map[string]string{
			"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
			"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
		} {
			if p.header.Get(header) != want {
				t.Errorf("%s: %s is %q", name, header, p.header.Get(header))
			}
		}
		if !strings.HasPrefix(csp, "default-src 'none'; ") || !strings.Contains(csp, action) || !strings.Contains(csp, "frame-ancestors 'none'") ||
			!strings.Contains(csp, "base-uri 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s: %s", name, csp)
		}
		_, style, _ := strings.Cut(p.body, "<style>")
		style, _, _ = strings.Cut(style, "</style>")
		if sum := strings.NewReplacer("-", "+", "_", "/").Replace(challenge(style)) + "="; !strings.Contains(csp, "style-src 'sha256-"+sum+"'") {
			t.Errorf("%s: the style is not the one allowed: %s", name, csp)
		}
		for _, bad := range []string{"<script", "style=", "onclick", "http://www", "https://"} {
			if strings.Contains(p.body, bad) {
				t.Errorf("%s: the page has %s", name, bad)
			}
		}
	}
	p := v.open(b.authorizeURL(a))
	check("sign-in", p, self)
	cookie := p.header.Get("Set-Cookie")
	port := b.URL()[strings.LastIndex(b.URL(), ":")+1:]
	if !strings.HasPrefix(cookie, "latchkey-sandbox-"+port+"=") || !strings.HasSuffix(cookie, "; Path=/; HttpOnly; SameSite=Lax") {
		t.Errorf("cookie %s", cookie)
	}
	// Chromium follows a form's redirect only to what form-action names.
	check("consent", v.click("signin-alice"), "form-action 'self' http://127.0.0.1:50123;")
	check("remote", v.open(b.loginURL(crossDevice, b.URL()+"/v1/sessions/confirmation")), self)
	v.click("signin-alice")
	check("code to paste", v.click("allow"), self)
	check("problem", v.open("/authorize"), self)
	check("code", v.open("/device"), self)
	check("confirm", v.open(b.device(deviceClient()).url), self)
	check("approved", v.open("/_pages/approved"), self)
	check("denied", v.open("/_pages/denied"), self)
}

// TestPageGuard sends what is not a person's doing, page by page.
func TestPageGuard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	pages := []string{"/authorize", "/v1/authorize", "/device", "/v1/sessions/confirmation", "/federation?Action=login", "/oauth", "/switchrole", "/_pages/console", "/_pages/flow", "/_pages/approved", "/_pages/x"}
	for _, path := range pages {
		for _, c := range []struct {
			method, header, value string
			want                  int
		}{
			{"GET", "Host", "evil.example", 421},
			{"OPTIONS", "Accept", "*/*", 403},
			{"GET", "X-Forwarded-Host", "x", 403},
			{"GET", "Forwarded", "for=x", 403},
			{"GET", "Via", "1.1 x", 403},
			{"GET", "Origin", "null", 403},
			{"GET", "Origin", "https://evil.example", 403},
			{"GET", "Origin", "http://127.0.0.1:1", 403},
			{"GET", "Sec-Fetch-Mode", "cors", 403},
			{"GET", "Sec-Fetch-Mode", "no-cors", 403},
			{"GET", "Sec-Fetch-Mode", "nested-navigate", 403},
			{"GET", "Sec-Fetch-Dest", "iframe", 403},
			{"GET", "Sec-Fetch-Dest", "image", 403},
		} {
			if status, body, _ := b.send(c.method, path, "", c.header, c.value); status != c.want || body != "" {
				t.Errorf("%s %s with %s: %s: %d %q", c.method, path, c.header, c.value, status, body)
			}
		}
		for header, value := range map[string]string{
			"Referer": "https://evil.example/", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
			"Sec-Fetch-User": "?1", "Origin": b.URL(),
		} {
			if status, _, _ := b.send("GET", path, "", header, value); status == 403 || status == 421 {
				t.Errorf("GET %s with %s: %s: %d", path, header, value, status)
			}
		}
		if status, _, _ := b.send("HEAD", path, ""); path != "/_pages/x" && status != 405 {
			t.Errorf("HEAD %s: %d", path, status)
		}
		if status, _, _ := b.send("POST", path, ""); path != "/_pages/x" && status != 405 {
			t.Errorf("POST %s: %d", path, status)
		}
	}
	if status, _, _ := b.send("GET", "/_pages/x", ""); status != 404 {
		t.Errorf("a page that is not there: %d", status)
	}
	for _, path := range []string{"/_pages/signin", "/_pages/consent", "/_pages/confirm"} {
		if status, _, _ := b.send("GET", path, ""); status != 405 {
			t.Errorf("GET %s: %d", path, status)
		}
	}
	// A page's neighbours are closed to browsers as before.
	for _, path := range []string{"/authorize/", "/devices", "/v1/sessions", "/_pages", "/token", "/client/register", "/device_authorization", "/v1/token"} {
		if status, _, _ := b.send("GET", path, "", "Sec-Fetch-Mode", "navigate"); status != 403 {
			t.Errorf("GET %s by a browser: %d", path, status)
		}
	}
}

// TestForms clicks with one thing wrong: nothing may come of it.
func TestForms(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.register(codeClient())
	type change = func(*http.Request, url.Values)
	header := func(name, value string) change {
		return func(r *http.Request, _ url.Values) { r.Header.Set(name, value) }
	}
	value := func(name, value string) change {
		return func(_ *http.Request, form url.Values) { form.Set(name, value) }
	}
	stranger := b.visitor()
	stranger.open(b.authorizeURL(a))
	theirs := stranger.page.buttons()["signin-bob"].values
	for name, c := range map[string]struct {
		change change
		want   int
	}{
		"another site":         {header("Origin", "https://evil.example"), 403},
		"another port":         {header("Origin", "http://127.0.0.1:1"), 403},
		"a sandboxed frame":    {header("Origin", "null"), 403},
		"the other loopback":   {header("Origin", strings.Replace(b.URL(), "127.0.0.1", "localhost", 1)), 403},
		"a cross-site request": {header("Sec-Fetch-Site", "cross-site"), 403},
		"a same-site request":  {header("Sec-Fetch-Site", "same-site"), 403},
		"typed by the user":    {header("Sec-Fetch-Site", "none"), 403},
		"a script":             {header("Sec-Fetch-Mode", "cors"), 403},
		"a frame":              {header("Sec-Fetch-Dest", "iframe"), 403},
		"two origins":          {func(r *http.Request, _ url.Values) { r.Header.Add("Origin", b.URL()) }, 403},
		"no CSRF token":        {value("csrf", ""), 400},
		"a wrong CSRF token":   {value("csrf", "x"), 400},
		"another's CSRF token": {value("csrf", theirs.Get("csrf")), 400},
		"another's flow": {func(_ *http.Request, form url.Values) {
			form.Set("flow", theirs.Get("flow"))
			form.Set("csrf", theirs.Get("csrf"))
		}, 400},
		"no flow":                {value("flow", ""), 400},
		"a flow twice":           {func(_ *http.Request, form url.Values) { form.Add("flow", form.Get("flow")) }, 400},
		"right":                  {func(*http.Request, url.Values) {}, 200},
		"right, without headers": {func(r *http.Request, _ url.Values) { r.Header = http.Header{} }, 200},
	} {
		v := b.visitor()
		v.open(b.authorizeURL(a))
		p := v.click("signin-alice", c.change)
		if p.status != c.want {
			t.Errorf("sign in by %s: %d", name, p.status)
		}
		v.open(b.authorizeURL(a))
		if _, in := v.page.buttons()["allow"]; in != (c.want == 200) {
			t.Errorf("%s: signed in is %v", name, in)
		}
		if c.want != 200 {
			v.click("signin-alice")
		}
		if p = v.click("allow", c.change); c.want != 200 && (p.status != c.want || p.location != "") || c.want == 200 && p.status != 303 {
			t.Errorf("allow by %s: %d %s", name, p.status, p.location)
		}
	}
	if status, body, _ := b.send("POST", "/_pages/signin", theirs.Encode()); status != 400 || strings.Contains(body, "Allow") {
		t.Errorf("without the cookie: %d", status)
	}
	if p := stranger.click("signin-bob"); p.status != 200 {
		t.Errorf("the stranger's own click after all that: %d", p.status)
	}
}

// TestFormOrder answers out of turn, twice, and too late.
func TestFormOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.register(codeClient())
	v := b.visitor()
	v.open(b.authorizeURL(a))
	form := v.page.buttons()["signin-alice"].values
	post := func(path, answer, user string) page {
		in := url.Values{"flow": form["flow"], "csrf": form["csrf"], "answer": {answer}, "user": {user}}
		r := b.request("POST", path, in.Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return v.send(r)
	}
	if p := post("/_pages/consent", "allow", ""); p.status != 200 || p.buttons()["signin-alice"].action == "" {
		t.Errorf("consent of nobody: %d %s", p.status, p.location)
	}
	if p := post("/_pages/signin", "", "mallory"); p.status != 400 {
		t.Errorf("a stranger: %d", p.status)
	}
	if p := post("/_pages/consent", "allow", ""); p.status != 200 || p.buttons()["signin-alice"].action == "" {
		t.Errorf("consent of a stranger: %d %s", p.status, p.location)
	}
	v.click("signin-alice")
	if p := post("/_pages/consent", "perhaps", ""); p.status != 400 || p.location != "" {
		t.Errorf("perhaps: %d %s", p.status, p.location)
	}
	if p := post("/_pages/consent", "allow", ""); p.status != 303 {
		t.Errorf("allow: %d", p.status)
	}
	if p := post("/_pages/consent", "allow", ""); p.status != 400 || p.location != "" {
		t.Errorf("allow again: %d %s", p.status, p.location)
	}
	if p := v.open("/_pages/flow?flow=" + form.Get("flow")); p.status != 400 {
		t.Errorf("a flow that is over: %d", p.status)
	}
	v.open(b.authorizeURL(a))
	b.clock.Advance(10 * time.Minute)
	if p := v.click("allow"); p.status != 400 || p.location != "" {
		t.Errorf("after ten minutes: %d %s", p.status, p.location)
	}

	// The code of a device is confirmed before anything else.
	d := b.device(deviceClient())
	v.open(d.url)
	form = v.page.buttons()["confirm"].values
	if p := post("/_pages/consent", "allow", ""); p.status != 200 || p.buttons()["confirm"].action == "" {
		t.Errorf("consent before the code is confirmed: %d %s", p.status, p.body)
	}
	if _, code := d.poll(); code != "authorization_pending" {
		t.Errorf("after that: %s", code)
	}
	v.open("/_pages/flow?flow=" + form.Get("flow"))
	v.click("confirm")
	if err := b.Deny(d.user); err != nil {
		t.Fatal(err)
	}
	if p := v.click("allow"); p.status != 400 {
		t.Errorf("allowed after it was denied: %d", p.status)
	}
	if _, code := d.poll(); code != "access_denied" {
		t.Errorf("denied: %s", code)
	}
}

// TestFlowSecrets looks for what must not be in the log of requests.
func TestFlowSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor()
	a := b.register(codeClient())
	v.open(b.authorizeURL(a))
	form := v.page.buttons()["signin-alice"].values
	v.click("signin-alice")
	code := answerOf(t, v.click("allow"), ported).Get("code")
	_, out, _ := b.oidc("/token", a.with(redeem(code)))
	d := b.device(deviceClient())
	d.poll()
	v.open(d.url)
	v.open("/device?user_code=x")
	log := fmt.Sprint(b.Requests())
	for _, secret := range []string{a.secret, d.app.secret, code, form.Get("csrf"), form.Get("flow"), d.device, d.user, fmt.Sprint(out["accessToken"]), fmt.Sprint(out["refreshToken"])} {
		if strings.Contains(log, secret) || secret == "" {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, want := range []string{"sso_oidc RegisterClient", "sso_oidc Authorize", "pages signin", "pages flow", "pages consent", "sso_oidc CreateToken", "sso_oidc StartDeviceAuthorization", "sso_oidc Device", "AuthorizationPendingException", "invalid_user_code"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
}
