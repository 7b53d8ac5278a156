package sshkey_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/sshkey"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// ring is a kernel keyring of one key.
type ring struct {
	data []byte
	life time.Duration
}

func (r *ring) Read(string) ([]byte, error) {
	if r.data == nil {
		return nil, errors.New("absent")
	}
	return r.data, nil
}

func (r *ring) Write(_ string, data []byte, life time.Duration) error {
	r.data, r.life = data, life
	return nil
}

func (r *ring) Remove(string) error { r.data = nil; return nil }

func TestVaultUnderSSHKey(t *testing.T) {
	t.Parallel()
	kinds := map[string][]string{"ed25519": {"-t", "ed25519"}, "rsa": {"-t", "rsa", "-b", "2048"}, "rsa as PEM": {"-t", "rsa", "-b", "2048", "-m", "PEM"}}
	for kind, args := range kinds {
		for _, passphrase := range []string{"", "right one"} {
			if kind == "rsa as PEM" && passphrase != "" {
				continue // refused, see TestOldForms
			}
			t.Run(kind+" "+passphrase, func(t *testing.T) {
				t.Parallel()
				path := sshkey.Keygen(t, passphrase, args...)
				asks := 0
				answer := vault.Answer{Passphrase: secret.New("right one"), Typed: true}
				kept := &ring{}
				o := vault.Options{Folder: filepath.Join(t.TempDir(), "vault"), SSH: sshkey.Keys{}, Ring: kept}
				o.Passphrase = func(_ context.Context, p vault.Prompt) (vault.Answer, error) {
					if asks++; !p.SSH || p.Path != path || p.New {
						t.Errorf("prompt %+v", p)
					}
					return answer, nil
				}
				v, err := vault.Create(t.Context(), o, vault.InSSHKey(path))
				if err != nil {
					t.Fatal(err)
				}
				if err := v.Put(t.Context(), vaulttest.Key("prod")); err != nil {
					t.Fatal(err)
				}
				// What Create opened waits in the keyring.
				e, err := vault.Open(o).Get(t.Context(), "prod")
				if err != nil {
					t.Fatal(err)
				}
				vaulttest.Same(t, e, vaulttest.Key("prod"))
				if want := min(len(passphrase), 1); asks != want || (kept.data != nil) != (want == 1) {
					t.Errorf("asked %d times, want %d; %d bytes are kept", asks, want, len(kept.data))
				}
				wrongPassphrase(t, o, kept, passphrase)
				stock(t, path, o, passphrase)
			})
		}
	}
}

func wrongPassphrase(t *testing.T, o vault.Options, kept *ring, passphrase string) {
	t.Helper()
	if passphrase == "" {
		return
	}
	if err := vault.Open(o).Unlock(t.Context(), time.Hour); err != nil || kept.life != time.Hour {
		t.Errorf("Unlock: %v, kept for %v", err, kept.life)
	}
	if err := vault.Open(o).Lock(); err != nil {
		t.Error(err)
	}
	for _, given := range []string{"wrong", ""} {
		asks := 0
		o.Passphrase = func(context.Context, vault.Prompt) (vault.Answer, error) {
			asks++
			return vault.Answer{Passphrase: secret.New(given)}, nil
		}
		var wrong *vault.PassphraseError
		if _, err := vault.Open(o).Get(t.Context(), "prod"); !errors.As(err, &wrong) || wrong.Empty != (given == "") || asks != 1 {
			t.Errorf("passphrase %q: %v after %d questions, want *PassphraseError", given, err, asks)
		}
	}
}

// stock opens the entry with the stock age program, which asks for passphrases
// at a terminal only.
func stock(t *testing.T, path string, o vault.Options, passphrase string) {
	t.Helper()
	if passphrase != "" {
		return
	}
	out, err := exec.Command(installed.Need(t, "age"), "-d", "-i", path, filepath.Join(o.Folder, "entries", "prod.age")).Output()
	if err != nil {
		t.Fatal(err)
	}
	e, err := vault.Decode("prod", out)
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, e, vaulttest.Key("prod"))
}

func TestOtherKeys(t *testing.T) {
	t.Parallel()
	ecdsa, err := os.ReadFile(sshkey.Keygen(t, "", "-t", "ecdsa"))
	if err != nil {
		t.Fatal(err)
	}
	ed, err := os.ReadFile(sshkey.Keygen(t, "", "-t", "ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	for what, data := range map[string][]byte{"ecdsa": ecdsa, "cut": ed[:len(ed)/2], "nothing": nil, "text": []byte("-----BEGIN OPENSSH PRIVATE KEY-----\n")} {
		if key, err := (sshkey.Keys{}).Key(data, secret.Text{}); err == nil || key.Identity != nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestWithoutSSH: a program that links no SSH says so.
func TestWithoutSSH(t *testing.T) {
	t.Parallel()
	path := sshkey.Keygen(t, "", "-t", "ed25519")
	o := vault.Options{Folder: filepath.Join(t.TempDir(), "vault"), SSH: sshkey.Keys{}}
	v, err := vault.Create(t.Context(), o, vault.InSSHKey(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Put(t.Context(), vaulttest.Key("prod")); err != nil {
		t.Fatal(err)
	}
	o.SSH = nil
	var locked *vault.LockedError
	if _, err := vault.Open(o).Get(t.Context(), "prod"); !errors.As(err, &locked) {
		t.Errorf("%v, want *LockedError", err)
	}
}
