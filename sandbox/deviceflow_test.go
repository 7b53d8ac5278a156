package sandbox_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// begun is a device flow that has begun.
type begun struct {
	b                       *bench
	app                     app
	device, user, url, home string
}

func (b *bench) device(in object) begun {
	b.t.Helper()
	d := begun{b: b, app: b.register(in)}
	status, out, _ := b.oidc("/device_authorization", d.app.with(object{"startUrl": startURL + "#"}))
	if status != 200 || out["interval"] != 5.0 || out["expiresIn"] != 600.0 {
		b.t.Fatalf("device authorization: %d %v", status, out)
	}
	text := func(name string) string { s, _ := out[name].(string); return s }
	d.device, d.user, d.url, d.home = text("deviceCode"), text("userCode"), text("verificationUriComplete"), text("verificationUri")
	return d
}

// poll asks for the tokens; error is OAuth's.
func (d begun) poll() (out object, code string) {
	d.b.t.Helper()
	status, out, shape := d.b.oidc("/token", d.app.with(object{"grantType": deviceGrant, "deviceCode": d.device}))
	code, _ = out["error"].(string)
	want := map[string]string{
		"": "", "authorization_pending": "AuthorizationPendingException", "slow_down": "SlowDownException",
		"expired_token": "ExpiredTokenException", "access_denied": "AccessDeniedException", "invalid_grant": "InvalidGrantException",
	}
	if shape != want[code] || (status == 200) != (code == "") || status != 200 && status != 400 {
		d.b.t.Errorf("%s comes as %d %s", code, status, shape)
	}
	return out, code
}

// TestDeviceFlow goes through the pages, with the code in the URL and typed.
func TestDeviceFlow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor()
	d := b.device(deviceClient())
	if !regexp.MustCompile(`^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$`).MatchString(d.user) || d.home != b.URL()+"/device" || d.url != d.home+"?user_code="+d.user {
		t.Errorf("%+v", d)
	}
	p := v.open(d.url)
	if _, more := p.buttons()["signin-alice"]; p.status != 200 || more || !strings.Contains(p.body, `id="user-code">`+d.user) {
		t.Errorf("confirmation: %d %s", p.status, p.body)
	}
	v.click("confirm")
	p = v.click("signin-alice")
	if !strings.Contains(p.body, d.user) || !strings.Contains(p.body, "botocore-client-corp") {
		t.Errorf("consent: %s", p.body)
	}
	if _, code := d.poll(); code != "authorization_pending" {
		t.Errorf("before consent: %s", code)
	}
	if p = v.click("allow"); p.status != 200 || !strings.Contains(p.body, `id="done"`) || !strings.Contains(p.body, "approved") {
		t.Errorf("done: %d %s", p.status, p.body)
	}
	out, code := d.poll() // at once: who is approved is not too fast
	if code != "" || out["refreshToken"] == nil || out["tokenType"] != "Bearer" || out["expiresIn"] != 3600.0 {
		t.Errorf("tokens: %v", out)
	}
	if _, code = d.poll(); code != "invalid_grant" {
		t.Errorf("a second time: %s", code)
	}
	token, _ := out["accessToken"].(string)
	if status, body, _ := b.send("GET", devRole("444455556666", "Developer"), "", bearer, token); status != 200 {
		t.Errorf("role: %d %s", status, body)
	}

	// Typed, without scopes, denied and allowed; the browser is signed in.
	for _, c := range []struct{ button, path, code string }{{"deny", "/_pages/denied", "access_denied"}, {"allow", "/_pages/approved", ""}} {
		d = b.device(object{"clientName": "x", "clientType": "public"})
		p = v.open(d.home)
		if btn := p.buttons()["submit-code"]; p.status != 200 || strings.Contains(p.body, `id="problem"`) || btn.method != "get" || btn.action != "/device" || !strings.Contains(p.body, `<input id="code" name="user_code"`) {
			t.Fatalf("code page: %s", p.body)
		}
		v.open("/device?user_code=" + url.QueryEscape(" "+strings.ToLower(strings.Replace(d.user, "-", " ", 1))))
		v.click("confirm")
		if p = v.click(c.button); p.url.Path != c.path || !strings.Contains(p.body, `id="done"`) || !strings.Contains(p.body, "<h1>Request "+c.path[len("/_pages/"):]+"</h1>") {
			t.Errorf("%s: %s %s", c.button, p.url, p.body)
		}
		if out, code := d.poll(); code != c.code || out["refreshToken"] != nil {
			t.Errorf("%s: %v", c.button, out)
		}
		if p = v.open(d.url); p.status != 400 {
			t.Errorf("a code that was answered: %d", p.status)
		}
	}
	if p = v.open("/device?user_code=BBBB-BBBB"); p.status != 400 || !strings.Contains(p.body, `id="problem"`) || !strings.Contains(p.body, `id="submit-code"`) {
		t.Errorf("unknown code: %d %s", p.status, p.body)
	}
}

// TestDevicePacing asks too early, and too late.
func TestDevicePacing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.device(deviceClient())
	for i, c := range []struct {
		wait time.Duration
		want string
	}{
		{0, "authorization_pending"}, // the AWS CLI asks once before it shows the code
		{5 * time.Second, "authorization_pending"},
		{4999 * time.Millisecond, "slow_down"}, // 10s from now on
		{10 * time.Second, "authorization_pending"},
		{9 * time.Second, "slow_down"}, // 15s
		{14 * time.Second, "slow_down"},
		{20 * time.Second, "authorization_pending"},
		{600 * time.Second, "expired_token"},
	} {
		b.clock.Advance(c.wait)
		if _, code := d.poll(); code != c.want {
			t.Errorf("question %d: %s, want %s", i, code, c.want)
		}
	}
	if err := b.Approve(d.user, "alice"); err == nil {
		t.Error("a code that is over was approved")
	}
	if p := b.visitor().open(d.url); p.status != 400 {
		t.Errorf("the page of a code that is over: %d", p.status)
	}
	d = b.device(deviceClient())
	b.clock.Advance(10*time.Minute - time.Second)
	if _, code := d.poll(); code != "authorization_pending" {
		t.Errorf("a second before its end: %s", code)
	}
	b.clock.Advance(time.Second)
	if _, code := d.poll(); code != "expired_token" {
		t.Errorf("at its end: %s", code)
	}
}

// TestDeviceRefusals has what is wrong with the requests themselves.
func TestDeviceRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d, other := b.device(deviceClient()), b.device(deviceClient())
	for _, c := range []struct {
		path   string
		app    app
		in     object
		status int
		shape  string
	}{
		{"/device_authorization", d.app, object{"startUrl": "https://other.awsapps.com/start"}, 400, "InvalidRequestException"},
		{"/device_authorization", d.app, object{"startUrl": "https://example-org.awsapps.com"}, 400, "InvalidRequestException"},
		{"/device_authorization", d.app, object{}, 400, "InvalidRequestException"},
		{"/device_authorization", app{d.app.id, ""}, object{"startUrl": startURL}, 400, "InvalidRequestException"},
		{"/device_authorization", app{"", d.app.secret}, object{"startUrl": startURL}, 400, "InvalidRequestException"},
		{"/device_authorization", app{d.app.id, "x"}, object{"startUrl": startURL}, 401, "InvalidClientException"},
		{"/device_authorization", app{"x", d.app.secret}, object{"startUrl": startURL}, 401, "InvalidClientException"},
		{"/device_authorization", b.register(codeClient()), object{"startUrl": startURL}, 400, "UnauthorizedClientException"},
		{"/token", d.app, object{"grantType": deviceGrant}, 400, "InvalidRequestException"},
		{"/token", d.app, object{"grantType": deviceGrant, "deviceCode": "x"}, 400, "InvalidGrantException"},
		{"/token", d.app, object{"grantType": deviceGrant, "deviceCode": other.device}, 400, "InvalidGrantException"},
	} {
		if status, out, shape := b.oidc(c.path, c.app.with(c.in)); status != c.status || shape != c.shape || out["error_description"] == "" {
			t.Errorf("%s %v: %d %s %v", c.path, c.in, status, shape, out)
		}
	}
	b.clock.Advance(90 * 24 * time.Hour)
	if status, _, shape := b.oidc("/device_authorization", d.app.with(object{"startUrl": startURL})); status != 401 || shape != "InvalidClientException" {
		t.Errorf("with an expired registration: %d %s", status, shape)
	}
}

// TestApprove answers device codes from a test.
func TestApprove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.device(deviceClient())
	if b.Approve("BBBB-BBBB", "alice") == nil || b.Approve(d.user, "mallory") == nil || b.Deny("BBBB-BBBB") == nil {
		t.Error("what does not exist was answered")
	}
	if _, code := d.poll(); code != "authorization_pending" {
		t.Errorf("after that: %s", code)
	}
	if err := b.Approve(strings.ToLower(d.user), "alice"); err != nil {
		t.Error(err)
	}
	if b.Deny(d.user) == nil {
		t.Error("a code was answered twice")
	}
	if _, code := d.poll(); code != "" {
		t.Errorf("approved: %s", code)
	}
	d = b.device(deviceClient())
	if err := b.Deny(d.user); err != nil {
		t.Error(err)
	}
	if _, code := d.poll(); code != "access_denied" {
		t.Errorf("denied: %s", code)
	}
}

// TestAutoApproveUser signs somebody else in.
func TestAutoApproveUser(t *testing.T) {
	t.Parallel()
	as := func(name string) sandbox.Option {
		return func(o *sandbox.Options) { o.AutoApprove, o.AutoApproveUser = true, name }
	}
	b := newBench(t, as("bob"))
	d := b.device(deviceClient())
	if p := b.visitor().open(d.url); p.status != 200 || p.url.Path != "/_pages/approved" {
		t.Errorf("%d %s", p.status, p.url)
	}
	out, _ := d.poll()
	token, _ := out["accessToken"].(string)
	if _, body, _ := b.send("GET", "/assignment/roles?account_id=444455556666", "", bearer, token); strings.Contains(body, "Developer") || !strings.Contains(body, "ReadOnly") {
		t.Errorf("bob's roles: %s", body)
	}
	// carol is a user of an account and nobody at the Identity Center.
	b = newBench(t, as("base/carol"))
	if p := b.visitor().open(b.authorizeURL(b.register(codeClient()))); p.status != 400 || !strings.Contains(p.body, `id="problem"`) {
		t.Errorf("carol: %d %s", p.status, p.location)
	}
	if got := answerOf(t, b.visitor().open(b.loginURL(sameDevice, ported)), ported); got.Get("code") == "" {
		t.Errorf("carol: %v", got)
	}
	o := sandbox.Options{Now: b.clock.Now}
	as("mallory")(&o)
	if _, err := sandbox.New(o); err == nil || !strings.Contains(err.Error(), `no user is called "mallory"`) {
		t.Errorf("mallory: %v", err)
	}
}
