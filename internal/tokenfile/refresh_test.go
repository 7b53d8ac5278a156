package tokenfile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// issuer hands out numbered tokens; each refresh token is good once.
type issuer struct {
	file  tokenfile.File
	now   atomic.Int64 // seconds after noon
	calls atomic.Int32
	delay time.Duration
	fail  error
	steal func() // runs during a refresh, as another program would
	mu    sync.Mutex
	valid string
}

func newIssuer(t *testing.T, left time.Duration) *issuer {
	t.Helper()
	folder := t.TempDir()
	is := &issuer{valid: "r0"}
	is.file = tokenfile.File{Path: filepath.Join(folder, "cache", "abc.json"), LockDir: filepath.Join(folder, "locks")}
	is.file.Now = func() time.Time { return noon.Add(time.Duration(is.now.Load()) * time.Second) }
	if err := os.Mkdir(filepath.Dir(is.file.Path), 0o700); err != nil {
		t.Fatal(err)
	}
	is.write(t, "t0", "r0", noon.Add(left))
	return is
}

func (is *issuer) write(t *testing.T, token, refresh string, expires time.Time) {
	t.Helper()
	text := `{"token": "` + token + `", "expires": "` + iso8601.Format(expires) + `", "refresh": "` + refresh + `"}`
	if err := os.WriteFile(is.file.Path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (is *issuer) rules() tokenfile.Rules {
	return tokenfile.Rules{Inspect: inspect, Refresh: is.refresh}
}

func inspect(d *tokenfile.Document) (tokenfile.State, error) {
	at, err := iso8601.Parse(d.Text("expires"))
	return tokenfile.State{Expires: at, RefreshToken: d.Secret("refresh")}, err
}

func (is *issuer) refresh(ctx context.Context, d *tokenfile.Document) error {
	n := is.calls.Add(1)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(is.delay):
	}
	if is.steal != nil {
		is.steal()
	}
	if is.fail != nil {
		return is.fail
	}
	is.mu.Lock()
	defer is.mu.Unlock()
	if d.Text("refresh") != is.valid {
		return &tokenfile.RefreshError{Refused: true, Code: "invalid_grant", Text: "used", Err: errors.New("invalid_grant: used")}
	}
	is.valid = "r" + strconv.Itoa(int(n))
	d.Set("token", "t"+strconv.Itoa(int(n)))
	d.Set("refresh", is.valid)
	d.Set("expires", iso8601.Format(is.file.Now().Add(time.Hour)))
	return nil
}

func (is *issuer) current(t *testing.T) string {
	t.Helper()
	doc, err := is.file.Current(t.Context(), is.rules())
	if err != nil {
		return err.Error()
	}
	return doc.Text("token")
}

func TestCurrentByTimeLeft(t *testing.T) {
	t.Parallel()
	tests := []struct {
		left  time.Duration
		want  string
		calls int32
	}{
		{time.Hour, "t0", 0}, {5*time.Minute + time.Second, "t0", 0},
		{5 * time.Minute, "t1", 1}, {time.Second, "t1", 1}, {0, "t1", 1}, {-time.Hour, "t1", 1},
	}
	for _, tt := range tests {
		is := newIssuer(t, tt.left)
		if got := is.current(t); got != tt.want || is.calls.Load() != tt.calls {
			t.Errorf("%v left: %s after %d calls, want %s after %d", tt.left, got, is.calls.Load(), tt.want, tt.calls)
		}
		if got := is.current(t); got != tt.want || is.calls.Load() != tt.calls {
			t.Errorf("%v left, again: %s after %d calls", tt.left, got, is.calls.Load())
		}
	}
}

func TestCurrentWithoutRefreshToken(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, time.Minute)
	is.write(t, "t0", "", noon.Add(time.Minute))
	if got := is.current(t); got != "t0" {
		t.Errorf("living: %s", got)
	}
	is.now.Store(60)
	if _, err := is.file.Current(t.Context(), is.rules()); !errors.Is(err, tokenfile.ErrExpired) {
		t.Errorf("dead: %v, want ErrExpired", err)
	}
}

// TestFailureIsSilentWhileTheTokenLives also holds the gap between tries, which
// all processes share through the record.
func TestFailureIsSilentWhileTheTokenLives(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, 4*time.Minute)
	is.fail = &tokenfile.RefreshError{Refused: true, Code: "invalid_grant", Text: "no", Err: errors.New("no")}
	for second, calls := range []int32{0: 1, 30: 1, 59: 1, 60: 2, 119: 2, 120: 3, 239: 4} {
		if calls == 0 {
			continue
		}
		is.now.Store(int64(second))
		if got := is.current(t); got != "t0" || is.calls.Load() != calls {
			t.Errorf("after %d s: %s after %d calls, want t0 after %d", second, got, is.calls.Load(), calls)
		}
	}
	is.now.Store(240)
	if got := is.current(t); got != "no" {
		t.Errorf("when dead: %s, want the failure", got)
	}
	is.fail = nil
	if got := is.current(t); got != "t6" {
		t.Errorf("dead tokens are tried at once again: %s", got)
	}
}

func TestAnswerOfAnotherProgramIsUsed(t *testing.T) {
	t.Parallel()
	for _, left := range []time.Duration{time.Minute, -time.Minute} {
		is := newIssuer(t, left)
		is.valid = "used elsewhere"
		is.steal = func() { is.write(t, "theirs", "r9", noon.Add(time.Hour)) }
		if got := is.current(t); got != "theirs" {
			t.Errorf("%v left: %s, want theirs", left, got)
		}
	}
	late := newIssuer(t, -time.Minute)
	late.valid = "used elsewhere"
	late.steal = func() {
		go func() {
			time.Sleep(400 * time.Millisecond)
			late.write(t, "theirs", "r9", noon.Add(time.Hour))
		}()
	}
	if got := late.current(t); got != "theirs" {
		t.Errorf("written after the refusal: %s, want theirs", got)
	}
}

func TestManyAtOnceRefreshOnce(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, -time.Minute)
	is.delay = 50 * time.Millisecond
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if got := is.current(t); got != "t1" {
				t.Errorf("got %s, want t1", got)
			}
		})
	}
	group.Wait()
	if is.calls.Load() != 1 {
		t.Errorf("%d calls, want 1", is.calls.Load())
	}
}

func TestWaitersShareTheFailure(t *testing.T) {
	t.Parallel()
	for _, refused := range []bool{true, false} {
		is := newIssuer(t, -time.Minute)
		is.delay = 300 * time.Millisecond
		is.fail = &tokenfile.RefreshError{Refused: refused, Code: "code", Text: "two\nlines", Err: errors.New("own")}
		var shared atomic.Int32
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				_, err := is.file.Current(t.Context(), is.rules())
				var failure *tokenfile.RefreshError
				if !errors.As(err, &failure) || failure.Refused != refused || failure.Code != "code" {
					t.Errorf("got %v", err)
				} else if failure.Err == nil && failure.Text == "two lines" {
					shared.Add(1)
				}
			})
		}
		group.Wait()
		if is.calls.Load() != 1 || shared.Load() != 9 {
			t.Errorf("refused %v: %d calls, %d shared; want 1, 9", refused, is.calls.Load(), shared.Load())
		}
	}
}

func TestLivingTokenDoesNotWaitForTheLock(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, time.Minute)
	lock, err := lockfile.Acquire(t.Context(), filepath.Join(is.file.LockDir, "abc.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	if got := is.current(t); got != "t0" || is.calls.Load() != 0 {
		t.Errorf("%s after %d calls, want t0 after none", got, is.calls.Load())
	}
	is.now.Store(61)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := is.file.Current(ctx, is.rules()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("dead token under a held lock: %v", err)
	}
}

func TestUnwritableDisk(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, -time.Minute)
	// A file stands where the folder of the locks should be, and during the
	// refresh one takes the place of the cache's folder.
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	is.file.LockDir = filepath.Join(blocked, "locks")
	is.steal = func() {
		folder := filepath.Dir(is.file.Path)
		if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil {
			t.Error(err)
		}
	}
	if got := is.current(t); got != "t1" {
		t.Errorf("dead: %s, want t1", got)
	}
	living := newIssuer(t, time.Minute)
	living.file.LockDir = is.file.LockDir
	if got := living.current(t); got != "t0" || living.calls.Load() != 0 {
		t.Errorf("living: %s after %d calls; want t0 after none", got, living.calls.Load())
	}
}

// TestSymlinkStays: people keep these folders in repositories of dotfiles.
func TestSymlinkStays(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("symlinks need a privilege")
	}
	is := newIssuer(t, -time.Minute)
	target := filepath.Join(t.TempDir(), "real.json")
	if err := os.Rename(is.file.Path, target); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, is.file.Path); err != nil {
		t.Fatal(err)
	}
	if got := is.current(t); got != "t1" {
		t.Errorf("got %s, want t1", got)
	}
	if doc, err := tokenfile.Read(t.Context(), target); err != nil || doc.Text("token") != "t1" {
		t.Errorf("target: %v, %v", doc, err)
	}
	if to, err := os.Readlink(is.file.Path); err != nil || to != target {
		t.Errorf("the symlink leads to %q, %v", to, err)
	}
}

func TestUselessAnswer(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, -time.Minute)
	rules := is.rules()
	rules.Refresh = func(_ context.Context, d *tokenfile.Document) error {
		d.Set("expires", iso8601.Format(noon.Add(-time.Second)))
		return nil
	}
	var failure *tokenfile.RefreshError
	if _, err := is.file.Current(t.Context(), rules); !errors.As(err, &failure) || failure.Refused {
		t.Errorf("expired answer: %v", err)
	}
	if doc, err := tokenfile.Read(t.Context(), is.file.Path); err != nil || doc.Text("token") != "t0" {
		t.Errorf("file after an expired answer: %v, %v", doc, err)
	}
}
