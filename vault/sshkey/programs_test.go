package sshkey

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// TestCiphers reads a key under each cipher that this ssh-keygen has.
func TestCiphers(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(installed.Need(t, "ssh"), "-Q", "cipher").Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(out))
	if len(names) < 5 {
		t.Fatalf("ciphers: %q", names)
	}
	for kind, bits := range map[string]string{"ed25519": "256", "rsa": "2048"} {
		plain := Keygen(t, "", "-t", kind, "-b", bits)
		want := openKey(t, read(t, plain), "")
		for _, name := range names {
			t.Run(kind+" "+name, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "id")
				if err := os.WriteFile(path, read(t, plain), 0o600); err != nil {
					t.Fatal(err)
				}
				rekey(t, "-p", "-P", "", "-N", right, "-a", "3", "-Z", name, "-f", path)
				data := read(t, path)
				if got := openKey(t, data, right); got.Recipient != want.Recipient || got.Plain.Reveal() != want.Plain.Reveal() {
					t.Error("another key")
				}
				refused(t, data, "", vault.ErrPassphraseNeeded)
				refused(t, data, "right one ", vault.ErrPassphraseWrong)
			})
		}
	}
}

func openKey(t *testing.T, data []byte, passphrase string) vault.SSHKey {
	t.Helper()
	key, err := Keys{}.Key(data, secret.New(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func refused(t *testing.T, data []byte, passphrase string, want error) {
	t.Helper()
	key, err := Keys{}.Key(data, secret.New(passphrase))
	if !errors.Is(err, want) || key.Identity != nil || key.Recipient != "" || !key.Plain.Empty() {
		t.Errorf("%v, want %v", err, want)
	}
}

// TestKinds holds keys of ssh-keygen against agessh and the stock age program,
// in both directions.
func TestKinds(t *testing.T) {
	t.Parallel()
	for what, args := range map[string][]string{
		"ed25519": {"-t", "ed25519"}, "rsa 2048": {"-t", "rsa", "-b", "2048"}, "rsa 3072": {"-t", "rsa", "-b", "3072"}, "rsa 4096": {"-t", "rsa", "-b", "4096"},
		"PEM": {"-t", "rsa", "-b", "2048", "-m", "PEM"}, "PKCS8": {"-t", "rsa", "-b", "2048", "-m", "PKCS8"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			path := Keygen(t, "", args...)
			key := openKey(t, read(t, path), "")
			line := strings.TrimSpace(string(read(t, path+".pub")))
			if fields := strings.Fields(line); key.Recipient != fields[0]+" "+fields[1] {
				t.Errorf("recipient %s, want %s", key.Recipient, line)
			}
			recipient, err := Keys{}.Recipient(line)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := agessh.ParseIdentity(read(t, path))
			if err != nil {
				t.Fatal(err)
			}
			theirRecipient, err := agessh.ParseRecipient(line)
			if err != nil {
				t.Fatal(err)
			}
			again, err := agessh.ParseIdentity([]byte(key.Plain.Reveal()))
			if err != nil {
				t.Fatal(err)
			}
			for _, to := range []age.Recipient{recipient, theirRecipient} {
				for _, id := range []age.Identity{key.Identity, theirs, again, openKey(t, []byte(key.Plain.Reveal()), "").Identity} {
					passes(t, to, id)
				}
			}
			stockAge(t, path, recipient, key.Identity)
			// The same with a passphrase, in OpenSSH's form whatever it was.
			rekey(t, "-p", "-P", "", "-N", right, "-f", path)
			if got := openKey(t, read(t, path), right); got.Plain.Reveal() != key.Plain.Reveal() {
				t.Error("another key under a passphrase")
			}
			raw, err := ssh.ParseRawPrivateKeyWithPassphrase(read(t, path), []byte(right))
			if ed, ok := raw.(*ed25519.PrivateKey); ok {
				raw = *ed
			}
			if ours, _ := parsePEM(read(t, path), secret.New(right)); err != nil || !equal(ours, raw) {
				t.Errorf("the SSH library differs: %v", err)
			}
		})
	}
}

// passes encrypts to a recipient and decrypts with its identity.
func passes(t *testing.T, to age.Recipient, id age.Identity) {
	t.Helper()
	if got, err := decrypt(encrypt(t, to), id); err != nil || got != "text" {
		t.Errorf("%T to %T: %q, %v", to, id, got, err)
	}
}

func encrypt(t *testing.T, to ...age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func decrypt(data []byte, id age.Identity) (string, error) {
	r, err := age.Decrypt(bytes.NewReader(data), id)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	_, err = out.ReadFrom(r)
	return out.String(), err
}

// stockAge does the same with the age program on one of the sides.
func stockAge(t *testing.T, path string, to age.Recipient, id age.Identity) {
	t.Helper()
	program := installed.Need(t, "age")
	command := exec.Command(program, "-d", "-i", path)
	command.Stdin = bytes.NewReader(encrypt(t, to))
	if out, err := command.Output(); err != nil || string(out) != "text" {
		t.Errorf("age -d: %q, %v", out, err)
	}
	command = exec.Command(program, "-R", path+".pub")
	command.Stdin = strings.NewReader("text")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decrypt(out, id); err != nil || got != "text" {
		t.Errorf("what age encrypted: %q, %v", got, err)
	}
}

// TestOldForms: they are refused with an advice that works.
func TestOldForms(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"PEM", "PKCS8"} {
		path := Keygen(t, right, "-t", "rsa", "-b", "2048", "-m", form)
		for _, passphrase := range []string{"", right} {
			refused(t, read(t, path), passphrase, errOldForm)
		}
		if !strings.Contains(errOldForm.Error(), "`ssh-keygen -p -f KEY`") {
			t.Error(errOldForm)
		}
		// The advice's command, which asks for the passphrases.
		rekey(t, "-p", "-P", right, "-N", right, "-f", path)
		openKey(t, read(t, path), right)
	}
}

func TestRefusedKinds(t *testing.T) {
	t.Parallel()
	refused(t, read(t, Keygen(t, "", "-t", "ecdsa")), "", errKind)
	refused(t, read(t, Keygen(t, right, "-t", "ecdsa", "-a", "1")), "", errKind)
	refused(t, read(t, Keygen(t, "", "-t", "rsa", "-b", "1024")), "", errShort)
	refused(t, read(t, Keygen(t, "", "-t", "rsa", "-b", "1024", "-m", "PEM")), "", errShort)
	refused(t, read(t, Keygen(t, "", "-t", "ecdsa", "-m", "PEM")), "", errKind)
	refused(t, read(t, Keygen(t, "", "-t", "ecdsa", "-m", "PKCS8")), "", errKind)
	refused(t, read(t, Keygen(t, "", "-t", "ed25519")+".pub"), "", errDamaged)
}

// TestSSHLibrary reads what the SSH library encrypts, and it what ssh-keygen did.
func TestSSHLibrary(t *testing.T) {
	t.Parallel()
	for kind, key := range pair(t) {
		block, err := ssh.MarshalPrivateKeyWithPassphrase(key, "jane@host", []byte(right))
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseOpenSSH(block.Bytes, secret.New(right))
		if err != nil || !equal(key, got) {
			t.Errorf("%s: %v", kind, err)
		}
		public, err := publicOf(key)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := ssh.ParsePublicKey(public.wire)
		if err != nil || !bytes.Equal(theirs.Marshal(), public.wire) || strings.TrimSpace(string(ssh.MarshalAuthorizedKey(theirs))) != public.line() {
			t.Errorf("%s: public half: %v", kind, err)
		}
	}
}
