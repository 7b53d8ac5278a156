package vault_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

func needShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a POSIX shell")
	}
}

func commandsIn(t *testing.T) (*vault.Commands, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "commands")
	return vault.NewCommands(vault.CommandOptions{Folder: folder, Environ: []string{"PATH=" + os.Getenv("PATH"), "KEY=" + someSecret}, Timeout: 10 * time.Second}), folder
}

func TestCommands(t *testing.T) {
	t.Parallel()
	needShell(t)
	c, folder := commandsIn(t)
	if names, err := c.List(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("List: %q, %v", names, err)
	}
	want := vault.Entry{Name: "Prod 1", Command: `printf '%s:%s' ` + someID + ` "$KEY"`, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Note: "in op"}
	if err := c.Add(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if e, err := c.Describe("Prod 1"); err != nil || e.Command != want.Command || !e.Secret.Empty() {
		t.Errorf("Describe: %+v, %v", e, err)
	}
	first, err := c.Stamp("Prod 1")
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Get(t.Context(), "Prod 1")
	if err != nil || e.AccessKeyID != someID || e.Secret.Reveal() != someSecret {
		t.Errorf("Get: %+v, %v", e, err)
	}
	// A rotated key must not get lost in a file that has no place for it.
	var refused *vault.EntryError
	if err := c.Put(t.Context(), e); !errors.As(err, &refused) {
		t.Errorf("Put with a secret: %v, want *EntryError", err)
	}
	if e.AccessKeyID, e.Secret = "", (secret.Text{}); true {
		vaulttest.Same(t, e, want)
	}
	var exists *vault.ExistsError
	if err := c.Add(t.Context(), want); !errors.As(err, &exists) {
		t.Errorf("Add: %v, want *ExistsError", err)
	}
	want.Command = "other"
	mustPut(t, c, want)
	if second, err := c.Stamp("Prod 1"); err != nil || second == first {
		t.Errorf("Stamp: %q, then %q, %v", first, second, err)
	}
	if data, err := os.ReadFile(filepath.Join(folder, "%50rod%201.json")); err != nil || !strings.Contains(string(data), `"command": "other"`) {
		t.Errorf("%s, %v", data, err)
	}
	for range 2 {
		err = c.Remove(t.Context(), "Prod 1")
	}
	if !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("Remove twice: %v", err)
	}
}

func TestCommandsThatFail(t *testing.T) {
	t.Parallel()
	needShell(t)
	c, _ := commandsIn(t)
	for line, want := range map[string]string{
		"echo $KEY; exit 3": "ended with exit status 3", "nosuchprogram": "does not find", "true": "there is no text",
		"echo $KEY": "none of the forms", "echo ASIAIOSFODNN7EXAMPLE:$KEY": vault.ErrTemporary.Error(), "kill -9 $$": "signal",
	} {
		mustPut(t, c, vault.Entry{Name: "x", Command: line})
		e, err := c.Get(t.Context(), "x")
		var failed *vault.CommandError
		if !errors.As(err, &failed) || failed.Name != "x" || !strings.Contains(err.Error(), want) || e.AccessKeyID != "" {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
		if err != nil && strings.Contains(err.Error(), someSecret) {
			t.Errorf("%s: the output is shown: %v", line, err)
		}
	}
	mustPut(t, c, vault.Entry{Name: "x", Command: "exit 3"})
	var cause *command.Error
	if _, err := c.Get(t.Context(), "x"); !errors.As(err, &cause) || cause.ExitCode != 3 {
		t.Errorf("%v, want *command.Error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Get(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

func TestCommandsRefused(t *testing.T) {
	t.Parallel()
	c, folder := commandsIn(t)
	for what, e := range map[string]vault.Entry{
		"empty": {Name: "x"}, "blank": {Name: "x", Command: " "}, "two lines": {Name: "x", Command: "a\nb"}, "long": {Name: "x", Command: strings.Repeat("x", 9000)},
		"with a seed": {Name: "x", Command: "a", Seed: secret.New("A")}, "note": {Name: "x", Command: "a", Note: "a\nb"},
	} {
		var refused *vault.EntryError
		if err := c.Put(t.Context(), e); !errors.As(err, &refused) {
			t.Errorf("%s: %v, want *EntryError", what, err)
		}
	}
	mustPut(t, c, vault.Entry{Name: "x", Command: "true"})
	path := filepath.Join(folder, "x.json")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{
		"", "x", "null", "{}", string(good[:len(good)-3]), strings.Replace(string(good), `"x"`, `"y"`, 1), strings.Replace(string(good), "1", "2", 1),
		strings.Replace(string(good), `"true"`, `["true"]`, 1), string(good) + string(good),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), "x"); !typed(err) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// TestTogether runs the suite over both, and what is special about them.
func TestTogether(t *testing.T) {
	t.Parallel()
	vaulttest.Run(t, func(t *testing.T) vault.Store {
		c, _ := commandsIn(t)
		return vault.Together(c, vault.NewMemory())
	})
	needShell(t)
	c, _ := commandsIn(t)
	memory := vault.NewMemory()
	both := vault.Together(c, memory)
	line := vault.Entry{Name: "op", Command: "printf '%s %s' " + someID + " $KEY"}
	if err := both.Add(t.Context(), line); err != nil {
		t.Fatal(err)
	}
	mustPut(t, both, vaulttest.Key("kept"))
	var exists *vault.ExistsError
	for _, e := range []vault.Entry{vaulttest.Key("op"), {Name: "kept", Command: "true"}} {
		if err := both.Add(t.Context(), e); !errors.As(err, &exists) {
			t.Errorf("Add of a name that the other has: %v", err)
		}
	}
	if names, err := both.List(t.Context()); err != nil || strings.Join(names, " ") != "kept op" {
		t.Errorf("List: %q, %v", names, err)
	}
	if e, err := both.Get(t.Context(), "op"); err != nil || e.Secret.Reveal() != someSecret {
		t.Errorf("Get: %+v, %v", e, err)
	}
	var missing *vault.NotFoundError
	if _, err := both.Get(t.Context(), "kep"); !errors.As(err, &missing) || !slices.Equal(missing.Near, []string{"kept"}) {
		t.Errorf("Get of a slip: %v, %+v", err, missing)
	}
	mustPut(t, both, vaulttest.Key("op"), vault.Entry{Name: "kept", Command: "true"})
	mine, _ := c.List(t.Context())
	theirs, _ := memory.List(t.Context())
	if strings.Join(mine, " ") != "kept" || strings.Join(theirs, " ") != "op" {
		t.Errorf("after they changed places: commands %q, backend %q", mine, theirs)
	}
	if err := both.Remove(t.Context(), "kept"); err != nil {
		t.Error(err)
	}
	if err := both.Remove(t.Context(), "op"); err != nil {
		t.Error(err)
	}
}

// TestCommandsNeedNoVault: who has all keys in a password manager makes no vault.
func TestCommandsNeedNoVault(t *testing.T) {
	t.Parallel()
	c, _ := commandsIn(t)
	both := vault.Together(c, vault.Open(vault.Options{Folder: filepath.Join(t.TempDir(), "none")}))
	if _, err := both.List(t.Context()); !errors.Is(err, vault.ErrNoVault) {
		t.Errorf("List of nothing at all: %v, want ErrNoVault", err)
	}
	if err := both.Add(t.Context(), vault.Entry{Name: "op", Command: "true"}); err != nil {
		t.Fatal(err)
	}
	if names, err := both.List(t.Context()); err != nil || strings.Join(names, " ") != "op" {
		t.Errorf("List: %q, %v", names, err)
	}
	if err := both.Put(t.Context(), vault.Entry{Name: "op", Command: "false"}); err != nil {
		t.Error(err)
	}
	if err := both.Add(t.Context(), vaulttest.Key("key")); !errors.Is(err, vault.ErrNoVault) {
		t.Errorf("Add of a key: %v, want ErrNoVault", err)
	}
}
