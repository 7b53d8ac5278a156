//go:build unix

package profile_test

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestNamedPipe holds that a pipe which nobody writes is empty, not a hang.
func TestNamedPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "config")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if names := loadPaths(t, pipe, "/dev/null").Names(); len(names) != 0 {
		t.Errorf("Names = %q, want none", names)
	}
}
