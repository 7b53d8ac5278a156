package sshkey

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"

	"golang.org/x/crypto/chacha20"
	//lint:ignore SA1019 OpenSSH's construction is not that of RFC 8439, which chacha20poly1305 has.
	"golang.org/x/crypto/poly1305"
)

// A method is a cipher as OpenSSH encrypts key files with it. All sizes are in
// bytes: of its key, its initialization vector and its blocks, to which the
// plaintext is padded, and of the tag behind the ciphertext.
type method struct {
	key, iv, block, tag int
	// open decrypts in place and reports whether the tag is right.
	open func(key, iv, data, tag []byte) bool
}

// methodOf returns the method of that name: every one that ssh-keygen has.
func methodOf(name string) (method, bool) {
	switch name {
	case "aes256-ctr":
		return method{32, 16, 16, 0, openCTR}, true
	case "aes192-ctr":
		return method{24, 16, 16, 0, openCTR}, true
	case "aes128-ctr":
		return method{16, 16, 16, 0, openCTR}, true
	case "aes256-cbc":
		return method{32, 16, 16, 0, openCBC}, true
	case "aes192-cbc":
		return method{24, 16, 16, 0, openCBC}, true
	case "aes128-cbc":
		return method{16, 16, 16, 0, openCBC}, true
	case "3des-cbc":
		return method{24, 8, 8, 0, open3DES}, true
	case "aes256-gcm@openssh.com":
		return method{32, 12, 16, 16, openGCM}, true
	case "aes128-gcm@openssh.com":
		return method{16, 12, 16, 16, openGCM}, true
	case "chacha20-poly1305@openssh.com":
		return method{64, 0, 8, 16, openChaCha}, true
	}
	return method{}, false
}

// The keys below are always as long as their ciphers want them.

func openCTR(key, iv, data, _ []byte) bool {
	block, err := aes.NewCipher(key)
	if err != nil {
		return false
	}
	cipher.NewCTR(block, iv).XORKeyStream(data, data)
	return true
}

func openCBC(key, iv, data, _ []byte) bool {
	block, err := aes.NewCipher(key)
	if err != nil {
		return false
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, data)
	return true
}

func open3DES(key, iv, data, _ []byte) bool {
	block, err := des.NewTripleDESCipher(key)
	if err != nil {
		return false
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, data)
	return true
}

func openGCM(key, iv, data, tag []byte) bool {
	block, err := aes.NewCipher(key)
	if err != nil {
		return false
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return false
	}
	sealed := append(append(make([]byte, 0, len(data)+len(tag)), data...), tag...)
	_, err = gcm.Open(data[:0], iv, sealed, nil)
	return err == nil
}

// openChaCha is OpenSSH's PROTOCOL.chacha20poly1305 for packet 0 without its
// length, so that the second half of the key is not used.
func openChaCha(key, _, data, tag []byte) bool {
	stream, err := chacha20.NewUnauthenticatedCipher(key[:32], make([]byte, chacha20.NonceSize))
	if err != nil {
		return false
	}
	var once [32]byte
	var sum [16]byte
	stream.XORKeyStream(once[:], once[:])
	poly1305.Sum(&sum, data, &once)
	if subtle.ConstantTimeCompare(sum[:], tag) != 1 {
		return false
	}
	stream.SetCounter(1)
	stream.XORKeyStream(data, data)
	return true
}
