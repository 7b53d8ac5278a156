package sshkey

import (
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// FuzzKey: what is taken for a key is the one that the SSH library reads.
func FuzzKey(f *testing.F) {
	types := []string{"OPENSSH PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY"}
	for _, key := range pair(f) {
		f.Add(0, encoded(f, key))
		block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(right))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(0, block.Bytes)
		plain, err := parsePlain(f, key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(2, plain)
	}
	f.Fuzz(func(t *testing.T, kind int, data []byte) {
		text := pem.EncodeToMemory(&pem.Block{Type: types[uint(kind)%uint(len(types))], Bytes: data})
		key, err := parsePEM(text, secret.Text{})
		if err != nil {
			if !harmless(err) {
				t.Fatal(err)
			}
			return
		}
		public, err := publicOf(key)
		if err != nil {
			return // an elliptic curve's, or a short one
		}
		theirs, err := ssh.ParsePrivateKey(text)
		if err != nil || string(theirs.PublicKey().Marshal()) != string(public.wire) {
			t.Fatalf("%s; theirs: %v", public.line(), err)
		}
	})
}

// parsePlain returns a key's PKCS#8 form.
func parsePlain(t testing.TB, key any) ([]byte, error) {
	t.Helper()
	parsed, err := Keys{}.Key(pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: encoded(t, key)}), secret.Text{})
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(parsed.Plain.Reveal()))
	return block.Bytes, nil
}

// FuzzPrivate gives what a cipher may have left to the parser of the private
// half, for keys of either kind.
func FuzzPrivate(f *testing.F) {
	containers := map[bool]container{}
	for kind, key := range pair(f) {
		c, err := parseContainer(encoded(f, key))
		if err != nil {
			f.Fatal(err)
		}
		c.encrypted = true
		containers[kind == kindRSA] = c
		f.Add(kind == kindRSA, c.private)
	}
	f.Fuzz(func(t *testing.T, isRSA bool, plain []byte) {
		c := containers[isRSA]
		key, err := c.parsePrivate(plain)
		if err != nil {
			if !errors.Is(err, errDamaged) && !errors.Is(err, vault.ErrPassphraseWrong) {
				t.Fatal(err)
			}
			return
		}
		public, err := publicOf(key)
		if err != nil || public.line() != c.public.line() {
			t.Fatalf("another key, %v", err)
		}
	})
}

// FuzzRecipient: what is taken for a public key is the one that agessh reads.
func FuzzRecipient(f *testing.F) {
	for _, key := range pair(f) {
		public, err := publicOf(key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(public.line() + " jane@host")
	}
	f.Add("ssh-ed25519 AAAA")
	f.Fuzz(func(t *testing.T, line string) {
		recipient, err := Keys{}.Recipient(line)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatal(err)
			}
			return
		}
		if theirs, err := agessh.ParseRecipient(line); !sameRecipient(recipient, theirs) {
			t.Fatalf("agessh differs: %v", err)
		}
	})
}
