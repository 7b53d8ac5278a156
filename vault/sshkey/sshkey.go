// Package sshkey lets SSH keys keep a vault's identity: it is what
// vault.Options.SSH is for. It reads Ed25519 and RSA keys, and uses them as
// age's own package agessh does, of which it is a rewrite: that one links
// golang.org/x/crypto/ssh, which costs a third of a millisecond at every start
// of a program. The package must not know where keys lie, and asks nobody.
package sshkey

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// maxFile is larger than any key file that OpenSSH writes, in bytes.
const maxFile = 32 << 10

// What is wrong with a key. Their texts end a sentence that begins with the
// key's file; nothing of the file is in them.
var (
	errDamaged = errors.New("is no SSH private key, or a damaged one")
	errKind    = errors.New("is of a kind that age does not use: it takes Ed25519 and RSA keys")
	errShort   = errors.New("is an RSA key of less than 2048 bits, which age does not use")
	errOldForm = errors.New("is encrypted in an old form; `ssh-keygen -p -f KEY` rewrites it")
	errForm    = errors.New("is encrypted in a way that is not known here; `ssh-keygen -p -f KEY` rewrites it")
	errRounds  = errors.New("has a passphrase with more than 4096 rounds; `ssh-keygen -p -a 100 -f KEY` rewrites it")
)

// Keys reads Ed25519 and RSA keys. It implements vault.SSH.
type Keys struct{}

var _ vault.SSH = Keys{}

// Recipient parses a public key's line: its type, its base64 text, and a comment.
func (Keys) Recipient(line string) (age.Recipient, error) {
	public, err := parseLine(line)
	if err != nil {
		return nil, err
	}
	return public.recipient()
}

// Key parses a private key: in OpenSSH's form with or without a passphrase, or
// in PKCS#1 or PKCS#8 without. A passphrase that the key does not have is not
// looked at. The errors are vault.ErrPassphraseNeeded, vault.ErrPassphraseWrong,
// and others that say what is wrong with the key; one that stands in an older
// encrypted form is refused.
func (Keys) Key(data []byte, passphrase secret.Text) (vault.SSHKey, error) {
	private, err := parsePEM(data, passphrase)
	if err != nil {
		return vault.SSHKey{}, err
	}
	public, err := publicOf(private)
	if err != nil {
		return vault.SSHKey{}, err
	}
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return vault.SSHKey{}, errDamaged
	}
	key := vault.SSHKey{
		Recipient: public.line(),
		Plain:     secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: plain}))),
	}
	switch k := private.(type) {
	case ed25519.PrivateKey:
		key.Identity, err = newEd25519Identity(k, public)
	case *rsa.PrivateKey:
		key.Identity = &rsaIdentity{k, public.tag()}
	}
	if err != nil {
		return vault.SSHKey{}, err
	}
	return key, nil
}

// parsePEM returns an ed25519.PrivateKey or an *rsa.PrivateKey, whose halves
// belong together.
func parsePEM(data []byte, passphrase secret.Text) (crypto.PrivateKey, error) {
	if len(data) > maxFile {
		return nil, errDamaged
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errDamaged
	}
	if block.Headers["DEK-Info"] != "" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, errOldForm
	}
	var private any
	var err error
	switch block.Type {
	case "OPENSSH PRIVATE KEY":
		return parseOpenSSH(block.Bytes, passphrase)
	case "RSA PRIVATE KEY":
		private, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		private, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errOldForm
	case "EC PRIVATE KEY", "DSA PRIVATE KEY":
		return nil, errKind
	default:
		return nil, errDamaged
	}
	if err != nil {
		// The cause may hold a piece of the file.
		return nil, errDamaged
	}
	return private, nil
}
