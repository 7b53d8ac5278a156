package sshkey

import (
	"bytes"
	"crypto"
	"encoding/pem"
	"errors"
	"slices"
	"testing"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// An opener opens changed copies of a file. Where a change leaves the derivation
// alone, what was derived for the file itself is used: one takes 10 ms a round.
type opener struct {
	before  container
	derived []byte
	// salts has every change of the salt derived as well.
	salts bool
}

func (o opener) open(data []byte) (crypto.PrivateKey, error) {
	c, err := parseContainer(data)
	switch {
	case err != nil || !c.encrypted || !o.before.encrypted:
		return parseOpenSSH(data, secret.New(right))
	case c.rounds > 64 || !o.salts && !bytes.Equal(c.salt, o.before.salt):
		return nil, vault.ErrPassphraseWrong // as after any other derivation
	case !bytes.Equal(c.salt, o.before.salt) || c.rounds != o.before.rounds:
		return parseOpenSSH(data, secret.New(right))
	}
	return c.decrypt(o.derived)
}

// harmless reports whether err is one that the package has, which hold nothing
// of a key.
func harmless(err error) bool {
	return slices.Contains([]error{
		errDamaged, errKind, errShort, errOldForm, errForm, errRounds, vault.ErrPassphraseWrong, vault.ErrPassphraseNeeded,
	}, err)
}

// TestEveryBit flips every bit of a file and cuts it at every byte: the key is
// refused or the same as before. That it is where the file has no tag and the
// bit is one of the comment's, or the one of its length with which it takes in
// the padding.
func TestEveryBit(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		passphrase string
		args       []string
		step       int // RSA keys are long and slow: not all of their bits
		same       int // so many bits change nothing; -1: not counted
	}{
		"ed25519":      {"", []string{"-t", "ed25519"}, 1, 73},
		"ctr":          {right, []string{"-t", "ed25519", "-a", "1"}, 1, 73},
		"gcm":          {right, []string{"-t", "ed25519", "-a", "1", "-Z", "aes256-gcm@openssh.com"}, 1, 0},
		"chacha":       {right, []string{"-t", "ed25519", "-a", "1", "-Z", "chacha20-poly1305@openssh.com"}, 1, 0},
		"cbc":          {right, []string{"-t", "ed25519", "-a", "1", "-Z", "aes256-cbc"}, 1, -1},
		"3des":         {right, []string{"-t", "ed25519", "-a", "1", "-Z", "3des-cbc"}, 1, -1},
		"rsa":          {"", []string{"-t", "rsa", "-b", "2048"}, 11, -1},
		"rsa with ctr": {right, []string{"-t", "rsa", "-b", "2048", "-a", "1"}, 11, -1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			data := content(t, Keygen(t, c.passphrase, c.args...))
			before, err := parseContainer(data)
			if err != nil {
				t.Fatal(err)
			}
			o := opener{before: before, salts: what == "ctr"}
			if before.encrypted {
				o.derived = bcryptPBKDF([]byte(right), before.salt, before.rounds, before.method.key+before.method.iv)
			}
			key, err := o.open(data)
			if err != nil {
				t.Fatal(err)
			}
			if same := flip(t, o, data, key, c.step); c.same >= 0 && same != c.same {
				t.Errorf("%d bits change nothing, want %d", same, c.same)
			}
			for n := range data {
				if _, err := o.open(data[:n]); err == nil || !harmless(err) {
					t.Fatalf("%d bytes: %v", n, err)
				}
			}
		})
	}
}

// flip returns how many bits of data, of each one in step, the key does not
// depend on.
func flip(t *testing.T, o opener, data []byte, key crypto.PrivateKey, step int) int {
	t.Helper()
	same := 0
	for bit := 0; bit < 8*len(data); bit += step {
		changed := slices.Clone(data)
		changed[bit/8] ^= 1 << (bit % 8)
		got, err := o.open(changed)
		switch {
		case err == nil && equal(got, key):
			same++
		case err == nil:
			t.Fatalf("bit %d: another key", bit)
		case !harmless(err):
			t.Fatalf("bit %d: %v", bit, err)
		}
	}
	return same
}

func TestPEM(t *testing.T) {
	t.Parallel()
	key := newEd25519(t)
	good := pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: encoded(t, key)})
	for what, c := range map[string]struct {
		data []byte
		want error
	}{
		"good":             {good, nil},
		"text around":      {slices.Concat([]byte("a note\n"), good, []byte("more\n")), nil},
		"CRLF":             {bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")), nil},
		"too large":        {append(slices.Clone(good), make([]byte, maxFile)...), errDamaged},
		"empty":            {nil, errDamaged},
		"PKCS8 encrypted":  {pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY"}), errOldForm},
		"EC":               {pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY"}), errKind},
		"certificate":      {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE"}), errDamaged},
		"garbage in PKCS1": {pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte("x")}), errDamaged},
	} {
		if got, err := parsePEM(c.data, secret.New("not looked at")); !errors.Is(err, c.want) || (err == nil) != equal(key, got) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}
