package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"sync"
	"time"
)

// signIns are the people who are signed in: at the Identity Center (sso) and at
// the console (login).
type signIns struct {
	mu      sync.Mutex
	clients map[string]ssoClient  // by client id
	access  map[string]ssoAccess  // by access token
	refresh map[string]ssoRefresh // by refresh token
	logins  map[string]loginGrant // by refresh token
	proofs  map[string]time.Time  // DPoP proof ids, until they are too old to be accepted

	devices  map[string]*deviceGrant // by device code
	codes    map[string]authCode     // by authorization code
	flows    map[string]*flow        // what people are being asked, by id
	browsers map[string]*browser     // by cookie
	tokens   map[string]signInToken  // of the console's federation endpoint
}

type ssoAccess struct {
	user    *SSOUser
	expires time.Time
	refresh string // the refresh token that came with it; "" for none
}

type ssoRefresh struct {
	user   *SSOUser
	client string
}

type loginGrant struct {
	who    person
	client string
	key    string // name of the DPoP key
	ends   time.Time
}

// SSOSignIn is what a finished sign-in at the Identity Center leaves behind:
// the content of a token cache file.
type SSOSignIn struct {
	StartURL, Region          string
	AccessToken, RefreshToken string
	ExpiresAt                 time.Time
	ClientID, ClientSecret    string
	RegistrationExpiresAt     time.Time
}

// SignInSSO signs a person of the Identity Center in, as if it had been done in
// a browser.
func (s *Server) SignInSSO(user string) (SSOSignIn, error) {
	u := s.world.ssoUser(user)
	if u == nil {
		return SSOSignIn{}, fmt.Errorf("the Identity Center has no user %q", user)
	}
	now := s.now()
	client := ssoClient{secret: randomText(48), scopes: []string{"sso:account:access"}, expires: now.Add(90 * 24 * time.Hour).Truncate(time.Second)}
	out := SSOSignIn{
		StartURL: s.world.IdentityCenter.StartURL, Region: s.world.IdentityCenter.Region,
		ClientID: randomText(16), ClientSecret: client.secret, RegistrationExpiresAt: client.expires,
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	s.addClient(out.ClientID, client)
	out.AccessToken, out.RefreshToken, out.ExpiresAt = s.grantSSO(u, out.ClientID, true)
	return out, nil
}

// grantSSO makes tokens, and one to refresh them with if they are renewable; the
// caller holds the lock.
func (s *Server) grantSSO(u *SSOUser, client string, renewable bool) (access, refresh string, expires time.Time) {
	if s.sso.access == nil {
		s.sso.access, s.sso.refresh = make(map[string]ssoAccess), make(map[string]ssoRefresh)
	}
	expires = s.now().Add(orDefault(s.world.Settings.SSOToken, time.Hour)).Truncate(time.Second)
	access = "aoa" + randomText(48)
	if renewable {
		refresh = "aor" + randomText(48)
		s.sso.refresh[refresh] = ssoRefresh{u, client}
	}
	s.sso.access[access] = ssoAccess{u, expires, refresh}
	return access, refresh, expires
}

// EndSSO ends the sessions of a person as an administrator would: the access
// tokens stop working before their time, and so do the refresh tokens. Browsers
// have to sign in again.
func (s *Server) EndSSO(user string) {
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	for token, a := range s.sso.access {
		if a.user.Name == user {
			delete(s.sso.access, token)
		}
	}
	for token, r := range s.sso.refresh {
		if r.user.Name == user {
			delete(s.sso.refresh, token)
		}
	}
	for _, b := range s.sso.browsers {
		if b.who.sso != nil && b.who.sso.Name == user {
			b.who.sso = nil
		}
	}
}

// Login is what a finished console sign-in ("aws login") leaves behind: the
// content of a login cache file.
type Login struct {
	Session                                    string // ARN: the value of login_session
	AccessKeyID, SecretAccessKey, SessionToken string
	AccountID                                  string
	ExpiresAt                                  time.Time
	ClientID, RefreshToken, IDToken            string
	Key                                        *ecdsa.PrivateKey // of the DPoP proofs
}

// SignInConsole signs a user in at the console, as if it had been done in a browser.
// The sign-in can be refreshed for 12 hours.
func (s *Server) SignInConsole(user string) (Login, error) {
	u, n := s.user(user)
	if n != 1 {
		return Login{}, notOne(n, user)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Login{}, fmt.Errorf("sandbox: %w", err)
	}
	name, err := keyName(&key.PublicKey)
	if err != nil {
		return Login{}, err
	}
	c := s.mintLogin(person{user: u}, issue{})
	out := Login{
		Session: c.arn, AccountID: u.account.ID, ClientID: sameDevice, Key: key,
		AccessKeyID: c.keyID, SecretAccessKey: c.secret, SessionToken: c.token, ExpiresAt: c.expires,
	}
	if out.IDToken, err = s.idToken(c, sameDevice); err != nil {
		return Login{}, err
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	out.RefreshToken = s.grantLogin(loginGrant{person{user: u}, sameDevice, name, s.now().Add(loginLifetime)})
	return out, nil
}

// grantLogin makes a refresh token; the caller holds the lock.
func (s *Server) grantLogin(g loginGrant) string {
	if s.sso.logins == nil {
		s.sso.logins = make(map[string]loginGrant)
	}
	token := randomText(64)
	s.sso.logins[token] = g
	return token
}

func (s *Server) mintLogin(who person, change issue) *caller {
	lifetime := orDefault(s.world.Settings.Login, 15*time.Minute)
	c := callerOf(who.user)
	c.kind, c.console, c.mfaAt = kindSession, true, who.mfaAt
	return s.mint(*c, lifetime, change)
}
