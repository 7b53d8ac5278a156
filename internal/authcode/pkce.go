// Package authcode owns what the sign-ins of Identity Center and of the console
// share of an authorization code: the state and the code verifier, and the
// listener on the loopback interface that the browser brings the code to.
//
// The listener is open to every program and every web page on the machine, so
// it trusts nothing but the state. The package must not know who issues the
// code, what it is traded for, or how a browser is opened.
package authcode

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/latchkey-aws/latchkey/secret"
)

// unreserved are 64 of the 66 characters that a code verifier may have (RFC
// 7636, section 4.1), so that 6 random bits choose one without favour.
const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// NewVerifier returns a new code verifier: 64 random characters, 384 bits.
func NewVerifier() secret.Text {
	var text [64]byte
	_, _ = rand.Read(text[:]) // never fails
	for i, b := range text {
		text[i] = unreserved[b&63]
	}
	return secret.New(string(text[:]))
}

// Challenge returns the code challenge of a verifier: the base64url of its
// SHA-256, without padding (RFC 7636, section 4.2, method S256).
func Challenge(verifier secret.Text) string {
	sum := sha256.Sum256([]byte(verifier.Reveal()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// NewState returns a new state: 32 random bytes as base64url without padding,
// 43 characters.
func NewState() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(random[:])
}
