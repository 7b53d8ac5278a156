package session_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/kernelring"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
)

var errMissing = errors.New("no such item")

// ring stands in for the kernel's keyring and, with its other methods, for the
// system's keychain.
type ring struct {
	mu    sync.Mutex
	items map[string]string
	read  error
	write error
}

func (r *ring) get(name string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text, ok := r.items[name]; ok || r.read != nil {
		return text, r.read
	}
	return "", errMissing
}

func (r *ring) put(name, text string) error {
	time.Sleep(time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.write != nil {
		return r.write
	}
	if r.items == nil {
		r.items = map[string]string{}
	}
	r.items[name] = text
	return nil
}

func (r *ring) Read(name string) ([]byte, error) {
	text, err := r.get(name)
	return []byte(text), err
}

func (r *ring) Write(name string, data []byte, _ time.Duration) error {
	return r.put(name, string(data))
}

func (r *ring) Get(_ context.Context, service, account string) (secret.Text, error) {
	text, err := r.get(service + "/" + account)
	return secret.New(text), err
}

func (r *ring) Set(_ context.Context, service, account string, text secret.Text) error {
	return r.put(service+"/"+account, text.Reveal())
}

// sources returns one key source of each kind, and a function that spoils its key.
func sources(t *testing.T) map[string]struct {
	source session.KeySource
	spoil  func()
} {
	kernel, chain, folder := &ring{}, &ring{}, t.TempDir()
	runtimeFolder := filepath.Join(folder, "runtime")
	return map[string]struct {
		source session.KeySource
		spoil  func()
	}{
		"kernel": {session.KernelKey(kernel, "name", errMissing, filepath.Join(folder, "k.lock")), func() { kernel.items["name"] = "short" }},
		"keychain": {session.KeychainKey(chain, "latchkey", "sessions", errMissing, filepath.Join(folder, "c.lock")), func() {
			chain.items["latchkey/sessions"] = "not base64!"
		}},
		"file": {session.FileKey(runtimeFolder), func() {
			if err := os.WriteFile(filepath.Join(runtimeFolder, "session.key"), make([]byte, 33), 0o600); err != nil {
				t.Error(err)
			}
		}},
	}
}

// TestKeySources: no key is made by reading; all who make one at once end with
// the same; a spoiled one is replaced.
func TestKeySources(t *testing.T) {
	t.Parallel()
	for name, s := range sources(t) {
		t.Run(name, func(t *testing.T) {
			if _, where, err := s.source.Key(t.Context(), false); !errors.Is(err, session.ErrNoKey) || where == "" {
				t.Fatalf("%q, %v; want ErrNoKey", where, err)
			}
			var group sync.WaitGroup
			keys := make([][session.KeySize]byte, 20)
			for i := range keys {
				group.Go(func() {
					var err error
					if keys[i], _, err = s.source.Key(t.Context(), true); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			for _, key := range keys {
				if key != keys[0] || key == [session.KeySize]byte{} {
					t.Fatalf("two keys, or none: %x, %x", key, keys[0])
				}
			}
			if key, _, err := s.source.Key(t.Context(), false); err != nil || key != keys[0] {
				t.Errorf("read %x, %v", key, err)
			}
			s.spoil()
			if _, _, err := s.source.Key(t.Context(), false); !errors.Is(err, session.ErrNoKey) {
				t.Errorf("spoiled: %v", err)
			}
			if key, _, err := s.source.Key(t.Context(), true); err != nil || key == keys[0] {
				t.Errorf("made anew: %v", err)
			}
		})
	}
}

// TestKernelKey keeps a key in the real keyring, under a name of its own.
func TestKernelKey(t *testing.T) {
	t.Parallel()
	var real kernelring.Ring
	name := "latchkey-session-test-" + rand.Text()
	source := session.KernelKey(real, name, kernelring.ErrNotFound, filepath.Join(t.TempDir(), "lock"))
	if _, _, err := source.Key(t.Context(), false); errors.Is(err, kernelring.ErrUnavailable) {
		t.Skip(err)
	} else if !errors.Is(err, session.ErrNoKey) {
		t.Fatalf("%v, want ErrNoKey", err)
	}
	made, _, err := source.Key(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := real.Remove(name); err != nil {
			t.Error(err)
		}
	}()
	if key, _, err := source.Key(t.Context(), false); err != nil || key != made {
		t.Errorf("another key, %v", err)
	}
}

// TestFirstOf goes on where a place cannot be used, and reads the key wherever
// it was made.
func TestFirstOf(t *testing.T) {
	t.Parallel()
	kernel := &ring{read: errors.New("operation not permitted")}
	lock := filepath.Join(t.TempDir(), "lock")
	file := session.FileKey(filepath.Join(t.TempDir(), "runtime"))
	first := session.FirstOf(session.KernelKey(kernel, "n", errMissing, lock), file)
	made, where, err := first.Key(t.Context(), true)
	if err != nil || filepath.Base(where) != "runtime" {
		t.Fatalf("%q, %v", where, err)
	}
	kernel.read, kernel.write = nil, errors.New("quota exceeded") // can be read, and holds nothing
	for _, create := range []bool{false, true} {
		if key, _, err := first.Key(t.Context(), create); err != nil || key != made {
			t.Errorf("create %v: another key, %v", create, err)
		}
	}
	kernel.write = nil
	if key, where, err := first.Key(t.Context(), true); err != nil || key == made || where != "the kernel keyring" {
		t.Errorf("the better place: %q, %v", where, err)
	}
	none := session.FirstOf(noKey{}, noKey{})
	if _, _, err := none.Key(t.Context(), true); err == nil || err.Error() != "no keyring here" {
		t.Errorf("no place: %v", err)
	}
	if _, _, err := session.FirstOf().Key(t.Context(), true); err == nil {
		t.Error("no place at all, and a key")
	}
	if _, _, err := session.FirstOf(session.KernelKey(&ring{}, "n", errMissing, lock), noKey{}).Key(t.Context(), false); !errors.Is(err, session.ErrNoKey) {
		t.Errorf("none yet: %v", err)
	}
}

// TestFileKeyRefuses folders and files in which others have a part.
func TestFileKeyRefuses(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the rights are those of the user's folders")
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	spoils := map[string]func(folder string){
		"wide folder":  func(folder string) { must(os.Chmod(folder, 0o750)) },
		"wide file":    func(folder string) { must(os.Chmod(filepath.Join(folder, "session.key"), 0o640)) },
		"file instead": func(folder string) { must(os.RemoveAll(folder)); must(os.WriteFile(folder, nil, 0o600)) },
		"link": func(folder string) {
			must(os.Rename(folder, folder+"2"))
			must(os.Symlink(folder+"2", folder))
		},
		"link to a key": func(folder string) {
			path := filepath.Join(folder, "session.key")
			must(os.Rename(path, path+"2"))
			must(os.Symlink(path+"2", path))
		},
		"no parent": func(folder string) { must(os.RemoveAll(filepath.Dir(folder))) },
	}
	if os.Geteuid() == 0 {
		spoils["another's folder"] = func(folder string) { must(os.Chown(folder, 65534, 65534)) }
		spoils["another's parent"] = func(folder string) { must(os.Chown(filepath.Dir(folder), 65534, 65534)) }
		spoils["another's file"] = func(folder string) { must(os.Chown(filepath.Join(folder, "session.key"), 65534, 65534)) }
	}
	for name, spoil := range spoils {
		folder := filepath.Join(t.TempDir(), "parent", "runtime")
		must(os.MkdirAll(filepath.Dir(folder), 0o755))
		source := session.FileKey(folder)
		_, _, err := source.Key(t.Context(), true)
		must(err)
		spoil(folder)
		for _, create := range []bool{false, true} {
			if _, _, err := source.Key(t.Context(), create); err == nil || errors.Is(err, session.ErrNoKey) {
				t.Errorf("%s, create %v: %v", name, create, err)
			}
		}
	}
}

// TestKeyCreationEnds: whoever holds the lock under which a key is made, a
// process that has credentials to hand out does not wait long.
func TestKeyCreationEnds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	lock, ok, err := lockfile.Try(path)
	if !ok {
		t.Fatal(err)
	}
	defer func() { _ = lock.Release() }()
	began := time.Now()
	_, _, err = session.KernelKey(&ring{}, "n", errMissing, path).Key(t.Context(), true)
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 15*time.Second {
		t.Errorf("%v after %v", err, took)
	}
}

func TestRuntimeFolders(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are none")
	}
	for _, tt := range []struct {
		xdg  string
		uid  int
		want []string
	}{
		{"/run/user/7", 7, []string{"/run/user/7/latchkey", "/run/user/7/latchkey", "/dev/shm/latchkey-7"}},
		{"", 0, []string{"/run/user/0/latchkey", "/dev/shm/latchkey-0"}},
		{"relative", 0, []string{"/run/user/0/latchkey", "/dev/shm/latchkey-0"}},
		{"/x", -1, []string{"/x/latchkey"}},
	} {
		if got := session.RuntimeFolders(tt.xdg, tt.uid); !slices.Equal(got, tt.want) {
			t.Errorf("%q, %d: %q, want %q", tt.xdg, tt.uid, got, tt.want)
		}
	}
}

// TestWhere tells the place of the key.
func TestWhere(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if where, err := f.store().Where(t.Context()); where != "the test" || err != nil {
		t.Errorf("%q, %v", where, err)
	}
	f.key = nil
	if _, err := f.store().Where(t.Context()); err == nil {
		t.Error("no source, and a place")
	}
}
