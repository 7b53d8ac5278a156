package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// maxRecorded bounds how many requests are remembered; older ones are dropped.
const maxRecorded = 10_000

// Recorded is what a server remembers of a request. It never holds a secret,
// a token, a code or a body. What the control API is asked is not remembered.
type Recorded struct {
	Time        time.Time `json:"time"`
	Service     string    `json:"service"`                 // sts, iam, sso, sso_oidc, signin, console, pages, imds, container, unknown, refused
	Operation   string    `json:"operation"`               // "AssumeRole", or the method where there is no name
	AccessKeyID string    `json:"access_key_id,omitempty"` // of a signed request whose signature was right, or of the session that a console sign-in began with
	Status      int       `json:"status"`                  // 0: the connection ended without an answer
	Code        string    `json:"code,omitempty"`          // error code, "" for success
	Injected    bool      `json:"injected,omitempty"`      // a failure on demand met it
}

type requestLog struct {
	mu   sync.Mutex
	list []Recorded
}

func (l *requestLog) add(r Recorded) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == maxRecorded {
		l.list = slices.Delete(l.list, 0, maxRecorded/10)
	}
	l.list = append(l.list, r)
}

// clear forgets all requests.
func (l *requestLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = nil
}

// Requests returns what was asked so far, oldest first, the last 10,000 at most.
func (s *Server) Requests() []Recorded {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.list)
}

// CountRequests says how many of [Server.Requests] were for a service and an
// operation; "" is any. The names are those of [Recorded].
func (s *Server) CountRequests(service, operation string) int {
	return len(requestFilter{service: service, operation: operation}.of(s.Requests()))
}

// ClearRequests forgets what was asked so far.
func (s *Server) ClearRequests() { s.log.clear() }

// requestID makes a random UUID (version 4).
func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
