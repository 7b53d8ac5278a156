package vault_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// stopped holds a lock of the vault as a process does that was stopped: without
// signs of life.
func stopped(t *testing.T, path string) {
	t.Helper()
	lock, ok, err := lockfile.Try(path)
	if !ok {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lock.Release() })
}

// TestNeedsNobody opens a vault whose unlock lock is held by a process that was
// stopped at its prompt: who needs no person, and who has nobody, do not wait.
func TestNeedsNobody(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	stopped(t, filepath.Join(o.Folder, "unlock.lock"))
	errNobody := errors.New("nobody there")
	tests := []struct {
		name  string
		given func(context.Context, vault.Prompt) (secret.Text, bool, error)
		want  string
	}{
		{"given", func(context.Context, vault.Prompt) (secret.Text, bool, error) { return secret.New("right"), true, nil }, ""},
		{"given wrong", func(context.Context, vault.Prompt) (secret.Text, bool, error) { return secret.New("wrong"), true, nil }, "wrong passphrase"},
		{"given empty", func(context.Context, vault.Prompt) (secret.Text, bool, error) { return secret.Text{}, true, nil }, "empty passphrase"},
		{"nobody", func(context.Context, vault.Prompt) (secret.Text, bool, error) { return secret.Text{}, false, errNobody }, "nobody there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mine := o
			mine.Given = tt.given
			mine.Passphrase = func(context.Context, vault.Prompt) (vault.Answer, error) {
				t.Error("a person is asked")
				return vault.Answer{}, errNobody
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := vault.Open(mine).Get(ctx, "prod")
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestStoppedHolder waits half a minute for a holder without signs of life.
func TestStoppedHolder(t *testing.T) {
	t.Parallel()
	if os.Getenv("LATCHKEY_TEST_LONG") != "1" {
		t.Skip("takes 30 s")
	}
	o := sealed(t)
	told := make(chan string, 4)
	o.Waiting = func(holder string) { told <- holder }
	for _, name := range []string{"unlock.lock", "vault.lock"} {
		stopped(t, filepath.Join(o.Folder, name))
	}
	v := vault.Open(o)
	for name, do := range map[string]func() error{
		"get": func() error { _, err := v.Get(t.Context(), "prod"); return err },
		"put": func() error { return v.Put(t.Context(), vaulttest.Key("new")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var busy *vault.BusyError
			if err := do(); !errors.As(err, &busy) || !busy.Silent || !strings.HasPrefix(err.Error(), "vault: ") {
				t.Errorf("%v, want *BusyError", err)
			}
			if holder := <-told; !strings.HasPrefix(holder, "process ") {
				t.Errorf("waiting for %q", holder)
			}
		})
	}
}

// TestCommandsWait: who writes behind another is told so.
func TestCommandsWait(t *testing.T) {
	t.Parallel()
	o := vault.CommandOptions{Folder: t.TempDir()}
	held, ok, err := lockfile.Try(filepath.Join(o.Folder, "commands.lock"))
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
	if err := vault.NewCommands(o).Add(t.Context(), vault.Entry{Name: "a", Command: "true"}); err != nil || told != 1 {
		t.Errorf("%v, told %d times", err, told)
	}
}
