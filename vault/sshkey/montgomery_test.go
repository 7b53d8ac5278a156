package sshkey

import (
	"bytes"
	"crypto/rand"
	"slices"
	"testing"

	"filippo.io/edwards25519"
)

// TestMontgomery holds the conversion against a library's, for points and for
// bytes that are none in half of the cases.
func TestMontgomery(t *testing.T) {
	t.Parallel()
	points := 0
	for range 2000 {
		data := make([]byte, 32)
		if _, err := rand.Read(data); err != nil {
			t.Fatal(err)
		}
		u, ok := montgomery(data)
		p, err := new(edwards25519.Point).SetBytes(data)
		if ok != (err == nil) || ok && !bytes.Equal(u, p.BytesMontgomery()) {
			t.Fatalf("%x became %x, %v; %v", data, u, ok, err)
		}
		if ok {
			points++
		}
	}
	if points < 500 || points > 1500 {
		t.Errorf("%d of 2000 were points", points)
	}
}

// TestMontgomeryEdges: the ends of the field.
func TestMontgomeryEdges(t *testing.T) {
	t.Parallel()
	p := append([]byte{0xed}, append(bytes.Repeat([]byte{0xff}, 30), 0x7f)...)
	near := func(n int) []byte {
		out := slices.Clone(p)
		out[0] = byte(0xed + n)
		return out
	}
	signed := func(data []byte) []byte {
		out := slices.Clone(data)
		out[31] |= 0x80
		return out
	}
	for what, c := range map[string]struct {
		data []byte
		ok   bool
	}{
		"0": {make([]byte, 32), true}, "1, the neutral element": {append([]byte{1}, make([]byte, 31)...), false},
		"p-1, of order 2": {near(-1), true}, "p": {p, false}, "p+1": {near(1), false}, "p with a sign": {signed(p), false}, "2^255-1": {near(18), false},
		"a point": {newEd25519(t)[32:], true}, "its opposite": {signed(edwards25519.NewGeneratorPoint().Bytes()), true},
	} {
		u, ok := montgomery(c.data)
		if ok != c.ok {
			t.Errorf("%s: %v", what, ok)
		}
		if !ok {
			continue
		}
		point, err := new(edwards25519.Point).SetBytes(c.data)
		if err != nil || !bytes.Equal(u, point.BytesMontgomery()) {
			t.Errorf("%s: %x, %v", what, u, err)
		}
	}
}
