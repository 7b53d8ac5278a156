package sandbox

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"slices"
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

// issue is what a failure on demand makes of credentials; the zero value, nothing.
type issue struct {
	lifetime    time.Duration // 0: as without it
	rotate      bool
	drop, empty []string
}

// part is one member of credentials as an answer shows it; nil for one that is
// left out.
func part[T any](i issue, name string, value T) *T {
	var none T
	switch {
	case slices.Contains(i.drop, name):
		return nil
	case slices.Contains(i.empty, name):
		return &none
	}
	return &value
}

// mint makes temporary credentials for the caller described by c, which is
// copied. Key id and secret say EXAMPLE, like every key of the sandbox.
func (s *Server) mint(c caller, lifetime time.Duration, change issue) *caller {
	now := s.now()
	if change.lifetime != 0 {
		lifetime = change.lifetime
	}
	if change.rotate {
		s.sessions.revoke(now, func(old *caller) bool { return old.kind == c.kind && old.console == c.console && old.arn == c.arn })
	}
	c.keyID = "ASIA" + base32.StdEncoding.EncodeToString(random(10))[:9] + "EXAMPLE"
	c.secret = base64.StdEncoding.EncodeToString(random(24))[:30] + "EXAMPLEKEY"
	c.token = "IQoJb3JpZ2luX2Vj" + base64.StdEncoding.EncodeToString(random(255)) + "EXAMPLE=="
	c.issued, c.expires = now, now.Add(lifetime).Truncate(time.Second)
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	if s.sessions.byKey == nil {
		s.sessions.byKey = make(map[string]*caller)
	}
	if len(s.sessions.byKey) >= maxSessions {
		for id, old := range s.sessions.byKey {
			if old.ended(now) {
				delete(s.sessions.byKey, id)
			}
		}
	}
	s.sessions.byKey[c.keyID] = &c
	return &c
}

// revoke ends the sessions that are meant, and says how many. Callers never
// change, so that each is replaced by one that has ended.
func (l *sessions) revoke(now time.Time, meant func(*caller) bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, c := range l.byKey {
		if !c.ended(now) && meant(c) {
			over := *c
			over.revoked = true
			l.byKey[id] = &over
			n++
		}
	}
	return n
}

// RevokeSessions ends all temporary credentials that are there, and says how many
// these were: requests with them get ExpiredToken. The metadata services have new
// ones at once, and so has who may ask for them.
func (s *Server) RevokeSessions() int {
	return s.sessions.revoke(s.now(), func(*caller) bool { return true })
}

// lookup finds who has the key. An inactive key, a session without its own
// token and a long-term key with any token are nobody.
func (s *Server) lookup(keyID, token string) *caller {
	now := s.now()
	view := s.iam.seen(now)
	if k := view.byID(keyID); k != nil && k.kind == anAccessKey {
		owner := view.byID(k.owner)
		if k.status != statusActive || now.Before(k.works) || token != "" || owner == nil {
			return nil
		}
		c := callerOf(owner)
		c.keyID, c.secret = keyID, k.secret
		return view.refreshed(c)
	}
	s.sessions.mu.Lock()
	c := s.sessions.byKey[keyID]
	s.sessions.mu.Unlock()
	if c == nil || !sameText(c.token, token) {
		return nil
	}
	return view.refreshed(c)
}

// refreshed is a copy of a caller that knows its holder as it is in the view;
// nil if the holder is gone, or the key that the session lives with.
func (w view) refreshed(c *caller) *caller {
	out := *c
	if c.parent != "" {
		if k := w.byID(c.parent); k == nil || k.status != statusActive {
			return nil
		}
	}
	if c.holder != nil {
		e := w.byID(c.holder.id)
		if e == nil {
			return nil
		}
		out.holder, out.granted = e, w.grantsOf(e)
		if out.user() != nil {
			out.arn = e.arn()
		}
	}
	for _, arn := range c.policyARNs {
		if p := w.byARN(aPolicy, arn); p != nil {
			out.granted.session = append(out.granted.session, p.document)
		}
	}
	return &out
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// randomText is an unguessable token for URLs and headers.
func randomText(n int) string { return base64.RawURLEncoding.EncodeToString(random(n)) }

// sameText compares secrets in constant time.
//
//go:noinline
func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
