package sso_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/sso"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const startURL = "https://corp.awsapps.com/start"

// oidc answers every refresh the same way and remembers what it was asked.
type oidc struct {
	out   awsapi.TokenOutput
	err   error
	delay time.Duration
	calls atomic.Int32
	last  awsapi.CreateTokenInput
	mu    sync.Mutex
}

func (o *oidc) CreateToken(_ context.Context, _ awsapi.Endpoint, in awsapi.CreateTokenInput) (awsapi.TokenOutput, error) {
	o.calls.Add(1)
	time.Sleep(o.delay)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = in
	return o.out, o.err
}

func good() *oidc {
	return &oidc{out: awsapi.TokenOutput{
		AccessToken: secret.New("canary-new-access"), RefreshToken: secret.New("canary-new-refresh"), ExpiresIn: time.Hour,
	}}
}

// fixture is one cache folder with one token file.
type fixture struct {
	config sso.Config
	path   string
}

func newFixture(t *testing.T, session, content string) fixture {
	t.Helper()
	folder := t.TempDir()
	f := fixture{config: sso.Config{
		StartURL: startURL, Region: "us-east-1", SessionName: session, CacheDir: filepath.Join(folder, "cache"),
		LockDir: filepath.Join(folder, "locks"), Endpoint: awsapi.Endpoint{URL: "https://oidc.test"}, Now: func() time.Time { return noon },
	}}
	f.path = sso.TokenFile(f.config.CacheDir, session, startURL)
	if content == "" {
		return f
	}
	if err := os.MkdirAll(f.config.CacheDir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

// file returns a token file as the AWS CLI writes it.
func file(expires time.Time) string {
	return `{"startUrl": "` + startURL + `", "region": "us-east-1", "accessToken": "canary-old-access", "expiresAt": "` + iso8601.Format(expires) +
		`", "clientId": "client", "clientSecret": "canary-client-secret", "registrationExpiresAt": "2026-03-01T00:00:00Z", "refreshToken": "canary-old-refresh"}`
}

func TestTokenFileNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ session, url, want string }{
		{"corp", startURL, "ee0bfd2552fbd840c02cc48b6e823320543c450f"},
		{"bare", startURL, "b9e2c5c9b81ab1605f269dab3ed81a8dd42016cb"},
		{"", startURL, "a51746d4aa793ae07b25e90c3a5db96fc7832bd7"},
		{"", "https://ssotest.awsapps.com/start", "dace00cba5f8355ec9d274ceb2bcebdfbeed0e12"},
		{"s", "", "a0f1490a20d0211c997b44bc357e1972deab8ae3"},
	} {
		if got := sso.TokenFile("d", tt.session, tt.url); got != filepath.Join("d", tt.want+".json") {
			t.Errorf("TokenFile(%q, %q) = %s, want %s", tt.session, tt.url, got, tt.want)
		}
	}
}

func TestAccessTokenAsItIs(t *testing.T) {
	t.Parallel()
	late := noon.Add(time.Hour)
	for name, content := range map[string]string{
		"written by the CLI": file(late),
		"fraction":           strings.Replace(file(late), "13:00:00Z", "13:00:00.000Z", 1),
		"offset":             strings.Replace(file(late), "13:00:00Z", "13:00:00+00:00", 1),
		"UTC":                strings.Replace(file(late), "13:00:00Z", "13:00:00UTC", 1),
		"compact, unknown":   `{"x":{"y":1},"accessToken":"canary-old-access","expiresAt":"2026-01-02T13:00:00Z"}`,
	} {
		f, o := newFixture(t, "corp", content), good()
		token, expires, err := sso.NewTokens(f.config, o).AccessToken(t.Context())
		if err != nil || token.Reveal() != "canary-old-access" || !expires.Equal(late) || o.calls.Load() != 0 {
			t.Errorf("%s: %q, %v, %v after %d calls", name, token.Reveal(), expires, err, o.calls.Load())
		}
	}
}

// TestRefreshWritesTheSameForm compares the file byte for byte.
func TestRefreshWritesTheSameForm(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"as the CLI":      file(noon.Add(time.Minute)),
		"unknown members": strings.Replace(file(noon.Add(-time.Hour)), `"accessToken"`, `"x-tool": {"a": [1, null], "t": "\u00fc"}, "accessToken"`, 1),
	} {
		f, o := newFixture(t, "corp", in), good()
		token, expires, err := sso.NewTokens(f.config, o).AccessToken(t.Context())
		if err != nil || token.Reveal() != "canary-new-access" || !expires.Equal(noon.Add(time.Hour)) {
			t.Errorf("%s: %q, %v, %v", name, token.Reveal(), expires, err)
		}
		if o.last.ClientID != "client" || o.last.ClientSecret.Reveal() != "canary-client-secret" ||
			o.last.GrantType != "refresh_token" || o.last.RefreshToken.Reveal() != "canary-old-refresh" {
			t.Errorf("%s: asked with %s, %s", name, o.last.ClientID, o.last.GrantType)
		}
		want := strings.NewReplacer("canary-old", "canary-new", "2026-01-02T12:01:00Z", "2026-01-02T13:00:00Z",
			"2026-01-02T11:00:00Z", "2026-01-02T13:00:00Z").Replace(in)
		if got, _ := os.ReadFile(f.path); string(got) != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

func TestRefreshKeepsTokenThatDoesNotRotate(t *testing.T) {
	t.Parallel()
	f, o := newFixture(t, "corp", file(noon)), good()
	o.out.RefreshToken = secret.Text{}
	if _, _, err := sso.NewTokens(f.config, o).AccessToken(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(f.path); !strings.Contains(string(got), `"refreshToken": "canary-old-refresh"}`) {
		t.Errorf("file %s", got)
	}
}

func TestSignInRequired(t *testing.T) {
	t.Parallel()
	dead := file(noon.Add(-time.Hour))
	refusal := &awsapi.APIError{Service: awsapi.SSOOIDC, Operation: "CreateToken", Code: "InvalidGrantException", Message: "Invalid grant provided", Status: 400}
	elsewhere := &awsapi.APIError{Service: awsapi.SSOOIDC, Code: "InvalidRequestRegionException", Status: 400, Region: "eu-west-1"}
	tests := []struct {
		name, session, content string
		err                    error
		reason                 sso.Reason
		why                    string
	}{
		{"never", "corp", "", nil, sso.ReasonMissing, "not signed in"},
		{"half", "corp", dead[:40], nil, sso.ReasonDamaged, "cut short"},
		{"no token", "corp", `{"expiresAt": "2026-01-02T13:00:00Z"}`, nil, sso.ReasonDamaged, "no accessToken"},
		{"no expiry", "corp", `{"accessToken": "canary"}`, nil, sso.ReasonDamaged, "no usable expiresAt"},
		{"registration", "corp", `{"clientId": "x", "clientSecret": "canary", "expiresAt": "2026-03-01T00:00:00Z"}`, nil, sso.ReasonDamaged, "no accessToken"},
		{"legacy", "", dead, nil, sso.ReasonExpired, "without sso_session"},
		{"no refresh token", "corp", strings.Replace(dead, `"refreshToken"`, `"other"`, 1), nil, sso.ReasonExpired, "nothing to renew it with"},
		{"no client", "corp", strings.Replace(dead, `"clientSecret"`, `"other"`, 1), nil, sso.ReasonExpired, "nothing to renew it with"},
		{"registration expired", "corp", strings.Replace(dead, "2026-03-01", "2026-01-01", 1), nil, sso.ReasonExpired, "nothing to renew it with"},
		{"refused", "corp", dead, refusal, sso.ReasonRefused, "InvalidGrantException (Invalid grant provided)"},
		{"wrong region", "corp", dead, elsewhere, sso.ReasonRefused, "Identity Center is in region eu-west-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, o := newFixture(t, tt.session, tt.content), good()
			o.err = tt.err
			_, _, err := sso.NewTokens(f.config, o).AccessToken(t.Context())
			var required *sso.SignInRequiredError
			if !errors.As(err, &required) {
				t.Fatalf("got %v", err)
			}
			if required.Reason != tt.reason || !strings.Contains(required.Why, tt.why) || required.File != f.path ||
				required.SessionName != tt.session || required.StartURL != startURL {
				t.Errorf("got %+v", required)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("secret in %v", err)
			}
		})
	}
}

func TestRefusalIsSilentWhileTheTokenLives(t *testing.T) {
	t.Parallel()
	f, o := newFixture(t, "corp", file(noon.Add(time.Minute))), good()
	o.err = &awsapi.APIError{Code: "InvalidGrantException", Status: 400}
	for range 3 {
		token, _, err := sso.NewTokens(f.config, o).AccessToken(t.Context())
		if err != nil || token.Reveal() != "canary-old-access" {
			t.Errorf("got %q, %v", token.Reveal(), err)
		}
	}
	if o.calls.Load() != 1 {
		t.Errorf("%d calls within a minute, want 1", o.calls.Load())
	}
}

func TestLivingLegacyTokenIsNotRefreshed(t *testing.T) {
	t.Parallel()
	f, o := newFixture(t, "", file(noon.Add(time.Second))), good()
	token, _, err := sso.NewTokens(f.config, o).AccessToken(t.Context())
	if err != nil || token.Reveal() != "canary-old-access" || o.calls.Load() != 0 {
		t.Errorf("got %q, %v after %d calls", token.Reveal(), err, o.calls.Load())
	}
}

// TestNoAnswerIsNoReasonToSignIn also holds that waiting processes share it.
func TestNoAnswerIsNoReasonToSignIn(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		&awsapi.UnreachableError{Operation: "sso-oidc CreateToken", Endpoint: "https://oidc.test", Reason: awsapi.ReasonDNS, Err: errors.New("no such host")},
		&awsapi.APIError{Code: "InternalServerException", Status: 500},
		&awsapi.APIError{Code: "TooManyRequestsException", Status: 429},
	} {
		f, o := newFixture(t, "corp", file(noon.Add(-time.Hour))), good()
		o.err, o.delay = cause, 200*time.Millisecond
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				_, _, err := sso.NewTokens(f.config, o).AccessToken(t.Context())
				var required *sso.SignInRequiredError
				var unreachable *awsapi.UnreachableError
				if err == nil || errors.As(err, &required) || !errors.Is(err, cause) && !errors.As(err, &unreachable) {
					t.Errorf("got %v", err)
				}
			})
		}
		group.Wait()
		if o.calls.Load() != 1 {
			t.Errorf("%v: %d calls, want 1", cause, o.calls.Load())
		}
	}
}

func TestUselessAnswer(t *testing.T) {
	t.Parallel()
	f, o := newFixture(t, "corp", file(noon.Add(-time.Hour))), good()
	o.out = awsapi.TokenOutput{}
	if _, _, err := sso.NewTokens(f.config, o).AccessToken(t.Context()); err == nil || !strings.Contains(err.Error(), "no token in the answer") {
		t.Errorf("got %v", err)
	}
}

// TestEnded: a token that AWS does not accept any more counts as expired, for all
// who look at the file.
func TestEnded(t *testing.T) {
	t.Parallel()
	f, o := newFixture(t, "corp", file(noon.Add(time.Hour))), good()
	cause := errors.New("401")
	token := secret.New("canary-old-access")
	err := sso.NewTokens(f.config, o).Ended(token, cause)
	var required *sso.SignInRequiredError
	if !errors.As(err, &required) || required.Reason != sso.ReasonEnded || required.File != f.path || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	other := f.config
	other.Region = "eu-west-1" // what is wrong about the region says nothing of the right one
	if token, _, err := sso.NewTokens(other, o).AccessToken(t.Context()); err != nil || token.Reveal() != "canary-old-access" || o.calls.Load() != 0 {
		t.Errorf("in another region: %v after %d calls", err, o.calls.Load())
	}
	if token, _, err := sso.NewTokens(f.config, o).AccessToken(t.Context()); err != nil || token.Reveal() != "canary-new-access" || o.calls.Load() != 1 {
		t.Errorf("renewed: %v after %d calls", err, o.calls.Load())
	}
	f = newFixture(t, "", file(noon.Add(time.Hour)))
	legacy := sso.NewTokens(f.config, o)
	_ = legacy.Ended(token, cause)
	if _, _, err := legacy.AccessToken(t.Context()); !errors.As(err, &required) {
		t.Errorf("what cannot be renewed: %v", err)
	}
}

// TestStanding reads and asks nobody.
func TestStanding(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		session, content string
		renews           bool
		reason           sso.Reason
	}{
		"alive":                 {"corp", file(noon.Add(time.Hour)), true, ""},
		"dead, to be renewed":   {"corp", file(noon.Add(-time.Hour)), true, ""},
		"legacy":                {"", file(noon.Add(time.Hour)), false, ""},
		"dead, not renewable":   {"", file(noon.Add(-time.Hour)), false, sso.ReasonExpired},
		"nobody has signed in":  {"corp", "", false, sso.ReasonMissing},
		"not what it should be": {"corp", "{}", false, sso.ReasonDamaged},
	} {
		f, o := newFixture(t, tt.session, tt.content), good()
		got, err := sso.NewTokens(f.config, o).Standing(t.Context())
		var required *sso.SignInRequiredError
		switch {
		case errors.As(err, &required) && required.Reason == tt.reason:
		case err != nil || tt.reason != "" || got.Renews != tt.renews || got.Expires.IsZero() || got.Region != "us-east-1":
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if o.calls.Load() != 0 {
			t.Errorf("%s: %d calls", name, o.calls.Load())
		}
	}
}
