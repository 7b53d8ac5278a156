package vault_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

func TestAge(t *testing.T) {
	t.Parallel()
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		vaulttest.Run(t, func(t *testing.T) vault.Store { v, _ := inFile(t); return v })
	})
	t.Run("keychain", func(t *testing.T) {
		t.Parallel()
		vaulttest.Run(t, func(t *testing.T) vault.Store {
			o := vault.Options{Folder: t.TempDir(), Keychain: newFakes()}
			if _, err := vault.Create(t.Context(), o, vault.InKeychain); err != nil {
				t.Fatal(err)
			}
			return vault.Open(o)
		})
	})
	t.Run("passphrase", func(t *testing.T) {
		t.Parallel()
		vaulttest.Run(t, func(t *testing.T) vault.Store {
			who := &asked{answers: []string{"correct horse"}}
			o := vault.Options{Folder: t.TempDir(), Passphrase: who.ask, WorkFactor: fastScrypt}
			if _, err := vault.Create(t.Context(), o, vault.ByPassphrase); err != nil {
				t.Fatal(err)
			}
			return vault.Open(o)
		})
	})
}

// TestAddingNeedsNoUnlock adds where there is nothing to unlock with.
func TestAddingNeedsNoUnlock(t *testing.T) {
	t.Parallel()
	who := &asked{answers: []string{"correct horse"}}
	o := vault.Options{Folder: t.TempDir(), Passphrase: who.ask, WorkFactor: fastScrypt}
	if _, err := vault.Create(t.Context(), o, vault.ByPassphrase); err != nil {
		t.Fatal(err)
	}
	nobody := vault.Open(vault.Options{Folder: o.Folder, Derived: func() { t.Error("a key was derived") }})
	mustPut(t, nobody, vaulttest.Key("prod"))
	if found, err := nobody.List(t.Context()); err != nil || len(found) != 1 {
		t.Errorf("List: %v, %v", found, err)
	}
	if _, err := nobody.Stamp("prod"); err != nil {
		t.Errorf("Stamp: %v", err)
	}
	var locked *vault.LockedError
	if _, err := nobody.Get(t.Context(), "prod"); !errors.As(err, &locked) {
		t.Errorf("Get with nobody to ask: %v, want *LockedError", err)
	}
	got, err := vault.Open(o).Get(t.Context(), "prod")
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, got, vaulttest.Key("prod"))
}

func TestNoVault(t *testing.T) {
	t.Parallel()
	v := vault.Open(vault.Options{Folder: filepath.Join(t.TempDir(), "none")})
	_, listErr := v.List(t.Context())
	_, getErr := v.Get(t.Context(), "prod")
	_, stampErr := v.Stamp("prod")
	_, infoErr := v.Info()
	for what, err := range map[string]error{
		"List": listErr, "Get": getErr, "Stamp": stampErr, "Info": infoErr, "Put": v.Put(t.Context(), vaulttest.Key("prod")),
		"Remove": v.Remove(t.Context(), "prod"), "Rekey": v.Rekey(t.Context(), vault.InKeychain), "Unlock": v.Unlock(t.Context(), 0), "Lock": v.Lock(),
	} {
		if !errors.Is(err, vault.ErrNoVault) {
			t.Errorf("%s: %v, want ErrNoVault", what, err)
		}
	}
	if _, err := os.Stat(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	v, o := inFile(t)
	mustPut(t, v, vaulttest.Key("prod"))
	info, err := v.Info()
	if err != nil {
		t.Fatal(err)
	}
	var exists *vault.VaultExistsError
	if _, err := vault.Create(t.Context(), o, info.Keep); !errors.As(err, &exists) {
		t.Errorf("Create twice: %v, want *VaultExistsError", err)
	}
	for _, keep := range []vault.Keep{"", "file:", "file:relative", "ssh:x", "nonsense"} {
		if _, err := vault.Create(t.Context(), vault.Options{Folder: t.TempDir()}, keep); err == nil {
			t.Errorf("Create with the identity %q went well", keep)
		}
	}
	var locked *vault.LockedError
	for _, keep := range []vault.Keep{vault.InKeychain, vault.ByPassphrase, vault.InFile("/does/not/exist")} {
		folder := t.TempDir()
		if _, err := vault.Create(t.Context(), vault.Options{Folder: folder}, keep); !errors.As(err, &locked) {
			t.Errorf("Create %s with nothing to keep it: %v, want *LockedError", keep, err)
		}
		if _, err := vault.Open(vault.Options{Folder: folder}).List(t.Context()); !errors.Is(err, vault.ErrNoVault) {
			t.Errorf("after a Create that went wrong: %v", err)
		}
	}
	if _, err := vault.Create(t.Context(), vault.Options{Folder: t.TempDir()}, info.Keep, "age1nonsense"); err == nil {
		t.Error("a recipient that is none was taken")
	}
}

// TestModes creates everything under umask 0 in a process of its own.
func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes there")
	}
	t.Parallel()
	root := t.TempDir()
	cmd := process(t, "create", root)
	cmd.Args = []string{"sh", "-c", `umask 000; exec "$0"`, cmd.Path}
	cmd.Path = "/bin/sh"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	seen := 0
	err := filepath.WalkDir(filepath.Join(root, "vault"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if seen++; err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %o, %v", path, info.Mode().Perm(), err)
		}
		return nil
	})
	if err != nil || seen < 9 {
		t.Errorf("%d files and folders, %v", seen, err)
	}
}

// TestStockAge restores an entry without latchkey, as docs/vault-recipes.md says.
func TestStockAge(t *testing.T) {
	t.Parallel()
	stock, keygen := installed.Need(t, "age"), installed.Need(t, "age-keygen")
	root := t.TempDir()
	path := filepath.Join(root, "key.txt")
	if out, err := exec.Command(keygen, "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	o := vault.Options{Folder: filepath.Join(root, "vault")}
	v, err := vault.Create(t.Context(), o, vault.InFile(path))
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("prod"))
	file := filepath.Join(o.Folder, "entries", "prod.age")
	out, err := exec.Command(stock, "-d", "-i", path, file).Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := vault.Decode("prod", out)
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, got, vaulttest.Key("prod"))

	// And the other way round: a file that the stock program wrote.
	data, err := vault.Encode(vaulttest.Key("restored"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(stock, "-R", filepath.Join(o.Folder, "recipients.txt"), "-o", filepath.Join(o.Folder, "entries", "restored.age"))
	cmd.Stdin = strings.NewReader(string(data))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, err = v.Get(t.Context(), "restored"); err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, got, vaulttest.Key("restored"))
}

func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	data := `{"Version":1,"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"s/<&>","Later":{"a":[1,2]},` +
		`"latchkey":{"format":1,"name":"prod","kind":"key","later":"x"}}`
	e, err := vault.Decode("prod", []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	v := vault.NewMemory()
	e.Note = "changed"
	mustPut(t, v, e)
	if e, err = v.Get(t.Context(), "prod"); err != nil {
		t.Fatal(err)
	}
	out, err := vault.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(" ", "", "\n", "").Replace(string(out))
	for _, want := range []string{`"Later":{"a":[1,2]}`, `"later":"x"`, `"note":"changed"`, `"s/<&>"`} {
		if !strings.Contains(text, want) && !strings.Contains(text, strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(want)) {
			t.Errorf("%s is missing in %s", want, out)
		}
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	v, _ := inFile(t)
	mustPut(t, v, vaulttest.Key("prod"), vaulttest.Key("production"), vaulttest.Key("Dev"))
	for name, want := range map[string]string{"prud": "prod", "PROD": "prod", "dev": "Dev", "poduction": "production", "zzz": ""} {
		_, err := v.Get(t.Context(), name)
		var missing *vault.NotFoundError
		if !errors.As(err, &missing) || strings.Join(missing.Near, " ") != want {
			t.Errorf("%s: %+v, %v; want near %q", name, missing, err, want)
		}
	}
}

// TestSecretsAreNotPrinted feeds a canary through everything that is shown.
func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	const canary = "canarywJalrXUtnFEMIK7MDENG"
	e := vaulttest.Key("prod")
	e.Secret, e.Seed, e.Extra = secret.New(canary), secret.New(canary), map[string]secret.Text{"pending": secret.New(canary)}
	e.Created = time.Time{}
	text := sprint(e)
	bad := e
	bad.MFASerial = "two words"
	_, err := vault.Encode(bad)
	text += sprint(err)
	for _, data := range []string{canary, `{"latchkey":{"format":"` + canary + `"}}`, `{"latchkey":{"format":1,"name":"` + canary + `","seed":["` + canary + `"]}}`} {
		_, err := vault.Decode("prod", []byte(data))
		_, _, parsed := vault.ParseKey([]byte(data))
		text += sprint(err, parsed)
	}
	if strings.Contains(text, canary) {
		t.Errorf("the secret is shown: %s", text)
	}
}
