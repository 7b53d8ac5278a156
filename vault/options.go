package vault

import (
	"context"
	"errors"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"github.com/latchkey-aws/latchkey/secret"
)

// Keychain is the operating system's: secrets by service and account. No call
// lasts longer than ctx.
type Keychain interface {
	Get(ctx context.Context, service, account string) (secret.Text, error)
	Set(ctx context.Context, service, account string, value secret.Text) error
	Delete(ctx context.Context, service, account string) error
}

// Ring is the kernel's keyring: short secrets that end by themselves.
type Ring interface {
	Read(name string) ([]byte, error)
	// Write keeps data for life; 0 is as long as the keyring is there.
	Write(name string, data []byte, life time.Duration) error
	Remove(name string) error
}

// Prompt says what a passphrase is wanted for.
type Prompt struct {
	// Path is the file that the passphrase opens or will open.
	Path string
	// SSH says that it is an SSH key's passphrase.
	SSH bool
	// New asks for a passphrase to be chosen; a person types it twice.
	New bool
	// Wrong says that the passphrase given before was wrong.
	Wrong bool
}

// Answer is a passphrase. Typed says that a person typed it: what it opens is
// then kept for five minutes in [Options.Ring], and a wrong one is asked for
// again, three times in all.
type Answer struct {
	Passphrase secret.Text
	Typed      bool
}

// Options say where an [Age] vault is and what it may use. Only Folder is needed.
type Options struct {
	// Folder is the vault's. It need not exist.
	Folder string
	// Passphrase asks for a passphrase; nil where there is nobody to ask. It
	// waits no longer than ctx.
	Passphrase func(ctx context.Context, p Prompt) (Answer, error)
	// Given, if not nil, is called first, and gives a passphrase that nobody has
	// to be asked for, such as that of a file. ok is false where somebody has to
	// be; an error says that nobody can be, and so spares the wait for others
	// who ask.
	Given    func(ctx context.Context, p Prompt) (passphrase secret.Text, ok bool, err error)
	Keychain Keychain
	Ring     Ring
	// SSH reads SSH keys; nil where they are not wanted, which saves linking
	// them. Package vault/sshkey has it.
	SSH SSH
	// Plugin returns what age plugins show and ask, for as long as ctx; nil:
	// they cannot. The callbacks may be nil.
	Plugin func(ctx context.Context) *plugin.ClientUI
	// Waiting, if not nil, is called once for a wait of more than a second: for
	// holder, such as "process 42 (latchkey)", which asks its user or writes.
	Waiting func(holder string)
	// Derived, if not nil, is called at each derivation of a key from a
	// passphrase, which takes about a second.
	Derived func()
	// WorkFactor is the base-2 logarithm of scrypt's cost; 0 is age's own.
	WorkFactor int
	// Now is the clock; with nil, nothing is kept in this process's memory.
	Now func() time.Time
}

// What an [SSH] says of a private key that it cannot open.
var (
	ErrPassphraseNeeded = errors.New("the SSH key has a passphrase")
	ErrPassphraseWrong  = errors.New("wrong passphrase for the SSH key")
)

// SSHKey is an SSH private key as age uses it.
type SSHKey struct {
	Identity age.Identity
	// Recipient is the public key: its type and base64 text.
	Recipient string
	// Plain is the private key as PEM without a passphrase.
	Plain secret.Text
}

// SSH reads SSH keys.
type SSH interface {
	// Recipient parses a line such as "ssh-ed25519 AAAA…".
	Recipient(line string) (age.Recipient, error)
	// Key parses a private key. [ErrPassphraseNeeded] says that it has a
	// passphrase and none was given, [ErrPassphraseWrong] that it has another.
	Key(pem []byte, passphrase secret.Text) (SSHKey, error)
}
