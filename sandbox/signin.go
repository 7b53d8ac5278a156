package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox/internal/jose"
)

// proofWindow is how far a DPoP proof's time may be from the server's.
const proofWindow = 5 * time.Minute

// The client ids of the sign-in service: a browser on the same machine, and one
// anywhere, whose person carries the code over.
const (
	sameDevice  = "arn:aws:signin:::devtools/same-device"
	crossDevice = "arn:aws:signin:::devtools/cross-device"
)

// loginLifetime is how long a console sign-in can be refreshed.
const loginLifetime = 12 * time.Hour

// signInRequest is the body of CreateOAuth2Token.
type signInRequest struct {
	ClientID, GrantType, RefreshToken string
	Code, CodeVerifier, RedirectURI   string
}

// serveSignIn is the sign-in service's token endpoint, CreateOAuth2Token.
func (s *Server) serveSignIn(x *exchange) {
	if !x.method(http.MethodPost) {
		return
	}
	var in signInRequest
	if json.Unmarshal(x.body, &in) != nil || in.ClientID == "" || in.GrantType == "" {
		x.signInInvalid("clientId and grantType are required")
		return
	}
	refresh := in.GrantType == grantRefresh && in.RefreshToken != ""
	code := in.GrantType == grantCode && in.Code != "" && in.CodeVerifier != "" && in.RedirectURI != ""
	if !refresh && !code {
		x.signInInvalid("grantType is not refresh_token with a refreshToken, or authorization_code with code, codeVerifier and redirectUri")
		return
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	key, problem := s.checkProof(x)
	switch {
	case problem != "":
		x.signInInvalid(problem)
	case refresh:
		s.refreshLogin(x, in, key)
	default:
		s.redeemLogin(x, in, key)
	}
}

// refreshLogin is the refresh grant; the caller holds the lock.
func (s *Server) refreshLogin(x *exchange, in signInRequest, key string) {
	grant, ok := s.sso.logins[in.RefreshToken]
	switch {
	case !ok, !x.now.Before(grant.ends):
		x.signInFail(http.StatusUnauthorized, "AccessDeniedException", "TOKEN_EXPIRED", "The refresh token has expired or was used")
		return
	case grant.client != in.ClientID, grant.key != key:
		x.signInInvalid("The refresh token belongs to another client or key")
		return
	}
	if !s.stillMay(x, &grant.who, in.ClientID) {
		return
	}
	refresh := in.RefreshToken
	if !s.world.Settings.ReusableRefreshTokens {
		delete(s.sso.logins, in.RefreshToken)
		refresh = s.grantLogin(grant)
	}
	x.write(http.StatusOK, "application/json", []byte(toJSON(x.loginTokens(s.mintLogin(grant.who, x.issue), refresh))))
}

// redeemLogin is the grant of an authorization code; the caller holds the lock.
func (s *Server) redeemLogin(x *exchange, in signInRequest, key string) {
	code, problem := s.redeem(x.now, true, in.ClientID, in.Code, in.CodeVerifier, in.RedirectURI)
	switch problem {
	case codeOver:
		x.signInFail(http.StatusUnauthorized, "AccessDeniedException", "AUTHCODE_EXPIRED", "The authorization code has expired or was used")
		return
	case codeWrong:
		x.signInInvalid("The authorization code belongs to another client, redirect URI or code verifier")
		return
	}
	if !s.stillMay(x, &code.who, in.ClientID) {
		return
	}
	c := s.mintLogin(code.who, x.issue)
	out := x.loginTokens(c, s.grantLogin(loginGrant{code.who, in.ClientID, key, x.now.Add(loginLifetime)}))
	token, err := s.idToken(c, in.ClientID)
	if err != nil {
		x.signInFail(http.StatusInternalServerError, "InternalServerException", "server_error", "no identity token could be made")
		return
	}
	out.IDToken = token
	x.write(http.StatusOK, "application/json", []byte(toJSON(out)))
}

// stillMay refuses tokens to users who are gone, have another password since, or
// no permission.
func (s *Server) stillMay(x *exchange, who *person, client string) bool {
	u := s.iam.seen(x.now).byID(who.user.id)
	before := who.user.login
	switch {
	case u == nil, (u.login == nil) != (before == nil), before != nil && before.history[0] != u.login.history[0]:
		x.signInFail(http.StatusUnauthorized, "AccessDeniedException", "USER_CREDENTIALS_CHANGED", "The user's credentials have been changed")
	case !s.maySignIn(x, person{user: u, mfaAt: who.mfaAt}, "CreateOAuth2Token", client):
		x.signInFail(http.StatusForbidden, "AccessDeniedException", "INSUFFICIENT_PERMISSIONS", u.arn()+" is not authorized to perform: signin:CreateOAuth2Token")
	default:
		who.user = u
		return true
	}
	return false
}

// signInAnswer is the answer of CreateOAuth2Token.
type signInAnswer struct {
	AccessToken struct {
		AccessKeyID     *string `json:"accessKeyId,omitempty"`
		SecretAccessKey *string `json:"secretAccessKey,omitempty"`
		SessionToken    *string `json:"sessionToken,omitempty"`
	} `json:"accessToken"`
	TokenType    string `json:"tokenType"`
	RefreshToken string `json:"refreshToken"`
	ExpiresIn    *int   `json:"expiresIn,omitempty"`
	IDToken      string `json:"idToken,omitempty"`
}

func (x *exchange) loginTokens(c *caller, refresh string) signInAnswer {
	out := signInAnswer{TokenType: "aws_sigv4", RefreshToken: refresh}
	out.AccessToken.AccessKeyID = part(x.issue, partID, c.keyID)
	out.AccessToken.SecretAccessKey = part(x.issue, partSecret, c.secret)
	out.AccessToken.SessionToken = part(x.issue, partToken, c.token)
	out.ExpiresIn = part(x.issue, partExpiration, int(c.expires.Sub(x.now).Seconds()))
	return out
}

func (x *exchange) signInInvalid(message string) {
	x.signInFail(http.StatusBadRequest, "ValidationException", "INVALID_REQUEST", message)
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
	if proof.Text("htm") != x.r.Method || proof.Text("htu") != "http://"+x.sent.Host+x.sent.URL.Path {
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
// subject is the value of login_session. Nobody verifies it, so its key is
// thrown away.
func (s *Server) idToken(c *caller, client string) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	now := s.now()
	return jose.Sign(key, nil, map[string]any{
		"iss": s.url, "sub": c.arn, "aud": client, "iat": now.Unix(), "exp": now.Add(15 * time.Minute).Unix(),
	})
}

// hexOf is the SHA-256 of a text in hexadecimal.
func hexOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
