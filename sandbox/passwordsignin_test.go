package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/sandbox"
)

const passwordWorld = `
region: eu-central-1
accounts:
  - id: "111122223333"
    name: base
    root_access_keys: [{id: AKIAROOT00001EXAMPLE, secret: root/Sandbox+Secret/00001/bPxREXAMPLEKEY}]
    password_policy: {minimum_length: 9, max_age: 100, users_may_change: true, reuse_prevention: 2}
    users:
      - name: pat
        password: pat-made-up
        managed_policies: ["arn:aws:iam::aws:policy/SignInLocalDevelopmentAccess"]
      - name: kim
        password: kim-made-up
        password_reset: true
        mfa_devices: [{name: kim, seed: KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU}]
        managed_policies: ["arn:aws:iam::aws:policy/SignInLocalDevelopmentAccess"]
        policies:
          - {Version: "2012-10-17", Statement: {Effect: Allow, Action: "iam:ListUsers", Resource: "*", Condition: {Bool: {"aws:MultiFactorAuthPresent": "true"}}}}
      - name: nil
        password: nil-made-up
`

func passwordBench(t *testing.T) (*bench, aws.Credentials) {
	t.Helper()
	w, err := sandbox.ParseWorld([]byte(passwordWorld))
	if err != nil {
		t.Fatal(err)
	}
	return newBench(t, sandbox.WithWorld(w)), key("AKIAROOT00001EXAMPLE", "root/Sandbox+Secret/00001/bPxREXAMPLEKEY", "")
}

// give fills the password form in.
func (v *visitor) give(pairs ...string) page {
	v.b.t.Helper()
	return v.click("submit-password", func(_ *http.Request, values url.Values) {
		for i := 0; i+1 < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
	})
}

// TestPasswordSignIn signs users in at the console who have passwords, and codes.
func TestPasswordSignIn(t *testing.T) {
	t.Parallel()
	b, root := passwordBench(t)
	v := b.visitor()
	v.open(b.loginURL(sameDevice, ported))
	if p := v.click("signin-pat"); !strings.Contains(p.body, `id="password"`) || strings.Contains(p.body, `id="mfa-code"`) || strings.Contains(p.body, "pat-made-up") {
		t.Fatalf("pat is asked: %s", p.body)
	}
	if p := v.give("password", "pat-made-us"); !strings.Contains(p.body, "Your authentication information is incorrect") {
		t.Errorf("a wrong password: %s", p.body)
	}
	if p := v.give("password", "pat-made-up"); !strings.Contains(p.body, "user/pat</dd>") {
		t.Fatalf("the right password: %s", p.body)
	}
	k := b.key()
	code := answerOf(t, v.click("allow"), ported).Get("code")
	status, out, _ := b.login(k, loginCode(sameDevice, ported, code))
	if status != 200 {
		t.Fatalf("tokens: %d %v", status, out)
	}
	b.checkLogin(out, sameDevice, "arn:aws:iam::111122223333:user/pat")
	refresh := object{"clientId": sameDevice, "grantType": "refresh_token", "refreshToken": out["refreshToken"]}
	if got := b.iam(root, "UpdateLoginProfile", "UserName", "pat", "Password", "pat-made-anew"); got.Status != 200 {
		t.Fatal(got.Body)
	}
	if status, out, _ := b.login(k, refresh); status != 401 || out["error"] != "USER_CREDENTIALS_CHANGED" {
		t.Errorf("with another password: %d %v", status, out)
	}
}

// TestPasswordReset has a user with a device set another password first.
func TestPasswordReset(t *testing.T) {
	t.Parallel()
	b, _ := passwordBench(t)
	v := b.visitor()
	v.open(b.loginURL(sameDevice, ported))
	if p := v.click("signin-kim"); !strings.Contains(p.body, `id="mfa-code"`) {
		t.Fatalf("kim is asked: %s", p.body)
	}
	for _, wrong := range [][]string{{"password", "kim-made-up", "code", "000000"}, {"password", "kim-made-us", "code", b.code("kim")}, {"password", "kim-made-up"}} {
		if p := v.give(wrong...); !strings.Contains(p.body, "Your authentication information is incorrect") {
			t.Errorf("%q: %s", wrong, p.body)
		}
	}
	if p := v.give("password", "kim-made-up", "code", b.code("kim")); !strings.Contains(p.body, `id="new-password"`) {
		t.Fatalf("not asked for another: %s", p.body)
	}
	for _, bad := range []string{"short", "kim-made-up"} {
		if p := v.give("password", bad); !strings.Contains(p.body, "does not comply with account password policy") {
			t.Errorf("%s is taken: %s", bad, p.body)
		}
	}
	if p := v.give("password", "kim-chosen-one"); !strings.Contains(p.body, "user/kim</dd>") {
		t.Fatalf("a good one: %s", p.body)
	}
	status, out, _ := b.login(b.key(), loginCode(sameDevice, ported, answerOf(t, v.click("allow"), ported).Get("code")))
	keys, _ := out["accessToken"].(object)
	if status != 200 || keys == nil {
		t.Fatalf("%d %v", status, out)
	}
	text := func(name string) string { s, _ := keys[name].(string); return s }
	session := key(text("accessKeyId"), text("secretAccessKey"), text("sessionToken"))
	if got := b.iam(session, "ListUsers"); got.Status != 200 {
		t.Errorf("the session has no MFA: %s", got.Body)
	}
}

// TestSignInPermission: who may not use programs gets no code, and a password that
// is too old has to be replaced.
func TestSignInPermission(t *testing.T) {
	t.Parallel()
	b, _ := passwordBench(t)
	v := b.visitor()
	v.open(b.loginURL(sameDevice, ported))
	v.click("signin-nil")
	v.give("password", "nil-made-up")
	if p := v.click("allow"); p.status != 400 || !strings.Contains(p.body, "signin:AuthorizeOAuth2Access") {
		t.Errorf("allowed: %d %s", p.status, p.body)
	}
	b.clock.Advance(31 * 24 * time.Hour)
	v.open(b.loginURL(sameDevice, ported))
	v.click("signin-nil")
	if p := v.give("password", "nil-made-up"); !strings.Contains(p.body, `id="new-password"`) {
		t.Errorf("a password of 121 days: %s", p.body)
	}
}

// TestChangePassword: the account lets its users change their own passwords, and
// nobody else's.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	b, root := passwordBench(t)
	own := b.ok(root, "CreateAccessKey", "UserName", "nil").key()
	for _, c := range []struct {
		as       aws.Credentials
		old, new string
		code     string
	}{
		{own, "nil-made-us", "nil-made-anew", "AccessDenied"},
		{own, "nil-made-up", "short", "PasswordPolicyViolation"},
		{own, "nil-made-up", "nil-made-up", "PasswordPolicyViolation"},
		{own, "nil-made-up", "nil-made-anew", ""},
		{own, "nil-made-anew", "nil-made-up", "PasswordPolicyViolation"},
		{own, "nil-made-anew", "nil-made-more", ""},
		{own, "nil-made-more", "nil-made-up", ""}, // two are remembered
		{root, "pat-made-up", "pat-made-anew", "InvalidUserType"},
	} {
		if got := b.iam(c.as, "ChangePassword", "UserName", "pat", "OldPassword", c.old, "NewPassword", c.new); got.Error.Code != c.code {
			t.Errorf("%s to %s: %d %s, want %q", c.old, c.new, got.Status, got.Body, c.code)
		}
	}
	b.ok(own, "GetAccountPasswordPolicy")
	b.ok(root, "PutUserPermissionsBoundary", "UserName", "nil", "PermissionsBoundary", "arn:aws:iam::aws:policy/IAMUserSSHKeys")
	if got := b.iam(own, "GetAccountPasswordPolicy"); got.Error.Code != "AccessDenied" {
		t.Errorf("past the boundary: %s", got.Body)
	}
	b.ok(root, "DeleteUserPermissionsBoundary", "UserName", "nil")
	b.ok(root, "UpdateAccountPasswordPolicy", "MinimumPasswordLength", "9")
	for _, action := range []string{"GetAccountPasswordPolicy", "ChangePassword"} {
		if got := b.iam(own, action, "OldPassword", "nil-made-up", "NewPassword", "nil-made-anew"); got.Error.Code != "AccessDenied" || !strings.Contains(got.Error.Message, "no identity-based policy allows") {
			t.Errorf("%s without a permission: %s", action, got.Body)
		}
	}
}
