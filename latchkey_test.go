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

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/session"
)

// clock is a time that tests move.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Now().UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// home is a sandbox with its home folder, both on the test's clock.
func home(t *testing.T, c *clock) (*sandbox.Server, sandbox.Home) {
	t.Helper()
	server := sandbox.Start(t, sandbox.WithClock(c.now))
	h, err := server.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return server, h
}

func provide(t *testing.T, opts latchkey.Options, name string, policy chain.Policy) *latchkey.Provider {
	t.Helper()
	opts.StateFolder = t.TempDir()
	t.Cleanup(func() { leave(t, opts) })
	r, err := latchkey.Load(opts)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := r.Plan(name, policy)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Provider(plan)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func calls(server *sandbox.Server, operation string) int {
	n := 0
	for _, r := range server.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

// TestRenewal: a hundred callers cause one call; the session is kept while it
// lives, renewed before it ends, and fetched anew after Invalidate.
func TestRenewal(t *testing.T) {
	t.Parallel()
	c := newClock()
	server, h := home(t, c)
	policy := chain.Policy{Role: origin.Value{Text: "arn:aws:iam::444455556666:role/ReadOnly"}}
	p := provide(t, latchkey.Options{Environ: h.Env, Now: c.now}, "alice", policy)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, err := p.Retrieve(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	first, _ := p.Retrieve(t.Context())
	steps := []struct {
		after time.Duration
		calls int
	}{{0, 1}, {40 * time.Minute, 1}, {10 * time.Minute, 2}, {2 * time.Hour, 3}}
	for _, s := range steps {
		c.advance(s.after)
		creds, err := p.Retrieve(t.Context())
		if n := calls(server, "AssumeRole"); err != nil || n != s.calls || creds.Expires.Before(c.now().Add(time.Minute)) {
			t.Errorf("after %s: %d calls, expires %s, %v; want %d", s.after, n, creds.Expires, err, s.calls)
		}
	}
	p.Invalidate()
	if again, err := p.Retrieve(t.Context()); err != nil || again.AccessKeyID == first.AccessKeyID || calls(server, "AssumeRole") != 4 {
		t.Errorf("after Invalidate: %v, %d calls", err, calls(server, "AssumeRole"))
	}
	if first.Source != provider.SourceAssumeRole || first.AccountID != "444455556666" || !first.CanExpire {
		t.Errorf("source %q, account %q, can expire %v", first.Source, first.AccountID, first.CanExpire)
	}
}

// TestSkew: with a wrong clock on this side, signatures are corrected and
// sessions that are alive by both clocks are handed out.
func TestSkew(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{-20 * time.Minute, 20 * time.Minute} {
		c := newClock()
		_, h := home(t, c)
		ours := func() time.Time { return c.now().Add(wrong) }
		policy := chain.Policy{Role: origin.Value{Text: "arn:aws:iam::444455556666:role/ReadOnly"}}
		p := provide(t, latchkey.Options{Environ: h.Env, Now: ours}, "alice", policy)
		if _, err := p.Retrieve(t.Context()); err != nil {
			t.Errorf("clock wrong by %s: %v", wrong, err)
		}
	}
}

type absent struct{}

func (absent) Error() string       { return "nothing here" }
func (absent) NotConfigured() bool { return true }

// TestCustomOrder: a program's own providers take part; one that has nothing is
// passed over, one that fails is an error, and a name nobody gave is told.
func TestCustomOrder(t *testing.T) {
	t.Parallel()
	answer := func(id string, err error) aws.CredentialsProvider {
		return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: "s"}, err
		})
	}
	broken := errors.New("store is locked")
	tests := []struct {
		name   string
		custom map[chain.Source]aws.CredentialsProvider
		want   string
		err    error
	}{
		{"has it", map[chain.Source]aws.CredentialsProvider{"mine": answer("AKIAMINE", nil)}, "AKIAMINE", nil},
		{"passed over", map[chain.Source]aws.CredentialsProvider{"mine": answer("", absent{})}, "AKIAENV", nil},
		{"fails", map[chain.Source]aws.CredentialsProvider{"mine": answer("", broken)}, "", broken},
	}
	environ := []string{"AWS_ACCESS_KEY_ID=AKIAENV", "AWS_SECRET_ACCESS_KEY=s", "HOME=" + t.TempDir()}
	order := []chain.Source{"mine", chain.SourceEnvironment}
	for _, tt := range tests {
		p := provide(t, latchkey.Options{Environ: environ, Order: order, Custom: tt.custom}, "", chain.Policy{})
		creds, err := p.Retrieve(t.Context())
		if creds.AccessKeyID != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %q, %v; want %q, %v", tt.name, creds.AccessKeyID, err, tt.want, tt.err)
		}
	}
	r, err := latchkey.Load(latchkey.Options{Environ: environ, Order: order})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := r.Plan("", chain.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Provider(plan); err == nil || !strings.Contains(err.Error(), `"mine"`) {
		t.Errorf("unknown source: %v", err)
	}
}

// TestNothing: the end of the chain says what was looked for.
func TestNothing(t *testing.T) {
	t.Parallel()
	none := httpFunc(func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") })
	p := provide(t, latchkey.Options{Environ: []string{"HOME=" + t.TempDir()}, HTTPClient: none}, "", chain.Policy{})
	_, err := p.Retrieve(t.Context())
	var nothing *chain.NoCredentialsError
	if !errors.As(err, &nothing) || len(nothing.Looked) != 4 || nothing.Last == nil {
		t.Errorf("got %v (%+v)", err, nothing)
	}
}

type httpFunc func(*http.Request) (*http.Response, error)

func (f httpFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// TestEnviron: the first of equal names counts, as in getenv, and neither the
// process's environment nor its home are looked at.
func TestEnviron(t *testing.T) {
	t.Parallel()
	r, err := latchkey.Load(latchkey.Options{Environ: []string{"odd", "=C:=x", "A=1", "A=2", "B="}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"A": "1", "B": "", "odd": "-", "C": "-"} {
		got, ok := r.Env(name)
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("Env(%q) = %q, want %q", name, got, want)
		}
	}
	if home := r.Graph().Locations().Home; home != "" {
		t.Errorf("home %q without HOME", home)
	}
}

// TestWarn: a renewal that fails while the credentials live is told to
// the program, and they are handed out still.
func TestWarn(t *testing.T) {
	t.Parallel()
	c := newClock()
	server, h := home(t, c)
	var told atomic.Int64
	opts := latchkey.Options{Environ: h.Env, Now: c.now, Warn: func(error) { told.Add(1) }, Windows: session.Windows{Advisory: 30 * time.Minute}}
	p := provide(t, opts, "sso-dev", chain.Policy{})
	before, err := p.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server.EndSSO("alice")
	c.advance(before.Expires.Sub(c.now()) - 20*time.Minute)
	after, err := p.Retrieve(t.Context())
	if err != nil || after.AccessKeyID != before.AccessKeyID || told.Load() != 1 {
		t.Errorf("after the sign-in ended: %v, same %v, told %d", err, after.AccessKeyID == before.AccessKeyID, told.Load())
	}
}

// TestShortcuts runs ForProfile and Default in a process environment of their own.
func TestShortcuts(t *testing.T) {
	dir := t.TempDir()
	for name, value := range map[string]string{"HOME": dir, "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "c"),
		"AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": ""} {
		t.Setenv(name, value)
	}
	if err := os.WriteFile(filepath.Join(dir, "c"), []byte("[work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, get := range map[string]func() (*latchkey.Provider, error){
		"AKIAWORK": func() (*latchkey.Provider, error) { return latchkey.ForProfile("work") },
		"AKIAENV":  latchkey.Default,
	} {
		p, err := get()
		if err != nil {
			t.Fatal(err)
		}
		if creds, err := p.Retrieve(t.Context()); err != nil || creds.AccessKeyID != want {
			t.Errorf("got %q, %v; want %q", creds.AccessKeyID, err, want)
		}
	}
	if _, err := latchkey.ForProfile(""); err == nil {
		t.Error("ForProfile without a name is no error")
	}
}
