package diskfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/diskfile"
)

func TestRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	for _, want := range []string{"", "x", strings.Repeat("line\n", 100_000)} {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := diskfile.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := f.Read(nil); n != 0 || err != nil {
			t.Errorf("nothing: %d, %v", n, err)
		}
		got, err := io.ReadAll(f)
		f.Close()
		if err != nil || string(got) != want {
			t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	_, err := diskfile.Open(missing)
	var at *fs.PathError
	if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &at) || at.Path != missing {
		t.Errorf("missing: %v", err)
	}
	f, err := diskfile.Open(dir)
	if err != nil {
		return // Windows opens no folder this way
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 1)); !errors.As(err, &at) || at.Path != dir {
		t.Errorf("a folder: %v", err)
	}
}
