package vault_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// TestInspect holds what the files of a locked vault tell.
func TestInspect(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "vault")
	keys := newFakes()
	o := vault.Options{Folder: folder, Keychain: keys}
	if _, err := vault.Open(o).Inspect(); !errors.Is(err, vault.ErrNoVault) {
		t.Fatal(err)
	}
	store, err := vault.Create(t.Context(), o, vault.InKeychain)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"work", "home/a b"} {
		if err := store.Put(t.Context(), vault.Entry{Name: name, AccessKeyID: "AKIAALICE0001EXAMPLE", Secret: secret.New("alice/Sandbox+Secret/0001/bPxREXAMPLEKEY")}); err != nil {
			t.Fatal(err)
		}
	}
	locked := vault.Open(vault.Options{Folder: folder})
	in, err := locked.Inspect()
	if err != nil || len(in.Faults)+len(in.Stale)+len(in.Temps) > 0 || in.Rekeying || len(in.Entries) != 2 || in.Entries["home/a b"].IsZero() {
		t.Fatalf("%+v, %v", in, err)
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("entries/broken.age", "not age")
	put("entries/empty.age", "")
	put("entries/.latchkey-1.tmp", "x")
	put("rekey.json", "{}")
	if in, err = locked.Inspect(); err != nil {
		t.Fatal(err)
	}
	faults := ""
	slices.SortFunc(in.Faults, func(a, b vault.DamagedError) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range in.Faults {
		faults += filepath.Base(f.Path) + " " + f.Why + "; "
	}
	if faults != "broken.age is not an age file; empty.age is empty; " || len(in.Temps) != 1 || !in.Rekeying || len(in.Entries) != 2 {
		t.Errorf("%s %+v", faults, in)
	}
	if err := os.RemoveAll(filepath.Join(folder, "entries")); err != nil {
		t.Fatal(err)
	}
	if in, err = locked.Inspect(); err != nil || len(in.Faults) != 1 || in.Faults[0].Why != "is missing" {
		t.Errorf("%+v, %v", in, err)
	}
}
