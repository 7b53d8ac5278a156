package latchkey

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/kernelring"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/pass"
)

// Vault returns the vault: the one of the options, or the one that the settings
// name, which need not have been created. Nothing is opened yet.
func (r *Resolver) Vault() (vault.Store, error) { return r.vault() }

// openVault makes the store; its programs may ask on the terminal, if there is
// one.
func (r *Resolver) openVault(terminal *os.File) (vault.Store, error) {
	if r.opts.Vault != nil {
		return r.opts.Vault, nil
	}
	folder, err := r.VaultFolder()
	if err != nil {
		return nil, err
	}
	backend, err := r.backend(folder, terminal)
	if err != nil {
		return nil, err
	}
	return vault.Together(r.commands(folder, terminal), backend), nil
}

func (r *Resolver) commands(folder string, terminal *os.File) *vault.Commands {
	return vault.NewCommands(vault.CommandOptions{Folder: filepath.Join(folder, "commands"),
		Environ: chain.ChildEnviron(r.opts.Environ, "the vault"), Stderr: r.opts.Stderr, Terminal: terminal, Waiting: r.opts.Waiting})
}

// helperEnviron is the environment of programs that give codes, passphrases and
// keys: without the credentials and the MFA code of others, which are none of their
// business.
func (r *Resolver) helperEnviron() []string {
	kept := make([]string, 0, len(r.opts.Environ))
	for _, pair := range chain.ChildEnviron(r.opts.Environ, "a helper") {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "TOTP_CODE":
		default:
			kept = append(kept, pair)
		}
	}
	return kept
}

// Commands returns the entries that are commands of password managers.
func (r *Resolver) Commands() (*vault.Commands, error) {
	folder, err := r.VaultFolder()
	if err != nil {
		return nil, err
	}
	return r.commands(folder, r.terminal()), nil
}

func (r *Resolver) backend(folder string, terminal *os.File) (vault.Store, error) {
	kind, err := r.Setting("vault", "backend")
	if err != nil {
		return nil, err
	}
	switch kind.Text {
	case "", "age":
		return vault.Open(r.VaultOptions(folder)), nil
	case "pass", "gopass":
		prefix, err := r.Setting("vault", "prefix")
		if err != nil {
			return nil, err
		}
		return pass.Open(pass.Options{Program: kind.Text, Prefix: prefix.Text, Environ: r.helperEnviron(),
			Lock: filepath.Join(r.lockFolder(), "pass.lock"), Stderr: r.opts.Stderr, Terminal: terminal, Waiting: r.opts.Waiting}), nil
	}
	return nil, &chain.ConfigError{Origin: kind.Origin, Message: "unknown vault backend", Why: "it is none of age, pass and gopass", Fix: "write one of the three"}
}

// VaultFolder is where the vault's files are: the setting vault.folder, or
// latchkey's folder for data.
func (r *Resolver) VaultFolder() (string, error) {
	folder, err := r.Setting("vault", "folder")
	if err != nil {
		return "", err
	}
	if folder.Set() {
		if !filepath.IsAbs(folder.Text) {
			return "", &chain.ConfigError{Origin: folder.Origin, Message: "the vault's folder is not an absolute path", Fix: "write the whole path"}
		}
		return folder.Text, nil
	}
	data := r.dataFolder()
	if data == "" {
		return "", ErrNoHome
	}
	return filepath.Join(data, "vault"), nil
}

// ErrNoHome says that there is no home folder that a vault could be in.
var ErrNoHome = errors.New("vault: no home folder is known: HOME is not set")

// VaultOptions are those of an age vault in folder: who is asked for its
// passphrase, and where its key is kept.
func (r *Resolver) VaultOptions(folder string) vault.Options {
	return vault.Options{Folder: folder, Passphrase: r.typedPassphrase, Given: r.givenPassphrase, Keychain: r.keychain(), Ring: kernelring.Ring{},
		Plugin: r.plugin, SSH: r.opts.SSHKeys, Waiting: r.opts.Waiting, Derived: r.opts.Derived, WorkFactor: r.opts.WorkFactor, Now: r.opts.Now}
}

// entry tells a plan of an entry of the vault. A home that has no vault, or no
// home, has no entries.
func (r *Resolver) entry(name string) (chain.Entry, error) {
	if vault.CheckName(name) != nil {
		return chain.Entry{}, nil
	}
	store, err := r.stamps()
	if errors.Is(err, ErrNoHome) {
		return chain.Entry{}, nil
	}
	if err != nil {
		return chain.Entry{}, err
	}
	stamp, err := store.Stamp(name)
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrNoVault) {
		return chain.Entry{}, nil
	}
	return chain.Entry{Name: name, Stamp: stamp, Origin: origin.Default("the vault")}, err
}

// key opens an entry for its access key.
func (r *Resolver) key(ctx context.Context, name string) (id string, key secret.Text, err error) {
	if session.Quiet(ctx) { // it may take a passphrase, a touch, a password manager's window
		return "", secret.Text{}, fmt.Errorf("the vault is not opened for a renewal that can wait: %w", ErrNobody)
	}
	if err := chain.CheckDepth(r.Env, name); err != nil {
		return "", secret.Text{}, err
	}
	store, err := r.vault()
	if err != nil {
		return "", secret.Text{}, err
	}
	e, err := store.Get(ctx, name)
	if err == nil && e.AccessKeyID == "" {
		err = &vault.EntryError{Name: name, Field: "AccessKeyID", Why: "it holds no access key, only the seed of an MFA device"}
	}
	return e.AccessKeyID, e.Secret, err
}

// vaultKey keeps a key of the vault for as long as its entry does not change: a
// rotation is seen by programs that run on.
type vaultKey struct {
	cache *session.Cache
	entry string
	vault func() (vault.Store, error)

	mu    sync.Mutex
	stamp string // of what the cache has, or ""
}

func (k *vaultKey) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if store, err := k.vault(); err == nil {
		if stamp, err := store.Stamp(k.entry); err == nil {
			k.changed(stamp)
		}
	}
	return k.cache.Retrieve(ctx)
}

func (k *vaultKey) changed(stamp string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stamp != "" && k.stamp != stamp {
		k.cache.Invalidate()
	}
	k.stamp = stamp
}
