// Package sshkey lets SSH keys keep a vault's identity: it is what
// vault.Options.SSH is for. It is a package of its own because reading SSH keys
// links golang.org/x/crypto/ssh, which costs at every start of a program. The
// package must not know where keys lie, and asks nobody.
package sshkey

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// Keys reads Ed25519 and RSA keys. It implements vault.SSH.
type Keys struct{}

var _ vault.SSH = Keys{}

// Recipient parses the line of an authorized_keys file.
func (Keys) Recipient(line string) (age.Recipient, error) { return agessh.ParseRecipient(line) }

// Key parses a private key in any form that OpenSSH writes.
func (Keys) Key(data []byte, passphrase secret.Text) (vault.SSHKey, error) {
	var raw any
	var err error
	if passphrase.Empty() {
		raw, err = ssh.ParseRawPrivateKey(data)
	} else {
		raw, err = ssh.ParseRawPrivateKeyWithPassphrase(data, []byte(passphrase.Reveal()))
	}
	var missing *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &missing):
		return vault.SSHKey{}, vault.ErrPassphraseNeeded
	case errors.Is(err, x509.IncorrectPasswordError):
		return vault.SSHKey{}, vault.ErrPassphraseWrong
	case err != nil:
		// The cause may hold a piece of the file.
		return vault.SSHKey{}, errors.New("is no SSH private key, or a damaged one")
	}
	return build(raw)
}

// build makes age's key of what the SSH library parsed.
func build(raw any) (vault.SSHKey, error) {
	var key vault.SSHKey
	var public any
	var err error
	switch k := raw.(type) {
	case *ed25519.PrivateKey: // OpenSSH's own form
		return build(*k)
	case ed25519.PrivateKey: // PKCS#8
		key.Identity, err = agessh.NewEd25519Identity(k)
		public = k.Public()
	case *rsa.PrivateKey:
		key.Identity, err = agessh.NewRSAIdentity(k)
		public = k.Public()
	default:
		return key, fmt.Errorf("is of a kind that age does not use: %T", raw)
	}
	if err != nil {
		return vault.SSHKey{}, err
	}
	line, err := ssh.NewPublicKey(public)
	if err != nil {
		return vault.SSHKey{}, err
	}
	key.Recipient = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line)))
	block, err := ssh.MarshalPrivateKey(raw, "")
	if err != nil {
		return vault.SSHKey{}, err
	}
	key.Plain = secret.New(string(pem.EncodeToMemory(block)))
	return key, nil
}
