package sandbox

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox/internal/jose"
)

// proofWindow is how far a DPoP proof's time may be from the server's.
const proofWindow = 5 * time.Minute

// serveSignIn is the sign-in service's token endpoint, CreateOAuth2Token, for
// the refresh grant. The grant of an authorization code, which begins in a
// browser, is not offered.
func (s *Server) serveSignIn(x *exchange) {
	x.rec.Service, x.rec.Operation = "signin", "CreateOAuth2Token"
	if !x.method(http.MethodPost) {
		return
	}
	var in struct {
		ClientID, GrantType, RefreshToken string
	}
	if json.Unmarshal(x.body, &in) != nil || in.ClientID == "" || in.GrantType == "" {
		x.signInFail(http.StatusBadRequest, "ValidationException", "INVALID_REQUEST", "clientId and grantType are required")
		return
	}
	if in.GrantType != "refresh_token" || in.RefreshToken == "" {
		x.signInFail(http.StatusBadRequest, "ValidationException", "INVALID_REQUEST", "grantType is not refresh_token with a refreshToken")
		return
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	key, problem := s.checkProof(x)
	if problem != "" {
		x.signInFail(http.StatusBadRequest, "ValidationException", "INVALID_REQUEST", problem)
		return
	}
	grant, ok := s.sso.logins[in.RefreshToken]
	switch {
	case !ok, !x.now.Before(grant.ends):
		x.signInFail(http.StatusUnauthorized, "AccessDeniedException", "TOKEN_EXPIRED", "The refresh token has expired or was used")
		return
	case grant.client != in.ClientID, grant.key != key:
		x.signInFail(http.StatusBadRequest, "ValidationException", "INVALID_REQUEST", "The refresh token belongs to another client or key")
		return
	}
	refresh := in.RefreshToken
	if !s.world.Settings.ReusableRefreshTokens {
		delete(s.sso.logins, in.RefreshToken)
		refresh = s.grantLogin(grant)
	}
	c := s.mintLogin(grant.account, grant.user)
	x.write(http.StatusOK, "application/json", []byte(toJSON(map[string]any{
		"accessToken": map[string]string{"accessKeyId": c.keyID, "secretAccessKey": c.secret, "sessionToken": c.token},
		"tokenType":   "aws_sigv4", "refreshToken": refresh, "expiresIn": int(c.expires.Sub(x.now).Seconds()),
	})))
}

func (x *exchange) signInFail(status int, shape, code, message string) {
	x.rec.Code = code
	x.w.Header().Set("X-Amzn-Errortype", shape)
	x.write(status, "application/json", []byte(toJSON(map[string]string{"error": code, "message": message})))
}

// checkProof verifies the DPoP header by RFC 9449 section 4.3 and returns the
// name of its key. The caller holds the lock.
func (s *Server) checkProof(x *exchange) (key, problem string) {
	headers := x.r.Header.Values("Dpop")
	if len(headers) != 1 {
		return "", "there must be one DPoP header"
	}
	proof, err := jose.Parse(headers[0])
	if err != nil || proof.Header["typ"] != "dpop+jwt" || proof.Header["alg"] != "ES256" {
		return "", "the DPoP header is not an ES256 proof"
	}
	public, name, err := proof.EmbeddedKey()
	if err != nil {
		return "", "the DPoP proof's key: " + err.Error()
	}
	if proof.Verify(public) != nil {
		return "", "the DPoP proof's signature is wrong"
	}
	if proof.Text("htm") != x.r.Method || proof.Text("htu") != "http://"+x.r.Host+x.r.URL.Path {
		return "", "the DPoP proof is for another request"
	}
	issued, ok := proof.Number("iat")
	age := x.now.Sub(time.Unix(int64(issued), 0))
	if !ok || age > proofWindow || age < -proofWindow {
		return "", "the DPoP proof is too old or of the future"
	}
	id := proof.Text("jti")
	if _, used := s.sso.proofs[id]; used || id == "" || len(id) > 256 {
		return "", "the DPoP proof was used before"
	}
	if s.sso.proofs == nil {
		s.sso.proofs = make(map[string]time.Time)
	}
	for old, at := range s.sso.proofs {
		if x.now.Sub(at) > 2*proofWindow {
			delete(s.sso.proofs, old)
		}
	}
	s.sso.proofs[id] = x.now
	return name, ""
}

// keyName is the name under which EmbeddedKey knows the key.
func keyName(key *ecdsa.PublicKey) (string, error) {
	jwk, err := jose.PublicJWK(key)
	if err != nil {
		return "", err
	}
	return jwk["x"].(string) + "." + jwk["y"].(string), nil
}

// idToken is the token that comes with the first credentials of a sign-in; its
// subject is the value of login_session. Nobody verifies it.
func (s *Server) idToken(key *ecdsa.PrivateKey, c *caller) (string, error) {
	now := s.now()
	return jose.Sign(key, nil, map[string]any{
		"iss": s.url, "sub": c.arn, "aud": sameDevice, "iat": now.Unix(), "exp": now.Add(15 * time.Minute).Unix(),
	})
}

// hexOf is the SHA-256 of a text in hexadecimal.
func hexOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
