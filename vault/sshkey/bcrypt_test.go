package sshkey

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestBcryptPBKDF holds it against values that OpenBSD's own made.
func TestBcryptPBKDF(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		rounds               int
		passphrase, salt, is string
	}{
		{12, "password", "salt", "1ae42c05d487bc02f64921a4ebe4ea93bcacfe135fda99974c06b7b01fae149a"},
		{3, "passwordy\x00PASSWORD\x00", "salty\x00SALT\x00", "7f310bd3e78c3280c59ce4595211a2928e8d4ec744c1ed2efc9f764e3388e0ad"},
		{8, "секретное слово", "посолить немножко", "8df43fc6fe131fc47f0c9e39224bd94c70b6fcc8ee8135faddf61156e6cb2733ea765f315a3e1e4afc35bf8687d189254c1e05a6fe80c0617f9183d67260d6a115c6c94e3603e2303fbb43a76a64523ffda686b1d4518543"},
	} {
		want, err := hex.DecodeString(v.is)
		if err != nil {
			t.Fatal(err)
		}
		if got := bcryptPBKDF([]byte(v.passphrase), []byte(v.salt), v.rounds, len(want)); !bytes.Equal(got, want) {
			t.Errorf("%q: %x, want %x", v.passphrase, got, want)
		}
	}
}
