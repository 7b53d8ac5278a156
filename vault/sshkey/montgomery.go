package sshkey

import (
	"math/big"
	"slices"
)

// montgomery returns the u-coordinate, on the curve of X25519, of an Ed25519
// public key: u = (1+y)/(1-y) mod p, p = 2^255-19 (RFC 7748, section 4.1). It
// refuses what is no point of the curve, and y that is not in its one encoding.
// Its time tells of the key, which is public.
func montgomery(public []byte) ([]byte, bool) {
	one := big.NewInt(1)
	p := new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	encoded := slices.Clone(public)
	slices.Reverse(encoded)
	// The top bit is the sign of x, which u does not depend on.
	encoded[0] &= 0x7f
	y := new(big.Int).SetBytes(encoded)
	if y.Cmp(p) >= 0 || !onCurve(y, p) {
		return nil, false
	}
	// There is no inverse for y = 1, the neutral element.
	inverse := new(big.Int).Sub(one, y)
	if inverse.ModInverse(inverse.Mod(inverse, p), p) == nil {
		return nil, false
	}
	u := new(big.Int).Add(one, y)
	u.Mod(u.Mul(u, inverse), p)
	out := u.FillBytes(make([]byte, 32))
	slices.Reverse(out)
	return out, true
}

// onCurve reports whether there is an x with -x² + y² = 1 + dx²y², that is
// whether (y²-1)/(dy²+1) is a square, where d = -121665/121666.
func onCurve(y, p *big.Int) bool {
	one := big.NewInt(1)
	d := new(big.Int).ModInverse(big.NewInt(121666), p)
	d.Mod(d.Mul(d, big.NewInt(-121665)), p)
	square := new(big.Int).Mul(y, y)
	above := new(big.Int).Sub(square, one)
	below := new(big.Int).Add(d.Mul(d, square), one)
	// A quotient is a square if the product is.
	above.Mod(above.Mul(above, below), p)
	return big.Jacobi(above, p) >= 0
}
