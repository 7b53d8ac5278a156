package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox/internal/jose"
)

// makeIssuers makes a signing key for every OIDC provider of the world.
func (s *Server) makeIssuers() error {
	s.issuers = make(map[string]crypto.Signer)
	for _, a := range s.world.Accounts {
		for _, p := range a.OIDCProviders {
			if s.issuers[p.URL] != nil {
				continue
			}
			var key crypto.Signer
			var err error
			if p.Algorithm == "RS256" {
				key, err = rsa.GenerateKey(rand.Reader, 2048)
			} else {
				key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			}
			if err != nil {
				return fmt.Errorf("sandbox: key of %s: %w", p.URL, err)
			}
			s.issuers[p.URL] = key
		}
	}
	return nil
}

// WebIdentityToken issues a token for a web identity of the world, as its OIDC
// provider would. A lifetime of zero is the world's; a negative one makes a token that has expired.
func (s *Server) WebIdentityToken(name string, lifetime time.Duration) (string, error) {
	id := s.world.webIdentity(name)
	if id == nil {
		return "", fmt.Errorf("web identity %q does not exist", name)
	}
	if lifetime == 0 {
		lifetime = orDefault(s.world.Settings.WebIdentityToken, time.Hour)
	}
	now := s.now()
	claims := map[string]any{
		"aud": "sts.amazonaws.com",
		"nbf": now.Add(min(lifetime, 0)).Unix(), "iat": now.Add(min(lifetime, 0)).Unix(),
		"exp": now.Add(lifetime).Unix(), "jti": requestID(),
	}
	if id.Audience != "" {
		claims["aud"] = id.Audience
	}
	for k, v := range id.Claims {
		claims[k] = v
	}
	claims["iss"], claims["sub"] = id.Issuer, id.Subject
	return s.SignToken(id.Issuer, claims)
}

// SignToken signs any claims with the key of an OIDC provider of the world: for
// tokens that are wrong in a way a test wants. Numbers are times in Unix seconds.
func (s *Server) SignToken(issuer string, claims map[string]any) (string, error) {
	key := s.issuers[issuer]
	if key == nil {
		return "", fmt.Errorf("no OIDC provider %q", issuer)
	}
	return jose.Sign(key, map[string]any{"kid": "sandbox"}, claims)
}

// orDefault returns the duration, or the default if it is not positive.
func orDefault(d, fallback time.Duration) time.Duration {
	if d <= 0 {
		return fallback
	}
	return d
}
