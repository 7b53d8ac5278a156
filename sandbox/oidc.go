package sandbox

import (
	"encoding/json"
	"net/http"
	"time"
)

// The grants of the Identity Center's token endpoint.
const (
	grantRefresh = "refresh_token"
	grantCode    = "authorization_code"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
)

// oidcRequest holds the members of all three calls.
type oidcRequest struct {
	ClientID, ClientSecret string

	ClientName, ClientType, IssuerURL string // RegisterClient
	Scopes, RedirectURIs, GrantTypes  []string

	StartURL string // StartDeviceAuthorization

	GrantType, RefreshToken, DeviceCode string // CreateToken
	Code, CodeVerifier, RedirectURI     string

	region string // where it was sent; "" is everywhere
}

// oidcError is a refusal as the Identity Center words it: the exception's
// name, and OAuth's code and description for the body.
type oidcError struct {
	status                   int
	shape, code, description string
}

func oidcRefusal(shape, code, description string) *oidcError {
	return &oidcError{http.StatusBadRequest, shape, code, description}
}

func oidcInvalid(description string) *oidcError {
	return oidcRefusal("InvalidRequestException", "invalid_request", description)
}

func oidcBadGrant() *oidcError {
	return oidcRefusal("InvalidGrantException", "invalid_grant", "Invalid grant provided")
}

func oidcUnauthorized() *oidcError {
	return oidcRefusal("UnauthorizedClientException", "unauthorized_client", "Client is not authorized for this grant")
}

// serveOIDC is the Identity Center's OIDC service: RegisterClient,
// StartDeviceAuthorization and CreateToken.
func (s *Server) serveOIDC(x *exchange) {
	call := s.createToken
	switch x.r.URL.Path {
	case "/client/register":
		call = s.registerClient
	case "/device_authorization":
		call = s.startDevice
	}
	if !x.method(http.MethodPost) {
		return
	}
	var in oidcRequest
	if json.Unmarshal(x.body, &in) != nil {
		x.oidcFail(http.StatusBadRequest, "InvalidRequestException", "invalid_request", "the body is not the JSON of this call")
		return
	}
	in.region = x.region
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	out, refused := call(x.now, in)
	if refused != nil {
		x.oidcFail(refused.status, refused.shape, refused.code, refused.description)
		return
	}
	x.write(http.StatusOK, "application/json", []byte(toJSON(out)))
}

func (x *exchange) oidcFail(status int, shape, code, description string) {
	x.rec.Code = shape
	x.w.Header().Set("X-Amzn-Errortype", shape)
	x.write(status, "application/json", []byte(toJSON(map[string]string{"error": code, "error_description": description})))
}

// client finds who calls; the caller holds the lock.
func (s *Server) client(now time.Time, in oidcRequest) (ssoClient, *oidcError) {
	client, known := s.sso.clients[in.ClientID]
	if !known || !sameText(client.secret, in.ClientSecret) || !now.Before(client.expires) || s.foreign(client.region) {
		return client, &oidcError{http.StatusUnauthorized, "InvalidClientException", "invalid_client", "Invalid client"}
	}
	return client, nil
}

// createToken exchanges a grant for tokens; the caller holds the lock.
func (s *Server) createToken(now time.Time, in oidcRequest) (map[string]any, *oidcError) {
	if in.ClientID == "" || in.ClientSecret == "" || in.GrantType == "" {
		return nil, oidcInvalid("clientId, clientSecret and grantType are required")
	}
	client, refused := s.client(now, in)
	if refused != nil {
		return nil, refused
	}
	grants := map[string]func(time.Time, oidcRequest, ssoClient) (*SSOUser, *oidcError){
		grantRefresh: s.refreshSSO, grantCode: s.redeemSSO, grantDevice: s.pollDevice,
	}
	grant, known := grants[in.GrantType]
	if !known {
		return nil, oidcRefusal("UnsupportedGrantTypeException", "unsupported_grant_type", "Unsupported grant type")
	}
	if !client.may(in.GrantType) {
		return nil, oidcUnauthorized()
	}
	user, refused := grant(now, in, client)
	if refused != nil {
		return nil, refused
	}
	access, refresh, expires := s.grantSSO(user, in.ClientID, in.GrantType == grantRefresh || client.renewable())
	out := map[string]any{
		"accessToken": access, "tokenType": "Bearer", "expiresIn": int(expires.Sub(now).Round(time.Second).Seconds()),
	}
	if refresh != "" {
		out["refreshToken"] = refresh
	}
	return out, nil
}

// refreshSSO is the refresh grant.
func (s *Server) refreshSSO(_ time.Time, in oidcRequest, _ ssoClient) (*SSOUser, *oidcError) {
	if in.RefreshToken == "" {
		return nil, oidcInvalid("refreshToken is required")
	}
	grant, ok := s.sso.refresh[in.RefreshToken]
	if !ok || grant.client != in.ClientID {
		return nil, oidcRefusal("InvalidGrantException", "invalid_grant", "Invalid refresh token provided")
	}
	if !s.world.Settings.ReusableRefreshTokens {
		delete(s.sso.refresh, in.RefreshToken)
	}
	return grant.user, nil
}

// redeemSSO is the grant of an authorization code.
func (s *Server) redeemSSO(now time.Time, in oidcRequest, _ ssoClient) (*SSOUser, *oidcError) {
	if in.Code == "" || in.CodeVerifier == "" || in.RedirectURI == "" {
		return nil, oidcInvalid("code, codeVerifier and redirectUri are required")
	}
	code, problem := s.redeem(now, false, in.ClientID, in.Code, in.CodeVerifier, in.RedirectURI)
	if problem != codeGood {
		return nil, oidcBadGrant()
	}
	return code.who.sso, nil
}
