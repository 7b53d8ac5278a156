package sandbox

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"sync"
	"time"
)

// maxSessions bounds how many sessions are remembered; when it is reached the
// expired ones go, and those only then, so that ExpiredToken can be told from
// InvalidClientTokenId.
const maxSessions = 20_000

type sessions struct {
	mu    sync.Mutex
	byKey map[string]*caller
}

// mint makes temporary credentials for the caller described by c, which is
// copied. Key id and secret say EXAMPLE, like every key of the sandbox.
func (s *Server) mint(c caller, lifetime time.Duration) *caller {
	now := s.now()
	c.keyID = "ASIA" + base32.StdEncoding.EncodeToString(random(10))[:9] + "EXAMPLE"
	c.secret = base64.StdEncoding.EncodeToString(random(24))[:30] + "EXAMPLEKEY"
	c.token = "IQoJb3JpZ2luX2Vj" + base64.StdEncoding.EncodeToString(random(255)) + "EXAMPLE=="
	c.expires = now.Add(lifetime).Truncate(time.Second)
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	if s.sessions.byKey == nil {
		s.sessions.byKey = make(map[string]*caller)
	}
	if len(s.sessions.byKey) >= maxSessions {
		for id, old := range s.sessions.byKey {
			if !old.expires.After(now) {
				delete(s.sessions.byKey, id)
			}
		}
	}
	s.sessions.byKey[c.keyID] = &c
	return &c
}

// lookup finds who has the key. An inactive key, a session without its own
// token and a long-term key with any token are nobody.
func (s *Server) lookup(keyID, token string) *caller {
	c := s.keys.caller(keyID, s.now())
	if c == nil {
		s.sessions.mu.Lock()
		c = s.sessions.byKey[keyID]
		s.sessions.mu.Unlock()
	}
	if c == nil || !sameText(c.token, token) {
		return nil
	}
	return c
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// randomText is an unguessable token for URLs and headers.
func randomText(n int) string { return base64.RawURLEncoding.EncodeToString(random(n)) }

// sameText compares secrets in constant time.
func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
