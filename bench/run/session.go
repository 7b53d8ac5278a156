package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/latchkey-aws/latchkey/internal/kernelring"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

const passphrase = "of the bench"

// keepSession puts the key of the profile "kept" into a vault of home that only a
// passphrase opens, and has latchkey get the session of "mfa" once. The passphrase
// is known to that call alone: a later one that had to open the vault fails.
func keepSession(home, latchkey string, environ []string) error {
	file := filepath.Join(home, "passphrase")
	if err := os.WriteFile(file, []byte(passphrase), 0o600); err != nil {
		return err
	}
	first := exec.Command(latchkey, "credentials", "mfa", "--mfa-code", "123456")
	first.Env = append([]string{"LATCHKEY_VAULT_PASSPHRASE_FILE=" + file}, environ...)
	if err := makeVault(filepath.Join(home, "latchkey", "vault")); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	if out, err := first.CombinedOutput(); err != nil {
		return fmt.Errorf("first session: %w: %s", err, out)
	}
	return os.Remove(file)
}

func makeVault(folder string) error {
	given := func(context.Context, vault.Prompt) (vault.Answer, error) {
		return vault.Answer{Passphrase: secret.New(passphrase)}, nil
	}
	ctx := context.Background()
	store, err := vault.Create(ctx, vault.Options{Folder: folder, Passphrase: given, WorkFactor: 10}, vault.ByPassphrase)
	if err != nil {
		return err
	}
	return store.Add(ctx, vault.Entry{Name: "kept", AccessKeyID: "AKIABENCH", Secret: secret.New("bench"), Created: time.Now().UTC().Truncate(time.Second)})
}

// forgetKeys takes the keys that sealed the sessions of dir's homes out of the
// kernel's keyring.
func forgetKeys(dir string) error {
	caches := []string{filepath.Join(dir, uncached)}
	for _, n := range sizes() {
		caches = append(caches, cacheOf(homeOf(dir, n)))
	}
	for _, cache := range caches {
		sum := sha256.Sum256([]byte(filepath.Join(cache, "latchkey")))
		err := kernelring.Ring{}.Remove("latchkey-session-" + hex.EncodeToString(sum[:8]))
		if err != nil && !errors.Is(err, kernelring.ErrUnavailable) {
			return err
		}
	}
	return nil
}
