package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

const (
	federationPath = "/federation"
	// signInTokenLifetime is how long a sign-in token waits for its browser.
	signInTokenLifetime = 15 * time.Minute
)

// signInToken is what a session was traded for, to begin a console session with.
type signInToken struct {
	who      *caller
	duration time.Duration // SessionDuration; 0: until the credentials end
	expires  time.Time
}

// serveFederation is the federation endpoint of the console: programs get a
// sign-in token there, and send a browser back to it with that token.
func (s *Server) serveFederation(x *exchange) {
	query, readable := single(x.r.URL.RawQuery)
	if query["Action"] == "login" {
		if x.method(http.MethodGet) {
			s.consoleLogin(x, query)
		}
		return
	}
	switch x.r.Method {
	case http.MethodGet:
	case http.MethodPost:
		query, readable = single(string(x.body))
	default:
		x.w.Header().Set("Allow", "GET, POST")
		x.empty(http.StatusMethodNotAllowed)
		return
	}
	if !readable || query["Action"] != "getSigninToken" {
		x.federationFail("InvalidAction")
		return
	}
	s.getSignInToken(x, query)
}

// federationFail answers as bare as AWS does: only the log of requests says why.
func (x *exchange) federationFail(code string) {
	x.rec.Code = code
	x.write(http.StatusBadRequest, "text/html; charset=utf-8",
		[]byte("<!doctype html>\n<html><head><title>400</title></head><body>Invalid Credentials Parameter</body></html>\n"))
}

// getSignInToken trades a session for a token that opens the console, once.
func (s *Server) getSignInToken(x *exchange, query map[string]string) {
	var session struct{ SessionID, SessionKey, SessionToken string }
	if json.Unmarshal([]byte(query["Session"]), &session) != nil {
		x.federationFail("InvalidSession")
		return
	}
	c := s.lookup(session.SessionID, session.SessionToken)
	if c == nil {
		x.federationFail("InvalidClientTokenId")
		return
	}
	if !sameText(c.secret, session.SessionKey) {
		x.federationFail("SignatureDoesNotMatch")
		return
	}
	x.rec.AccessKeyID = c.keyID
	if c.kind != kindRole && c.kind != kindFederated {
		x.federationFail("AccessDenied")
		return
	}
	if c.ended(x.now) {
		x.federationFail("ExpiredToken")
		return
	}
	duration, ok := consoleDuration(c, query)
	if !ok {
		x.federationFail("InvalidSessionDuration")
		return
	}
	s.sso.mu.Lock()
	defer s.sso.mu.Unlock()
	if s.sso.tokens == nil {
		s.sso.tokens = make(map[string]signInToken)
	}
	forget(s.sso.tokens, func(t signInToken) bool { return !x.now.Before(t.expires) })
	token := randomText(96)
	s.sso.tokens[token] = signInToken{c, duration, x.now.Add(signInTokenLifetime)}
	x.write(http.StatusOK, "application/json", []byte(toJSON(map[string]string{"SigninToken": token})))
}

// consoleDuration reads SessionDuration. Only a role that was assumed with
// long-term keys, or by AWS itself, may have one.
func consoleDuration(c *caller, query map[string]string) (time.Duration, bool) {
	text, given := query["SessionDuration"]
	if !given {
		return 0, true
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 900 || seconds > 43200 || c.kind != kindRole || c.chained {
		return 0, false
	}
	return time.Duration(seconds) * time.Second, true
}
