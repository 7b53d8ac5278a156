package latchkey_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
)

// asVisitor loads the home of somebody of the sandbox, whose pages answer by
// themselves.
func asVisitor(t *testing.T) (*sandbox.Server, func() *latchkey.Resolver) {
	t.Helper()
	server := sandbox.Start(t, sandbox.WithAutoApprove())
	home, err := server.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	load := func() *latchkey.Resolver {
		r, err := latchkey.Load(latchkey.Options{Environ: home.Env, Home: home.Dir})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Cleanup(func() { _ = load().EndSessions(context.Background()) })
	return server, load
}

func signInOf(t *testing.T, r *latchkey.Resolver, name string) chain.SignIn {
	t.Helper()
	plan, err := r.Plan(name, chain.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.SignIns(plan)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d sign-ins, %v", len(list), err)
	}
	return list[0]
}

// opens gets the page as a browser would.
func opens(_ context.Context, v latchkey.Visit) error {
	page, err := http.Get(v.URL)
	if err == nil {
		err = page.Body.Close()
	}
	return err
}

// TestSignInOnce: of many resolvers that want one sign-in, as many processes would,
// one visits the page, for both kinds.
func TestSignInOnce(t *testing.T) {
	t.Parallel()
	_, load := asVisitor(t)
	for _, name := range []string{"sso-dev", "login"} {
		if err := load().SignOut(t.Context(), signInOf(t, load(), name)); err != nil {
			t.Fatal(err)
		}
		var visits, anew atomic.Int32
		var crowd sync.WaitGroup
		for range 20 {
			r := load()
			in := signInOf(t, r, name)
			crowd.Go(func() {
				out, err := r.SignIn(t.Context(), in, latchkey.SignInOptions{Flow: latchkey.FlowBrowser, Visit: func(ctx context.Context, v latchkey.Visit) error {
					visits.Add(1)
					return opens(ctx, v)
				}})
				if err != nil || out.Expires.Before(time.Now().Add(10*time.Minute)) {
					t.Errorf("%s: until %v, %v", name, out.Expires, err)
				}
				if out.Anew {
					anew.Add(1)
				}
			})
		}
		crowd.Wait()
		if visits.Load() != 1 || anew.Load() != 1 {
			t.Errorf("%s: %d visits, %d signed in anew; want 1 and 1", name, visits.Load(), anew.Load())
		}
	}
}

// TestSignInFailureTravels: who waited for a sign-in is told what became of it, in
// the same type.
func TestSignInFailureTravels(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		profile, service, operation, code string
		right                             func(error) bool
	}{
		{"sso-dev", "sso_oidc", "CreateToken", "AccessDeniedException", func(err error) bool { var e *sso.DeniedError; return errors.As(err, &e) }},
		{"sso-dev", "sso_oidc", "CreateToken", "ExpiredTokenException", func(err error) bool { var e *sso.CodeExpiredError; return errors.As(err, &e) }},
		{"login", "signin", "CreateOAuth2Token", "INSUFFICIENT_PERMISSIONS", func(err error) bool { var e *signin.PermissionError; return errors.As(err, &e) }},
		{"login", "signin", "CreateOAuth2Token", "AUTHCODE_EXPIRED", func(err error) bool { var e *signin.CodeExpiredError; return errors.As(err, &e) }},
	} {
		t.Run(tt.code, func(t *testing.T) {
			t.Parallel()
			server, load := asVisitor(t)
			if err := load().SignOut(t.Context(), signInOf(t, load(), tt.profile)); err != nil {
				t.Fatal(err)
			}
			if err := server.Fail(sandbox.Failure{Service: tt.service, Operation: tt.operation, Code: tt.code}); err != nil {
				t.Fatal(err)
			}
			const all = 5
			var crowd sync.WaitGroup
			var shared atomic.Int32
			for range all {
				r := load()
				in := signInOf(t, r, tt.profile)
				crowd.Go(func() {
					_, err := r.SignIn(t.Context(), in, latchkey.SignInOptions{Flow: latchkey.FlowBrowser, Always: true, Visit: func(ctx context.Context, v latchkey.Visit) error {
						time.Sleep(500 * time.Millisecond) // the others have yet to reach the lock
						return opens(ctx, v)
					}})
					var other *session.SharedError
					if errors.As(err, &other) {
						shared.Add(1)
					}
					if !tt.right(err) {
						t.Errorf("%v", err)
					}
				})
			}
			crowd.Wait()
			if shared.Load() != all-1 {
				t.Errorf("%d were told, want %d", shared.Load(), all-1)
			}
		})
	}
}

// TestSignedIn only looks.
func TestSignedIn(t *testing.T) {
	t.Parallel()
	server, load := asVisitor(t)
	r := load()
	center, console := signInOf(t, r, "sso-dev"), signInOf(t, r, "login")
	for _, in := range []chain.SignIn{center, console} {
		if out, err := r.SignedIn(t.Context(), in, time.Minute); err != nil || out.Anew || out.Expires.Before(time.Now()) {
			t.Errorf("%s: %+v, %v", in.Name(), out, err)
		}
	}
	if _, err := r.SignedIn(t.Context(), center, 24*time.Hour); err != nil {
		t.Errorf("it renews itself: %v", err)
	}
	server.EndSSO("alice")
	if err := r.SignOut(t.Context(), center); err != nil {
		t.Errorf("to sign out of what has ended: %v", err)
	}
	if _, err := r.SignedIn(t.Context(), center, 0); !latchkey.NeedsSignIn(err) {
		t.Errorf("signed out: %v", err)
	}
}

// TestKeepLogin writes who has signed in, and the region that the AWS CLI needs.
func TestKeepLogin(t *testing.T) {
	t.Parallel()
	const identity = "arn:aws:iam::111122223333:user/alice"
	for _, tt := range []struct{ name, before, profile, after string }{
		{"nothing yet", "", "new", "[profile new]\nlogin_session = " + identity + "\nregion = us-east-1\n"},
		{"a region", "[profile dev]\nregion = eu-north-1\n", "dev", "[profile dev]\nregion = eu-north-1\nlogin_session = " + identity + "\n"},
		{"another one", "[profile dev]\nlogin_session = arn:aws:iam::111122223333:user/bob\nregion = eu-north-1\n", "dev",
			"[profile dev]\nlogin_session = " + identity + "\nregion = eu-north-1\n"},
		{"the default one", "# mine\n", "default", "# mine\n\n[default]\nlogin_session = " + identity + "\nregion = us-east-1\n"},
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, "config")
		if err := os.WriteFile(path, []byte(tt.before), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := latchkey.Load(latchkey.Options{Environ: []string{}, Home: folder, ConfigFile: path, CredentialsFile: os.DevNull, StateFolder: folder})
		if err != nil {
			t.Fatal(err)
		}
		in, err := r.ConsoleSignIn(tt.profile, origin.Value{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.KeepLogin(t.Context(), in, identity); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if text, _ := os.ReadFile(path); strings.TrimLeft(string(text), "\n") != tt.after {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, text, tt.after)
		}
	}
}
