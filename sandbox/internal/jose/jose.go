// Package jose signs and verifies the few JSON web tokens of the sandbox:
// identity tokens (RFC 7519) with ES256 or RS256, and DPoP proofs (RFC 9449).
// It must not know what claims mean.
package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// ErrSignature is returned for a token of good form with a wrong signature.
var ErrSignature = errors.New("signature does not match")

// Token is a decoded, not yet verified token.
type Token struct {
	Header  map[string]any
	Claims  map[string]any
	signed  string
	rawSign []byte
}

// Sign makes a compact token with ES256 or RS256, as the key demands.
func Sign(key crypto.Signer, header, claims map[string]any) (string, error) {
	all := map[string]any{"typ": "JWT"}
	for k, v := range header {
		all[k] = v
	}
	switch key.(type) {
	case *ecdsa.PrivateKey:
		all["alg"] = "ES256"
	case *rsa.PrivateKey:
		all["alg"] = "RS256"
	default:
		return "", fmt.Errorf("key type %T cannot sign", key)
	}
	head, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := encode(head) + "." + encode(body)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rawSignature(key, digest[:])
	if err != nil {
		return "", err
	}
	return signed + "." + encode(signature), nil
}

func rawSignature(key crypto.Signer, digest []byte) ([]byte, error) {
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return key.Sign(rand.Reader, digest, crypto.SHA256)
	}
	r, s, err := ecdsa.Sign(rand.Reader, ec, digest)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out, nil
}

// Parse decodes a compact token.
func Parse(compact string) (*Token, error) {
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return nil, errors.New("token has not three parts")
	}
	t := &Token{signed: parts[0] + "." + parts[1]}
	for i, into := range []*map[string]any{&t.Header, &t.Claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil, fmt.Errorf("token part %d: %w", i+1, err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return nil, fmt.Errorf("token part %d: %w", i+1, err)
		}
	}
	var err error
	if t.rawSign, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return nil, fmt.Errorf("token signature: %w", err)
	}
	return t, nil
}

// Verify checks the signature. The algorithm is the key's, and the header must
// name the same one: a token never chooses how it is verified.
func (t *Token) Verify(key crypto.PublicKey) error {
	digest := sha256.Sum256([]byte(t.signed))
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		if t.Header["alg"] != "ES256" || len(t.rawSign) != 64 {
			return ErrSignature
		}
		r, s := new(big.Int).SetBytes(t.rawSign[:32]), new(big.Int).SetBytes(t.rawSign[32:])
		if !ecdsa.Verify(key, digest[:], r, s) {
			return ErrSignature
		}
		return nil
	case *rsa.PublicKey:
		if t.Header["alg"] != "RS256" || rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], t.rawSign) != nil {
			return ErrSignature
		}
		return nil
	}
	return fmt.Errorf("key type %T cannot verify", key)
}

// Text returns a claim that is a string, or "".
func (t *Token) Text(claim string) string {
	s, _ := t.Claims[claim].(string)
	return s
}

// Number returns a claim that is a number.
func (t *Token) Number(claim string) (float64, bool) {
	n, ok := t.Claims[claim].(float64)
	return n, ok
}

// Texts returns a claim that is a string or a list of strings, such as aud.
func (t *Token) Texts(claim string) []string {
	switch v := t.Claims[claim].(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// PublicJWK is the public half of a P-256 key in JWK form, coordinates at full
// length (RFC 7518 section 6.2.1.2).
func PublicJWK(key *ecdsa.PublicKey) (map[string]any, error) {
	point, err := key.Bytes()
	if err != nil || len(point) != 65 {
		return nil, errors.New("key is not on P-256")
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}, nil
}

// EmbeddedKey returns the P-256 key that a DPoP header carries, and a name for
// it that is the same for the same key.
func (t *Token) EmbeddedKey() (*ecdsa.PublicKey, string, error) {
	jwk, _ := t.Header["jwk"].(map[string]any)
	text := func(name string) string { s, _ := jwk[name].(string); return s }
	if text("kty") != "EC" || text("crv") != "P-256" {
		return nil, "", errors.New("jwk is not a P-256 key")
	}
	if _, private := jwk["d"]; private {
		return nil, "", errors.New("jwk holds a private key")
	}
	point := []byte{4}
	for _, name := range []string{"x", "y"} {
		raw, err := base64.RawURLEncoding.DecodeString(text(name))
		if err != nil || len(raw) != 32 {
			return nil, "", fmt.Errorf("jwk %s is not 32 bytes in base64url", name)
		}
		point = append(point, raw...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, "", errors.New("jwk is not a point of P-256")
	}
	return key, text("x") + "." + text("y"), nil
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
