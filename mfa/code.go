package mfa

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/latchkey-aws/latchkey/secret"
)

const (
	digits = 6
	// period is how long a device shows one code.
	period = 30 * time.Second
)

// ParseCode reads a code as a person types it or a program prints it: six
// digits, with blanks anywhere ("123 456"). Error: [ErrFormat].
func ParseCode(s string) (secret.Text, error) {
	var code strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
		case r >= '0' && r <= '9' && code.Len() < digits:
			code.WriteRune(r)
		default:
			return secret.Text{}, ErrFormat
		}
	}
	if code.Len() != digits {
		return secret.Text{}, ErrFormat
	}
	return secret.New(code.String()), nil
}

// TOTP returns the code that a device with the seed shows at a time: RFC 6238
// with SHA-1, 30 s and six digits, which is what AWS uses. The seed is base32 in
// either case, with or without padding, blanks and hyphens. Error: [ErrSeed].
func TOTP(seed secret.Text, at time.Time) (secret.Text, error) {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '=' {
			return -1
		}
		return unicode.ToUpper(r)
	}, seed.Reveal())
	// Without its padding the decoder takes a length that no seed can have.
	plain += strings.Repeat("=", (8-len(plain)%8)%8)
	key, err := base32.StdEncoding.DecodeString(plain)
	if err != nil || len(key) == 0 {
		return secret.Text{}, ErrSeed // its own error may hold the seed
	}
	return secret.New(hotp(key, uint64(step(at)))), nil
}

// hotp is the code of a counter: RFC 4226, section 5.3.
func hotp(key []byte, counter uint64) string {
	mac := hmac.New(sha1.New, key)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, counter)) // never fails
	sum := mac.Sum(nil)
	truncated := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&15:]) &^ (1 << 31)
	return fmt.Sprintf("%0*d", digits, truncated%1_000_000)
}

// step is the number of the code that devices show.
func step(at time.Time) int64 { return at.Unix() / int64(period/time.Second) }

// untilNext is how long the code is shown still.
func untilNext(now time.Time) time.Duration {
	return time.Unix((step(now)+1)*int64(period/time.Second), 0).Sub(now)
}
