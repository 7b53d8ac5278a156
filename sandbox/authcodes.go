package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// authRequest is what a client asks a person for with an authorize URL, or with
// a device code. It has been checked.
type authRequest struct {
	console   bool   // at the sign-in service, not at the Identity Center
	client    string // id
	name      string // what the client calls itself
	redirect  string
	state     string
	challenge string
	scopes    []string
}

// person is who is signed in, at each of the two services.
type person struct {
	sso  *SSOUser
	user *entity // at the console

	mfaAt time.Time // when the user proved its device at the console; zero if not
}

// authCode is an authorization code that was handed out.
type authCode struct {
	request authRequest
	who     person
	expires time.Time
}

// issueCode makes a code; the caller holds the lock.
func (s *Server) issueCode(now time.Time, request authRequest, who person) string {
	if s.sso.codes == nil {
		s.sso.codes = make(map[string]authCode)
	}
	forget(s.sso.codes, func(c authCode) bool { return !now.Before(c.expires) })
	code := randomText(48)
	s.sso.codes[code] = authCode{request, who, now.Add(orDefault(s.world.Settings.AuthorizationCode, 10*time.Minute))}
	return code
}

// codeProblem says why a code is refused.
type codeProblem int

const (
	codeGood  codeProblem = iota
	codeOver              // unknown, used or too old
	codeWrong             // of another client, redirect URI or verifier
)

// redeem ends a code by its use; the caller holds the lock. The code is spent
// also when the rest is wrong, but another client cannot spend it.
func (s *Server) redeem(now time.Time, console bool, client, text, verifier, redirect string) (authCode, codeProblem) {
	code, ok := s.sso.codes[text]
	if !ok || code.request.console != console || !now.Before(code.expires) {
		return code, codeOver
	}
	if code.request.client != client {
		return code, codeWrong
	}
	delete(s.sso.codes, text)
	if code.request.redirect != redirect || !verifies(code.request.challenge, verifier) {
		return code, codeWrong
	}
	return code, codeGood
}

// verifies compares a code verifier with its challenge (RFC 7636 section 4.6).
func verifies(challenge, verifier string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return wordy(verifier, 43, 128, "-.~") && sameText(base64.RawURLEncoding.EncodeToString(sum[:]), challenge)
}

// challengeLike reports whether a text can be the SHA-256 of a verifier.
func challengeLike(s string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil && len(raw) == sha256.Size
}

// maxRemembered bounds each of the maps in which a client can leave something.
const maxRemembered = 10_000

// forget makes room in a map that is full: what is over goes first, and if
// nothing is, one entry.
func forget[K comparable, V any](m map[K]V, over func(V) bool) {
	if len(m) < maxRemembered {
		return
	}
	for k, v := range m {
		if over(v) {
			delete(m, k)
		}
	}
	for k := range m {
		if len(m) < maxRemembered {
			return
		}
		delete(m, k)
	}
}
