package vaultcmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/vault"
)

// keepFlag is the flag that says who keeps the vault's key.
type keepFlag struct{ where string }

func (k *keepFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.where, "keep-in", "", "what keeps the vault's key: keychain, passphrase, ssh:PATH of an SSH key, or file:PATH of an age identity")
}

// parseKeep reads the flag; paths are made absolute.
func (d *Deps) parseKeep(where string) (vault.Keep, error) {
	kind, path, found := strings.Cut(where, ":")
	if found && path != "" {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		path = absolute
	}
	switch {
	case where == "keychain":
		return vault.InKeychain, nil
	case where == "passphrase":
		return vault.ByPassphrase, nil
	case kind == "ssh" && path != "":
		return vault.InSSHKey(path), nil
	case kind == "file" && path != "":
		return vault.InFile(path), nil
	}
	return "", d.Usage("--keep-in does not say what keeps the vault's key", "write --keep-in keychain, passphrase, ssh:PATH or file:PATH")
}

// check holds the flag against the vault that is there, before anything is read
// or asked: a flag that would do nothing is a misunderstanding.
func (d *Deps) check(r *latchkey.Resolver, k keepFlag) error {
	if k.where == "" {
		return nil
	}
	keep, err := d.parseKeep(k.where)
	if err != nil {
		return err
	}
	other, err := otherBackend(r)
	if err != nil {
		return err
	}
	if other != "" {
		return d.Usage("--keep-in: "+other+" keeps this vault's key itself", "leave --keep-in out")
	}
	folder, err := r.VaultFolder()
	if err != nil {
		return err
	}
	info, err := vault.Open(r.VaultOptions(folder)).Info()
	switch {
	case errors.Is(err, vault.ErrNoVault):
		return nil
	case err == nil && info.Keep != keep:
		return d.Usage("--keep-in: there is a vault already, and its key is kept by "+describe(info.Keep),
			"leave --keep-in out, or have the key kept there: latchkey vault rekey --keep-in "+display.Text(k.where, 300))
	}
	return err
}

// choose says what keeps the key of a new vault: the flag, a passphrase that the
// environment gives, or the person. Nothing is chosen silently.
func (d *Deps) choose(ctx context.Context, k keepFlag, ask Asker) (vault.Keep, error) {
	if k.where != "" {
		return d.parseKeep(k.where)
	}
	if d.Env("LATCHKEY_VAULT_PASSPHRASE_FILE") != "" || d.Env("LATCHKEY_VAULT_PASSPHRASE_COMMAND") != "" {
		return vault.ByPassphrase, nil
	}
	choices := []vault.Keep{vault.InKeychain, vault.ByPassphrase}
	n, err := ask.Choose(ctx, "There is no vault yet. What shall keep its key?", []string{
		"the keychain of this system (asked for with your login)", "a passphrase (asked for when the vault is opened)"})
	if errors.Is(err, latchkey.ErrNobody) {
		return "", d.Failure(&nobodyError{"there is no vault yet, and nobody to ask what shall keep its key"},
			"say --keep-in keychain, passphrase, ssh:PATH or file:PATH")
	}
	if err != nil {
		return "", err
	}
	return choices[n], nil
}

// Ready makes sure that there is a vault to put keys into, for a command of another
// noun; where is the value of its flag --keep-in.
func (d *Deps) Ready(ctx context.Context, r *latchkey.Resolver, where string, ask Asker) error {
	keep := keepFlag{where}
	if err := d.check(r, keep); err != nil {
		return err
	}
	return d.ready(ctx, r, keep, ask)
}

// ready makes sure that there is a vault to put keys into.
func (d *Deps) ready(ctx context.Context, r *latchkey.Resolver, k keepFlag, ask Asker) error {
	other, err := otherBackend(r)
	if err != nil || other != "" {
		return err // pass has its own
	}
	folder, err := r.VaultFolder()
	if err != nil {
		return err
	}
	if _, err = vault.Open(r.VaultOptions(folder)).Info(); !errors.Is(err, vault.ErrNoVault) {
		return err
	}
	keep, err := d.choose(ctx, k, ask)
	if err != nil {
		return err
	}
	_, err = vault.Create(ctx, r.VaultOptions(folder), keep)
	var exists *vault.VaultExistsError
	var locked *vault.LockedError
	switch {
	case errors.As(err, &exists):
		return nil // made by another process meanwhile
	case errors.As(err, &locked) && keep != vault.ByPassphrase:
		return d.Failure(fmt.Errorf("no vault was made, because %s cannot keep its key: %w", describe(keep), locked),
			"see that it can, or choose something else: --keep-in keychain, passphrase, ssh:PATH or file:PATH")
	case err == nil:
		d.say("the vault is %s; its key is kept by %s", folder, describe(keep))
	}
	return err
}

func describe(k vault.Keep) string {
	switch kind, path, _ := strings.Cut(string(k), ":"); {
	case k == vault.InKeychain:
		return "the system's keychain"
	case k == vault.ByPassphrase:
		return "a passphrase"
	case kind == "ssh":
		return "the SSH key " + path
	default:
		return "the identity file " + path
	}
}
