// Package secret owns the type in which secrets travel through latchkey.
//
// A [Text] prints as "[redacted]" under fmt, encoding/json, encoding and
// log/slog, whatever the verb. Its content is read with [Text.Reveal] only,
// which is called only where a secret leaves: a request being signed, an
// output the user asked for, a digest. The package must not know what the
// secrets are for.
package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
	"strings"
)

// Redacted is what a Text shows of itself.
const Redacted = "[redacted]"

// Text is an immutable secret string. The zero value is an empty secret.
//
// The string lies behind a pointer because fmt cannot call the methods of an
// unexported field: of a Text in one it prints an address. For the same reason
// == compares nothing useful; see [Text.Equal].
type Text struct{ value *string }

// New wraps s.
//
//go:noinline
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{value: &s}
}

// Reveal returns the secret itself. Call it only where the secret leaves the
// program or enters a digest or signature.
//
//go:noinline
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Empty reports whether there is nothing to keep secret.
func (t Text) Empty() bool { return t.value == nil }

// Len returns the length of the secret in bytes.
func (t Text) Len() int { return len(t.Reveal()) }

// Only reports whether all of the secret's characters are among those given.
func (t Text) Only(chars string) bool { return strings.Trim(t.Reveal(), chars) == "" }

// HasAny reports whether the secret holds one of the characters.
func (t Text) HasAny(chars string) bool { return strings.ContainsAny(t.Reveal(), chars) }

// Equal reports whether both hold the same secret, in constant time for
// secrets of one length.
func (t Text) Equal(other Text) bool {
	return subtle.ConstantTimeCompare([]byte(t.Reveal()), []byte(other.Reveal())) == 1
}

// String returns [Redacted], or "" for an empty secret.
func (t Text) String() string {
	if t.Empty() {
		return ""
	}
	return Redacted
}

// Format implements fmt.Formatter so that no verb, %#v and %x included,
// prints the secret.
func (t Text) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, t.String()) }

// MarshalText implements encoding.TextMarshaler and thereby the JSON form.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue implements slog.LogValuer.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
