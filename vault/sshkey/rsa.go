package sshkey

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"

	"filippo.io/age"
)

const labelRSA = "age-encryption.org/v1/ssh-rsa"

// rsaRecipient wraps file keys with RSA-OAEP.
type rsaRecipient struct {
	key *rsa.PublicKey
	tag string
}

// Wrap implements age.Recipient.
func (r *rsaRecipient) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	body, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, r.key, fileKey, []byte(labelRSA))
	if err != nil {
		return nil, err
	}
	return []*age.Stanza{{Type: kindRSA, Args: []string{r.tag}, Body: body}}, nil
}

type rsaIdentity struct {
	key *rsa.PrivateKey
	tag string
}

// Unwrap implements age.Identity.
func (i *rsaIdentity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	return unwrapFirst(stanzas, kindRSA, func(s *age.Stanza) ([]byte, error) {
		if len(s.Args) != 1 {
			return nil, errors.New("an ssh-rsa stanza is malformed")
		}
		if s.Args[0] != i.tag {
			return nil, age.ErrIncorrectIdentity
		}
		fileKey, err := rsa.DecryptOAEP(sha256.New(), nil, i.key, s.Body, []byte(labelRSA))
		if err != nil {
			// Another key may have the same tag.
			return nil, age.ErrIncorrectIdentity
		}
		return fileKey, nil
	})
}

// unwrapFirst returns the file key of the first stanza of that type that
// unwrap has one for.
func unwrapFirst(stanzas []*age.Stanza, kind string, unwrap func(*age.Stanza) ([]byte, error)) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != kind {
			continue
		}
		if fileKey, err := unwrap(s); !errors.Is(err, age.ErrIncorrectIdentity) {
			return fileKey, err
		}
	}
	return nil, age.ErrIncorrectIdentity
}
