package jose_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox/internal/jose"
)

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestSignAndVerify goes there and back with both kinds of key, and crosswise.
func TestSignAndVerify(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signers := map[string]crypto.Signer{"ES256": ecKey(t), "RS256": rsaKey, "another ES256": ecKey(t)}
	for name, signer := range signers {
		compact, err := jose.Sign(signer, map[string]any{"kid": "k"}, map[string]any{"sub": "s", "aud": []string{"a", "b"}, "exp": 12})
		if err != nil {
			t.Fatal(err)
		}
		token, err := jose.Parse(compact)
		if err != nil {
			t.Fatal(err)
		}
		exp, ok := token.Number("exp")
		if token.Text("sub") != "s" || !slices.Equal(token.Texts("aud"), []string{"a", "b"}) || exp != 12 || !ok ||
			token.Header["alg"] != strings.TrimPrefix(name, "another ") || token.Header["kid"] != "k" || token.Text("exp") != "" {
			t.Errorf("%s: %+v", name, token)
		}
		for other, verifier := range signers {
			if err := token.Verify(verifier.Public()); (err == nil) != (other == name) {
				t.Errorf("signed with %s, verified with %s: %v", name, other, err)
			}
		}
		if err := token.Verify("key"); err == nil {
			t.Error("verified with a text")
		}
	}
	if _, err := jose.Sign(nil, nil, nil); err == nil {
		t.Error("signed with nothing")
	}
}

// TestParseErrors has no token at all.
func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a.b", "a.b.c.d", "!.e30.", "e30.!.", "e30.e30.!", "e30.W10.", "bm8.e30."} {
		if token, err := jose.Parse(text); err == nil {
			t.Errorf("%q: %+v", text, token)
		}
	}
}

// TestAlgorithmNone is refused whatever the key.
func TestAlgorithmNone(t *testing.T) {
	t.Parallel()
	token, err := jose.Parse("eyJhbGciOiJub25lIn0.e30.")
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(ecKey(t).Public()); err == nil {
		t.Error("a token without a signature")
	}
}

// TestEmbeddedKey reads the key of a proof back.
func TestEmbeddedKey(t *testing.T) {
	t.Parallel()
	k := ecKey(t)
	jwk, err := jose.PublicJWK(&k.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	got, name, err := (&jose.Token{Header: map[string]any{"jwk": jwk}}).EmbeddedKey()
	if err != nil || !got.Equal(&k.PublicKey) || len(name) != 87 {
		t.Errorf("key %q: %v", name, err)
	}
	x, _ := jwk["x"].(string)
	for member, value := range map[string]any{"kty": "RSA", "crv": "P-384", "x": "AA", "y": x, "d": "AA"} {
		spoiled := map[string]any{"kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"]}
		spoiled[member] = value
		if _, _, err := (&jose.Token{Header: map[string]any{"jwk": spoiled}}).EmbeddedKey(); err == nil {
			t.Errorf("with another %s", member)
		}
	}
}

// FuzzParse takes any text without a panic.
func FuzzParse(f *testing.F) {
	f.Add("eyJhbGciOiJFUzI1NiJ9.e30.AA")
	f.Add("eyJqd2siOnsia3R5IjoiRUMiLCJjcnYiOiJQLTI1NiIsIngiOiJBQSIsInkiOiIifX0.e30.")
	f.Fuzz(func(_ *testing.T, text string) {
		if token, err := jose.Parse(text); err == nil {
			_, _, _ = token.EmbeddedKey()
			token.Texts("aud")
		}
	})
}
