package sshkey

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"

	"filippo.io/age"
)

// The kinds of keys, which are also the types of age's stanzas.
const (
	kindEd25519 = "ssh-ed25519"
	kindRSA     = "ssh-rsa"
)

// publicKey is a public key in SSH's wire format, which is what age's tags and
// tweaks are made of, and one of the two that it stands for.
type publicKey struct {
	kind    string
	wire    []byte
	ed25519 ed25519.PublicKey
	rsa     *rsa.PublicKey
}

// parseLine parses a public key's line.
func parseLine(line string) (publicKey, error) {
	malformed := errors.New("is no SSH public key's line")
	fields := strings.Fields(line)
	if len(fields) < 2 || len(line) > maxFile || strings.ContainsAny(line, "\r\n") {
		return publicKey{}, malformed
	}
	wire, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil {
		return publicKey{}, malformed
	}
	public, err := parsePublic(wire)
	if errors.Is(err, errDamaged) || err == nil && public.kind != fields[0] {
		return publicKey{}, malformed
	}
	return public, err
}

// parsePublic parses a public key in the one encoding that it has: errKind says
// that it is of another kind.
func parsePublic(wire []byte) (publicKey, error) {
	r := &reader{rest: wire}
	public := publicKey{kind: string(r.bytes()), wire: wire}
	switch public.kind {
	case kindEd25519:
		public.ed25519 = r.bytes()
		r.bad = r.bad || len(public.ed25519) != ed25519.PublicKeySize
	case kindRSA:
		e, n := r.integer(), r.integer()
		if !r.bad {
			return finishRSA(public, r, n, e)
		}
	default:
		if r.bad {
			return publicKey{}, errDamaged
		}
		return publicKey{}, errKind
	}
	if r.bad || len(r.rest) > 0 {
		return publicKey{}, errDamaged
	}
	return public, nil
}

// finishRSA checks a modulus and an exponent, within the limits of OpenSSH and
// of age.
func finishRSA(public publicKey, r *reader, n, e *big.Int) (publicKey, error) {
	switch {
	case len(r.rest) > 0, n.BitLen() > maxModulus, e.BitLen() > 24, e.BitLen() < 2, e.Bit(0) == 0, n.Bit(0) == 0:
		return publicKey{}, errDamaged
	case n.BitLen() < 2048:
		return publicKey{}, errShort
	}
	public.rsa = &rsa.PublicKey{N: n, E: int(e.Int64())}
	return public, nil
}

// publicOf returns a private key's public half.
func publicOf(private crypto.PrivateKey) (publicKey, error) {
	switch k := private.(type) {
	case ed25519.PrivateKey:
		wire := appendBytes(nil, kindEd25519)
		return parsePublic(appendBytes(wire, []byte(k[ed25519.SeedSize:])))
	case *rsa.PrivateKey:
		wire := appendBytes(nil, kindRSA)
		wire = appendInteger(wire, big.NewInt(int64(k.E)))
		return parsePublic(appendInteger(wire, k.N))
	}
	return publicKey{}, errKind
}

// line is the key as it stands in an authorized_keys file, without comment.
func (p publicKey) line() string {
	return p.kind + " " + base64.StdEncoding.EncodeToString(p.wire)
}

// tag is what age tells keys apart by: the begin of their digest.
func (p publicKey) tag() string {
	digest := sha256.Sum256(p.wire)
	return base64.RawStdEncoding.EncodeToString(digest[:4])
}

func (p publicKey) recipient() (age.Recipient, error) {
	if p.rsa != nil {
		return &rsaRecipient{p.rsa, p.tag()}, nil
	}
	recipient, err := newEd25519Recipient(p)
	if err != nil {
		return nil, err // and no interface with nil in it
	}
	return recipient, nil
}
