package tokenfile_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
	"github.com/latchkey-aws/latchkey/secret"
)

// signedIn is what a person's sign-in brings.
func signedIn(expires time.Time) *tokenfile.Document {
	d := tokenfile.New()
	d.Set("token", "new")
	d.Set("expires", iso8601.Format(expires))
	d.Set("refresh", "new-refresh")
	return d
}

const signedInText = `{"token": "new", "expires": "2026-01-02T13:00:00Z", "refresh": "new-refresh"}`

// wantFile holds what the file has, "" for no file, and that nothing else but
// the lock is left in the folders.
func wantFile(t *testing.T, f tokenfile.File, want string) {
	t.Helper()
	content, err := os.ReadFile(f.Path)
	if want == "" && !errors.Is(err, fs.ErrNotExist) || want != "" && string(content) != want {
		t.Errorf("file %q, %v; want %q", content, err, want)
	}
	for _, folder := range []string{filepath.Dir(f.Path), f.LockDir} {
		entries, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		for _, e := range entries {
			if e.Name() != "abc.json" && e.Name() != "abc.lock" {
				t.Errorf("%s is left", e.Name())
			}
		}
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(*testing.T, *issuer){
		"over another": func(*testing.T, *issuer) {},
		"first": func(t *testing.T, is *issuer) {
			if err := os.RemoveAll(filepath.Dir(is.file.Path)); err != nil {
				t.Fatal(err)
			}
		},
		"half a file": func(t *testing.T, is *issuer) {
			if err := os.WriteFile(is.file.Path, []byte(`{"tok`), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"after a failed refresh": func(t *testing.T, is *issuer) {
			is.fail = &tokenfile.RefreshError{Refused: true, Code: "invalid_grant", Err: errors.New("no")}
			if got := is.current(t); got != "no" {
				t.Fatal(got)
			}
		},
		"after a killed one": func(t *testing.T, is *issuer) {
			content, err := os.ReadFile(leave(t, is))
			if err != nil {
				t.Fatal(err)
			}
			_, data, _ := strings.Cut(string(content), "\n")
			if err := os.WriteFile(filepath.Join(filepath.Dir(is.file.Path), ".latchkey-1.tmp"), []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		is := newIssuer(t, -time.Hour)
		before(t, is)
		if err := is.file.Replace(t.Context(), signedIn(noon.Add(time.Hour))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantFile(t, is.file, signedInText)
		if got := is.current(t); got != "new" {
			t.Errorf("%s: Current gives %s", name, got)
		}
	}
}

func TestReplaceFails(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, time.Hour)
	blocked := filepath.Join(filepath.Dir(is.file.Path), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	is.file.Path = filepath.Join(blocked, "abc.json")
	if err := is.file.Replace(t.Context(), signedIn(noon)); err == nil || strings.Contains(err.Error(), "new-refresh") {
		t.Errorf("got %v", err)
	}
}

// TestNewerThanARefresh: a sign-in, or a sign-out, that ends while a refresh is
// under way stands, whoever made it and whether or not it could wait.
func TestNewerThanARefresh(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		meanwhile func(*issuer) error
		want      string
	}{
		"another program signs in":  {func(is *issuer) error { return os.WriteFile(is.file.Path, []byte(signedInText), 0o600) }, signedInText},
		"another program signs out": {func(is *issuer) error { return os.Remove(is.file.Path) }, ""},
		// A token that is dead already is nobody's sign-in.
		"another program writes rubbish": {
			func(is *issuer) error {
				return os.WriteFile(is.file.Path, []byte(`{"token": "x", "expires": "2026-01-02T11:00:00Z", "refresh": "y"}`), 0o600)
			},
			`{"token": "t1", "expires": "2026-01-02T13:00:00Z", "refresh": "r1"}`,
		},
		"we sign in, cancelled": {func(is *issuer) error { return is.file.Replace(ended, signedIn(noon.Add(time.Hour))) }, signedInText},
	} {
		for _, left := range []time.Duration{time.Minute, -time.Minute} {
			is := newIssuer(t, left)
			is.steal = func() {
				if err := tt.meanwhile(is); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if got := is.current(t); got != "t1" {
				t.Errorf("%s: got %s, want t1", name, got)
			}
			_ = os.Remove(filepath.Join(is.file.LockDir, "abc.tried"))
			wantFile(t, is.file, tt.want)
		}
	}
}

// TestReplaceWaitsForARefresh: with time to wait the refresh ends first.
func TestReplaceWaitsForARefresh(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end  func(tokenfile.File) error
		want string
	}{
		"sign-in":  {func(f tokenfile.File) error { return f.Replace(t.Context(), signedIn(noon.Add(time.Hour))) }, signedInText},
		"sign-out": {func(f tokenfile.File) error { return f.Remove(t.Context()) }, ""},
	} {
		is := newIssuer(t, -time.Minute)
		is.delay = 200 * time.Millisecond
		begun, done := make(chan struct{}), make(chan string, 1)
		rules := is.rules()
		var refreshed atomic.Bool
		rules.Refresh = func(ctx context.Context, d *tokenfile.Document) error {
			close(begun)
			defer refreshed.Store(true)
			return is.refresh(ctx, d)
		}
		go func() {
			doc, err := is.file.Current(t.Context(), rules)
			if err != nil {
				done <- err.Error()
				return
			}
			done <- doc.Text("token")
		}()
		<-begun
		if err := tt.end(is.file); err != nil || !refreshed.Load() {
			t.Errorf("%s: %v; waited %v", name, err, refreshed.Load())
		}
		select {
		case got := <-done:
			if got != "t1" {
				t.Errorf("%s: the refresh gave %s", name, got)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the refresh never ended", name)
		}
		wantFile(t, is.file, tt.want)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, -time.Hour)
	leave(t, is)
	is.file.End(secret.New("t0"))
	if !is.file.Ended(secret.New("t0")) || is.file.Ended(secret.New("t1")) {
		t.Error("the end of a token is not noted")
	}
	for range 2 {
		if err := is.file.Remove(t.Context()); err != nil {
			t.Error(err)
		}
		wantFile(t, is.file, "")
	}
	if _, err := is.file.Current(t.Context(), is.rules()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after it: %v", err)
	}
}

func TestRemoveGivesUp(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, time.Hour)
	lock, err := lockfile.Acquire(t.Context(), filepath.Join(is.file.LockDir, "abc.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := is.file.Remove(ctx); !errors.Is(err, context.DeadlineExceeded) || !tokenfile.Exists(is.file.Path) {
		t.Errorf("got %v", err)
	}
}

func TestRemoveSymlink(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("symlinks need a privilege")
	}
	is := newIssuer(t, time.Hour)
	target := filepath.Join(t.TempDir(), "real.json")
	if err := errors.Join(os.Rename(is.file.Path, target), os.Symlink(target, is.file.Path)); err != nil {
		t.Fatal(err)
	}
	if err := is.file.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the target is left: %v", err)
	}
	wantFile(t, is.file, "")
	// A link that leads nowhere goes too.
	if err := os.Symlink(target, is.file.Path); err != nil {
		t.Fatal(err)
	}
	if err := is.file.Remove(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(is.file.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the link is left: %v", err)
	}
}

// TestRemoveFails: what is in the way is said once.
func TestRemoveFails(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, time.Hour)
	if err := errors.Join(os.Remove(is.file.Path), os.MkdirAll(filepath.Join(is.file.Path, "full"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := is.file.Remove(t.Context()); err == nil || strings.Count(err.Error(), is.file.Path) != 1 {
		t.Errorf("got %v", err)
	}
}

// TestReadersDuringReplace: goroutines and other processes see the old sign-in
// or the new one, and nothing else.
func TestReadersDuringReplace(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, time.Hour)
	var readers sync.WaitGroup
	stop := filepath.Join(t.TempDir(), "stop")
	for range 3 {
		process := exec.Command(os.Args[0], "-test.run=^TestReaderProcess$")
		process.Env = append(os.Environ(), "TOKENFILE_PATH="+is.file.Path, "TOKENFILE_LOCKS="+is.file.LockDir, "TOKENFILE_STOP="+stop)
		readers.Go(func() {
			if out, err := process.CombinedOutput(); err != nil {
				t.Errorf("process: %v\n%s", err, out)
			}
		})
		readers.Go(func() { read(t, is.file, stop) })
	}
	for range 100 {
		if err := is.file.Replace(t.Context(), signedIn(noon.Add(time.Hour))); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	if err := os.WriteFile(stop, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	readers.Wait()
	wantFile(t, is.file, signedInText)
}

// read calls Current until stop exists.
func read(t *testing.T, f tokenfile.File, stop string) {
	rules := tokenfile.Rules{Inspect: inspect, Refresh: func(context.Context, *tokenfile.Document) error {
		return errors.New("a refresh of a living token")
	}}
	for !tokenfile.Exists(stop) {
		doc, err := f.Current(t.Context(), rules)
		if err != nil {
			t.Error(err)
			return
		}
		if token := doc.Text("token"); token != "t0" && token != "new" {
			t.Errorf("token %q", token)
		}
	}
}

// TestReaderProcess is a process of TestReadersDuringReplace.
func TestReaderProcess(t *testing.T) {
	t.Parallel()
	path := os.Getenv("TOKENFILE_PATH")
	if path == "" {
		t.Skip("not started by TestReadersDuringReplace")
	}
	f := tokenfile.File{Path: path, LockDir: os.Getenv("TOKENFILE_LOCKS"), Now: func() time.Time { return noon }}
	read(t, f, os.Getenv("TOKENFILE_STOP"))
}
