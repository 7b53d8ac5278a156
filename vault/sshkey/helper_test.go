package sshkey

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/latchkey-aws/latchkey/internal/installed"
)

const right = "right one"

// Keygen makes a key of that kind with ssh-keygen.
func Keygen(t *testing.T, passphrase string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "id")
	rekey(t, append(args, "-N", passphrase, "-C", "jane@host", "-f", path)...)
	return path
}

// rekey runs ssh-keygen.
func rekey(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(installed.Need(t, "ssh-keygen"), append(args, "-q")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// content returns what is in a key file's PEM.
func content(t *testing.T, path string) []byte {
	t.Helper()
	block, _ := pem.Decode(read(t, path))
	if block == nil {
		t.Fatalf("%s is no PEM", path)
	}
	return block.Bytes
}

// equal reports whether two private keys are the same.
func equal(a, b crypto.PrivateKey) bool {
	switch a := a.(type) {
	case ed25519.PrivateKey:
		return a.Equal(b)
	case *rsa.PrivateKey:
		return a.Equal(b)
	}
	return false
}

// encoded returns a key without passphrase as the SSH library writes it,
// without the PEM.
func encoded(t testing.TB, key crypto.PrivateKey) []byte {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "jane@host")
	if err != nil {
		t.Fatal(err)
	}
	return block.Bytes
}

// pair returns a key of either kind.
func pair(t testing.TB) map[string]crypto.PrivateKey {
	t.Helper()
	return map[string]crypto.PrivateKey{kindEd25519: newEd25519(t), kindRSA: newRSA(t)}
}

func newEd25519(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
