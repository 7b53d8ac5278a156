package signin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
)

// coordinate is the size of a P-256 coordinate and of each half of a signature.
const coordinate = 32

// The members of the proof stand in the order in which the AWS CLI writes them.
type (
	proofHeader struct {
		Type      string   `json:"typ"`
		Algorithm string   `json:"alg"`
		Key       proofKey `json:"jwk"`
	}
	proofKey struct {
		Type  string `json:"kty"`
		X     string `json:"x"`
		Y     string `json:"y"`
		Curve string `json:"crv"`
	}
	proofClaims struct {
		Method   string `json:"htm"`
		URL      string `json:"htu"`
		IssuedAt int64  `json:"iat"`
		ID       string `json:"jti"`
	}
)

// parseKey reads the PEM of a P-256 key in SEC 1 form. Its errors do not repeat
// any of it.
func parseKey(text secret.Text) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil || block.Type != "EC PRIVATE KEY" {
		return nil, errors.New("the dpopKey is not the PEM of an EC private key")
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil || key.Curve != elliptic.P256() {
		return nil, errors.New("the dpopKey is not a P-256 key")
	}
	return key, nil
}

// formatKey is the reverse of parseKey: lines of 64 characters, a newline at the
// end, as the AWS CLI writes it.
func formatKey(key *ecdsa.PrivateKey) (secret.Text, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return secret.Text{}, errors.New("the key of the sign-in cannot be written")
	}
	return secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))), nil
}

// proof returns the DPoP header (RFC 9449) for one POST to url: an ES256 token
// that shows the possession of key. Each proof has its own id, since a service
// may refuse one that it has seen.
func (c *Credentials) proof(key *ecdsa.PrivateKey, url string) (string, error) {
	now := c.config.Now()
	if clock, ok := c.api.(interface{ Skew() time.Duration }); ok {
		now = now.Add(clock.Skew())
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return "", errors.New("the dpopKey is not on its curve")
	}
	// The point is 0x04, x, y, both of full length: a coordinate with leading
	// zeros must keep them (RFC 7518, section 6.2.1.2).
	x, y := point[1:1+coordinate], point[1+coordinate:]
	header, err := json.Marshal(proofHeader{"dpop+jwt", "ES256", proofKey{"EC", encode(x), encode(y), "P-256"}})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(proofClaims{"POST", url, now.Unix(), uuid()})
	if err != nil {
		return "", err
	}
	signed := encode(header) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", errors.New("the dpopKey cannot sign")
	}
	signature := make([]byte, 2*coordinate)
	r.FillBytes(signature[:coordinate])
	s.FillBytes(signature[coordinate:])
	return signed + "." + encode(signature), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// uuid returns a random UUID (RFC 9562, version 4).
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
