package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// typedLife is how long what a typed passphrase opened stays open: many
	// processes that start together ask once.
	typedLife = 5 * time.Minute
	// tries is how often a person may type a passphrase.
	tries = 3
	// ringName goes on with the key pair's id.
	ringName = "latchkey-vault-"
)

// What cannot be kept unlocked.
var (
	// ErrNewPassphrase says that a passphrase has to be chosen, and there is nobody to do it.
	// A callback returns it, wrapped.
	ErrNewPassphrase = errors.New("a new passphrase is needed")
	// ErrNoUnlock says that an age plugin holds the key: it unlocks it itself.
	ErrNoUnlock = errors.New("vault: an age plugin holds the key; there is nothing to keep unlocked")
	// ErrNoRing says that there is nowhere to keep a key unlocked.
	ErrNoRing = errors.New("vault: this system has no kernel keyring to keep the key unlocked in")
)

// Unlock keeps the vault's identity in the kernel keyring for the time given; 0
// is as long as the keyring is there. Errors: [ErrNoUnlock], [ErrNoRing],
// *[LockedError], *[PassphraseError].
func (a *Age) Unlock(ctx context.Context, life time.Duration) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if a.o.Ring == nil {
		return ErrNoRing
	}
	id, err := a.identity(ctx, s)
	if err != nil {
		return err
	}
	if id.plain.Empty() {
		return ErrNoUnlock
	}
	if err := a.o.Ring.Write(ringName+s.id(), []byte(id.plain.Reveal()), life); err != nil {
		return fmt.Errorf("vault: kernel keyring: %w", err)
	}
	return nil
}

// Lock forgets what Unlock or a typed passphrase left in the kernel keyring and
// in this value.
func (a *Age) Lock() error {
	a.mu.Lock()
	a.known = nil
	a.mu.Unlock()
	s, err := a.settings()
	if err != nil || a.o.Ring == nil {
		return err
	}
	name := ringName + s.id()
	err = a.o.Ring.Remove(name)
	if _, gone := a.o.Ring.Read(name); err != nil && gone == nil {
		return fmt.Errorf("vault: kernel keyring: %w", err)
	}
	return nil
}

// identity returns what opens the vault's entries, and asks for it where it must.
func (a *Age) identity(ctx context.Context, s settings) (*identity, error) {
	if id := a.unlocked(ctx, s); id != nil {
		return id, nil
	}
	switch kind, path := s.keep.split(); kind {
	case InKeychain:
		return a.fromKeychain(ctx, s)
	case ByPassphrase:
		return a.byPassphrase(ctx, s)
	case keepSSH:
		return a.fromSSH(ctx, s, path)
	default:
		return a.fromFile(ctx, s, path)
	}
}

// unlocked returns the identity if this process or the kernel's keyring has it.
func (a *Age) unlocked(ctx context.Context, s settings) *identity {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known != nil && a.known.recipient == s.recipient && a.o.Now != nil && a.o.Now().Before(a.until) {
		return a.known
	}
	a.known = nil
	if a.o.Ring == nil || s.recipient == "" {
		return nil
	}
	text, err := a.o.Ring.Read(ringName + s.id())
	if err != nil {
		return nil
	}
	id, err := a.parse(ctx, secret.New(string(text)), s.recipient)
	if err != nil || id.recipient != s.recipient {
		return nil // damaged: as good as none
	}
	return id
}

// remember keeps an identity that a passphrase opened, in this process, and for
// others if a person typed it. A keyring that is full or missing costs another
// question, no more.
func (a *Age) remember(id *identity, typed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.o.Now != nil {
		a.known, a.until = id, a.o.Now().Add(typedLife)
	}
	if typed && a.o.Ring != nil && !id.plain.Empty() {
		_ = a.o.Ring.Write(ringName+stamp([]byte(id.recipient)), []byte(id.plain.Reveal()), typedLife)
	}
}

//go:noinline
func (a *Age) lockedError(why string, err error) error {
	return &LockedError{Folder: a.o.Folder, Why: why, Err: err}
}

func (a *Age) fromKeychain(ctx context.Context, s settings) (*identity, error) {
	if a.o.Keychain == nil {
		return nil, a.lockedError("its key is in the system's keychain, which is not available here", nil)
	}
	name := account + s.id()
	text, err := a.o.Keychain.Get(ctx, service, name)
	if err != nil {
		return nil, a.lockedError("the system's keychain does not give its key", err)
	}
	id, err := a.parse(ctx, text, s.recipient)
	if err != nil || id.recipient != s.recipient {
		return nil, &DamagedError{"keychain item " + service + "/" + name, "is not this vault's key"}
	}
	return id, nil
}

func (a *Age) fromFile(ctx context.Context, s settings, path string) (*identity, error) {
	text, err := a.keyFile(path)
	if err != nil {
		return nil, err
	}
	id, err := a.parse(ctx, text, s.recipient)
	if err != nil {
		return nil, &DamagedError{path, err.Error()}
	}
	if !id.plain.Empty() && id.recipient != s.recipient {
		return nil, a.lockedError("the identity in "+path+" is not this vault's", nil)
	}
	return id, nil
}

// keyFile reads a key file of the user's.
func (a *Age) keyFile(path string) (secret.Text, error) {
	data, err := readFile(path, maxSmallFile)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return secret.Text{}, a.lockedError("its key file cannot be read", err)
	}
	return secret.New(string(data)), wrap(err)
}

func (a *Age) fromSSH(ctx context.Context, s settings, path string) (*identity, error) {
	pem, err := a.keyFile(path)
	if err != nil {
		return nil, err
	}
	id, err := a.openSSH(ctx, s, path, pem)
	if err != nil {
		return nil, err
	}
	if id.recipient != s.recipient {
		return nil, a.lockedError("the SSH key "+path+" is not this vault's", nil)
	}
	return id, nil
}

// openSSH opens an SSH key, and asks for its passphrase if it has one.
func (a *Age) openSSH(ctx context.Context, s settings, path string, pem secret.Text) (*identity, error) {
	open := func(passphrase secret.Text) (*identity, error) {
		id, err := a.sshKey([]byte(pem.Reveal()), passphrase)
		switch {
		case errors.Is(err, ErrPassphraseWrong):
			return nil, &PassphraseError{Path: path}
		case err != nil && !errors.Is(err, ErrPassphraseNeeded):
			return nil, a.lockedError("the SSH key "+path+" cannot be used", err)
		}
		return id, err
	}
	id, err := open(secret.Text{})
	if !errors.Is(err, ErrPassphraseNeeded) {
		return id, err
	}
	return a.ask(ctx, s, Prompt{Path: path, SSH: true}, open)
}

func (a *Age) byPassphrase(ctx context.Context, s settings) (*identity, error) {
	path, data, err := a.sealedIdentity(s)
	if err != nil {
		return nil, err
	}
	if _, err := age.ExtractHeader(bytes.NewReader(data)); err != nil {
		return nil, &DamagedError{path, "is not an age file"}
	}
	id, err := a.ask(ctx, s, Prompt{Path: path}, func(passphrase secret.Text) (*identity, error) {
		return a.unwrapIdentity(ctx, s, path, data, passphrase)
	})
	if err == nil && id.recipient != s.recipient {
		return nil, &DamagedError{path, "holds the key of another vault"}
	}
	return id, err
}

// sealedIdentity returns the file that a passphrase opens. After a rekey was
// killed there are two; vault.json tells which.
func (a *Age) sealedIdentity(s settings) (path string, data []byte, err error) {
	path = a.path(identityFile)
	data, err = readFile(path, maxSmallFile)
	if err == nil && digest(data) == s.digest {
		return path, data, nil
	}
	newer, newErr := readFile(a.path(newIdentityFile), maxSmallFile)
	if newErr == nil && digest(newer) == s.digest {
		return a.path(newIdentityFile), newer, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = &DamagedError{path, "is missing"}
	}
	return path, data, wrap(err)
}
