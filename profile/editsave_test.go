package profile_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/profile"
)

const stamp = ".latchkey-20260102T030405Z"

func saveOptions() profile.SaveOptions {
	return profile.SaveOptions{Now: time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600))}
}

// edited opens path and sets one value.
func edited(t *testing.T, path, value string) *profile.Edit {
	t.Helper()
	e, err := profile.OpenEdit(path, profile.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Set("profile a", "region", value); err != nil {
		t.Fatal(err)
	}
	return e
}

// holds compares a file's text and, where there are modes, its mode.
func holds(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != text || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
		t.Errorf("%s: %q mode %o, want %q mode %o", path, data, info.Mode().Perm(), text, mode)
	}
}

func TestSave(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new")
	path := filepath.Join(folder, "config")
	e := edited(t, path, "x")
	backup, err := e.Save(t.Context(), saveOptions())
	if err != nil || backup != "" {
		t.Fatalf("backup %q, error %v", backup, err)
	}
	first := "[profile a]\nregion = x\n"
	holds(t, path, first, 0o600)
	if backup, err = e.Save(t.Context(), saveOptions()); err != nil || backup != "" || e.Changed() || e.Diff() != "" {
		t.Errorf("without a change: backup %q, error %v, diff %q", backup, err, e.Diff())
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	// The same Edit goes on, in the same second.
	text := first
	for i, want := range []string{stamp + ".bak", stamp + "-2.bak", stamp + "-3.bak"} {
		value := fmt.Sprint("value-", i)
		if err := e.Set("profile a", "region", value); err != nil {
			t.Fatal(err)
		}
		backup, err := e.Save(t.Context(), saveOptions())
		if err != nil || backup != path+want {
			t.Fatalf("backup %q, error %v", backup, err)
		}
		holds(t, backup, text, 0o600)
		text = "[profile a]\nregion = " + value + "\n"
		holds(t, path, text, 0o644)
	}
	if list, _ := filepath.Glob(filepath.Join(folder, "*")); len(list) != 4 {
		t.Errorf("folder holds %v", list)
	}
}

func TestSaveThroughSymlink(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("symlinks need a privilege")
	}
	home, dotfiles := t.TempDir(), t.TempDir()
	real, path := filepath.Join(dotfiles, "aws-config"), filepath.Join(home, "config")
	before := "[profile a]\nregion = x\n"
	if err := os.WriteFile(real, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, path); err != nil {
		t.Fatal(err)
	}
	backup, err := edited(t, path, "y").Save(t.Context(), saveOptions())
	if err != nil || backup != path+stamp+".bak" {
		t.Fatalf("backup %q, error %v", backup, err)
	}
	holds(t, real, "[profile a]\nregion = y\n", 0o640)
	holds(t, backup, before, 0o600)
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the symlink is gone: %v, %v", info, err)
	}
}

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	before, after := "[profile a]\nregion = x\n", "[profile a]\nregion = x \n"
	tests := []struct {
		name    string
		text    string // before
		meddle  func(path string) error
		changed bool
		left    string
	}{
		{"changed", before, func(path string) error { return os.WriteFile(path, []byte(after), 0o600) }, true, after},
		{"made", absent, func(path string) error { return os.WriteFile(path, []byte(""), 0o600) }, true, ""},
		{"removed", before, os.Remove, true, absent},
		{"made a folder", absent, func(path string) error { return os.Mkdir(path, 0o700) }, false, absent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "config")
			if tt.text != absent {
				if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			e := edited(t, path, "y")
			if err := tt.meddle(path); err != nil {
				t.Fatal(err)
			}
			backup, err := e.Save(t.Context(), saveOptions())
			var changed *profile.ChangedError
			if backup != "" || err == nil || errors.As(err, &changed) != tt.changed || changed != nil && changed.Error() != path+": another program changed the file meanwhile" {
				t.Errorf("backup %q, error %v", backup, err)
			}
			if tt.left != absent {
				holds(t, path, tt.left, 0o600)
			}
			if list, _ := filepath.Glob(path + ".*"); len(list) != 0 {
				t.Errorf("left behind: %v", list)
			}
		})
	}
}

// TestSaveNotBegun: the context has ended, or the lock cannot be had.
func TestSaveNotBegun(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := edited(t, path, "x").Save(ctx, saveOptions()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	o := saveOptions()
	o.Lock = filepath.Join(os.DevNull, "lock")
	if _, err := edited(t, path, "x").Save(t.Context(), o); err == nil {
		t.Error("saved without the lock")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("written all the same: %v", err)
	}
}

// TestSaveUnwritable: neither a backup nor the file can be written, and the
// file is as it was.
func TestSaveUnwritable(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("needs a user whom a mode can stop")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "config")
	before := "[profile a]\nregion = x\n"
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	e := edited(t, path, "y")
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(folder, 0o700) })
	if backup, err := e.Save(t.Context(), saveOptions()); !errors.Is(err, fs.ErrPermission) || backup != "" {
		t.Errorf("backup %q, error %v", backup, err)
	}
	holds(t, path, before, 0o600)
}

// TestSaveOfAnotherUser is what happens under sudo.
func TestSaveOfAnotherUser(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" || os.Geteuid() != 0 {
		t.Skip("only root writes the files of others")
	}
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if backup, err := edited(t, path, "y").Save(t.Context(), saveOptions()); !errors.Is(err, profile.ErrNotOurs) || backup != "" {
		t.Errorf("backup %q, error %v", backup, err)
	}
	holds(t, path, "", 0o600)
}

// TestSaveTogether: with a lock, of many edits at once none is lost: each is
// saved or told that the file has changed, and then tries again.
func TestSaveTogether(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "config")
	o := saveOptions()
	o.Lock = filepath.Join(folder, "locks", "config")
	const writers = 12
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for {
				e, err := profile.OpenEdit(path, profile.ConfigFile)
				if err == nil {
					err = e.Set(fmt.Sprint("profile p", i), "region", "x")
				}
				if err == nil {
					_, err = e.Save(t.Context(), o)
				}
				var changed *profile.ChangedError
				if err == nil || !errors.As(err, &changed) {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	all.Wait()
	if names := loadPaths(t, path, filepath.Join(folder, "credentials")).Names(); len(names) != writers {
		t.Errorf("profiles: %s", strings.Join(names, " "))
	}
}

// TestSaveWaits: who saves behind another is told so.
func TestSaveWaits(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	o := saveOptions()
	o.Lock = filepath.Join(folder, "lock")
	held, ok, err := lockfile.Try(o.Lock)
	if !ok {
		t.Fatal(err)
	}
	told := 0
	o.Waiting = func(holder string) {
		if told++; !strings.HasPrefix(holder, "process ") {
			t.Errorf("waiting for %q", holder)
		}
		_ = held.Release()
	}
	if _, err := edited(t, filepath.Join(folder, "config"), "x").Save(t.Context(), o); err != nil || told != 1 {
		t.Errorf("%v, told %d times", err, told)
	}
}
