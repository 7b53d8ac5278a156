package vault_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// damaged opens a vault of the entries a and b under a passphrase, of which one
// file then gets another content.
type damaged struct {
	t    *testing.T
	o    vault.Options
	path string
	good []byte
	// names are the entries that are read each time.
	names []string
}

func newDamaged(t *testing.T, file string) *damaged {
	t.Helper()
	who := &asked{answers: []string{"correct horse"}}
	o := vault.Options{Folder: t.TempDir(), Passphrase: who.ask, WorkFactor: fastScrypt}
	v, err := vault.Create(t.Context(), o, vault.ByPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("a"), vaulttest.Key("b"))
	d := &damaged{t: t, o: o, path: filepath.Join(o.Folder, file), names: []string{"a", "b"}}
	if d.good, err = os.ReadFile(d.path); err != nil {
		t.Fatal(err)
	}
	return d
}

// try opens the vault with that content in the file. Whatever happens, it must
// be the entries as they were, or a typed error, and the file untouched.
func (d *damaged) try(what string, content []byte) (errs []error) {
	d.t.Helper()
	if err := os.WriteFile(d.path, content, 0o600); err != nil {
		d.t.Fatal(err)
	}
	v := vault.Open(d.o)
	names, err := v.List(d.t.Context())
	if err == nil && strings.Join(names, " ") != "a b" {
		d.t.Errorf("%s: List is %q", what, names)
	}
	errs = append(errs, err)
	for _, name := range d.names {
		e, err := v.Get(d.t.Context(), name)
		if err == nil {
			vaulttest.Same(d.t, e, vaulttest.Key(name))
		} else if !e.Secret.Empty() {
			d.t.Errorf("%s: Get gave a secret and %v", what, err)
		}
		errs = append(errs, err)
	}
	for _, err := range errs {
		if err != nil && !typed(err) {
			d.t.Errorf("%s: %T %v is of no type of the vault's", what, err, err)
		}
	}
	if now, err := os.ReadFile(d.path); err != nil || !bytes.Equal(now, content) {
		d.t.Errorf("%s: the file was touched: %v", what, err)
	}
	return errs
}

func typed(err error) bool {
	var damaged *vault.DamagedError
	var newer *vault.FormatError
	var locked *vault.LockedError
	var wrong *vault.PassphraseError
	return errors.As(err, &damaged) || errors.As(err, &newer) || errors.As(err, &locked) || errors.As(err, &wrong)
}

// TestDamage flips every bit, cuts at every length, and more.
func TestDamage(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"entries/a.age", "identity.age", "vault.json", "recipients.txt"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			d := newDamaged(t, file)
			d.names = d.names[:1]
			if file == "entries/a.age" { // what is not tried here need not be asked for each time
				d.o.Ring = newFakes()
				if err := vault.Open(d.o).Unlock(t.Context(), 0); err != nil {
					t.Fatal(err)
				}
			}
			broken := 0
			for i := range d.good {
				for bit := range 8 {
					changed := bytes.Clone(d.good)
					changed[i] ^= 1 << bit
					if errors.Join(d.try("bit flip", changed)...) != nil {
						broken++
					}
				}
				if cut := errors.Join(d.try("cut", d.good[:i])...); cut == nil && file != "recipients.txt" && len(bytes.TrimSpace(d.good[i:])) > 0 {
					t.Errorf("cut to %d of %d bytes: no error", i, len(d.good))
				}
			}
			// Every bit of a sealed file counts; the other two have spare text.
			if strings.HasSuffix(file, ".age") && broken != 8*len(d.good) {
				t.Errorf("%d of %d bit flips were found", broken, 8*len(d.good))
			}
			for what, content := range map[string][]byte{
				"twice": append(bytes.Clone(d.good), d.good...), "NULs": make([]byte, len(d.good)), "text": []byte("age-encryption.org/v1\n"),
				"JSON": []byte(`{"format":1}`), "null": []byte("null"), "list": []byte("[]"),
			} {
				if errors.Join(d.try(what, content)...) == nil && file != "recipients.txt" {
					t.Errorf("%s in place of it: no error", what)
				}
			}
			d.try("restored", d.good)
		})
	}
}

// TestRecipientsDamage: an entry that the vault's own key does not open would be
// lost, so it must not be written.
func TestRecipientsDamage(t *testing.T) {
	t.Parallel()
	d := newDamaged(t, "recipients.txt")
	_, other := identityFile(t, t.TempDir())
	contents := [][]byte{nil, []byte("# nothing\n"), []byte(other.Recipient().String() + "\n"), []byte("garbage\n"), append(bytes.Clone(d.good), "garbage\n"...)}
	for i := range d.good[:len(d.good)-1] {
		contents = append(contents, d.good[:i])
	}
	for _, content := range contents {
		if err := os.WriteFile(d.path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		var damaged *vault.DamagedError
		if err := vault.Open(d.o).Put(t.Context(), vaulttest.Key("c")); !errors.As(err, &damaged) || damaged.Path != d.path {
			t.Errorf("Put with the recipients %q: %v", content, err)
		}
	}
	if err := os.WriteFile(d.path, append([]byte(other.Recipient().String()+"\r\n\r\n#\r\n"), d.good...), 0o600); err != nil {
		t.Fatal(err)
	}
	v := vault.Open(d.o)
	mustPut(t, v, vaulttest.Key("c"))
	e, err := v.Get(t.Context(), "c")
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, e, vaulttest.Key("c"))
}

// TestOddFiles puts into the place of each file what is no file of ours.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"entries/a.age", "identity.age", "vault.json", "recipients.txt"} {
		for what, place := range map[string]func(path string) error{
			"folder":   func(path string) error { return os.Mkdir(path, 0o700) },
			"dangling": func(path string) error { return os.Symlink("nowhere", path) },
			"missing":  func(string) error { return nil },
			"100 MiB": func(path string) error {
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					return err
				}
				return os.Truncate(path, 100<<20)
			},
		} {
			t.Run(file+" "+what, func(t *testing.T) {
				t.Parallel()
				d := newDamaged(t, file)
				if err := os.Remove(d.path); err != nil {
					t.Fatal(err)
				}
				if err := place(d.path); err != nil {
					t.Skip(err) // symlinks need a privilege on Windows
				}
				v := vault.Open(d.o)
				names, listErr := v.List(t.Context())
				_, getErr := v.Get(t.Context(), "a")
				putErr := v.Put(t.Context(), vaulttest.Key("c"))
				var damaged *vault.DamagedError
				switch file {
				case "recipients.txt":
					getErr = putErr
				case "vault.json":
					if !errors.As(putErr, &damaged) || !errors.As(listErr, &damaged) {
						t.Errorf("Put: %v, List: %q, %v", putErr, names, listErr)
					}
				case "entries/a.age":
					if what == "missing" {
						if !errors.Is(getErr, vault.ErrNotFound) || strings.Join(names, " ") != "b" {
							t.Errorf("Get: %v, List: %q", getErr, names)
						}
						return
					}
				}
				if !errors.As(getErr, &damaged) || damaged.Path != d.path {
					t.Errorf("%v, want a *DamagedError for %s", getErr, d.path)
				}
				if listErr == nil && !strings.HasPrefix(strings.Join(names, " "), "a b") {
					t.Errorf("List is %q", names)
				}
			})
		}
	}
}

func TestLostEntriesFolder(t *testing.T) {
	t.Parallel()
	for _, place := range []func(string) error{
		func(string) error { return nil }, func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
	} {
		d := newDamaged(t, "vault.json")
		folder := filepath.Join(d.o.Folder, "entries")
		if err := errors.Join(os.RemoveAll(folder), place(folder)); err != nil {
			t.Fatal(err)
		}
		v := vault.Open(d.o)
		names, listErr := v.List(t.Context())
		_, getErr := v.Get(t.Context(), "a")
		_, stampErr := v.Stamp("a")
		for what, err := range map[string]error{
			"List": listErr, "Get": getErr, "Stamp": stampErr, "Put": v.Put(t.Context(), vaulttest.Key("c")), "Remove": v.Remove(t.Context(), "a"),
			"Rekey": v.Rekey(t.Context(), vault.ByPassphrase),
		} {
			var damaged *vault.DamagedError
			if !errors.As(err, &damaged) || damaged.Path != folder {
				t.Errorf("%s without the folder of entries: %q, %v", what, names, err)
			}
		}
		if _, err := vault.Create(t.Context(), d.o, vault.ByPassphrase); err == nil {
			t.Error("Create over a damaged vault went well")
		}
	}
}

// TestLostSettings: a Create over the remains of a vault would lose its key.
func TestLostSettings(t *testing.T) {
	t.Parallel()
	d := newDamaged(t, "vault.json")
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	var damaged *vault.DamagedError
	if _, err := vault.Create(t.Context(), d.o, vault.ByPassphrase); !errors.As(err, &damaged) {
		t.Errorf("Create over entries: %v, want *DamagedError", err)
	}
	identity, err := os.ReadFile(filepath.Join(d.o.Folder, "identity.age"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(d.o.Folder, "entries")); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Create(t.Context(), d.o, vault.ByPassphrase); err != nil {
		t.Fatal(err)
	}
	aside, err := filepath.Glob(filepath.Join(d.o.Folder, "identity.*.age"))
	if err != nil || len(aside) != 1 {
		t.Fatalf("set aside: %q, %v", aside, err)
	}
	if data, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(data, identity) {
		t.Errorf("the old identity is not what was set aside: %v", err)
	}
}

func TestSwapped(t *testing.T) {
	t.Parallel()
	d := newDamaged(t, "entries/a.age")
	other := filepath.Join(d.o.Folder, "entries", "b.age")
	content, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	errs := d.try("swapped", content)
	var damaged *vault.DamagedError
	if !errors.As(errs[1], &damaged) || damaged.Path != d.path || errs[2] != nil {
		t.Errorf("%v, want a *DamagedError for %s", errs, d.path)
	}
}

// TestNewer: what a newer version wrote is refused and left alone.
func TestNewer(t *testing.T) {
	t.Parallel()
	d := newDamaged(t, "vault.json")
	errs := d.try("newer", bytes.Replace(d.good, []byte(`"format": 1`), []byte(`"format": 2`), 1))
	var newer *vault.FormatError
	for _, err := range append(errs, vault.Open(d.o).Put(t.Context(), vaulttest.Key("c"))) {
		if !errors.As(err, &newer) || newer.Format != 2 || newer.Known != 1 || newer.Path != d.path {
			t.Errorf("%v, want *FormatError", err)
		}
	}
	data, err := vault.Encode(vaulttest.Key("prod"))
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte(`"format": 1`), []byte(`"format": 9`), 1)
	if _, err := vault.Decode("prod", data); !errors.As(err, &newer) || newer.Format != 9 {
		t.Errorf("%v, want *FormatError", err)
	}
}
