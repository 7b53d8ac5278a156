package sso_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/sso"
)

// stage is a sandbox, a home folder of it where nobody is signed in, and a
// browser. Its clock is the real one unless somebody waits for the service.
type stage struct {
	*sandbox.Server
	home    sandbox.Home
	config  sso.Config
	client  *awsapi.Client
	browser *http.Client

	mu    sync.Mutex
	ahead time.Duration
	waits []time.Duration
}

func newStage(t *testing.T, change func(*sandbox.World), options ...sandbox.Option) *stage {
	t.Helper()
	s := &stage{browser: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	w := sandbox.Example()
	if change != nil {
		change(w)
	}
	s.Server = sandbox.Start(t, append(options, sandbox.WithWorld(w), sandbox.WithClock(s.now))...)
	home, err := s.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s.home = home
	cache := filepath.Join(home.Dir, ".aws", "sso", "cache")
	if err := os.RemoveAll(cache); err != nil {
		t.Fatal(err)
	}
	ic := w.IdentityCenter
	s.config = sso.Config{
		StartURL: ic.StartURL, Region: ic.Region, SessionName: ic.Session, CacheDir: cache, LockDir: t.TempDir(),
		Endpoint: awsapi.Endpoint{URL: s.URL(), SigningRegion: ic.Region}, Now: s.now,
	}
	s.client = awsapi.New(awsapi.Options{Now: s.now})
	t.Cleanup(s.client.CloseIdle)
	return s
}

func (s *stage) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

// sleep moves the clock, and takes a moment so that the browser comes first.
func (s *stage) sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	s.ahead, s.waits = s.ahead+d, append(s.waits, d)
	s.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	return ctx.Err()
}

// open is a browser that follows redirects.
func (s *stage) open(ctx context.Context, v sso.Visit) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.URL, nil)
	if err != nil {
		return err
	}
	res, err := s.browser.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", res.Status, body)
	}
	return nil
}

func (s *stage) signIn(t *testing.T, flow sso.Flow, change func(*sso.SignInOptions)) (*sso.Tokens, sso.SignedIn, error) {
	t.Helper()
	o := sso.SignInOptions{API: s.client, Flow: flow, Scopes: []string{"sso:account:access"}, Visit: s.open, Sleep: s.sleep}
	if change != nil {
		change(&o)
	}
	tokens := sso.NewTokens(s.config, s.client)
	out, err := tokens.SignIn(t.Context(), o)
	return tokens, out, err
}

// roles checks that the token is one that the portal takes.
func (s *stage) roles(t *testing.T, tokens *sso.Tokens) {
	t.Helper()
	token, _, err := tokens.AccessToken(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	_, err = s.client.GetRoleCredentials(t.Context(), awsapi.Endpoint{URL: s.URL()}, awsapi.RoleCredentialsInput{
		AccountID: "444455556666", RoleName: "Developer", AccessToken: token,
	})
	if err != nil {
		t.Errorf("role: %v", err)
	}
}

func TestSandbox(t *testing.T) {
	t.Parallel()
	for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
		s := newStage(t, nil, sandbox.WithAutoApprove())
		tokens, out, err := s.signIn(t, flow, nil)
		if err != nil || !out.Renewable || out.Region != s.config.Region {
			t.Errorf("%s: %+v, %v", flow, out, err)
			continue
		}
		s.roles(t, tokens)
		s.ahead += 2 * time.Hour
		if in, err := tokens.Lasting(t.Context(), 15*time.Minute); err != nil || in.Expires.Before(s.now().Add(15*time.Minute)) {
			t.Errorf("%s: refreshed to %v, %v", flow, in.Expires, err)
		}
		s.roles(t, tokens)
		// Once more: the registration serves again.
		if _, _, err := s.signIn(t, flow, nil); err != nil {
			t.Errorf("%s: again: %v", flow, err)
		}
		registered := 0
		for _, r := range s.Requests() {
			if r.Operation == "RegisterClient" {
				registered++
			}
		}
		if registered != 1 {
			t.Errorf("%s: %d registrations", flow, registered)
		}
	}
}

func TestSandboxLegacy(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, sandbox.WithAutoApprove())
	s.config.SessionName = ""
	tokens, out, err := s.signIn(t, sso.FlowDevice, func(o *sso.SignInOptions) { o.Scopes = nil })
	if err != nil || out.Renewable {
		t.Fatalf("%+v, %v", out, err)
	}
	s.roles(t, tokens)
}

// TestSandboxDevice has the person take their time, and say no.
func TestSandboxDevice(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(w *sandbox.World) { w.Settings.DeviceCode = time.Minute })
	asked := make(chan string, 1)
	visit := func(_ context.Context, v sso.Visit) error { asked <- v.UserCode; return nil }
	n := 0
	tokens, _, err := s.signIn(t, sso.FlowDevice, func(o *sso.SignInOptions) {
		o.Visit = visit
		o.Sleep = func(ctx context.Context, d time.Duration) error {
			if n++; n == 4 {
				if err := s.Approve(<-asked, "alice"); err != nil {
					t.Error(err)
				}
			}
			return s.sleep(ctx, d)
		}
	})
	if err != nil || len(s.waits) != 4 {
		t.Fatalf("got %v after %v", err, s.waits)
	}
	s.roles(t, tokens)
	_, _, err = s.signIn(t, sso.FlowDevice, func(o *sso.SignInOptions) {
		o.Visit = func(_ context.Context, v sso.Visit) error { return s.Deny(v.UserCode) }
	})
	var denied *sso.DeniedError
	if !errors.As(err, &denied) {
		t.Errorf("denied: %v", err)
	}
	_, _, err = s.signIn(t, sso.FlowDevice, func(o *sso.SignInOptions) {
		o.Visit = func(context.Context, sso.Visit) error { return nil }
	})
	var expired *sso.CodeExpiredError
	if !errors.As(err, &expired) {
		t.Errorf("nobody came: %v", err)
	}
}

// TestSandboxTrouble: the network fails while the person is in the browser.
func TestSandboxTrouble(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, sandbox.WithAutoApprove())
	for _, f := range []sandbox.Failure{
		{Service: "sso_oidc", Operation: "CreateToken", Times: 1, Close: true}, {Service: "sso_oidc", Operation: "CreateToken", Times: 1, Code: "SlowDownException"},
		{Service: "sso_oidc", Operation: "RegisterClient", Times: 2, Status: 503}, {Service: "sso_oidc", Operation: "StartDeviceAuthorization", Times: 1, Reset: true},
	} {
		if err := s.Fail(f); err != nil {
			t.Fatal(err)
		}
	}
	tokens, _, err := s.signIn(t, sso.FlowDevice, nil)
	if want := []time.Duration{5 * time.Second, 10 * time.Second, 10 * time.Second}; err != nil || !slices.Equal(s.waits, want) {
		t.Fatalf("got %v after %v, want %v", err, s.waits, want)
	}
	s.roles(t, tokens)
}

// TestSandboxForgottenClient: the cache has a registration that the service does
// not know any more.
func TestSandboxForgottenClient(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, sandbox.WithAutoApprove())
	path := sso.RegistrationFile(s.config.CacheDir, s.config.Region, s.config.SessionName, s.config.StartURL, []string{"sso:account:access"})
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	old := `{"clientId": "gone", "clientSecret": "gone", "expiresAt": "2099-01-01T00:00:00Z", "scopes": ["sso:account:access"]`
	if err := os.WriteFile(path, []byte(old+"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens, _, err := s.signIn(t, sso.FlowDevice, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.roles(t, tokens)
	// In the browser it is an error page, and the person gives up. The second
	// try has to work.
	if err := os.WriteFile(path, []byte(old+`, "grantTypes": ["authorization_code", "refresh_token"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for try := range 2 {
		_, _, err := s.signIn(t, sso.FlowBrowser, func(o *sso.SignInOptions) {
			o.Visit = func(ctx context.Context, v sso.Visit) error {
				if err := s.open(ctx, v); err != nil {
					return fmt.Errorf("%w: %w", context.Canceled, err)
				}
				return nil
			}
		})
		if (err == nil) != (try == 1) {
			t.Errorf("try %d: %v", try, err)
		}
	}
}

// TestSandboxRegion: the configured region is wrong, and AWS says so.
func TestSandboxRegion(t *testing.T) {
	t.Parallel()
	for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
		s := newStage(t, nil, sandbox.WithAutoApprove())
		right := s.config.Region
		s.config.Region, s.config.Endpoint = "us-west-2", awsapi.Endpoint{URL: s.RegionURL("us-west-2")}
		var region *sso.RegionError
		if _, _, err := s.signIn(t, flow, nil); !errors.As(err, &region) || region.Actual != right {
			t.Errorf("%s: no way to repair: %v", flow, err)
		}
		s.config.EndpointOf = func(region string) (awsapi.Endpoint, error) {
			return awsapi.Endpoint{URL: s.RegionURL(region), SigningRegion: region}, nil
		}
		tokens, out, err := s.signIn(t, flow, nil)
		if err != nil || out.Region != right {
			t.Errorf("%s: %+v, %v", flow, out, err)
			continue
		}
		s.roles(t, tokens)
		s.ahead += 2 * time.Hour
		s.roles(t, tokens) // refreshed where the sign-in is, whatever the config says
	}
}
