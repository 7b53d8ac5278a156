package signin_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/signin"
)

// desk is the sign-in service and the person in front of it.
type desk struct {
	t       *testing.T
	visit   signin.Visit
	query   url.Values // of the visited page
	in      []awsapi.SignInTokenInput
	proofs  []string
	out     awsapi.SignInTokenOutput
	errs    []error // of the first calls
	skew    time.Duration
	before  func() // runs before the answer to a call
	answers string // what the browser brings back, after the state; "" is the code
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{t: t, out: awsapi.SignInTokenOutput{
		Credentials:  aws.Credentials{AccessKeyID: "ASIANEW", SecretAccessKey: "canary-new-secret", SessionToken: "canary-new-session"},
		RefreshToken: secret.New("canary-new-refresh"), IDToken: secret.New(idToken(`{"sub":"` + arn + `","aud":"x"}`)), TokenType: "aws_sigv4", ExpiresIn: 15 * time.Minute,
	}}
}

func idToken(claims string) string {
	return "canary-header." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".canary-signature"
}

func (d *desk) Skew() time.Duration { return d.skew }

func (d *desk) CreateSignInToken(_ context.Context, _ awsapi.Endpoint, in awsapi.SignInTokenInput) (awsapi.SignInTokenOutput, error) {
	proof, err := in.Proof(tokenURL)
	if err != nil {
		return awsapi.SignInTokenOutput{}, err
	}
	d.in, d.proofs = append(d.in, in), append(d.proofs, proof)
	if d.before != nil {
		d.before()
	}
	if n := len(d.in); n <= len(d.errs) && d.errs[n-1] != nil {
		return awsapi.SignInTokenOutput{}, d.errs[n-1]
	}
	if got := authcode.Challenge(in.CodeVerifier); got != d.query.Get("code_challenge") {
		d.t.Errorf("the verifier is not that of the challenge %s", d.query.Get("code_challenge"))
	}
	return d.out, nil
}

// look keeps what the person is shown.
func (d *desk) look(v signin.Visit) {
	d.visit = v
	page, err := url.Parse(v.URL)
	if err != nil {
		d.t.Error(err)
		return
	}
	d.query = page.Query()
}

// come is the person's browser, which is sent back to the listener.
func (d *desk) come(_ context.Context, v signin.Visit) error {
	d.look(v)
	answers := d.answers
	if answers == "" {
		answers = "code=canary-code"
	}
	answer, err := http.Get(d.query.Get("redirect_uri") + "?state=" + url.QueryEscape(d.query.Get("state")) + "&" + answers)
	if err != nil {
		d.t.Error(err)
		return nil
	}
	return answer.Body.Close()
}

func (d *desk) options() signin.SignInOptions {
	return signin.SignInOptions{API: d, Flow: signin.FlowBrowser, Visit: d.come}
}

// shown is what the confirmation page shows.
func (d *desk) shown() string {
	return base64.StdEncoding.EncodeToString([]byte("state=" + d.query.Get("state") + "&code=canary-code"))
}

// remote has the person paste each of the texts in turn.
func (d *desk) remote(paste ...func() string) signin.SignInOptions {
	next := 0
	return signin.SignInOptions{
		API: d, Flow: signin.FlowRemote,
		Visit: func(_ context.Context, v signin.Visit) error { d.look(v); return nil },
		Paste: func(context.Context) (secret.Text, error) {
			if next == len(paste) {
				d.t.Error("asked once more")
				return secret.Text{}, context.Canceled
			}
			next++
			return secret.New(paste[next-1]()), nil
		},
	}
}

// wantNoFile holds that nothing was written.
func wantNoFile(t *testing.T, name string, c signin.Config) {
	t.Helper()
	if entries, err := os.ReadDir(c.CacheDir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: the cache has %v, %v", name, entries, err)
	}
}

// TestSignIn holds every byte that is shown, sent and written, of both flows.
func TestSignIn(t *testing.T) {
	t.Parallel()
	for flow, client := range map[signin.Flow]string{signin.FlowBrowser: "same-device", signin.FlowRemote: "cross-device"} {
		d, c := newDesk(t), configFor(t, "")
		c.Endpoint = awsapi.Endpoint{URL: "https://us-east-1.signin.aws.amazon.com", SigningRegion: "us-east-1"}
		o := d.options()
		redirect := "http%3A%2F%2F127.0.0.1%3APORT%2Foauth%2Fcallback"
		if flow == signin.FlowRemote {
			o = d.remote(d.shown)
			redirect = "https%3A%2F%2Fus-east-1.signin.aws.amazon.com%2Fv1%2Fsessions%2Fconfirmation"
		}
		got, err := signin.SignIn(t.Context(), c, o)
		path := signin.TokenFiles(c.CacheDir, arn)[0]
		if want := (signin.SignedIn{LoginSession: arn, Account: "123456789012", Expires: noon.Add(15 * time.Minute), File: path}); err != nil || got != want {
			t.Fatalf("%s: %+v, %v", flow, got, err)
		}
		back, err := url.Parse(d.query.Get("redirect_uri"))
		if err != nil {
			t.Fatal(err)
		}
		wantURL := "https://us-east-1.signin.aws.amazon.com/v1/authorize?response_type=code&client_id=arn%3Aaws%3Asignin%3A%3A%3Adevtools%2F" + client +
			"&state=" + d.query.Get("state") + "&code_challenge_method=SHA-256&scope=openid&redirect_uri=" + strings.Replace(redirect, "PORT", back.Port(), 1) +
			"&code_challenge=" + d.query.Get("code_challenge")
		if want := (signin.Visit{Flow: flow, URL: wantURL, Host: "us-east-1.signin.aws.amazon.com", Expires: noon.Add(10 * time.Minute)}); d.visit != want {
			t.Errorf("%s: visit\n got %+v\nwant %+v", flow, d.visit, want)
		}
		in := d.in[0]
		if len(d.in) != 1 || in.ClientID != "arn:aws:signin:::devtools/"+client || in.GrantType != "authorization_code" || in.Code.Reveal() != "canary-code" ||
			in.RedirectURI != back.String() || !in.RefreshToken.Empty() || in.CodeVerifier.Len() != 64 {
			t.Errorf("%s: asked with %+v", flow, in)
		}
		checkFile(t, d, path, client)
	}
}

// checkFile compares the file with the AWS CLI's, and that its key made the proof.
func checkFile(t *testing.T, d *desk, path, client string) {
	t.Helper()
	document, err := tokenfile.Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	pem := document.Text("dpopKey")
	lines := strings.Split(pem, "\n")
	if len(lines) != 6 || lines[0] != "-----BEGIN EC PRIVATE KEY-----" || len(lines[1]) != 64 || len(lines[2]) != 64 || lines[4] != "-----END EC PRIVATE KEY-----" || lines[5] != "" {
		t.Errorf("dpopKey in lines of %d: not as openssl writes it", len(lines[1]))
	}
	want := `{"accessToken": {"accessKeyId": "ASIANEW", "secretAccessKey": "canary-new-secret", "sessionToken": "canary-new-session", ` +
		`"accountId": "123456789012", "expiresAt": "2026-01-02T12:15:00Z"}, "tokenType": "aws_sigv4", "clientId": "arn:aws:signin:::devtools/` + client +
		`", "refreshToken": "canary-new-refresh", "idToken": "` + d.out.IDToken.Reveal() + `", "dpopKey": "` + strings.ReplaceAll(pem, "\n", `\n`) + `"}`
	if content, err := os.ReadFile(path); err != nil || string(content) != want {
		t.Errorf("file\n got %s, %v\nwant %s", content, err, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	checkProof(t, d.proofs[0], parsePEM(t, pem), noon)
}

// TestSignInThenRenew: the new file serves a renewal, with the flow's client.
func TestSignInThenRenew(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, "")
	if _, err := signin.SignIn(t.Context(), c, d.remote(d.shown)); err != nil {
		t.Fatal(err)
	}
	c.LoginSession, c.Now = arn, func() time.Time { return noon.Add(11 * time.Minute) }
	s := &service{}
	got, err := signin.NewCredentials(c, s).Retrieve(t.Context())
	if err != nil || got.AccountID != "123456789012" || s.in.ClientID != "arn:aws:signin:::devtools/cross-device" || s.in.RefreshToken.Reveal() != "canary-new-refresh" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestKeys: every sign-in has its own key, state and verifier.
func TestKeys(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 3 {
		d, c := newDesk(t), configFor(t, "")
		in, err := signin.SignIn(t.Context(), c, d.options())
		if err != nil {
			t.Fatal(err)
		}
		document, err := tokenfile.Read(t.Context(), in.File)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{document.Text("dpopKey"), d.query.Get("state"), d.query.Get("code_challenge")} {
			if seen[text] || text == "" {
				t.Error("used before")
			}
			seen[text] = true
		}
	}
}

// TestWhoSignedIn: another identity than expected is seen before anything is
// written over the sign-in that is there.
func TestWhoSignedIn(t *testing.T) {
	t.Parallel()
	const bob = "arn:aws:iam::123456789012:user/bob"
	declined := errors.New("declined")
	for name, tt := range map[string]struct {
		session string
		other   error
		ask     bool
		want    error
	}{
		"whoever":            {"", nil, false, nil},
		"the expected":       {arn, nil, true, nil},
		"with blanks":        {" " + arn + " ", nil, true, nil},
		"another, no":        {bob, declined, true, declined},
		"another, yes":       {bob, nil, true, nil},
		"another, unasked":   {bob, nil, false, &signin.OtherIdentityError{Expected: bob, Got: arn}},
		"escape in expected": {"x\x1b]0;", nil, false, &signin.OtherIdentityError{Expected: "x\x1b]0;", Got: arn}},
	} {
		d, c := newDesk(t), configFor(t, tt.session)
		o := d.options()
		asked := ""
		if tt.ask {
			o.Other = func(_ context.Context, got string) error {
				asked = got
				wantNoFile(t, name, c)
				return tt.other
			}
		}
		got, err := signin.SignIn(t.Context(), c, o)
		var other *signin.OtherIdentityError
		if errors.As(tt.want, &other) {
			var have *signin.OtherIdentityError
			if !errors.As(err, &have) || *have != *other || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%s: %v", name, err)
			}
		} else if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
		if tt.want != nil {
			wantNoFile(t, name, c)
		} else if got.LoginSession != arn || got.File != signin.TokenFiles(c.CacheDir, arn)[0] {
			t.Errorf("%s: %+v", name, got)
		}
		if want := map[bool]string{true: arn}[tt.session == bob && tt.ask]; asked != want {
			t.Errorf("%s: asked about %q, want %q", name, asked, want)
		}
	}
}

// TestClockIsWrong: the refused proof is made again with AWS's time, and the
// times in the file stay those of our own clock.
func TestClockIsWrong(t *testing.T) {
	t.Parallel()
	refusal := func(skew time.Duration) error {
		return fmt.Errorf("x: %w", &awsapi.APIError{Service: awsapi.SignIn, Code: "INVALID_REQUEST", Status: 400, Skew: skew})
	}
	for skew, calls := range map[time.Duration]int{time.Hour: 2, -time.Hour: 2, time.Minute: 1} {
		d, c := newDesk(t), configFor(t, "")
		d.errs = []error{refusal(skew)}
		d.before = func() { d.skew = skew }
		in, err := signin.SignIn(t.Context(), c, d.options())
		if len(d.in) != calls || (err == nil) != (calls == 2) {
			t.Errorf("%v: %v after %d calls", skew, err, len(d.in))
		}
		if err != nil {
			continue
		}
		document, err := tokenfile.Read(t.Context(), in.File)
		if err != nil {
			t.Fatal(err)
		}
		checkProof(t, d.proofs[1], parsePEM(t, document.Text("dpopKey")), noon.Add(skew))
		if !in.Expires.Equal(noon.Add(15 * time.Minute)) {
			t.Errorf("%v: expires %v", skew, in.Expires)
		}
	}
}

// jsonText is s as a JSON string.
func jsonText(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}
