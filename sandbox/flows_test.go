package sandbox_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

const (
	startURL     = "https://example-org.awsapps.com/start"
	callback     = "http://127.0.0.1/oauth/callback"
	deviceGrant  = "urn:ietf:params:oauth:grant-type:device_code"
	accessScope  = "sso:account:access"
	sameDevice   = "arn:aws:signin:::devtools/same-device"
	crossDevice  = "arn:aws:signin:::devtools/cross-device"
	codeVerifier = "a-verifier.of_RFC7636~0123456789abcdefghijklmnop"
)

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

type object = map[string]any

// oidc posts JSON and reads the answer.
func (b *bench) oidc(path string, in object) (int, object, string) {
	b.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		b.t.Fatal(err)
	}
	r := b.request("POST", path, string(body))
	r.Header.Set("Content-Type", "application/json")
	status, text, header := b.do(r)
	var out object
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		b.t.Fatalf("%s: %d %v: %s", path, status, err, text)
	}
	return status, out, header.Get("X-Amzn-Errortype")
}

// app is a registered client.
type app struct{ id, secret string }

// with adds the client's id and secret to a request.
func (a app) with(in object) object {
	in["clientId"], in["clientSecret"] = a.id, a.secret
	return in
}

// register registers what the AWS CLI does for one of its two flows; change may
// spoil it.
func (b *bench) register(in object) app {
	b.t.Helper()
	status, out, _ := b.oidc("/client/register", in)
	if status != 200 {
		b.t.Fatalf("registration: %d %v", status, out)
	}
	id, _ := out["clientId"].(string)
	secret, _ := out["clientSecret"].(string)
	return app{id, secret}
}

func codeClient() object {
	return object{
		"clientName": "botocore-client-corp", "clientType": "public", "scopes": []string{accessScope}, "issuerUrl": startURL,
		"grantTypes": []string{"authorization_code", "refresh_token"}, "redirectUris": []string{callback},
	}
}

func deviceClient() object {
	return object{"clientName": "botocore-client-corp", "clientType": "public", "scopes": []string{accessScope}}
}

// visitor is a person's browser: it keeps cookies and stops where it is sent to
// another server.
type visitor struct {
	b    *bench
	http *http.Client
	page page
}

// page is what a visitor sees.
type page struct {
	status   int
	location string // of a redirect to another server
	body     string
	header   http.Header
	url      *url.URL
}

func (b *bench) visitor() *visitor {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &visitor{b: b, http: &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if "http://"+r.URL.Host != b.URL() {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
}

func (v *visitor) send(r *http.Request) page {
	v.b.t.Helper()
	resp, err := v.http.Do(r)
	if err != nil {
		v.b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.b.t.Fatal(err)
	}
	v.page = page{resp.StatusCode, resp.Header.Get("Location"), string(body), resp.Header, resp.Request.URL}
	return v.page
}

// open goes to a path or URL of the sandbox as a browser does that was started
// by another program.
func (v *visitor) open(to string) page {
	v.b.t.Helper()
	r := v.b.request("GET", strings.TrimPrefix(to, v.b.URL()), "")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Sec-Fetch-Site", "none")
	return v.send(r)
}

// button is a form's submit button with all that its click sends.
type button struct {
	method, action string
	values         url.Values
}

// buttons reads the forms of the page by their buttons' ids.
func (p page) buttons() map[string]button {
	attr := func(tag, name string) string {
		m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag)
		if m == nil {
			return ""
		}
		return html.UnescapeString(m[1])
	}
	out := map[string]button{}
	for _, form := range regexp.MustCompile(`(?s)<form .*?</form>`).FindAllString(p.body, -1) {
		values := url.Values{}
		for _, input := range regexp.MustCompile(`<input type="hidden"[^>]*>`).FindAllString(form, -1) {
			values.Set(attr(input, "name"), attr(input, "value"))
		}
		for _, tag := range regexp.MustCompile(`<button [^>]*>`).FindAllString(form, -1) {
			one := url.Values{}
			for name, v := range values {
				one[name] = v
			}
			if name := attr(tag, "name"); name != "" {
				one.Set(name, attr(tag, "value"))
			}
			out[attr(tag, "id")] = button{attr(form, "method"), attr(form, "action"), one}
		}
	}
	return out
}

// click presses a button of the page; change may spoil the request.
func (v *visitor) click(id string, change ...func(*http.Request, url.Values)) page {
	v.b.t.Helper()
	btn, ok := v.page.buttons()[id]
	if !ok || btn.method != "post" {
		v.b.t.Fatalf("no button %s on the page (%d): %s", id, v.page.status, v.page.body)
	}
	r := v.b.request("POST", btn.action, "")
	r.Header.Set("Origin", v.b.URL())
	r.Header.Set("Referer", v.b.URL()+"/authorize")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range change {
		c(r, btn.values)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body := btn.values.Encode()
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
	r.GetBody = nil
	return v.send(r)
}

// authorizeURL is where the AWS CLI sends the browser; pairs change parameters,
// "" removes one.
func (b *bench) authorizeURL(a app, pairs ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {a.id}, "redirect_uri": {"http://127.0.0.1:50123/oauth/callback"}, "state": {"s t&a/te"},
		"code_challenge_method": {"S256"}, "scopes": {accessScope}, "code_challenge": {challenge(codeVerifier)},
	}
	return b.URL() + "/authorize?" + changed(q, pairs)
}

// loginURL is the same for the sign-in service.
func (b *bench) loginURL(client, redirect string, pairs ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {redirect}, "state": {"6f5902ac-237a"},
		"code_challenge_method": {"SHA-256"}, "scope": {"openid"}, "code_challenge": {challenge(codeVerifier)},
	}
	return b.URL() + "/v1/authorize?" + changed(q, pairs)
}

func changed(q url.Values, pairs []string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return q.Encode()
}

// answerOf takes code, state and error from where the browser was sent.
func answerOf(t *testing.T, p page, to string) url.Values {
	t.Helper()
	u, err := url.Parse(p.location)
	if err != nil || !strings.HasPrefix(p.location, to+"?") {
		t.Fatalf("sent to %q (%d, %v), not to %s: %s", p.location, p.status, err, to, p.body)
	}
	return u.Query()
}

func (b *bench) key() *ecdsa.PrivateKey {
	b.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.t.Fatal(err)
	}
	return k
}

// TestAutoApprove runs the flows without anybody to click.
func TestAutoApprove(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.WithAutoApprove())
	v := b.visitor()

	a := b.register(codeClient())
	p := v.open(b.authorizeURL(a))
	got := answerOf(t, p, "http://127.0.0.1:50123/oauth/callback")
	if p.status != 302 || got.Get("state") != "s t&a/te" {
		t.Errorf("%d %v", p.status, got)
	}
	status, out, _ := b.oidc("/token", a.with(object{
		"grantType": "authorization_code", "code": got.Get("code"), "redirectUri": "http://127.0.0.1:50123/oauth/callback", "codeVerifier": codeVerifier,
	}))
	if status != 200 || out["refreshToken"] == nil {
		t.Fatalf("%d %v", status, out)
	}
	token, _ := out["accessToken"].(string)
	if status, body, _ := b.send("GET", devRole("444455556666", "Developer"), "", bearer, token); status != 200 {
		t.Errorf("role: %d %s", status, body)
	}

	d := b.register(deviceClient())
	_, begun, _ := b.oidc("/device_authorization", d.with(object{"startUrl": startURL}))
	where, _ := begun["verificationUriComplete"].(string)
	if p := v.open(where); p.status != 200 || !strings.Contains(p.body, `id="done"`) {
		t.Errorf("device: %d %s", p.status, p.body)
	}
	if status, out, _ := b.oidc("/token", d.with(object{"grantType": deviceGrant, "deviceCode": begun["deviceCode"]})); status != 200 || out["refreshToken"] == nil {
		t.Errorf("device: %d %v", status, out)
	}

	got = answerOf(t, v.open(b.loginURL(sameDevice, "http://127.0.0.1:50123/oauth/callback")), "http://127.0.0.1:50123/oauth/callback")
	if got.Get("code") == "" || got.Get("state") != "6f5902ac-237a" {
		t.Errorf("login: %v", got)
	}
	if p := v.open(b.loginURL(crossDevice, b.URL()+"/v1/sessions/confirmation")); p.status != 200 || !strings.Contains(p.body, `id="paste-code"`) {
		t.Errorf("remote: %d %s", p.status, p.body)
	}
}
