package sandbox

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"time"
)

// mfaStep is the time step of RFC 6238.
const mfaStep = 30 * time.Second

// codes are those of one virtual device that are good no more.
type codes struct {
	used  map[int64]bool // steps whose code a request has used
	given map[int64]bool // steps whose code MFACode has given out
}

// codesOf returns what a device has spent, without what is over anyway. The
// caller holds the lock.
func (l *identities) codesOf(device *entity, step int64) *codes {
	c := l.spent[device.id]
	if c == nil {
		c = &codes{make(map[int64]bool), make(map[int64]bool)}
		l.spent[device.id] = c
	}
	for _, m := range []map[int64]bool{c.used, c.given} {
		for n := range m {
			if n < step-farthest {
				delete(m, n)
			}
		}
	}
	return c
}

// NoCodeError says that all codes that a server would accept now are given out
// or used.
type NoCodeError struct {
	User  string
	After time.Duration // until there is another
}

// Error names the user and how long to wait.
func (e *NoCodeError) Error() string {
	return fmt.Sprintf("no unused MFA code for %s for another %s", e.User, e.After.Round(time.Second))
}

// MFACode returns a code of the user's first device that the server accepts now
// and that was neither used nor returned before: there are three in 30 seconds,
// those of this step, the next and the one before. The user is named by its
// name, ACCOUNT/NAME or ARN. With no code left it is a *NoCodeError.
func (s *Server) MFACode(user string) (string, error) {
	now := s.now()
	view := s.iam.present()
	u, n := s.user(user)
	if n != 1 {
		return "", notOne(n, user)
	}
	var d *entity
	for _, owned := range view.belongings(u, aDevice) {
		if d == nil && owned.seed != nil {
			d = owned
		}
	}
	if d == nil {
		return "", fmt.Errorf("user %s has no MFA device", user)
	}
	step := stepOf(now) + d.drift
	s.iam.mu.Lock()
	defer s.iam.mu.Unlock()
	spent := s.iam.codesOf(d, step)
	// The one before comes last: it may be over before it is used.
	for _, n := range []int64{step, step + 1, step - 1} {
		if !spent.used[n] && !spent.given[n] {
			spent.given[n] = true
			return totp(d.seed, n), nil
		}
	}
	return "", &NoCodeError{User: u.name, After: time.Unix((stepOf(now)+1)*30, 0).Sub(now)}
}

// user finds a user as [World] does: by ARN, by ACCOUNT/NAME, or by a name that
// is the only one of its kind. n is how many there are.
func (s *Server) user(name string) (u *entity, n int) {
	all := s.iam.present().list(aUser, func(e *entity) bool {
		return name == e.name || name == e.arn() || name == e.account.Name+"/"+e.name || name == e.account.ID+"/"+e.name
	})
	if len(all) == 0 {
		return nil, 0
	}
	return all[len(all)-1], len(all)
}

// spend reports whether the code is right for this step, the one before or the
// next, and was not used before; then it is used.
func (l *identities) spend(d *entity, code string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	step := stepOf(now) + d.drift
	spent := l.codesOf(d, step)
	for n := step - 1; n <= step+1; n++ {
		if !spent.used[n] && sameText(totp(d.seed, n), code) {
			spent.used[n] = true
			return true
		}
	}
	return false
}

// farthest is how many steps a device may be off when it is enabled or resynced.
const farthest = 20

// spendPair finds two consecutive codes, the older first, and spends them. drift
// is how far the device is ahead of the server.
func (l *identities) spendPair(d *entity, first, second string, now time.Time) (drift int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	step := stepOf(now)
	spent := l.codesOf(d, step)
	for n := step - farthest; n < step+farthest; n++ {
		if spent.used[n] || spent.used[n+1] || !sameText(totp(d.seed, n), first) || !sameText(totp(d.seed, n+1), second) {
			continue
		}
		spent.used[n], spent.used[n+1] = true, true
		if drift = n + 1 - step; drift >= -1 && drift <= 1 {
			drift = 0
		}
		return drift, true
	}
	return 0, false
}

func stepOf(t time.Time) int64 { return t.Unix() / int64(mfaStep/time.Second) }

// totp is the six digit code of one step: RFC 4226 section 5.3 over RFC 6238.
func totp(seed []byte, step int64) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	h := hmac.New(sha1.New, seed)
	h.Write(counter[:])
	sum := h.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	value := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", value%1_000_000)
}

// notOne says that a name means no user, or several.
func notOne(n int, user string) error {
	if n == 0 {
		return fmt.Errorf("no user is called %q", user)
	}
	return fmt.Errorf("%d users are called %q; name one as ACCOUNT/NAME", n, user)
}
