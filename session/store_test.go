package session_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/session"
)

// fixture is a store with a clock, a key and a provider that a test sets. A new
// store is made for each look, like a new process.
type fixture struct {
	t       testing.TB
	folder  string
	now     time.Time
	skew    time.Duration // AWS's clock minus ours
	key     session.KeySource
	about   session.About
	windows session.Windows
	linger  time.Duration

	mu    sync.Mutex
	life  time.Duration // of what the provider returns
	creds aws.Credentials
	err   error
	quiet bool // the last call was of an optional renewal
	calls int
	warns []error
}

const canary = "canary/wJalrXUtnFEMI"

func newFixture(t testing.TB) *fixture {
	folder := filepath.Join(t.TempDir(), "state", "sessions")
	return &fixture{
		t: t, folder: folder, now: time.Date(2030, 1, 2, 3, 4, 5, 678901000, time.UTC), key: plainKey{7}, life: time.Hour,
		about: session.About{Key: key("a"), Kind: "assume-role", Profile: "prod", Detail: "arn:aws:iam::123456789012:role/r"},
		creds: aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: canary, SessionToken: canary + "token", Source: "s", AccountID: "123456789012"},
	}
}

// plainKey is a key source of one key.
type plainKey [session.KeySize]byte

func (k plainKey) Key(context.Context, bool) ([session.KeySize]byte, string, error) {
	return k, "the test", nil
}

// noKey is a source that cannot be used.
type noKey struct{}

func (noKey) Key(context.Context, bool) (k [session.KeySize]byte, where string, err error) {
	return k, "", errors.New("no keyring here")
}

func (f *fixture) Retrieve(ctx context.Context) (aws.Credentials, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.quiet = session.Quiet(ctx)
	creds := f.creds
	creds.AccessKeyID = fmt.Sprintf("%s%d", creds.AccessKeyID, f.calls)
	if f.life != 0 {
		creds.CanExpire, creds.Expires = true, f.now.Add(f.skew+f.life)
	}
	return creds, f.err
}

func (f *fixture) store() *session.Store {
	return session.NewStore(session.StoreOptions{
		Folder: f.folder, Key: f.key, Now: func() time.Time { return f.now }, Skew: func() time.Duration { return f.skew }, Windows: f.windows, Linger: func(error) time.Duration { return f.linger },
		Warn: func(err error) { f.mu.Lock(); f.warns = append(f.warns, err); f.mu.Unlock() },
	})
}

func (f *fixture) retrieve(ctx context.Context) (aws.Credentials, error) {
	return f.store().Wrap(f.about, f).Retrieve(ctx)
}

// want retrieves and compares what came and how many calls there have been.
func (f *fixture) want(id string, calls int) {
	f.t.Helper()
	creds, err := f.retrieve(f.t.Context())
	if err != nil || creds.AccessKeyID != id || f.calls != calls {
		f.t.Fatalf("%q, %v after %d calls; want %q after %d", creds.AccessKeyID, err, f.calls, id, calls)
	}
}

// warned takes what was told, which must be one error or none.
func (f *fixture) warned() error {
	f.t.Helper()
	list := f.warns
	f.warns = nil
	if len(list) > 1 {
		f.t.Errorf("told %d times: %v", len(list), list)
	}
	return errors.Join(list...)
}

func (f *fixture) file() string { return filepath.Join(f.folder, f.about.Key) }

func (f *fixture) content() []byte {
	f.t.Helper()
	data, err := os.ReadFile(f.file())
	if err != nil {
		f.t.Fatal(err)
	}
	return data
}

func (f *fixture) put(data []byte) {
	f.t.Helper()
	if err := os.WriteFile(f.file(), data, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// TestKept: a second process gets exactly what the first got, and what lies on
// the disk is private and holds nothing to be read.
func TestKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, err := f.retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := f.retrieve(t.Context())
	if err != nil || second != first || f.calls != 1 || f.warned() != nil {
		t.Errorf("%+v, %v after %d calls; want %+v", second, err, f.calls, first)
	}
	err = filepath.Walk(filepath.Dir(f.folder), func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if info.Mode().IsRegular() {
			if data, err := os.ReadFile(path); err != nil || strings.Contains(string(data), "canary") || strings.Contains(string(data), "prod") {
				t.Errorf("%s: %v, %q", path, err, data)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestHeld: a session is held from the moment it is kept until something is due,
// and looking at it leaves no trace.
func TestHeld(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	held := func() (aws.Credentials, bool) { return f.store().Held(t.Context(), f.about) }
	if creds, ok := held(); ok || creds.AccessKeyID != "" {
		t.Errorf("before there is one: %+v", creds)
	}
	if _, err := os.Stat(filepath.Dir(f.folder)); err == nil {
		t.Error("looking made a folder")
	}
	kept, err := f.retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if creds, ok := held(); !ok || creds != kept {
		t.Errorf("%+v, %v; want %+v", creds, ok, kept)
	}
	for _, not := range []struct {
		why    string
		change func(*fixture)
	}{
		{"a renewal is due", func(f *fixture) { f.now = f.now.Add(46 * time.Minute) }},
		{"it is needed for longer", func(f *fixture) { f.about.Minimum = 2 * time.Hour }},
		{"another login's key", func(f *fixture) { f.key = plainKey{8} }},
		{"no key", func(f *fixture) { f.key = noKey{} }},
		{"another session", func(f *fixture) { f.about.Key = key("b") }},
	} {
		other := &fixture{t: t, folder: f.folder, now: f.now, key: f.key, about: f.about}
		not.change(other)
		if creds, ok := other.store().Held(t.Context(), other.about); ok {
			t.Errorf("%s: %+v", not.why, creds)
		}
	}
	f.put(append(f.content(), 'x'))
	if creds, ok := held(); ok {
		t.Errorf("damaged: %+v", creds)
	}
	if f.calls != 1 {
		t.Errorf("%d calls", f.calls)
	}
}

// TestLife walks through one life, as TestRenewal does for the cache in memory.
func TestLife(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	start := f.now
	f.want("ASIA1", 1)
	f.now = start.Add(44 * time.Minute)
	f.want("ASIA1", 1)
	f.now = start.Add(46 * time.Minute) // advisory: renewed, and nobody asked
	f.err = errors.New("throttled")
	f.want("ASIA1", 2)
	var renewal *session.RenewalError
	if err := f.warned(); !errors.As(err, &renewal) || !f.quiet {
		t.Errorf("told %v, quiet %v", err, f.quiet)
	}
	f.now = f.now.Add(29 * time.Second) // not tried at every call
	f.want("ASIA1", 2)
	f.now = f.now.Add(2 * time.Second)
	f.err = nil
	f.want("ASIA3", 3)
	f.now = f.now.Add(56 * time.Minute) // mandatory: all who may ask may ask
	f.err = errors.New("denied")
	f.want("ASIA3", 4)
	if err := f.warned(); !errors.As(err, &renewal) || f.quiet {
		t.Errorf("told %v, quiet %v", err, f.quiet)
	}
	f.want("ASIA3", 4)
	f.now = f.now.Add(3*time.Minute + 5*time.Second) // less than a minute left
	if _, err := f.retrieve(t.Context()); err == nil || err.Error() != "denied" {
		t.Errorf("with 55 s left: %v", err)
	}
	f.err = nil
	f.want("ASIA6", 6)
}

// TestPrompting: a session that costs a question is not renewed before it must
// be, and a renewal that is optional further up asks nothing of a session that
// still serves.
func TestPrompting(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.about.Prompts = true
	f.want("ASIA1", 1)
	f.now = f.now.Add(50 * time.Minute)
	f.want("ASIA1", 1)
	f.now = f.now.Add(6 * time.Minute)
	if creds, err := f.retrieve(session.Quietly(t.Context())); err != nil || creds.AccessKeyID != "ASIA1" || f.calls != 1 {
		t.Errorf("quietly: %v, %v after %d calls", creds.AccessKeyID, err, f.calls)
	}
	f.want("ASIA2", 2)
	f.now = f.now.Add(2 * time.Hour)
	f.err = errors.New("nobody to ask")
	if _, err := f.retrieve(session.Quietly(t.Context())); err == nil || !f.quiet {
		t.Errorf("quietly, expired: %v", err)
	}
}

// TestQuietDoesNotWait: an optional renewal goes on without a session that
// somebody else is fetching.
func TestQuietDoesNotWait(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lock, _, err := lockfile.Try(f.file() + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Release() }()
	var busy *session.BusyError
	if _, err := f.retrieve(session.Quietly(t.Context())); !errors.As(err, &busy) || !strings.Contains(busy.Error(), fmt.Sprint("process ", os.Getpid())) || f.calls != 0 {
		t.Errorf("%v after %d calls", err, f.calls)
	}
}

// TestRoleOfBusyUser: a role's optional renewal does not wait for the session
// of its user, and that is nothing to tell.
func TestRoleOfBusyUser(t *testing.T) {
	t.Parallel()
	f, user := newFixture(t), newFixture(t)
	store := f.store()
	role := store.Wrap(f.about, aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		if _, err := store.Wrap(session.About{Key: key("u"), Profile: "user"}, user).Retrieve(ctx); err != nil {
			return aws.Credentials{}, fmt.Errorf("step: %w", err)
		}
		return f.Retrieve(ctx)
	}))
	if _, err := role.Retrieve(t.Context()); err != nil || user.calls != 1 {
		t.Fatal(err)
	}
	if _, err := store.Forget(t.Context(), func(i session.Info) bool { return i.Profile == "user" }); err != nil {
		t.Fatal(err)
	}
	lock, ok, err := lockfile.Try(filepath.Join(f.folder, key("u")+".lock"))
	if !ok {
		t.Fatal(err)
	}
	defer func() { _ = lock.Release() }()
	f.now = f.now.Add(50 * time.Minute)
	if creds, err := role.Retrieve(t.Context()); err != nil || creds.AccessKeyID != "ASIA1" || f.warned() != nil || user.calls != 1 {
		t.Errorf("%v, %v, told %v", creds.AccessKeyID, err, f.warns)
	}
}

// TestBusyAdvisory: while somebody else renews, what there is serves.
func TestBusyAdvisory(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.want("ASIA1", 1)
	f.now = f.now.Add(50 * time.Minute)
	lock, ok, err := lockfile.Try(f.file() + ".lock")
	if !ok {
		t.Fatal(err)
	}
	f.want("ASIA1", 1)
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	f.want("ASIA2", 2)
}

// TestNeverKept: what is no session is not written.
func TestNeverKept(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fixture){
		"no expiry": func(f *fixture) { f.life = 0 },
		"no token":  func(f *fixture) { f.creds.SessionToken = "" },
	} {
		f := newFixture(t)
		change(f)
		f.want("ASIA1", 1)
		f.want("ASIA2", 2)
		if _, err := os.Stat(f.file()); !errors.Is(err, os.ErrNotExist) || f.warned() != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNotHandedOut: answers with less than a minute left are a failure.
func TestNotHandedOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.life = 59 * time.Second
	var expiring *session.ExpiringError
	if _, err := f.retrieve(t.Context()); !errors.As(err, &expiring) {
		t.Errorf("%v, want ExpiringError", err)
	}
}

// TestClock: a session dated in the future is not believed, and where AWS's
// clock is another one than ours, it is the length of a life that counts.
func TestClock(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.want("ASIA1", 1)
	f.now = f.now.Add(-59 * time.Second)
	f.want("ASIA1", 1)
	f.now = f.now.Add(-time.Hour)
	f.want("ASIA2", 2)
	f.now = f.now.Add(10 * 365 * 24 * time.Hour)
	f.want("ASIA3", 3)
	for i, skew := range []time.Duration{-10 * 365 * 24 * time.Hour, -time.Hour, 16 * time.Minute, 10 * 365 * 24 * time.Hour} {
		f := newFixture(t)
		f.skew = skew
		f.want("ASIA1", 1)
		f.skew = 0 // a process that has made no call
		f.now = f.now.Add(44 * time.Minute)
		store := f.store()
		creds, err := store.Wrap(f.about, f).Retrieve(t.Context())
		if err != nil || creds.AccessKeyID != "ASIA1" || store.Skew() != skew {
			t.Errorf("%d: %v, %v, skew %v; want ASIA1 and %v", i, creds.AccessKeyID, err, store.Skew(), skew)
		}
		f.now = f.now.Add(16 * time.Minute)
		f.want("ASIA2", 2)
	}
}

// TestWithoutDisk: nothing that is wrong with the disk or the key withholds
// credentials, also old ones.
func TestWithoutDisk(t *testing.T) {
	t.Parallel()
	broken := map[string]func(*fixture){
		"folder is a file": func(f *fixture) {
			if err := os.WriteFile(filepath.Dir(f.folder), nil, 0o600); err != nil {
				f.t.Fatal(err)
			}
		},
		"session is a folder": func(f *fixture) {
			if err := os.MkdirAll(filepath.Join(f.file(), "x"), 0o700); err != nil {
				f.t.Fatal(err)
			}
		},
		"lock is a folder": func(f *fixture) {
			if err := os.MkdirAll(f.file()+".lock", 0o700); err != nil {
				f.t.Fatal(err)
			}
		},
		"key not to be had": func(f *fixture) { f.key = noKey{} },
		"no key":            func(f *fixture) { f.key = nil },
		"too long":          func(f *fixture) { f.creds.SessionToken = strings.Repeat("x", 64<<10) },
		"far too long":      func(f *fixture) { f.creds.SessionToken = strings.Repeat("x", 1<<20) },
	}
	for name, breakIt := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			breakIt(f)
			f.want("ASIA1", 1)
			if len(f.warns) == 0 {
				t.Error("nobody was told")
			}
			for _, err := range f.warns {
				if strings.Contains(err.Error(), "canary") {
					t.Errorf("told %q", err)
				}
			}
		})
	}
}

// TestReadOnlyFolder: as nobody but root could not see it, this runs as an
// ordinary user only.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() <= 0 {
		t.Skip("root may write everywhere")
	}
	f := newFixture(t)
	f.want("ASIA1", 1)
	if err := os.Chmod(f.folder, 0o500); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(f.folder, 0o700) }()
	f.want("ASIA1", 1)
	f.now = f.now.Add(2 * time.Hour)
	f.want("ASIA2", 2)
	var kept *session.NotKeptError
	if err := f.warned(); !errors.As(err, &kept) {
		t.Errorf("told %v", err)
	}
}

// TestLinger: where it is asked for, a failure serves those who come later too.
func TestLinger(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.err, f.linger = errors.New("denied"), 5*time.Second
	if _, err := f.retrieve(t.Context()); err == nil || err.Error() != "denied" {
		t.Fatal(err)
	}
	f.now = f.now.Add(4 * time.Second)
	var seen *session.SharedError
	if _, err := f.retrieve(t.Context()); !errors.As(err, &seen) || f.calls != 1 || !strings.HasPrefix(seen.Holder, "process ") {
		t.Errorf("%v after %d calls", err, f.calls)
	}
	f.now = f.now.Add(2 * time.Second)
	f.err = nil
	f.want("ASIA2", 2)
}

// TestMinimum: a session that ends before its caller is done is fetched anew, and
// handed out however long the new one lasts.
func TestMinimum(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.want("ASIA1", 1)
	f.now = f.now.Add(30 * time.Minute)
	f.want("ASIA1", 1)
	f.about.Minimum = 45 * time.Minute
	f.want("ASIA2", 2)
	f.about.Minimum = 2 * time.Hour
	f.want("ASIA3", 3)
	f.about.Minimum = 0
	f.want("ASIA3", 3)
}

// TestCancelled: a caller that has given up gets no credentials and starts
// nothing.
func TestCancelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.retrieve(ctx); !errors.Is(err, context.Canceled) || f.calls != 0 {
		t.Errorf("%v after %d calls", err, f.calls)
	}
}

// TestThreads: one store in many goroutines.
func TestThreads(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.store().Wrap(f.about, f)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if creds, err := p.Retrieve(t.Context()); err != nil || creds.AccessKeyID != "ASIA1" {
				t.Errorf("%v, %v", creds.AccessKeyID, err)
			}
		})
	}
	group.Wait()
}

// TestPanics: a provider that panics leaves no lock behind.
func TestPanics(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		p := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { panic("provider") })
		_, _ = f.store().Wrap(f.about, p).Retrieve(t.Context())
	}()
	f.want("ASIA1", 1)
}

func BenchmarkCached(b *testing.B) {
	f := newFixture(b)
	f.creds.SessionToken = strings.Repeat("t", 900)
	p := f.store().Wrap(f.about, f)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Retrieve(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if f.calls != 1 {
		b.Errorf("%d calls", f.calls)
	}
}

// TestDue: a list says of a session whether its next use renews it.
func TestDue(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.life = time.Hour
	if _, err := f.retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		after     time.Duration
		due, must bool
	}{{30 * time.Minute, false, false}, {18 * time.Minute, true, false}, {8 * time.Minute, false, true}, {3*time.Minute + 30*time.Second, false, false}} {
		f.now = f.now.Add(want.after)
		list, err := f.store().List(t.Context())
		if err != nil || len(list) != 1 || list[0].Due != want.due || list[0].Must != want.must {
			t.Errorf("%s later: %+v, %v", want.after, list, err)
		}
	}
}
