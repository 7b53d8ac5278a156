package mfa_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/mfa"
)

// used returns the file of the one device that gave a code.
func used(t *testing.T, folder string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0]
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	c := newClock(59)
	o := options(t, c)
	code(mfa.New(o, seed()), mfa.Request{Serial: serial})
	if err := mfa.NewChoices(o.Folder).Set("123456789012", "alice", serial); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(o.Folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if entry.IsDir() || err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "287082") {
			t.Errorf("%s holds the code", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestDamagedFile changes the file of a device in every way that counts: a code
// is still given out, and the file put right.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty": "", "cut": `{"format":1,"us`, "newer": `{"format":2}`, "no object": `[]`, "other types": `{"format":1,"used":{"step":"x"}}`,
		"garbage": "\x00\xff\x1b[2J", "huge": strings.Repeat(" ", 1<<20),
	} {
		c := newClock(59)
		o := options(t, c)
		code(mfa.New(o, seed()), mfa.Request{Serial: serial})
		path := used(t, o.Folder)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var warned []error
		o.Warn = func(err error) { warned = append(warned, err) }
		if got := code(mfa.New(o, seed()), mfa.Request{Serial: serial}); got != "287082" {
			t.Errorf("%s: got %s", name, got)
		}
		var damaged *mfa.DamagedError
		if len(warned) != 1 || !errors.As(warned[0], &damaged) || damaged.Path != path || strings.ContainsAny(damaged.Error(), "\x00\x1b\n") {
			t.Errorf("%s: warned of %q", name, warned)
		}
		if got := code(mfa.New(o, seed()), mfa.Request{Serial: serial}); got == "287082" || len(warned) != 1 {
			t.Errorf("%s: got %s again, and warned of %q", name, got, warned)
		}
	}
}

// TestNoFolder has a file where the folder should be: a code is given out all
// the same, and this process knows which ones were.
func TestNoFolder(t *testing.T) {
	t.Parallel()
	c := newClock(1111111109)
	o := options(t, c)
	if err := os.WriteFile(o.Folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	warned := 0
	o.Warn = func(error) { warned++ }
	inMemory := o
	inMemory.Folder = ""
	for _, o := range []mfa.Options{o, inMemory} {
		c.now = newClock(1111111109).now
		codes := mfa.New(o, seed())
		if first, second := code(codes, mfa.Request{Serial: serial}), code(codes, mfa.Request{Serial: serial}); first != "081804" || second != "050471" {
			t.Errorf("folder %q: got %s and %s", o.Folder, first, second)
		}
	}
	// For two codes: of a lock, of reading and of writing, and of waiting for the
	// second under another lock.
	if warned != 9 {
		t.Errorf("%d warnings", warned)
	}
}

// TestEndedContext cancels before the device's lock is had, and while the next
// code is waited for.
func TestEndedContext(t *testing.T) {
	t.Parallel()
	c := newClock(1111111109)
	o := options(t, c)
	o.Sleep = nil // 1 s on the real timer, if it were waited for
	ctx, cancel := context.WithCancel(context.Background())
	waits := 0
	o.Waiting = func(time.Duration) { waits++; cancel() }
	codes := mfa.New(o, seed())
	code(codes, mfa.Request{Serial: serial})
	for range 2 {
		if _, err := codes.Code(ctx, mfa.Request{Serial: serial}); err != context.Canceled {
			t.Errorf("got %v", err)
		}
	}
	if waits != 1 {
		t.Errorf("waited %d times", waits)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	choices := mfa.NewChoices(filepath.Join(t.TempDir(), "mfa"))
	get := func(account, user, want string) {
		t.Helper()
		if got, err := choices.Get(account, user); got != want || err != nil {
			t.Errorf("%s of %s: %q, %v, want %q", user, account, got, err, want)
		}
	}
	get("1", "alice", "")
	for _, choice := range [][3]string{{"1", "alice", "first"}, {"1", "alice", serial}, {"2", "alice", "other"}, {"1", "bob", "third"}} {
		if err := choices.Set(choice[0], choice[1], choice[2]); err != nil {
			t.Fatal(err)
		}
	}
	get("1", "alice", serial)
	get("2", "alice", "other")
	get("1", "bob", "third")
}

func TestDamagedChoice(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	choices := mfa.NewChoices(folder)
	if err := choices.Set("1", "alice", serial); err != nil {
		t.Fatal(err)
	}
	path := used(t, folder)
	for _, text := range []string{"", "{", `{"format":9}`, `{"format":1,"account":"1","user":"bob","serial":"x"}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var damaged *mfa.DamagedError
		if got, err := choices.Get("1", "alice"); got != "" || !errors.As(err, &damaged) {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	if err := choices.Set("1", "alice", serial); err != nil {
		t.Fatal(err)
	}
	if got, err := choices.Get("1", "alice"); got != serial || err != nil {
		t.Errorf("after a new choice: %q, %v", got, err)
	}
	if err := mfa.NewChoices(filepath.Join(path, "below a file")).Set("1", "alice", serial); err == nil {
		t.Error("no error where the folder cannot be made")
	}
}

func FuzzFiles(f *testing.F) {
	f.Add([]byte(`{"format":1,"used":[{"step":1,"code":"00"}]}`))
	f.Add([]byte(`{"format":1,"account":"1","user":"alice","serial":"arn:x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newClock(59)
		o := mfa.Options{Folder: t.TempDir(), Now: c.Now, Sleep: c.Sleep}
		if err := mfa.NewChoices(o.Folder).Set("1", "alice", serial); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(used(t, o.Folder), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := mfa.NewChoices(o.Folder).Get("1", "alice"); err != nil && got != "" {
			t.Errorf("both a choice and %v", err)
		}
		if err := os.Remove(used(t, o.Folder)); err != nil {
			t.Fatal(err)
		}
		code(mfa.New(o, seed()), mfa.Request{Serial: serial})
		if err := os.WriteFile(used(t, o.Folder), data, 0o600); err != nil {
			t.Fatal(err)
		}
		var used *mfa.UsedError // a file may say that all of the next steps are used
		_, err := mfa.New(o, seed()).Code(context.Background(), mfa.Request{Serial: serial})
		if err != nil && !errors.As(err, &used) {
			t.Errorf("no code given out: %v", err)
		}
	})
}
