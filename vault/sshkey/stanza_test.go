package sshkey

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/agessh"
)

// sides returns both implementations' halves of a key.
func sides(t *testing.T, key any) (to, theirTo age.Recipient, id, theirs age.Identity) {
	t.Helper()
	public, err := publicOf(key)
	if err != nil {
		t.Fatal(err)
	}
	if to, err = public.recipient(); err != nil {
		t.Fatal(err)
	}
	switch k := key.(type) {
	case ed25519.PrivateKey:
		own, err := newEd25519Identity(k, public)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := agessh.NewEd25519Identity(k)
		if err != nil {
			t.Fatal(err)
		}
		return to, theirs.Recipient(), own, theirs
	case *rsa.PrivateKey:
		theirs, err := agessh.NewRSAIdentity(k)
		if err != nil {
			t.Fatal(err)
		}
		return to, theirs.Recipient(), &rsaIdentity{k, public.tag()}, theirs
	}
	t.Fatalf("%T", key)
	return nil, nil, nil, nil
}

// TestStanzas: damaged stanzas come to the same with either implementation.
func TestStanzas(t *testing.T) {
	t.Parallel()
	fileKey := []byte("0123456789abcdef")
	for kind, key := range pair(t) {
		to, theirTo, id, theirs := sides(t, key)
		stanzas, err := to.Wrap(fileKey)
		if err != nil || len(stanzas) != 1 {
			t.Fatalf("%d stanzas, %v", len(stanzas), err)
		}
		other, err := theirTo.Wrap(fileKey)
		if err != nil || other[0].Type != stanzas[0].Type || len(other[0].Args) != len(stanzas[0].Args) ||
			other[0].Args[0] != stanzas[0].Args[0] || len(other[0].Body) != len(stanzas[0].Body) {
			t.Fatalf("%v, theirs %v, %v", stanzas[0], other[0], err)
		}
		good := stanzas[0]
		for what, change := range changes() {
			s := &age.Stanza{Type: good.Type, Args: slices.Clone(good.Args), Body: slices.Clone(good.Body)}
			change(s)
			got, err := id.Unwrap([]*age.Stanza{s})
			want, theirErr := theirs.Unwrap([]*age.Stanza{s})
			if (err == nil) != (theirErr == nil) || errors.Is(err, age.ErrIncorrectIdentity) != errors.Is(theirErr, age.ErrIncorrectIdentity) || !bytes.Equal(got, want) {
				t.Errorf("%s, %s: %q, %v; theirs %q, %v", kind, what, got, err, want, theirErr)
			}
			if (err == nil) != (what == "none") {
				t.Errorf("%s, %s: %v", kind, what, err)
			}
			// A stanza of another key before it does not hide the right one.
			s.Args = append([]string{"AAAAAA"}, good.Args[1:]...)
			s.Type = good.Type
			if got, err := id.Unwrap([]*age.Stanza{{Type: "X25519"}, s, good}); err != nil || !bytes.Equal(got, fileKey) {
				t.Errorf("%s, %s, second: %v", kind, what, err)
			}
		}
		if _, err := id.Unwrap(nil); !errors.Is(err, age.ErrIncorrectIdentity) {
			t.Errorf("%s: no stanza: %v", kind, err)
		}
	}
}

func changes() map[string]func(*age.Stanza) {
	last := func(s *age.Stanza) *string { return &s.Args[len(s.Args)-1] }
	changes := map[string]func(*age.Stanza){
		"none":          func(*age.Stanza) {},
		"other type":    func(s *age.Stanza) { s.Type = "X25519" },
		"other tag":     func(s *age.Stanza) { s.Args[0] = "AAAAAA" },
		"no arguments":  func(s *age.Stanza) { s.Args = nil },
		"one more":      func(s *age.Stanza) { s.Args = append(s.Args, "x") },
		"not base64":    func(s *age.Stanza) { *last(s) = "!" + (*last(s))[1:] },
		"short":         func(s *age.Stanza) { *last(s) = (*last(s))[1:] },
		"line break":    func(s *age.Stanza) { *last(s) = "\n" + (*last(s))[1:] },
		"empty last":    func(s *age.Stanza) { *last(s) = "" },
		"padded":        func(s *age.Stanza) { *last(s) += "=" },
		"no body":       func(s *age.Stanza) { s.Body = nil },
		"short body":    func(s *age.Stanza) { s.Body = s.Body[1:] },
		"long body":     func(s *age.Stanza) { s.Body = append(s.Body, 0) },
		"flipped body":  func(s *age.Stanza) { s.Body[0] ^= 1 },
		"flipped at -1": func(s *age.Stanza) { s.Body[len(s.Body)-1] ^= 1 },
	}
	for what, share := range map[string]byte{"neutral share": 1, "zero share": 0, "another share": 9} {
		changes[what] = func(s *age.Stanza) {
			*last(s) = base64.RawStdEncoding.EncodeToString(append([]byte{share}, make([]byte, 31)...))
		}
	}
	return changes
}

// TestLines holds the parser of public keys against agessh's.
func TestLines(t *testing.T) {
	t.Parallel()
	ed, err := publicOf(newEd25519(t))
	if err != nil {
		t.Fatal(err)
	}
	r, err := publicOf(newRSA(t))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Fields(ed.line())[1]
	wire := func(parts ...string) string {
		var out []byte
		for _, part := range parts {
			out = appendBytes(out, part)
		}
		return parts[0] + " " + base64.StdEncoding.EncodeToString(out)
	}
	small := string(r.rsa.N.Bytes()[:128])
	for what, c := range map[string]struct {
		line string
		good bool
	}{
		"ed25519": {ed.line(), true}, "rsa": {r.line(), true}, "comment": {ed.line() + " jane@host at work", true}, "spaces": {"  ssh-ed25519 \t" + text + "  ", true},
		"nothing": {"", false}, "type": {"ssh-ed25519", false}, "other type": {"ssh-rsa " + text, false}, "cut": {ed.line()[:60], false},
		"cut by a byte": {wire("ssh-ed25519", string(ed.ed25519[1:])), false}, "one more": {wire("ssh-ed25519", string(ed.ed25519), ""), false},
		"not base64": {"ssh-ed25519 !" + text[1:], false}, "two lines": {ed.line() + "\n" + ed.line(), false}, "ecdsa": {wire("ecdsa-sha2-nistp256", "x"), false},
		"certificate": {wire("ssh-ed25519-cert-v01@openssh.com", "x"), false}, "neutral point": {wire("ssh-ed25519", "\x01"+strings.Repeat("\x00", 31)), false},
		"no point": {wire("ssh-ed25519", "\x02"+strings.Repeat("\x00", 31)), false}, "short rsa": {wire("ssh-rsa", "\x01\x00\x01", "\x00"+small), false},
		"even exponent": {wire("ssh-rsa", "\x02", "\x00"+string(r.rsa.N.Bytes())), false}, "exponent 1": {wire("ssh-rsa", "\x01", "\x00"+string(r.rsa.N.Bytes())), false},
		"exponent 3": {wire("ssh-rsa", "\x03", "\x00"+string(r.rsa.N.Bytes())), true}, "negative modulus": {wire("ssh-rsa", "\x03", "\xff"+string(r.rsa.N.Bytes()[1:])), false},
		"long modulus": {wire("ssh-rsa", "\x03", "\x7f"+strings.Repeat("\xff", maxModulus/8)), false}, "great exponent": {wire("ssh-rsa", "\x01\x00\x00\x01", "\x00"+string(r.rsa.N.Bytes())), false},
	} {
		recipient, err := Keys{}.Recipient(c.line)
		if (err == nil) != c.good || (recipient == nil) == c.good {
			t.Errorf("%s: %v", what, err)
		}
		if theirs, err := agessh.ParseRecipient(c.line); c.good && !sameRecipient(recipient, theirs) {
			t.Errorf("%s: agessh differs: %v", what, err)
		}
	}
}

// sameRecipient reports whether two recipients have the same tag and, as far as
// that can be seen, the same key.
func sameRecipient(a, b age.Recipient) bool {
	if a == nil || b == nil {
		return false
	}
	one, err := a.Wrap(make([]byte, 16))
	two, theirErr := b.Wrap(make([]byte, 16))
	return (err == nil) == (theirErr == nil) &&
		(err != nil || one[0].Type == two[0].Type && one[0].Args[0] == two[0].Args[0] && len(one[0].Body) == len(two[0].Body))
}
