package atomicfile_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// names lists a folder, so that a temporary file left behind is seen.
func names(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

func TestWrite(t *testing.T) {
	t.Parallel()
	for _, perm := range []fs.FileMode{0o600, 0o644, 0o400} {
		if runtime.GOOS == "windows" && perm == 0o400 {
			continue // a read-only file cannot be replaced there
		}
		folder := filepath.Join(t.TempDir(), "new", "deep")
		path := filepath.Join(folder, strings.Repeat("n", 250))
		for _, content := range []string{"first", "", "third, longer"} {
			if err := atomicfile.Write(path, []byte(content), perm); err != nil {
				t.Fatal(err)
			}
			if got := read(t, path); got != content {
				t.Errorf("content %q, want %q", got, content)
			}
		}
		if got := names(t, folder); got != filepath.Base(path) {
			t.Errorf("folder holds %s", got)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		parent, err := os.Stat(folder)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && (info.Mode().Perm() != perm || parent.Mode().Perm() != 0o700) {
			t.Errorf("modes: file %o, folder %o; want %o, 700", info.Mode().Perm(), parent.Mode().Perm(), perm)
		}
	}
}

func TestWriteFollowsSymlinks(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("symlinks need a privilege")
	}
	tests := []struct {
		name  string
		links map[string]string // link → what it says
		write string
		lands string
	}{
		{"absolute", map[string]string{"a": "ROOT/real/file"}, "a", "real/file"},
		{"relative", map[string]string{"a": "real/file"}, "a", "real/file"},
		{"chain", map[string]string{"a": "b", "b": "real/file"}, "a", "real/file"},
		{"dangling", map[string]string{"a": "real/missing"}, "a", "real/missing"},
		{"dangling into a missing folder", map[string]string{"a": "other/missing"}, "a", "other/missing"},
		{"up from a linked folder", map[string]string{"door": "real/inner", "real/inner/a": "../file"}, "door/a", "real/file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if err := os.MkdirAll(filepath.Join(root, "real", "inner"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, "real", "file"), []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			for link, to := range tt.links {
				if err := os.Symlink(strings.ReplaceAll(to, "ROOT", root), filepath.Join(root, link)); err != nil {
					t.Fatal(err)
				}
			}
			if err := atomicfile.Write(filepath.Join(root, tt.write), []byte("new"), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := read(t, filepath.Join(root, tt.lands)); got != "new" {
				t.Errorf("%s holds %q", tt.lands, got)
			}
			info, err := os.Lstat(filepath.Join(root, tt.write))
			if err != nil || info.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("the symlink is gone: %v, %v", info, err)
			}
		})
	}
}

func TestWriteErrorsLeaveNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "is-a-folder", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "file"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := "file is-a-folder"
	paths := []string{"is-a-folder", filepath.Join("file", "below")}
	if runtime.GOOS != "windows" {
		if err := os.Symlink("circle", filepath.Join(folder, "circle")); err != nil {
			t.Fatal(err)
		}
		before = "circle " + before
		paths = append(paths, "circle")
	}
	for _, p := range paths {
		if err := atomicfile.Write(filepath.Join(folder, p), []byte("new"), 0o600); err == nil {
			t.Errorf("Write to %s went well", p)
		}
	}
	if got := names(t, folder); got != before {
		t.Errorf("folder holds %q, want %q", got, before)
	}
	if got := read(t, filepath.Join(folder, "file")); got != "old" {
		t.Errorf("file holds %q", got)
	}
}

// TestReadersSeeWholeFiles writes from several goroutines while others read.
func TestReadersSeeWholeFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	content := func(b byte) []byte { return bytes.Repeat([]byte{b}, 20_000) }
	if err := atomicfile.Write(path, content('a'), 0o600); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 20 {
				if err := atomicfile.Write(path, content(byte('a'+i)), 0o600); err != nil {
					t.Error(err)
				}
			}
		})
		group.Go(func() {
			for range 100 {
				data, err := os.ReadFile(path)
				if err != nil || len(data) != 20_000 || bytes.Count(data, data[:1]) != len(data) {
					t.Errorf("read %d bytes, %v", len(data), err)
				}
			}
		})
	}
	group.Wait()
}
