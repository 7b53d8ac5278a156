package vault_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// opens checks that the vault holds the entries, and nothing else.
func opens(t *testing.T, o vault.Options, names ...string) {
	t.Helper()
	v := vault.Open(o)
	found, err := v.List(t.Context())
	if err != nil || !slices.Equal(found, names) {
		t.Errorf("List: %q, %v; want %q", found, err, names)
	}
	for _, name := range names {
		e, err := v.Get(t.Context(), name)
		if err != nil {
			t.Errorf("Get: %v", err)
			continue
		}
		vaulttest.Same(t, e, vaulttest.Key(name))
	}
}

// readableBy says whether the key opens the file.
func readableBy(t *testing.T, key age.Identity, path string) bool {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	_, err = age.Decrypt(file, key)
	return err == nil
}

// TestRekey goes from each way of keeping the identity to each other.
func TestRekey(t *testing.T) {
	t.Parallel()
	path, _ := identityFile(t, t.TempDir())
	keeps := []vault.Keep{vault.InKeychain, vault.ByPassphrase, vault.InFile(path)}
	for _, from := range keeps {
		for _, to := range keeps {
			t.Run(string(from[:4]+" to "+to[:4]), func(t *testing.T) {
				t.Parallel()
				chain := newFakes()
				who := &asked{answers: []string{"right"}}
				o := vault.Options{Folder: t.TempDir(), Keychain: chain, Passphrase: who.ask, WorkFactor: fastScrypt}
				v, err := vault.Create(t.Context(), o, from)
				if err != nil {
					t.Fatal(err)
				}
				mustPut(t, v, vaulttest.Key("a"), vaulttest.Key("b"))
				before, err := v.Info()
				if err != nil {
					t.Fatal(err)
				}
				_, paper := identityFile(t, t.TempDir())
				if err := vault.Open(o).Rekey(t.Context(), to, paper.Recipient().String()); err != nil {
					t.Fatal(err)
				}
				opens(t, o, "a", "b")
				info, err := v.Info()
				if err != nil || info.Keep != to || info.Rekeying || len(info.Recipients) != 2 || !slices.Contains(info.Recipients, paper.Recipient().String()) {
					t.Errorf("%+v, %v", info, err)
				}
				if (info.Recipient == before.Recipient) != (from == to && from == keeps[2]) {
					t.Errorf("recipient %s became %s", before.Recipient, info.Recipient)
				}
				if !readableBy(t, paper, filepath.Join(o.Folder, "entries", "a.age")) {
					t.Error("the other recipient does not open an entry")
				}
				checkRemains(t, o.Folder, chain, to)
			})
		}
	}
}

// checkRemains checks that no old key is left, nor a journal.
func checkRemains(t *testing.T, folder string, chain *fakes, keep vault.Keep) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".lock") {
			names = append(names, f.Name())
		}
	}
	want, items := "entries recipients.txt vault.json", 0
	switch keep {
	case vault.ByPassphrase:
		want = "entries identity.age recipients.txt vault.json"
	case vault.InKeychain:
		items = 1
	}
	if got := strings.Join(names, " "); got != want || len(chain.items) != items {
		t.Errorf("the folder holds %q, the keychain %d items", got, len(chain.items))
	}
}

// TestRekeyTakesOldKeyOut: who has the old key opens nothing any more.
func TestRekeyTakesOldKeyOut(t *testing.T) {
	t.Parallel()
	path, old := identityFile(t, t.TempDir())
	o := vault.Options{Folder: t.TempDir(), Keychain: newFakes()}
	v, err := vault.Create(t.Context(), o, vault.InFile(path))
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("a"))
	if err := v.Rekey(t.Context(), vault.InKeychain); err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("b"))
	opens(t, o, "a", "b")
	for _, name := range []string{"a.age", "b.age"} {
		if readableBy(t, old, filepath.Join(o.Folder, "entries", name)) {
			t.Errorf("the old key opens %s", name)
		}
	}
}

// TestRekeyAsksOnce: one question for each passphrase, even where nothing keeps
// what a person typed.
func TestRekeyAsksOnce(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	who := &asked{answers: []string{"right", "other"}, typed: true}
	o.Passphrase = who.ask
	if err := vault.Open(o).Rekey(t.Context(), vault.ByPassphrase); err != nil {
		t.Fatal(err)
	}
	if len(who.prompts) != 2 || who.prompts[0].New || !who.prompts[1].New {
		t.Errorf("asked %+v", who.prompts)
	}
	o.Passphrase = (&asked{answers: []string{"other"}}).ask
	opens(t, o, "prod")
}

// TestRekeyRefusesDamage: one damaged entry, and nothing is changed.
func TestRekeyRefusesDamage(t *testing.T) {
	t.Parallel()
	d := newDamaged(t, "entries/a.age")
	if err := os.WriteFile(d.path, d.good[:len(d.good)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, d.o.Folder)
	var damaged *vault.DamagedError
	if err := vault.Open(d.o).Rekey(t.Context(), vault.ByPassphrase); !errors.As(err, &damaged) || damaged.Path != d.path {
		t.Errorf("%v, want a *DamagedError for %s", err, d.path)
	}
	if after := snapshot(t, d.o.Folder); after != before {
		t.Errorf("the vault was changed:\n%s\n%s", before, after)
	}
}

func snapshot(t *testing.T, folder string) string {
	t.Helper()
	text := ""
	for _, pattern := range []string{"*", "entries/*"} {
		paths, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if data, err := os.ReadFile(path); err == nil && !strings.HasSuffix(path, ".lock") {
				text += fmt.Sprintf("%s: %x\n", path, data)
			}
		}
	}
	return text
}

// TestRekeyKilled kills a rekey at each of its renames and removals, whatever the
// thread that makes them. Each time all entries open, an entry can be added, and
// the next rekey ends it.
func TestRekeyKilled(t *testing.T) {
	t.Parallel()
	strace := installed.Need(t, "strace")
	interrupted, finished := 0, 0
	for _, calls := range []string{"?rename,?renameat,?renameat2", "?unlink,?unlinkat", "fsync", "?openat"} {
		for n := 1; n < 200; n += 1 + n/40*3 {
			root := t.TempDir()
			o := vault.Options{
				Folder: filepath.Join(root, "vault"), WorkFactor: fastScrypt, Passphrase: (&asked{answers: []string{"new one"}}).ask,
			}
			v, err := vault.Create(t.Context(), o, vault.ByPassphrase)
			if err != nil {
				t.Fatal(err)
			}
			mustPut(t, v, vaulttest.Key("a"), vaulttest.Key("b"))
			task := process(t, "rekey", root, "GOMAXPROCS=1")
			cmd := exec.Command(strace, "-f", "-qq", "-o", os.DevNull, "-e", "inject="+calls+":signal=SIGKILL:when="+strconv.Itoa(n), task.Path)
			cmd.Env = task.Env
			if out, err := cmd.CombinedOutput(); err == nil {
				finished++
				break // there is no nth call any more
			} else if len(out) > 0 {
				notPermitted(t, string(out))
			}
			opens(t, o, "a", "b")
			mustPut(t, v, vaulttest.Key("c"))
			info, err := v.Info()
			if err != nil {
				t.Fatal(err)
			}
			if info.Rekeying {
				interrupted++
			}
			if err := vault.Open(o).Rekey(t.Context(), vault.ByPassphrase); err != nil {
				t.Fatalf("%s %d: the rekey after: %v", calls, n, err)
			}
			opens(t, o, "a", "b", "c")
			checkRemains(t, o.Folder, newFakes(), vault.ByPassphrase)
		}
	}
	if interrupted < 10 || finished == 0 {
		t.Errorf("%d rekeys were killed half way, %d ran to their end", interrupted, finished)
	}
}

// notPermitted skips where strace may not trace.
func notPermitted(t *testing.T, output string) {
	t.Helper()
	if strings.Contains(output, "ptrace") || strings.Contains(output, "not permitted") {
		if os.Getenv("LATCHKEY_TEST_REQUIRE") == "1" {
			t.Fatal(output)
		}
		t.Skip(output)
	}
	t.Fatal(output)
}

// TestDeletedJournal: a rekey that lost its journal is a vault like any other.
func TestDeletedJournal(t *testing.T) {
	t.Parallel()
	strace := installed.Need(t, "strace")
	root := t.TempDir()
	o := vault.Options{Folder: filepath.Join(root, "vault"), WorkFactor: fastScrypt, Passphrase: (&asked{answers: []string{"new one"}}).ask}
	v, err := vault.Create(t.Context(), o, vault.ByPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("a"))
	task := process(t, "rekey", root, "GOMAXPROCS=1")
	cmd := exec.Command(strace, "-f", "-qq", "-o", os.DevNull, "-P", filepath.Join(o.Folder, "identity.age"),
		"-e", "inject=?rename,?renameat,?renameat2:signal=SIGKILL:when=1", task.Path)
	cmd.Env = task.Env
	if out, err := cmd.CombinedOutput(); err == nil || len(out) > 0 {
		notPermitted(t, fmt.Sprint(err, string(out)))
	}
	for _, file := range []string{"rekey.json", "identity.new.age"} {
		if _, err := os.Stat(filepath.Join(o.Folder, file)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(o.Folder, "rekey.json")); err != nil {
		t.Fatal(err)
	}
	opens(t, o, "a")
	if err := vault.Open(o).Rekey(t.Context(), vault.ByPassphrase); err != nil {
		t.Fatal(err)
	}
	opens(t, o, "a")
	checkRemains(t, o.Folder, newFakes(), vault.ByPassphrase)
}

// TestRekeyWhileRead reads and adds while the vault gets new keys.
func TestRekeyWhileRead(t *testing.T) {
	t.Parallel()
	o := vault.Options{Folder: t.TempDir(), Keychain: newFakes()}
	v, err := vault.Create(t.Context(), o, vault.InKeychain)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("a"))
	done := make(chan struct{})
	var group sync.WaitGroup
	for i := range 3 {
		group.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if _, err := vault.Open(o).Get(t.Context(), "a"); err != nil {
					t.Errorf("Get: %v", err)
				}
				if n%10 == 0 {
					name := fmt.Sprintf("n%d-%d", i, n)
					mustPut(t, v, vaulttest.Key(name))
				}
			}
		})
	}
	for range 5 {
		if err := vault.Open(o).Rekey(t.Context(), vault.InKeychain); err != nil {
			t.Error(err)
		}
	}
	close(done)
	group.Wait()
	names, err := v.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	opens(t, o, names...)
}
