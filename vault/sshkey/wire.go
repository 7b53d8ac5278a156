package sshkey

import (
	"encoding/binary"
	"math/big"
)

// maxModulus is the largest that ssh-keygen makes, in bits.
const maxModulus = 16384

// A reader reads SSH's wire format (RFC 4251, section 5). After the first thing
// that is not there, bad is true and all that it returns is empty.
type reader struct {
	rest []byte
	bad  bool
}

// take returns the next n bytes.
func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.rest) {
		r.bad, r.rest = true, nil
		return nil
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) uint32() uint32 {
	data := r.take(4)
	if data == nil {
		return 0
	}
	return binary.BigEndian.Uint32(data)
}

// bytes returns a string of the wire format.
func (r *reader) bytes() []byte {
	n := r.uint32()
	if uint64(n) > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return nil
	}
	return r.take(int(n))
}

// integer returns an mpint that is positive, written in the shortest way, and
// no longer than a modulus; 0 if it is bad.
func (r *reader) integer() *big.Int {
	data := r.bytes()
	switch {
	case len(data) == 0, len(data) > maxModulus/8+1, data[0] >= 0x80,
		data[0] == 0 && (len(data) == 1 || data[1] < 0x80):
		r.bad, r.rest = true, nil
		return new(big.Int)
	}
	return new(big.Int).SetBytes(data)
}

func appendBytes[T string | []byte](to []byte, data T) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(data))), data...)
}

func appendInteger(to []byte, n *big.Int) []byte {
	// The extra bit is the sign's.
	return appendBytes(to, n.FillBytes(make([]byte, n.BitLen()/8+1)))
}
