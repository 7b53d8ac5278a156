package provider_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
)

// world is a sandbox, a client of it, and the clock of both.
type world struct {
	*sandbox.Server
	t        *testing.T
	mu       sync.Mutex
	time     time.Time
	api      *awsapi.Client
	endpoint awsapi.Endpoint
	home     sandbox.Home
	locks    string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, time: noon, locks: t.TempDir()}
	w.Server = sandbox.Start(t, sandbox.WithClock(w.now))
	w.api = awsapi.New(awsapi.Options{Now: w.now})
	w.endpoint = awsapi.Endpoint{URL: w.URL(), SigningRegion: "eu-central-1"}
	home, err := w.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.home = home
	return w
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

func (w *world) path(parts ...string) string {
	return filepath.Join(append([]string{w.home.Dir, ".aws"}, parts...)...)
}

// is checks what a provider yields: for whom AWS takes its credentials.
func (w *world) is(p aws.CredentialsProvider, source, arn string) aws.Credentials {
	w.t.Helper()
	creds, err := p.Retrieve(w.t.Context())
	if err != nil {
		w.t.Fatalf("%s: %v", source, err)
	}
	who, err := w.api.GetCallerIdentity(w.t.Context(), w.endpoint, creds)
	if err != nil || who.ARN != arn || creds.Source != source || creds.AccountID != who.Account {
		w.t.Errorf("%s: %+v, %v; account %s of %s", source, who, err, creds.AccountID, creds.Source)
	}
	return creds
}

// calls counts the requests for one operation that got this status.
func (w *world) calls(operation string, status int) int {
	n := 0
	for _, r := range w.Requests() {
		if r.Operation == operation && r.Status == status {
			n++
		}
	}
	return n
}

func (w *world) code(_ context.Context, serial string) (secret.Text, error) {
	_, user, _ := strings.Cut(serial, ":mfa/")
	code, err := w.MFACode(user)
	return secret.New(code), err
}

func (w *world) alice() *provider.Static {
	return provider.NewStatic(provider.StaticOptions{
		AccessKeyID: "AKIAALICE0001EXAMPLE", Secret: secret.New("alice/Sandbox+Secret/0001/bPxREXAMPLEKEY"), AccountID: "111122223333",
	})
}

func TestChainInSandbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const device = "arn:aws:iam::111122223333:mfa/alice"
	w.is(w.alice(), "static", "arn:aws:iam::111122223333:user/alice")
	session := provider.NewSessionToken(provider.SessionTokenOptions{Source: w.alice(), API: w.api, Endpoint: w.endpoint,
		Duration: time.Hour, MFA: provider.MFA{Serial: device, Code: w.code}, Now: w.now})
	held := w.is(session, "session-token", "arn:aws:iam::111122223333:user/alice")
	prod := provider.NewAssumeRole(provider.AssumeRoleOptions{Source: provided{creds: held}, API: w.api, Endpoint: w.endpoint, Now: w.now,
		Input: awsapi.AssumeRoleInput{RoleARN: "arn:aws:iam::123456789012:role/Admin", ExternalID: "latchkey-prod", SourceIdentity: "alice"}})
	got := w.is(prod, "assume-role", "arn:aws:sts::123456789012:assumed-role/Admin/latchkey-1767355200")
	if !got.Expires.Equal(noon.Add(time.Hour)) {
		t.Errorf("ends %v", got.Expires)
	}
	direct := provider.NewAssumeRole(provider.AssumeRoleOptions{Source: w.alice(), API: w.api, Endpoint: w.endpoint, Now: w.now, MFA: provider.MFA{Serial: device, Code: w.code},
		Input: awsapi.AssumeRoleInput{RoleARN: "arn:aws:iam::444455556666:role/Developer", SessionName: "mine"}})
	w.is(direct, "assume-role", "arn:aws:sts::444455556666:assumed-role/Developer/mine")
	without := provider.NewAssumeRole(provider.AssumeRoleOptions{Source: w.alice(), API: w.api, Endpoint: w.endpoint, Now: w.now,
		Input: awsapi.AssumeRoleInput{RoleARN: "arn:aws:iam::444455556666:role/Developer"}})
	var refused *awsapi.APIError
	if _, err := without.Retrieve(t.Context()); !errors.As(err, &refused) || refused.Code != "AccessDenied" {
		t.Errorf("without MFA: %v", err)
	}
}

func TestWebIdentityInSandbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token, err := w.WebIdentityToken("ci", 0)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.is(provider.NewWebIdentity(provider.WebIdentityOptions{API: w.api, Endpoint: w.endpoint, TokenFile: file, Now: w.now,
		Input: awsapi.WebIdentityInput{RoleARN: "arn:aws:iam::444455556666:role/ci/Deploy", SessionName: "ci"}}),
		"web-identity", "arn:aws:sts::444455556666:assumed-role/Deploy/ci")
}

func TestMetadataInSandbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	creds, err := provider.NewIMDS(provider.IMDSOptions{API: w.api, Endpoint: w.Ready().Endpoints.IMDS, Now: w.now}).Retrieve(t.Context())
	if err != nil || creds.Source != "imds" {
		t.Errorf("imds: %+v, %v", creds, err)
	}
	if who, err := w.api.GetCallerIdentity(t.Context(), w.endpoint, creds); err != nil || !strings.Contains(who.ARN, "assumed-role/Instance/") {
		t.Errorf("imds: %+v, %v", who, err)
	}
	options := provider.ContainerOptions{API: w.api, URL: w.Ready().Endpoints.Container, Token: secret.New(w.Ready().ContainerToken), Now: w.now}
	creds, err = provider.NewContainer(options).Retrieve(t.Context())
	if err != nil || creds.Source != "container" {
		t.Errorf("container: %+v, %v", creds, err)
	}
	options.Token = secret.New("canary-wrong")
	_, err = provider.NewContainer(options).Retrieve(t.Context())
	var refused *awsapi.APIError
	if !errors.As(err, &refused) || refused.Status < 400 {
		t.Errorf("container with a wrong token: %v", err)
	}
	clean(t, err)
}

func (w *world) sso() *provider.SSO {
	tokens := sso.NewTokens(sso.Config{StartURL: "https://example-org.awsapps.com/start", Region: "eu-central-1", SessionName: "example-org",
		CacheDir: w.path("sso", "cache"), LockDir: w.locks, Endpoint: w.endpoint, Now: w.now}, w.api)
	return provider.NewSSO(provider.SSOOptions{Tokens: tokens, API: w.api, Endpoint: w.endpoint,
		AccountID: "444455556666", RoleName: "Developer", Now: w.now})
}

// TestSSOInSandbox has refresh tokens that are good once, as AWS's are.
func TestSSOInSandbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.retrieveAtOnce(w.sso(), 3)
	for _, wait := range []time.Duration{57 * time.Minute, 3 * time.Hour} {
		before := w.calls("CreateToken", 200)
		w.advance(wait)
		w.retrieveAtOnce(w.sso(), 20)
		if n := w.calls("CreateToken", 200) - before; n != 1 {
			t.Errorf("after %v: %d refreshes, want 1", wait, n)
		}
	}
	if n := w.calls("CreateToken", 400); n != 0 {
		t.Errorf("%d refreshes refused", n)
	}
	w.EndSSO("alice")
	_, err := w.sso().Retrieve(t.Context())
	var required *sso.SignInRequiredError
	if !errors.As(err, &required) || required.Reason != sso.ReasonEnded {
		t.Errorf("ended: %v", err)
	}
	w.advance(3 * time.Hour)
	if _, err = w.sso().Retrieve(t.Context()); !errors.As(err, &required) || required.Reason != sso.ReasonRefused {
		t.Errorf("ended and expired: %v", err)
	}
}

func (w *world) login() *provider.Login {
	return provider.NewLogin(signin.NewCredentials(signin.Config{LoginSession: "arn:aws:iam::111122223333:user/alice",
		CacheDir: w.path("login", "cache"), LockDir: w.locks, Endpoint: w.endpoint, Now: w.now}, w.api))
}

func TestLoginInSandbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.is(w.login(), "login", "arn:aws:iam::111122223333:user/alice")
	for range 3 {
		w.advance(11 * time.Minute)
		creds := w.is(w.login(), "login", "arn:aws:iam::111122223333:user/alice")
		if !creds.Expires.Equal(w.now().Add(15 * time.Minute)) {
			t.Errorf("renewed until %s at %s", iso8601.Format(creds.Expires), iso8601.Format(w.now()))
		}
	}
	w.advance(time.Hour)
	w.retrieveAtOnce(w.login(), 20)
	w.advance(13 * time.Hour)
	_, err := w.login().Retrieve(t.Context())
	var required *signin.SignInRequiredError
	if !errors.As(err, &required) || required.Reason != signin.ReasonExpired {
		t.Errorf("after the session's end: %v", err)
	}
}

// retrieveAtOnce has n callers at the same time, none of whom may fail.
func (w *world) retrieveAtOnce(p aws.CredentialsProvider, n int) {
	w.t.Helper()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if _, err := p.Retrieve(w.t.Context()); err != nil {
				w.t.Error(err)
			}
		})
	}
	group.Wait()
}
