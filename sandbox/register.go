package sandbox

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// ssoClient is a program that has registered itself at the Identity Center.
type ssoClient struct {
	name, secret              string
	scopes, redirects, grants []string
	expires                   time.Time
	region                    string // where it is registered; "" is everywhere
}

// may reports whether the client is registered for a grant. One that names none
// is for the device flow.
func (c ssoClient) may(grant string) bool {
	if len(c.grants) == 0 {
		return grant == grantDevice || grant == grantRefresh
	}
	return slices.Contains(c.grants, grant)
}

// renewable reports whether a sign-in of the client can be refreshed: a client
// without scopes is one from before there were refresh tokens.
func (c ssoClient) renewable() bool { return len(c.scopes) > 0 && c.may(grantRefresh) }

// accepts reports whether the client may have people sent to uri. The port is
// free, since programs listen where there is room (RFC 8252 section 7.3).
func (c ssoClient) accepts(uri string) bool {
	got, ok := loopbackURI(uri)
	return ok && slices.ContainsFunc(c.redirects, func(registered string) bool {
		want, _ := loopbackURI(registered) // was looked at when it was registered
		return got.Hostname() == want.Hostname() && got.Path == want.Path
	})
}

// loopbackURI reads a redirect URI. AWS takes others too; here people are only
// ever sent to a program on the same machine. A browser's Content-Security-Policy
// cannot name ::1, so that is not one of them.
func loopbackURI(uri string) (*url.URL, bool) {
	u, err := url.Parse(uri)
	if err != nil || len(uri) > 512 || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, false
	}
	port := u.Port()
	return u, u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost") && u.User == nil &&
		strings.HasPrefix(u.Path, "/") && u.RawPath == "" && !strings.ContainsAny(uri, "?#") &&
		(u.Host == u.Hostname() || portLike(port))
}

func portLike(s string) bool {
	return len(s) > 0 && len(s) <= 5 && strings.Trim(s, "0123456789") == ""
}

// registerClient is RegisterClient; the caller holds the lock.
func (s *Server) registerClient(now time.Time, in oidcRequest) (map[string]any, *oidcError) {
	if refused := s.checkRegistration(in); refused != nil {
		return nil, refused
	}
	id := randomText(16)
	client := ssoClient{
		name: clip(in.ClientName), secret: randomText(48), scopes: in.Scopes, redirects: in.RedirectURIs, grants: in.GrantTypes,
		expires: now.Add(orDefault(s.world.Settings.ClientRegistration, 90*24*time.Hour)).Truncate(time.Second),
		region:  in.region,
	}
	s.addClient(id, client)
	return map[string]any{
		"clientId": id, "clientSecret": client.secret,
		"clientIdIssuedAt": now.Unix(), "clientSecretExpiresAt": client.expires.Unix(),
		"authorizationEndpoint": s.url + "/authorize", "tokenEndpoint": s.url + "/token",
	}, nil
}

// addClient remembers a client; the caller holds the lock.
func (s *Server) addClient(id string, client ssoClient) {
	if s.sso.clients == nil {
		s.sso.clients = make(map[string]ssoClient)
	}
	forget(s.sso.clients, func(c ssoClient) bool { return !s.now().Before(c.expires) })
	s.sso.clients[id] = client
}

func (s *Server) checkRegistration(in oidcRequest) *oidcError {
	switch {
	case in.ClientName == "" || in.ClientType == "":
		return oidcInvalid("clientName and clientType are required")
	case in.ClientType != "public":
		return oidcRefusal("InvalidClientMetadataException", "invalid_client_metadata", "clientType is not public")
	case in.IssuerURL != "" && !s.isStart(in.IssuerURL):
		return oidcInvalid("Invalid issuer url provided")
	}
	for _, grant := range in.GrantTypes {
		if grant != grantCode && grant != grantDevice && grant != grantRefresh {
			return oidcRefusal("UnsupportedGrantTypeException", "unsupported_grant_type", "Unsupported grant type")
		}
	}
	for _, scope := range in.Scopes {
		if !wordy(scope, 1, 128, ":./*-") {
			return oidcRefusal("InvalidScopeException", "invalid_scope", "Invalid scope provided")
		}
	}
	for _, uri := range in.RedirectURIs {
		if _, ok := loopbackURI(uri); !ok {
			return oidcRefusal("InvalidRedirectUriException", "invalid_redirect_uri", "Invalid redirect uri provided")
		}
	}
	if slices.Contains(in.GrantTypes, grantCode) && (len(in.RedirectURIs) == 0 || in.IssuerURL == "") {
		return oidcInvalid("redirectUris and issuerUrl are required for authorization_code")
	}
	return nil
}

// isStart reports whether a URL is that of the world's portal. People copy it
// from the browser with a slash or "#/" at its end.
func (s *Server) isStart(got string) bool {
	ic := s.world.IdentityCenter
	return ic != nil && trimStart(got) == trimStart(ic.StartURL)
}

func trimStart(u string) string {
	u, _, _ = strings.Cut(u, "#")
	return strings.TrimRight(u, "/")
}
