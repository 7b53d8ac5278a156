package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/signin"
)

func newKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keyPEM(t, key)
}

// TestLasting: a sign-in that can be renewed lasts for any time that is asked
// for, and whoever has to be asked is told why.
func TestLasting(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	api := func(code string) error {
		return &awsapi.APIError{Service: awsapi.SignIn, Code: code, Type: "AccessDeniedException", Status: 401, Message: "no"}
	}
	unreachable := &awsapi.UnreachableError{Operation: "signin", Endpoint: "https://signin.test", Reason: awsapi.ReasonTimeout, Err: errors.New("timeout")}
	without := func(s string) string { return strings.Replace(s, `"refreshToken"`, `"x"`, 1) }
	for name, tt := range map[string]struct {
		left, least time.Duration
		change      func(string) string
		err         error
		want        time.Duration // left then
		calls       int32
		reason      signin.Reason
	}{
		"long enough":               {14 * time.Minute, 10 * time.Minute, nil, nil, 14 * time.Minute, 0, ""},
		"just enough":               {10 * time.Minute, 10 * time.Minute, nil, nil, 15 * time.Minute, 1, ""},
		"renewed":                   {9 * time.Minute, 15 * time.Minute, nil, nil, 15 * time.Minute, 1, ""},
		"more than there can be":    {14 * time.Minute, 8 * time.Hour, nil, nil, 14 * time.Minute, 0, ""},
		"dead, renewed":             {-time.Hour, 8 * time.Hour, nil, nil, 15 * time.Minute, 1, ""},
		"no least":                  {6 * time.Minute, 0, nil, nil, 6 * time.Minute, 0, ""},
		"no least, negative":        {6 * time.Minute, -time.Hour, nil, nil, 6 * time.Minute, 0, ""},
		"no least, below 5 minutes": {4 * time.Minute, 0, nil, nil, 15 * time.Minute, 1, ""},
		"no least, refused":         {4 * time.Minute, 0, nil, api("TOKEN_EXPIRED"), 4 * time.Minute, 1, ""},
		"nothing to renew with":     {9 * time.Minute, time.Hour, without, nil, 0, 0, signin.ReasonExpiring},
		"enough without":            {9 * time.Minute, 8 * time.Minute, without, nil, 9 * time.Minute, 0, ""},
		"dead without":              {0, time.Minute, without, nil, 0, 0, signin.ReasonExpired},
		"refused while alive":       {9 * time.Minute, time.Hour, nil, api("TOKEN_EXPIRED"), 0, 1, signin.ReasonExpired},
		"password changed":          {9 * time.Minute, time.Hour, nil, api("USER_CREDENTIALS_CHANGED"), 0, 1, signin.ReasonChanged},
		"refused otherwise":         {9 * time.Minute, time.Hour, nil, api("INVALID_REQUEST"), 0, 1, signin.ReasonRefused},
		"refused when dead":         {-1, time.Hour, nil, api("TOKEN_EXPIRED"), 0, 1, signin.ReasonExpired},
		"no permission":             {9 * time.Minute, time.Hour, nil, api("INSUFFICIENT_PERMISSIONS"), 0, 1, "permission"},
		"no answer":                 {9 * time.Minute, time.Hour, nil, unreachable, 0, 1, "unreachable"},
		"damaged":                   {time.Hour, time.Hour, func(s string) string { return s[:50] }, nil, 0, 0, signin.ReasonDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := configFor(t, arn), &service{err: tt.err}
			content := file(noon.Add(tt.left), key)
			if tt.change != nil {
				content = tt.change(content)
			}
			put(t, signin.TokenFiles(c.CacheDir, arn)[0], content)
			got, _, err := signin.NewCredentials(c, s).Lasting(t.Context(), tt.least)
			if s.calls.Load() != tt.calls {
				t.Errorf("%d calls, want %d", s.calls.Load(), tt.calls)
			}
			var required *signin.SignInRequiredError
			switch tt.reason {
			case "":
				if err != nil || !got.Equal(noon.Add(tt.want)) {
					t.Errorf("%v, %v; want %v", got, err, noon.Add(tt.want))
				}
			case "permission":
				if !as[*signin.PermissionError](err) {
					t.Errorf("got %v", err)
				}
			case "unreachable":
				if !as[*awsapi.UnreachableError](err) || as[*signin.SignInRequiredError](err) {
					t.Errorf("got %v", err)
				}
			default:
				if !errors.As(err, &required) || required.Reason != tt.reason || required.Why == "" || required.LoginSession != arn {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

// TestLastingTakesWhatThereIs: credentials that were renewed a moment ago are not
// a reason to ask a person, short as they are.
func TestLastingTakesWhatThereIs(t *testing.T) {
	t.Parallel()
	d, c := newDesk(t), configFor(t, "")
	if _, err := signin.SignIn(t.Context(), c, d.remote(d.shown)); err != nil {
		t.Fatal(err)
	}
	c.LoginSession, c.Now = arn, func() time.Time { return noon.Add(10 * time.Minute) }
	d.out.ExpiresIn = 3 * time.Minute
	d.query.Set("code_challenge", authcode.Challenge(secret.Text{})) // a renewal has no verifier
	got, _, err := signin.NewCredentials(c, d).Lasting(t.Context(), time.Hour)
	if err != nil || !got.Equal(noon.Add(13*time.Minute)) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestLastingWaits: somebody else's renewal spares the person the question.
func TestLastingWaits(t *testing.T) {
	t.Parallel()
	c, s := configFor(t, arn), &service{}
	path := signin.TokenFiles(c.CacheDir, arn)[0]
	put(t, path, file(noon.Add(time.Minute), newKey(t)))
	lock, err := lockfile.Acquire(t.Context(), filepath.Join(c.LockDir, strings.TrimSuffix(filepath.Base(path), ".json")+".lock"))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() {
		put(t, path, file(noon.Add(15*time.Minute), newKey(t)))
		_ = lock.Release()
	})
	got, _, err := signin.NewCredentials(c, s).Lasting(t.Context(), time.Hour)
	if err != nil || !got.Equal(noon.Add(15*time.Minute)) || s.calls.Load() != 0 {
		t.Errorf("%v, %v after %d calls", got, err, s.calls.Load())
	}
}

func TestLastingWithoutASignIn(t *testing.T) {
	t.Parallel()
	_, _, err := signin.NewCredentials(configFor(t, arn), &service{}).Lasting(t.Context(), time.Minute)
	var required *signin.SignInRequiredError
	if !errors.As(err, &required) || required.Reason != signin.ReasonMissing {
		t.Errorf("got %v", err)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	for _, session := range []string{arn, arn + " "} {
		c := configFor(t, session)
		mine, others := signin.TokenFiles(c.CacheDir, session), signin.TokenFiles(c.CacheDir, arn+"2")[0]
		for _, path := range append(mine, others) {
			put(t, path, "{}")
		}
		for range 2 {
			if err := signin.SignOut(t.Context(), c); err != nil {
				t.Error(err)
			}
		}
		for _, path := range mine {
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if _, err := os.Stat(others); err != nil {
			t.Error(err)
		}
	}
	for _, session := range []string{"", " \t"} {
		if err := signin.SignOut(t.Context(), configFor(t, session)); err == nil {
			t.Errorf("%q: signed out of nothing", session)
		}
	}
}
