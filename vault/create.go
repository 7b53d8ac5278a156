package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/secret"
)

// recipientsHead begins the recipients file of a new vault.
const recipientsHead = "# Entries of this vault are encrypted to these age recipients, one a line.\n" +
	"# After a change, latchkey vault rekey encrypts the old entries to them too.\n"

// Create makes a vault in o.Folder whose identity is kept by keep, and returns
// it. Entries are encrypted to others as well, such as a key on paper or of a
// second machine. Where an age plugin's identity file does not name its
// recipient, the first of others is taken for it. Nothing counts as a vault
// before all of it is on the disk and an entry was decrypted for a trial.
// Errors: *[VaultExistsError], *[LockedError], *[PassphraseError].
func Create(ctx context.Context, o Options, keep Keep, others ...string) (*Age, error) {
	a := Open(o)
	if err := keep.check(); err != nil {
		return nil, fmt.Errorf("vault identity %q: %w", string(keep), err)
	}
	if err := makeFolder(o.Folder); err != nil {
		return nil, wrap(err)
	}
	lock, err := a.acquire(ctx, lockFile)
	if err != nil {
		return nil, wrap(err)
	}
	defer lock.Release()
	switch _, err := a.settings(); {
	case err == nil:
		return nil, &VaultExistsError{o.Folder}
	case !errors.Is(err, ErrNoVault):
		return nil, err
	}
	if err := a.setAside(a.path(identityFile)); err != nil {
		return nil, wrap(err)
	}
	s, _, err := a.newIdentity(ctx, keep, identityFile, others)
	if err != nil {
		return nil, err
	}
	if err := a.writeRecipients(s, others); err != nil {
		return nil, err
	}
	if err := makeFolder(a.path(entriesFolder)); err != nil {
		return nil, wrap(err)
	}
	return a, a.writeSettings(s)
}

// setAside renames a file that nothing names any more. It may be what a Create
// that was killed left, or the key of entries that are on a backup only.
func (a *Age) setAside(path string) error {
	data, err := readFile(path, maxSmallFile)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return rename(a.o.Folder, path, a.path("identity."+stamp(data)+extension))
}

// writeSettings writes vault.json: from then on the vault is what s says.
func (a *Age) writeSettings(s settings) error {
	data, err := s.encode()
	if err != nil {
		return err
	}
	return wrap(write(a.path(settingsFile), data))
}

// writeRecipients writes the vault's own recipient and the others.
func (a *Age) writeRecipients(s settings, others []string) error {
	var b strings.Builder
	b.WriteString(recipientsHead)
	for i, line := range others {
		if !sameRecipient(line, s.recipient) && slices.Index(others, line) == i {
			b.WriteString(line + "\n")
		}
	}
	// The last line is the one without which a cut file would go unnoticed.
	b.WriteString(s.recipient + "\n")
	if b.Len() > maxSmallFile {
		return errors.New("vault: too many recipients")
	}
	return wrap(write(a.path(recipientsFile), []byte(b.String())))
}

// newIdentity makes or takes the identity of a vault, stores it where keep says,
// under file if that is in the vault, and proves that it opens what is encrypted
// to it and the others.
func (a *Age) newIdentity(ctx context.Context, keep Keep, file string, others []string) (settings, *identity, error) {
	s := settings{keep: keep}
	var id *identity
	var err error
	switch kind, path := keep.split(); kind {
	case InKeychain:
		id, err = a.newInKeychain(ctx)
	case ByPassphrase:
		id, s.digest, err = a.newByPassphrase(ctx, a.path(file))
	case keepSSH:
		var pem secret.Text
		if pem, err = a.keyFile(path); err == nil {
			id, err = a.openSSH(ctx, s, path, pem)
		}
	default:
		id, err = a.takeFile(ctx, path, others)
	}
	if err != nil {
		return s, nil, err
	}
	s.recipient = id.recipient
	return s, id, a.prove(ctx, s, id, others)
}

// prove encrypts a trial to all recipients and decrypts it.
func (a *Age) prove(ctx context.Context, s settings, id *identity, others []string) error {
	to, err := a.parseRecipients(ctx, append([]string{s.recipient}, others...))
	if err == nil && strings.ContainsAny(strings.Join(others, ""), "\r\n") {
		err = errors.New("a recipient is one line")
	}
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	// The others are there to show that they and ours can be mixed; left in the
	// trial, one of them might be what opens it.
	if _, err := encrypt(nil, to); err != nil {
		return fmt.Errorf("vault: trial: %w", err)
	}
	const trial = "trial"
	data, err := encrypt([]byte(trial), to[:1])
	if err != nil {
		return fmt.Errorf("vault: trial: %w", err)
	}
	plain, err := decrypt(ctx, data, id.keys)
	if err != nil || string(plain) != trial {
		return a.lockedError("the identity does not open what is encrypted to "+s.recipient, err)
	}
	return nil
}

func generate() (*identity, error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	return &identity{[]age.Identity{key}, key.Recipient().String(), secret.New(key.String())}, nil
}

func (a *Age) newInKeychain(ctx context.Context) (*identity, error) {
	if a.o.Keychain == nil {
		return nil, a.lockedError("the system's keychain is not available here", nil)
	}
	id, err := generate()
	if err != nil {
		return nil, err
	}
	name := account + stamp([]byte(id.recipient))
	if err := a.o.Keychain.Set(ctx, service, name, id.plain); err != nil {
		return nil, a.lockedError("the system's keychain does not take the key", err)
	}
	got, err := a.o.Keychain.Get(ctx, service, name)
	if err != nil || !got.Equal(id.plain) {
		return nil, a.lockedError("the system's keychain does not give the key back", err)
	}
	return id, nil
}

func (a *Age) newByPassphrase(ctx context.Context, path string) (*identity, string, error) {
	answer, err := a.passphrase(ctx, Prompt{Path: path, New: true})
	if err != nil {
		return nil, "", err
	}
	id, err := generate()
	if err != nil {
		return nil, "", err
	}
	data, err := a.wrapIdentity(ctx, id.plain, answer.Passphrase)
	if err != nil {
		return nil, "", err
	}
	if err := write(path, data); err != nil {
		return nil, "", wrap(err)
	}
	a.remember(id, answer.Typed)
	return id, digest(data), nil
}

// takeFile takes the identity of an age identity file.
func (a *Age) takeFile(ctx context.Context, path string, others []string) (*identity, error) {
	text, err := a.keyFile(path)
	if err != nil {
		return nil, err
	}
	id, err := a.parse(ctx, text, "")
	if err != nil {
		return nil, &DamagedError{path, err.Error()}
	}
	if id.recipient == "" {
		id.recipient = recipientIn(text.Reveal())
	}
	if id.recipient == "" && len(others) > 0 {
		id.recipient = others[0]
	}
	if id.recipient == "" {
		return nil, a.lockedError("the identity file "+path+" does not name its recipient, and none was given", nil)
	}
	return id, nil
}
