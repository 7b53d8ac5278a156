package pass_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/pass"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// TestDamage changes and cuts an entry's file here and there: each run of gpg
// takes its time, so not everywhere.
func TestDamage(t *testing.T) {
	t.Parallel()
	o := newHome(t, "").options(t)
	o.Stderr = nil
	s := pass.Open(o)
	for _, name := range []string{"prod", "other"} {
		if err := s.Put(t.Context(), vaulttest.Key(name)); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(o.Folder, "latchkey", "prod.gpg")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(filepath.Join(o.Folder, "latchkey", "other.gpg"))
	if err != nil {
		t.Fatal(err)
	}
	damaged := 0
	get := func(what string, data []byte) error {
		t.Helper()
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := s.Get(t.Context(), "prod")
		var d *vault.DamagedError
		var locked *vault.LockedError
		var failed *pass.ProgramError
		switch {
		case errors.As(err, &d):
			damaged++
			if d.Path != file {
				t.Errorf("%s: path is %s", what, d.Path)
			}
		case err != nil && !errors.As(err, &locked) && !errors.As(err, &failed):
			t.Errorf("%s: %v has no type", what, err)
		case err == nil:
			vaulttest.Same(t, e, vaulttest.Key("prod")) // a bit that nothing hangs on
		}
		return err
	}
	for bit := 0; bit < 8*len(whole); bit += 8*len(whole)/40 + 1 {
		changed := append([]byte(nil), whole...)
		changed[bit/8] ^= 1 << (bit % 8)
		_ = get("a flipped bit", changed)
	}
	for length := 1; length < len(whole); length += len(whole)/12 + 1 {
		if get("a cut file", whole[:length]) == nil {
			t.Errorf("a file cut to %d bytes opens", length)
		}
	}
	if damaged < 20 {
		t.Errorf("only %d were seen as damage", damaged)
	}
	var d *vault.DamagedError
	for what, data := range map[string][]byte{
		"another entry": other, "nothing": {}, "garbage": []byte("garbage"), "100 KiB more": append(whole[:len(whole):len(whole)], make([]byte, 1<<17)...),
	} {
		if err := get(what, data); !errors.As(err, &d) {
			t.Errorf("%s: %v, want *DamagedError", what, err)
		}
	}
	if names, err := s.List(t.Context()); len(names) != 2 || err != nil {
		t.Errorf("List: %q, %v", names, err)
	}
}

// TestLocked has a key with a passphrase, and an agent that cannot ask for it.
func TestLocked(t *testing.T) {
	t.Parallel()
	h := newHome(t, "open sesame")
	s := pass.Open(h.options(t))
	if err := s.Put(t.Context(), vaulttest.Key("prod")); err != nil {
		t.Fatalf("adding needs no passphrase: %v", err)
	}
	conf := "pinentry-program /bin/false\n"
	if err := os.WriteFile(filepath.Join(h.folder, "gpg-agent.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	h.run(t, "gpgconf", "--kill", "all")
	_, err := s.Get(t.Context(), "prod")
	var locked *vault.LockedError
	if !errors.As(err, &locked) || locked.Program != "pass" {
		t.Errorf("no way to ask: %v, want *LockedError of pass", err)
	}
	if _, err := s.Stamp("prod"); err != nil {
		t.Errorf("a stamp needs no passphrase: %v", err)
	}
}

// TestNoPrompt has an agent that would ask for ever.
func TestNoPrompt(t *testing.T) {
	t.Parallel()
	h := newHome(t, "open sesame")
	o := h.options(t)
	o.NoPrompt = true
	s := pass.Open(o)
	if err := s.Put(t.Context(), vaulttest.Key("prod")); err != nil {
		t.Fatal(err)
	}
	asks, asked := filepath.Join(h.folder, "asks"), filepath.Join(h.folder, "asked")
	if err := os.WriteFile(asks, []byte("#!/bin/sh\n: >"+asked+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.folder, "gpg-agent.conf"), []byte("pinentry-program "+asks+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.run(t, "gpgconf", "--kill", "all")
	_, err := s.Get(t.Context(), "prod")
	var locked *vault.LockedError
	if !errors.As(err, &locked) {
		t.Errorf("%v, want *LockedError", err)
	}
	if _, err := os.Stat(asked); err == nil {
		t.Error("somebody was asked")
	}
	o.NoPrompt = false
	if _, err := pass.Open(o).Get(t.Context(), "prod"); !errors.As(err, &locked) {
		t.Errorf("%v, want *LockedError", err)
	}
	if _, err := os.Stat(asked); err != nil {
		t.Errorf("nobody was asked where somebody may be: %v", err)
	}
}

// TestOtherKey opens with a home that lacks the entry's key.
func TestOtherKey(t *testing.T) {
	t.Parallel()
	o := newHome(t, "").options(t)
	if err := pass.Open(o).Put(t.Context(), vaulttest.Key("prod")); err != nil {
		t.Fatal(err)
	}
	o.Environ = newHome(t, "").environ()
	_, err := pass.Open(o).Get(t.Context(), "prod")
	var locked *vault.LockedError
	if !errors.As(err, &locked) {
		t.Errorf("%v, want *LockedError", err)
	}
}
