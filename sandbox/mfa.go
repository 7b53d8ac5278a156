package sandbox

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"sync"
	"time"
)

// mfaStep is the time step of RFC 6238.
const mfaStep = 30 * time.Second

// devices are all virtual MFA devices with the codes they have spent.
type devices struct {
	mu       sync.Mutex
	bySerial map[string]*device
}

type device struct {
	account *Account
	user    *User
	seed    []byte
	used    map[int64]bool // steps whose code a request has used
	given   map[int64]bool // steps whose code MFACode has given out
}

func (d *devices) add(serial string, a *Account, u *User, seed string) {
	if d.bySerial == nil {
		d.bySerial = make(map[string]*device)
	}
	raw, _ := decodeSeed(seed) // the world's check has read it
	d.bySerial[serial] = &device{account: a, user: u, seed: raw, used: make(map[int64]bool), given: make(map[int64]bool)}
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
	a, u, n := s.world.user(user)
	if n != 1 {
		return "", notOne(n, user)
	}
	if len(u.MFADevices) == 0 {
		return "", fmt.Errorf("user %s has no MFA device", user)
	}
	s.devices.mu.Lock()
	defer s.devices.mu.Unlock()
	d := s.devices.bySerial[a.serial(u.MFADevices[0])]
	now := s.now()
	step := stepOf(now)
	// The one before comes last: it may be over before it is used.
	for _, n := range []int64{step, step + 1, step - 1} {
		if !d.used[n] && !d.given[n] {
			d.given[n] = true
			return totp(d.seed, n), nil
		}
	}
	return "", &NoCodeError{User: u.Name, After: time.Unix((step+1)*30, 0).Sub(now)}
}

// spend reports whether the code is right for this step, the one before or the
// next, and was not used before; then it is used.
func (d *devices) spend(dev *device, code string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	step := stepOf(now)
	for _, m := range []map[int64]bool{dev.used, dev.given} {
		for n := range m {
			if n < step-1 {
				delete(m, n)
			}
		}
	}
	for n := step - 1; n <= step+1; n++ {
		if !dev.used[n] && sameText(totp(dev.seed, n), code) {
			dev.used[n] = true
			return true
		}
	}
	return false
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
