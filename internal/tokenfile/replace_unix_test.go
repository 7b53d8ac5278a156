//go:build unix

package tokenfile_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// TestModes is not parallel: the umask is the process's.
func TestModes(t *testing.T) {
	for _, umask := range []int{0, 0o22, 0o77} {
		folder := t.TempDir()
		f := tokenfile.File{Path: filepath.Join(folder, "aws", "cache", "abc.json"), LockDir: filepath.Join(folder, "latchkey", "locks"), Now: func() time.Time { return noon }}
		old := syscall.Umask(umask)
		err := f.Replace(t.Context(), signedIn(noon.Add(time.Hour)))
		syscall.Umask(old)
		if err != nil {
			t.Errorf("umask %o: %v", umask, err)
		}
		for path, want := range map[string]os.FileMode{f.Path: 0o600, filepath.Dir(f.Path): 0o700, filepath.Dir(filepath.Dir(f.Path)): 0o700, f.LockDir: 0o700} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("umask %o: %s has %v, %v; want %v", umask, path, info.Mode().Perm(), err, want)
			}
		}
	}
	// A file that another tool made readable for all is so no longer.
	is := newIssuer(t, time.Hour)
	if err := os.Chmod(is.file.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := is.file.Replace(t.Context(), signedIn(noon.Add(time.Hour))); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(is.file.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
