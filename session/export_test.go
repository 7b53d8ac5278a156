package session

import (
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// SetLimits shortens the times of waiting.
func (s *Store) SetLimits(silence, patience, beat time.Duration) {
	s.limits = lockfile.Limits{Notice: 50 * time.Millisecond, Silence: silence, Patience: patience, Beat: beat}
}

// ParseFile reads a session file's content as the store does.
func ParseFile(data []byte, key [KeySize]byte, session string) error {
	h, err := parseHeader(data)
	if err != nil {
		return err
	}
	named := named(key)
	e, err := open(data, &h, &named, session)
	if err != nil {
		return err
	}
	_, err = e.seal(&named, session)
	return err
}

// ReencodeFailure parses a record of failure and encodes it again.
func ReencodeFailure(data []byte) ([]byte, bool) {
	if f := parseFailure(data); f != nil {
		return f.encode(), true
	}
	return nil, false
}

// ReencodeFields parses what lies below the seal and encodes it again.
func ReencodeFields(plain []byte) ([]byte, bool) {
	var e entry
	if e.parseFields(string(plain)) != nil {
		return nil, false
	}
	again, err := e.appendFields()
	return again, err == nil
}
