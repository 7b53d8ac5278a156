package session_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/session"
)

// add keeps a session of the given life.
func (f *fixture) add(name string, life time.Duration) {
	f.t.Helper()
	f.about.Key, f.about.Profile, f.life = key(name), name, life
	if _, err := f.retrieve(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

func profiles(list []session.Info) (names []string) {
	for _, info := range list {
		names = append(names, info.Profile)
	}
	return names
}

func TestListAndForget(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if list, err := f.store().List(t.Context()); list != nil || err != nil {
		t.Fatalf("no folder: %v, %v", list, err)
	}
	f.add("b", 2*time.Hour)
	f.add("a", time.Hour)
	f.add("c", 10*time.Minute)
	f.put(append(f.content(), 0)) // damaged
	f.key = plainKey{9}
	f.add("d", 3*time.Hour)
	f.key = plainKey{7}
	for _, name := range []string{"README", "x.lock", ".latchkey-1.tmp"} {
		if err := os.WriteFile(filepath.Join(f.folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := f.store().List(t.Context())
	if err != nil || len(list) != 4 {
		t.Fatalf("%v, %v", list, err)
	}
	var damaged *session.DamagedError
	a := list[1]
	if !errors.As(list[0].Err, &damaged) || !errors.Is(list[3].Err, session.ErrNoKey) || list[3].Left != 3*time.Hour || list[2].Profile != "b" ||
		a.Profile != "a" || a.Key != key("a") || a.Kind != "assume-role" || a.Detail != f.about.Detail || a.AccessKeyID != "ASIA2" || a.AccountID != "123456789012" ||
		a.Left != time.Hour || !a.Expires.Equal(f.now.Add(time.Hour).Truncate(time.Microsecond)) || a.Err != nil || !a.Obtained.Equal(f.now) {
		t.Errorf("%+v", list)
	}
	f.now = f.now.Add(90 * time.Minute) // a has expired
	if list, _ := f.store().List(t.Context()); len(list) != 3 {
		t.Errorf("after 90 minutes: %v", profiles(list))
	}
	n, err := f.store().Forget(t.Context(), func(i session.Info) bool { return i.Profile == "b" })
	if n != 1 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	n, err = f.store().Forget(t.Context(), nil)
	if n != 3 || err != nil {
		t.Errorf("forgot %d, %v", n, err)
	}
	if _, err := os.Stat(filepath.Join(f.folder, "README")); err != nil {
		t.Error(err)
	}
}

func TestListUnreadable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if err := os.MkdirAll(filepath.Dir(f.folder), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.store().List(t.Context()); err == nil {
		t.Error("a file is an empty folder")
	}
}

// TestSweep: keeping a session removes expired ones and old temporary files,
// and nothing else.
func TestSweep(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add("a", 30*time.Minute)
	f.add("b", 30*time.Minute)
	f.add("c", 2*time.Hour)
	f.now = f.now.Add(time.Hour)
	stale, young, foreign := filepath.Join(f.folder, ".latchkey-1.tmp"), filepath.Join(f.folder, ".latchkey-2.tmp"), filepath.Join(f.folder, "notes")
	for _, path := range []string{stale, young, foreign} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		when := f.now.Add(-3 * time.Hour)
		if path == young {
			when = f.now.Add(-59 * time.Minute)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	held, ok, err := lockfile.Try(filepath.Join(f.folder, key("b")+".lock"))
	if !ok {
		t.Fatal(err)
	}
	defer func() { _ = held.Release() }()
	f.add("d", time.Hour)
	for path, want := range map[string]bool{
		stale: false, young: true, foreign: true, filepath.Join(f.folder, key("a")): false, filepath.Join(f.folder, key("c")): true, f.file(): true,
		filepath.Join(f.folder, key("b")):         true, // somebody may be writing it
		filepath.Join(f.folder, key("a")+".lock"): true,
	} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", path, err == nil, want)
		}
	}
}

// TestSweepFailures: keeping a session removes records of failures that are a day old,
// wherever the locks are.
func TestSweepFailures(t *testing.T) {
	t.Parallel()
	for _, apart := range []bool{false, true} {
		f := newFixture(t)
		locks := f.folder
		if apart {
			locks = filepath.Join(filepath.Dir(f.folder), "locks")
		}
		if err := os.MkdirAll(locks, 0o700); err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{key("b") + ".failed": false, key("c") + ".failed": true, "notes.failed": true, key("b") + ".lock": true}
		for name := range want {
			path := filepath.Join(locks, name)
			age := 25 * time.Hour
			if name == key("c")+".failed" {
				age = 23 * time.Hour
			}
			if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, f.now, f.now.Add(-age))); err != nil {
				t.Fatal(err)
			}
		}
		store := session.NewStore(session.StoreOptions{Folder: f.folder, Locks: locks, Key: f.key, Now: func() time.Time { return f.now }})
		if _, err := store.Wrap(f.about, f).Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, stays := range want {
			if _, err := os.Stat(filepath.Join(locks, name)); (err == nil) != stays {
				t.Errorf("locks apart %v: %s is there: %v, want %v", apart, name, err == nil, stays)
			}
		}
	}
}
