package sandbox_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/sandbox/internal/jose"
)

const bearer = "X-Amz-Sso_bearer_token"

func devRole(account, role string) string {
	return "/federation/credentials?account_id=" + account + "&role_name=" + role
}

// TestPortal has what a person signed in at the Identity Center gets.
func TestPortal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in, err := b.SignInSSO("alice")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path, token string
		status              int
		want, code          string
	}{
		{"GET", devRole("444455556666", "Developer"), "x", 401, "Session token not found or invalid", "UnauthorizedException"},
		{"GET", devRole("444455556666", "Developer"), "", 401, "Session token not found or invalid", "UnauthorizedException"},
		{"GET", devRole("123456789012", "Developer"), in.AccessToken, 403, "No access", "ForbiddenException"},
		{"GET", devRole("000000000000", "Developer"), in.AccessToken, 403, "No access", "ForbiddenException"},
		{"GET", devRole("dev", "Developer"), in.AccessToken, 400, "required", "InvalidRequestException"},
		{"POST", devRole("444455556666", "Developer"), in.AccessToken, 405, "", ""},
		{"GET", "/assignment/accounts", in.AccessToken, 200, `{"accountList":[{"accountId":"444455556666","accountName":"dev","emailAddress":"dev@example.com"},{"accountId":"123456789012"`, ""},
		{"GET", "/assignment/accounts?max_result=1", in.AccessToken, 200, `"nextToken":"1"`, ""},
		{"GET", "/assignment/accounts?max_result=1&next_token=1", in.AccessToken, 200, `{"accountList":[{"accountId":"123456789012","accountName":"prod","emailAddress":"prod@example.com"}]}`, ""},
		{"GET", "/assignment/accounts?max_result=101", in.AccessToken, 400, "not valid", "InvalidRequestException"},
		{"GET", "/assignment/roles?account_id=444455556666", in.AccessToken, 200, `{"roleList":[{"accountId":"444455556666","roleName":"Developer"},{"accountId":"444455556666","roleName":"ReadOnly"}]}`, ""},
		{"GET", "/assignment/roles?account_id=777788889999", in.AccessToken, 403, "No access", "ForbiddenException"},
	} {
		status, body, header := b.send(c.method, c.path, "", bearer, c.token)
		if status != c.status || !strings.Contains(body, c.want) || header.Get("X-Amzn-Errortype") != c.code {
			t.Errorf("%s %s: %d %s %s", c.method, c.path, status, header.Get("X-Amzn-Errortype"), body)
		}
	}
	_, body, _ := b.send("GET", devRole("444455556666", "Developer"), "", bearer, in.AccessToken)
	var got struct {
		RoleCredentials struct {
			AccessKeyID, SecretAccessKey, SessionToken string
			Expiration                                 int64
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.RoleCredentials.Expiration != start().Add(time.Hour).UnixMilli() {
		t.Fatalf("%v: %s", err, body)
	}
	c := got.RoleCredentials
	who := b.call(key(c.AccessKeyID, c.SecretAccessKey, c.SessionToken), form("GetCallerIdentity"), nil)
	if !strings.HasPrefix(who.Arn, "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_Developer_") || !strings.HasSuffix(who.Arn, "/alice") {
		t.Errorf("identity %s", who.Arn)
	}
	b.clock.Advance(time.Hour)
	if status, _, _ := b.send("GET", "/assignment/accounts", "", bearer, in.AccessToken); status != 401 {
		t.Errorf("with an expired token: %d", status)
	}
}

// TestSSOEnds logs out, and has an administrator end a session.
func TestSSOEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, err1 := b.SignInSSO("alice")
	second, err2 := b.SignInSSO("alice")
	if _, err := b.SignInSSO("mallory"); err1 != nil || err2 != nil || err == nil {
		t.Fatal(err1, err2, err)
	}
	list := func(in sandbox.SSOSignIn) int {
		status, _, _ := b.send("GET", "/assignment/accounts", "", bearer, in.AccessToken)
		return status
	}
	if status, body, _ := b.send("POST", "/logout", "", bearer, first.AccessToken); status != 200 || body != "" {
		t.Errorf("logout: %d %s", status, body)
	}
	if list(first) != 401 || list(second) != 200 {
		t.Errorf("after one logout: %d, %d", list(first), list(second))
	}
	if status, _, code := b.refreshSSO(first, nil); status != 400 || code != "InvalidGrantException" {
		t.Errorf("refresh after the logout: %d %s", status, code)
	}
	b.EndSSO("alice")
	if status, _, header := b.refreshSSO(second, nil); list(second) != 401 || status != 400 || header != "InvalidGrantException" {
		t.Errorf("after the end: %d, %d %s", list(second), status, header)
	}
}

// refreshSSO calls CreateToken; change may spoil the body.
func (b *bench) refreshSSO(in sandbox.SSOSignIn, change func(map[string]string)) (int, map[string]any, string) {
	b.t.Helper()
	ask := map[string]string{"clientId": in.ClientID, "clientSecret": in.ClientSecret, "grantType": "refresh_token", "refreshToken": in.RefreshToken}
	if change != nil {
		change(ask)
	}
	body, err := json.Marshal(ask)
	if err != nil {
		b.t.Fatal(err)
	}
	status, text, header := b.send("POST", "/token", string(body), "Content-Type", "application/json")
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		b.t.Fatalf("%d %v: %s", status, err, text)
	}
	return status, out, header.Get("X-Amzn-Errortype")
}

// TestCreateToken refreshes, and has every refusal.
func TestCreateToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in, err := b.SignInSSO("alice")
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.SignInSSO("alice")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		member, value string
		status        int
		shape, code   string
	}{
		{"clientId", "x", 401, "InvalidClientException", "invalid_client"},
		{"clientSecret", "x", 401, "InvalidClientException", "invalid_client"},
		{"clientSecret", "", 400, "InvalidRequestException", "invalid_request"},
		{"grantType", "password", 400, "UnsupportedGrantTypeException", "unsupported_grant_type"},
		{"refreshToken", "", 400, "InvalidRequestException", "invalid_request"},
		{"refreshToken", "x", 400, "InvalidGrantException", "invalid_grant"},
		{"refreshToken", other.RefreshToken, 400, "InvalidGrantException", "invalid_grant"},
	} {
		status, out, shape := b.refreshSSO(in, func(m map[string]string) { m[c.member] = c.value })
		if status != c.status || shape != c.shape || out["error"] != c.code || out["error_description"] == "" {
			t.Errorf("%s=%s: %d %s %v", c.member, c.value, status, shape, out)
		}
	}
	status, out, _ := b.refreshSSO(in, nil)
	if status != 200 || out["tokenType"] != "Bearer" || out["expiresIn"] != 3600.0 || out["refreshToken"] == in.RefreshToken {
		t.Errorf("refresh: %d %v", status, out)
	}
	token, _ := out["accessToken"].(string)
	if status, _, _ := b.send("GET", "/assignment/accounts", "", bearer, token); status != 200 {
		t.Errorf("the new token: %d", status)
	}
	if status, _, shape := b.refreshSSO(in, nil); status != 400 || shape != "InvalidGrantException" {
		t.Errorf("the refresh token again: %d %s", status, shape)
	}
	if status, body, _ := b.send("POST", "/token", "no json"); status != 400 || !strings.Contains(body, "invalid_request") {
		t.Errorf("no JSON: %d %s", status, body)
	}
	b.clock.Advance(91 * 24 * time.Hour)
	if status, _, shape := b.refreshSSO(other, nil); status != 401 || shape != "InvalidClientException" {
		t.Errorf("expired registration: %d %s", status, shape)
	}
}

// proof makes a DPoP header; header and claims may be overridden.
func (b *bench) proof(k *ecdsa.PrivateKey, header, claims map[string]any) string {
	b.t.Helper()
	jwk, err := jose.PublicJWK(&k.PublicKey)
	if err != nil {
		b.t.Fatal(err)
	}
	h := map[string]any{"typ": "dpop+jwt", "jwk": jwk}
	c := map[string]any{"htm": "POST", "htu": b.URL() + "/v1/token", "iat": b.clock.Now().Unix(), "jti": rand.Text()}
	for name, v := range header {
		h[name] = v
	}
	for name, v := range claims {
		c[name] = v
	}
	token, err := jose.Sign(k, h, c)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func (b *bench) refreshLogin(in sandbox.Login, proof string) (int, map[string]any, string) {
	b.t.Helper()
	body := `{"clientId":` + strconv.Quote(in.ClientID) + `,"grantType":"refresh_token","refreshToken":` + strconv.Quote(in.RefreshToken) + `}`
	status, text, header := b.send("POST", "/v1/token", body, "DPoP", proof)
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		b.t.Fatalf("%d %v: %s", status, err, text)
	}
	return status, out, header.Get("X-Amzn-Errortype")
}

// TestDPoP has every way a proof can be wrong.
func TestDPoP(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in, err := b.SignInConsole("alice")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	strangerJWK, err := jose.PublicJWK(&stranger.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	type m = map[string]any
	used := b.proof(in.Key, nil, nil)
	b.refreshLogin(sandbox.Login{ClientID: in.ClientID, RefreshToken: "x"}, used)
	for name, proof := range map[string]string{
		"none":             "",
		"no JWT":           "x",
		"type":             b.proof(in.Key, m{"typ": "JWT"}, nil),
		"no key":           b.proof(in.Key, m{"jwk": nil}, nil),
		"another's key":    b.proof(in.Key, m{"jwk": strangerJWK}, nil),
		"short coordinate": b.proof(in.Key, m{"jwk": m{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}, nil),
		"another key":      b.proof(stranger, nil, nil),
		"method":           b.proof(in.Key, nil, m{"htm": "GET"}),
		"URL":              b.proof(in.Key, nil, m{"htu": b.URL() + "/token"}),
		"old":              b.proof(in.Key, nil, m{"iat": start().Add(-6 * time.Minute).Unix()}),
		"of the future":    b.proof(in.Key, nil, m{"iat": start().Add(6 * time.Minute).Unix()}),
		"no time":          b.proof(in.Key, nil, m{"iat": "now"}),
		"no id":            b.proof(in.Key, nil, m{"jti": ""}),
		"used before":      used,
	} {
		status, out, shape := b.refreshLogin(in, proof)
		if status != 400 || shape != "ValidationException" || out["error"] != "INVALID_REQUEST" || out["message"] == "" {
			t.Errorf("%s: %d %s %v", name, status, shape, out)
		}
	}
	if status, out, _ := b.refreshLogin(in, b.proof(in.Key, nil, nil)); status != 200 {
		t.Errorf("right: %d %v", status, out)
	}
}

// TestLoginRefresh follows a console sign-in to its end after twelve hours.
func TestLoginRefresh(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in, err := b.SignInConsole("base/alice")
	if err != nil {
		t.Fatal(err)
	}
	if in.Session != "arn:aws:iam::111122223333:user/alice" || !in.ExpiresAt.Equal(start().Add(15*time.Minute)) {
		t.Errorf("sign-in %s until %s", in.Session, in.ExpiresAt)
	}
	if who := b.call(key(in.AccessKeyID, in.SecretAccessKey, in.SessionToken), form("GetCallerIdentity"), nil); who.Arn != in.Session {
		t.Errorf("identity %s", who.Arn)
	}
	before := in
	b.clock.Advance(time.Hour)
	status, out, _ := b.refreshLogin(in, b.proof(in.Key, nil, nil))
	keys, _ := out["accessToken"].(map[string]any)
	if status != 200 || out["tokenType"] != "aws_sigv4" || out["expiresIn"] != 900.0 || keys == nil {
		t.Fatalf("refresh: %d %v", status, out)
	}
	text := func(name string) string { s, _ := keys[name].(string); return s }
	if who := b.call(key(text("accessKeyId"), text("secretAccessKey"), text("sessionToken")), form("GetCallerIdentity"), nil); who.Arn != in.Session {
		t.Errorf("identity after the refresh %d %s", who.Status, who.Arn)
	}
	in.RefreshToken, _ = out["refreshToken"].(string)
	for name, dead := range map[string]sandbox.Login{
		"used token":     before,
		"another client": {ClientID: "arn:aws:signin:::devtools/cross-device", RefreshToken: in.RefreshToken},
	} {
		status, out, shape := b.refreshLogin(dead, b.proof(in.Key, nil, nil))
		if name == "used token" && (status != 401 || shape != "AccessDeniedException" || out["error"] != "TOKEN_EXPIRED") ||
			name == "another client" && (status != 400 || out["error"] != "INVALID_REQUEST") {
			t.Errorf("%s: %d %s %v", name, status, shape, out)
		}
	}
	b.clock.Advance(11 * time.Hour)
	if status, out, _ := b.refreshLogin(in, b.proof(in.Key, nil, nil)); status != 401 || out["error"] != "TOKEN_EXPIRED" {
		t.Errorf("after twelve hours: %d %v", status, out)
	}
}
