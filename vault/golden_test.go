package vault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// golden copies a vault of format 1, as the first version wrote it. These files
// are kept for ever: every later version has to read them.
func golden(t *testing.T, folder string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "vault")
	if err := os.CopyFS(to, os.DirFS(filepath.Join("testdata", "v1", folder))); err != nil {
		t.Fatal(err)
	}
	key, err := filepath.Abs(filepath.Join("testdata", "v1", "key.txt"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(to, "vault.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), "/golden/key.txt", filepath.ToSlash(key), 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestGolden(t *testing.T) {
	t.Parallel()
	folder := golden(t, "vault")
	v := vault.Open(vault.Options{Folder: folder})
	commands := vault.NewCommands(vault.CommandOptions{Folder: filepath.Join(folder, "commands")})
	names, err := vault.Together(commands, v).List(t.Context())
	if err != nil || strings.Join(names, ",") != "Full & odd/name,op,prod,seed" {
		t.Errorf("List: %q, %v", names, err)
	}
	full := vaulttest.Key("Full & odd/name")
	full.Seed, full.MFASerial = secret.New("JBSWY3DPEHPK3PXP"), "arn:aws:iam::123456789012:mfa/jane"
	full.Note, full.Extra = "a note", map[string]secret.Text{"rotation": secret.New("pending")}
	seed := vault.Entry{
		Name: "seed", Seed: secret.New("JBSWY3DPEHPK3PXP"), MFASerial: "GAHT12345678", Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	for _, want := range []vault.Entry{full, seed, vaulttest.Key("prod")} {
		e, err := v.Get(t.Context(), want.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		vaulttest.Same(t, e, want)
	}
	e, err := commands.Describe("op")
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, e, vault.Entry{Name: "op", Command: "op read x", Note: "a note"})
	mustPut(t, v, vaulttest.Key("new"))
	if info, err := v.Info(); err != nil || len(info.Recipients) != 2 {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestGoldenPassphrase(t *testing.T) {
	t.Parallel()
	who := &asked{answers: []string{"correct horse battery staple"}}
	v := vault.Open(vault.Options{Folder: golden(t, "sealed"), Passphrase: who.ask})
	e, err := v.Get(t.Context(), "prod")
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, e, vaulttest.Key("prod"))
}
