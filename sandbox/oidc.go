package sandbox

import (
	"encoding/json"
	"net/http"
	"time"
)

// serveOIDC is the Identity Center's token endpoint, CreateToken, for the
// refresh grant. Registration and the grants that begin in a browser (device
// code, authorization code) are not offered: UnsupportedGrantTypeException.
func (s *Server) serveOIDC(x *exchange) {
	x.rec.Service, x.rec.Operation = "sso_oidc", "CreateToken"
	if !x.method(http.MethodPost) {
		return
	}
	var in struct {
		ClientID, ClientSecret, GrantType, RefreshToken string
	}
	if json.Unmarshal(x.body, &in) != nil {
		x.oidcFail(http.StatusBadRequest, "InvalidRequestException", "invalid_request", "the body is not JSON")
		return
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	client, known := s.sso.clients[in.ClientID]
	switch {
	case in.ClientID == "" || in.ClientSecret == "" || in.GrantType == "":
		x.oidcFail(http.StatusBadRequest, "InvalidRequestException", "invalid_request", "clientId, clientSecret and grantType are required")
	case !known || !sameText(client.secret, in.ClientSecret) || !x.now.Before(client.expires):
		x.oidcFail(http.StatusUnauthorized, "InvalidClientException", "invalid_client", "Invalid client")
	case in.GrantType != "refresh_token":
		x.oidcFail(http.StatusBadRequest, "UnsupportedGrantTypeException", "unsupported_grant_type", "Unsupported grant type")
	case in.RefreshToken == "":
		x.oidcFail(http.StatusBadRequest, "InvalidRequestException", "invalid_request", "refreshToken is required")
	default:
		s.refreshSSO(x, in.ClientID, in.RefreshToken)
	}
}

// refreshSSO answers the refresh grant; the caller holds the lock.
func (s *Server) refreshSSO(x *exchange, client, token string) {
	grant, ok := s.sso.refresh[token]
	if !ok || grant.client != client {
		x.oidcFail(http.StatusBadRequest, "InvalidGrantException", "invalid_grant", "Invalid refresh token provided")
		return
	}
	if !s.world.Settings.ReusableRefreshTokens {
		delete(s.sso.refresh, token)
	}
	access, refresh, expires := s.grantSSO(grant.user, client)
	x.write(http.StatusOK, "application/json", []byte(toJSON(map[string]any{
		"accessToken": access, "tokenType": "Bearer", "refreshToken": refresh,
		"expiresIn": int(expires.Sub(x.now).Round(time.Second).Seconds()),
	})))
}

func (x *exchange) oidcFail(status int, shape, code, description string) {
	x.rec.Code = shape
	x.w.Header().Set("X-Amzn-Errortype", shape)
	x.write(status, "application/json", []byte(toJSON(map[string]string{"error": code, "error_description": description})))
}
