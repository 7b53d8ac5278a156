package sshkey

import (
	"crypto/sha512"
	"encoding/binary"

	//lint:ignore SA1019 OpenSSH's key files are made with it.
	"golang.org/x/crypto/blowfish"
)

// bcryptPBKDF derives a key of size bytes as OpenBSD's bcrypt_pbkdf(3) does:
// PBKDF2 with the function below for a hash, whose output is spread over the
// key byte by byte. None of its arguments is empty or 0.
func bcryptPBKDF(passphrase, salt []byte, rounds, size int) []byte {
	blocks := (size + 31) / 32
	key := make([]byte, 32*blocks)
	secret := sha512.Sum512(passphrase)
	for block := range blocks {
		input := binary.BigEndian.AppendUint32(append([]byte(nil), salt...), uint32(block+1))
		last := bcryptHash(secret[:], input)
		sum := last
		for range rounds - 1 {
			last = bcryptHash(secret[:], last[:])
			for i, b := range last {
				sum[i] ^= b
			}
		}
		for i, b := range sum {
			key[i*blocks+block] = b
		}
	}
	return key[:size]
}

// bcryptHash encrypts a fixed text with a cipher whose key schedule is made of
// secret and of input's digest, 64 times each.
func bcryptHash(secret, input []byte) [32]byte {
	salt := sha512.Sum512(input)
	c, err := blowfish.NewSaltedCipher(secret, salt[:])
	if err != nil {
		panic(err) // a digest is never too short
	}
	for range 64 {
		blowfish.ExpandKey(salt[:], c)
		blowfish.ExpandKey(secret, c)
	}
	out := [32]byte([]byte("OxychromaticBlowfishSwatDynamite"))
	for i := 0; i < len(out); i += 8 {
		for range 64 {
			c.Encrypt(out[i:], out[i:])
		}
	}
	// The words come out in little endian.
	for i := 0; i < len(out); i += 4 {
		binary.LittleEndian.PutUint32(out[i:], binary.BigEndian.Uint32(out[i:]))
	}
	return out
}
