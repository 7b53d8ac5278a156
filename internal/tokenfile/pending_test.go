package tokenfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// leave makes what a process leaves that is killed while the disk works: the
// answer beside the lock, and the file as it was.
func leave(t *testing.T, is *issuer) (pending string) {
	t.Helper()
	before, err := os.ReadFile(is.file.Path)
	if err != nil {
		t.Fatal(err)
	}
	// A folder in the place of the file stops the write.
	is.steal = func() {
		_ = os.Remove(is.file.Path)
		_ = os.MkdirAll(filepath.Join(is.file.Path, "x"), 0o700)
	}
	if got := is.current(t); got != "t1" {
		t.Fatalf("got %s, want t1", got)
	}
	is.steal = nil
	if err := os.RemoveAll(is.file.Path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(is.file.Path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(is.file.LockDir, "abc.pending")
}

// TestKilledBeforeTheFileIsWritten: the next process finds the new token.
func TestKilledBeforeTheFileIsWritten(t *testing.T) {
	t.Parallel()
	is := newIssuer(t, -time.Hour)
	pending := leave(t, is)
	if info, err := os.Stat(pending); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Fatalf("pending file: %v, %v", info, err)
	}
	content, err := os.ReadFile(pending)
	if err != nil {
		t.Fatal(err)
	}
	_, data, _ := strings.Cut(string(content), "\n")
	left, others := filepath.Join(filepath.Dir(is.file.Path), ".latchkey-1.tmp"), filepath.Join(filepath.Dir(is.file.Path), ".latchkey-2.tmp")
	for name, text := range map[string]string{left: data, others: "{}"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := is.current(t); got != "t1" || is.calls.Load() != 1 {
		t.Errorf("got %s after %d calls, want t1 after 1", got, is.calls.Load())
	}
	for name, want := range map[string]bool{pending: false, left: false, others: true} {
		if _, err := os.Stat(name); err == nil != want {
			t.Errorf("%s is there: %v, want %v", name, !want, want)
		}
	}
	if doc, err := tokenfile.Read(t.Context(), is.file.Path); err != nil || doc.Text("refresh") != "r1" {
		t.Errorf("file: %v", err)
	}
}

// TestPendingThatDoesNotCount: cut short, of another sign-in, or useless.
func TestPendingThatDoesNotCount(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string) string{
		"cut short":     func(s string) string { return s[:len(s)-5] },
		"empty":         func(string) string { return "" },
		"other sign-in": func(s string) string { return "0000000000000000" + s[16:] },
		"no time":       func(s string) string { return strings.Replace(s, "expires", "x", 1) },
	} {
		is := newIssuer(t, -time.Hour)
		pending := leave(t, is)
		content, err := os.ReadFile(pending)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(pending, []byte(change(string(content))), 0o600); err != nil {
			t.Fatal(err)
		}
		is.valid = "r0"
		if got := is.current(t); got != "t2" {
			t.Errorf("%s: got %s, want t2", name, got)
		}
		if _, err := os.Stat(pending); err == nil {
			t.Errorf("%s: the pending file stays", name)
		}
	}
}
