package sshkey

import (
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"slices"

	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"
)

const labelEd25519 = "age-encryption.org/v1/ssh-ed25519"

// ed25519Recipient wraps file keys by X25519 with the key's point on the
// Montgomery curve, tweaked so that nothing else can be done with the result.
type ed25519Recipient struct {
	point *ecdh.PublicKey
	tweak *ecdh.PrivateKey
	tag   string
}

func newEd25519Recipient(public publicKey) (*ed25519Recipient, error) {
	u, ok := montgomery(public.ed25519)
	if !ok {
		return nil, errors.New("is an Ed25519 key that is no point of the curve")
	}
	point, err := ecdh.X25519().NewPublicKey(u)
	if err != nil {
		return nil, err
	}
	tweak, err := hkdf.Key(sha256.New, nil, public.wire, labelEd25519, 32)
	if err != nil {
		return nil, err
	}
	scalar, err := ecdh.X25519().NewPrivateKey(tweak)
	if err != nil {
		return nil, err
	}
	return &ed25519Recipient{point, scalar, public.tag()}, nil
}

// Wrap implements age.Recipient.
func (r *ed25519Recipient) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	ephemeral, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	share := ephemeral.PublicKey().Bytes()
	aead, err := r.aead(ephemeral, r.point, share)
	if err != nil {
		return nil, err
	}
	return []*age.Stanza{{
		Type: kindEd25519,
		Args: []string{r.tag, base64.RawStdEncoding.EncodeToString(share)},
		// The key is used once.
		Body: aead.Seal(nil, make([]byte, aead.NonceSize()), fileKey, nil),
	}}, nil
}

// aead is what the file key is wrapped with, from either side: with the
// ephemeral secret and the recipient's point, or the other way round. The
// ephemeral share is as it stands in the stanza.
func (r *ed25519Recipient) aead(secret *ecdh.PrivateKey, point *ecdh.PublicKey, share []byte) (cipher.AEAD, error) {
	shared, err := secret.ECDH(point)
	if err != nil {
		return nil, err
	}
	if point, err = ecdh.X25519().NewPublicKey(shared); err != nil {
		return nil, err
	}
	if shared, err = r.tweak.ECDH(point); err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, shared, slices.Concat(share, r.point.Bytes()), labelEd25519, chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	return chacha20poly1305.New(key)
}

type ed25519Identity struct {
	own    *ed25519Recipient
	scalar *ecdh.PrivateKey
}

func newEd25519Identity(key ed25519.PrivateKey, public publicKey) (*ed25519Identity, error) {
	recipient, err := newEd25519Recipient(public)
	if err != nil {
		return nil, err
	}
	digest := sha512.Sum512(key.Seed())
	scalar, err := ecdh.X25519().NewPrivateKey(digest[:32])
	if err != nil {
		return nil, err
	}
	return &ed25519Identity{recipient, scalar}, nil
}

// Unwrap implements age.Identity.
func (i *ed25519Identity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	return unwrapFirst(stanzas, kindEd25519, func(s *age.Stanza) ([]byte, error) {
		malformed := errors.New("an ssh-ed25519 stanza is malformed")
		if len(s.Args) != 2 || len(s.Args[1]) != base64.RawStdEncoding.EncodedLen(32) {
			return nil, malformed
		}
		share, err := base64.RawStdEncoding.Strict().DecodeString(s.Args[1])
		if err != nil || len(share) != 32 {
			return nil, malformed
		}
		if s.Args[0] != i.own.tag {
			return nil, age.ErrIncorrectIdentity
		}
		point, err := ecdh.X25519().NewPublicKey(share)
		if err != nil {
			return nil, malformed
		}
		aead, err := i.own.aead(i.scalar, point, share)
		if err != nil {
			return nil, malformed
		}
		fileKey, err := aead.Open(nil, make([]byte, aead.NonceSize()), s.Body, nil)
		if err != nil {
			// Another key may have the same tag.
			return nil, age.ErrIncorrectIdentity
		}
		return fileKey, nil
	})
}
