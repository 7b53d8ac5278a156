package sshkey

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/subtle"
	"math/big"
	"slices"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

const (
	magic = "openssh-key-v1\x00"
	// maxRounds bounds what is spent on a passphrase: most of a minute.
	// ssh-keygen's default is 16, or 24 of late.
	maxRounds = 4096
	maxSalt   = 64
)

// A container is a file of OpenSSH's own form (its PROTOCOL.key).
type container struct {
	method    method
	encrypted bool
	salt      []byte
	rounds    int
	public    publicKey
	// private is the private half, encrypted or not; tag belongs to it.
	private, tag []byte
}

func parseOpenSSH(data []byte, passphrase secret.Text) (crypto.PrivateKey, error) {
	c, err := parseContainer(data)
	switch {
	case err != nil:
		return nil, err
	case !c.encrypted:
		return c.parsePrivate(c.private)
	case passphrase.Empty():
		return nil, vault.ErrPassphraseNeeded
	}
	return c.decrypt(bcryptPBKDF([]byte(passphrase.Reveal()), c.salt, c.rounds, c.method.key+c.method.iv))
}

func parseContainer(data []byte) (container, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return container{}, errDamaged
	}
	r := &reader{rest: rest}
	name, kdf, options := string(r.bytes()), string(r.bytes()), r.bytes()
	keys, public := r.uint32(), r.bytes()
	c := container{private: r.bytes(), tag: r.rest, encrypted: name != "none"}
	if r.bad || keys != 1 {
		return container{}, errDamaged
	}
	if err := c.protection(name, kdf, options); err != nil {
		return container{}, err
	}
	if len(c.tag) != c.method.tag || len(c.private) == 0 || len(c.private)%c.method.block != 0 {
		return container{}, errDamaged
	}
	var err error
	c.public, err = parsePublic(public)
	return c, err
}

// protection sets how the private half is encrypted.
func (c *container) protection(name, kdf string, options []byte) error {
	if !c.encrypted {
		c.method.block = 8
		if kdf != "none" || len(options) > 0 {
			return errDamaged
		}
		return nil
	}
	var known bool
	if c.method, known = methodOf(name); !known || kdf != "bcrypt" {
		return errForm
	}
	r := &reader{rest: options}
	c.salt = r.bytes()
	rounds := r.uint32()
	switch {
	case r.bad || len(r.rest) > 0 || len(c.salt) == 0 || len(c.salt) > maxSalt || rounds == 0:
		return errDamaged
	case rounds > maxRounds:
		return errRounds
	}
	c.rounds = int(rounds)
	return nil
}

// decrypt opens the private half with what was derived from the passphrase: the
// key and the initialization vector.
func (c *container) decrypt(derived []byte) (crypto.PrivateKey, error) {
	plain := slices.Clone(c.private)
	if !c.method.open(derived[:c.method.key], derived[c.method.key:], plain, c.tag) {
		return nil, vault.ErrPassphraseWrong
	}
	return c.parsePrivate(plain)
}

// parsePrivate parses the private half and holds it against the public one.
func (c *container) parsePrivate(plain []byte) (crypto.PrivateKey, error) {
	r := &reader{rest: plain}
	// A random number stands here twice, so that a wrong passphrase is told.
	first, second := r.take(4), r.take(4)
	if subtle.ConstantTimeCompare(first, second) != 1 {
		if c.encrypted {
			return nil, vault.ErrPassphraseWrong
		}
		return nil, errDamaged
	}
	if string(r.bytes()) != c.public.kind {
		return nil, errDamaged
	}
	var key crypto.PrivateKey
	if c.public.rsa != nil {
		key = privateRSA(r)
	} else {
		key = privateEd25519(r)
	}
	r.bytes() // the comment
	if key == nil || r.bad || len(r.rest) > c.method.block {
		return nil, errDamaged
	}
	for i, b := range r.rest { // the padding
		if int(b) != i+1 {
			return nil, errDamaged
		}
	}
	if public, err := publicOf(key); err != nil || !bytes.Equal(public.wire, c.public.wire) {
		return nil, errDamaged
	}
	return key, nil
}

// privateEd25519 reads a public key, and a private one that ends with it again.
func privateEd25519(r *reader) crypto.PrivateKey {
	public, private := r.bytes(), r.bytes()
	if len(public) != ed25519.PublicKeySize || len(private) != ed25519.PrivateKeySize {
		return nil
	}
	key := ed25519.NewKeyFromSeed(private[:ed25519.SeedSize])
	if subtle.ConstantTimeCompare(key, private)&subtle.ConstantTimeCompare(key[ed25519.SeedSize:], public) != 1 {
		return nil
	}
	return key
}

// privateRSA reads n, e, d, q's inverse modulo p, p, and q.
func privateRSA(r *reader) crypto.PrivateKey {
	var number [6]*big.Int
	for i := range number {
		number[i] = r.integer()
	}
	n, e, d, inverse, p, q := number[0], number[1], number[2], number[3], number[4], number[5]
	// The limits come first: what follows takes its time by the sizes. The
	// primes' own product is checked with the rest.
	if r.bad || e.BitLen() > 24 || n.BitLen() < 2048 || n.BitLen() > maxModulus || p.BitLen()+q.BitLen() > maxModulus+1 || inverse.Cmp(p) >= 0 {
		return nil
	}
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e.Int64())}, D: d, Primes: []*big.Int{p, q}}
	if key.Validate() != nil {
		return nil
	}
	key.Precompute()
	size := p.BitLen()/8 + 1
	own := key.Precomputed.Qinv
	if own == nil || subtle.ConstantTimeCompare(own.FillBytes(make([]byte, size)), inverse.FillBytes(make([]byte, size))) != 1 {
		return nil
	}
	return key
}
