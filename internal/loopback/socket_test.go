//go:build unix

package loopback_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

func TestListenSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	l, err := loopback.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	var busy *loopback.BusyError
	if _, err := loopback.ListenSocket(path); !errors.As(err, &busy) {
		t.Errorf("a second one: %v", err)
	}
	if _, err := loopback.CheckSocket(path); !errors.As(err, &busy) {
		t.Errorf("looking at it: %v", err)
	}
	_ = l.Close()
	_ = l.Close()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestBindSocket: the socket is there under its name when it is shown, and not before.
func TestBindSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	for _, show := range []bool{false, true} {
		s, err := loopback.BindSocket(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it is there before it is shown: %v", err)
		}
		if show {
			if err := s.Show(); err != nil {
				t.Error(err)
			}
			if conn, err := net.Dial("unix", path); err != nil {
				t.Error(err)
			} else {
				_ = conn.Close()
			}
			if there, err := os.ReadDir(filepath.Dir(path)); err != nil || len(there) != 1 {
				t.Errorf("beside it: %v, %v", there, err)
			}
		}
		_ = s.Close()
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	}
}

// TestListenSocketLeft: what a killed process has left is no hindrance, and all
// else stays as it is.
func TestListenSocketLeft(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	_ = left.Close()
	l, err := loopback.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	// Another takes its place, and is not taken away with it.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	var busy *loopback.BusyError
	if _, err := loopback.ListenSocket(path); !errors.As(err, &busy) {
		t.Errorf("in place of a file: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := loopback.ListenSocket(filepath.Join(t.TempDir(), strings.Repeat("x", 100))); err == nil || !strings.Contains(err.Error(), "longer than 103 bytes") {
		t.Errorf("a long path: %v", err)
	}
	if _, err := loopback.ListenSocket(filepath.Join(t.TempDir(), "none", "s")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in no folder: %v", err)
	}
}
