// Package qr draws QR codes (ISO/IEC 18004) of short texts: as a picture file, and
// in a terminal. It knows what such a code needs and no more: bytes, the level of
// error correction that is made for screens (L), and versions up to 20, which hold
// 858 bytes. It has no tables that cost anything at the start of a program.
package qr

import (
	"errors"
	"strings"
)

// ErrTooLong says that a text is longer than a code of version 20 holds.
var ErrTooLong = errors.New("qr: longer than 858 bytes")

// Code is a code's modules, without the light border around them.
type Code struct {
	Size int // modules a side
	dark []bool
	// fixed are the modules that hold no data.
	fixed []bool
}

// Dark reports whether the module in column x and row y is dark; what is outside
// of the code is light.
func (c *Code) Dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.Size && y < c.Size && c.dark[y*c.Size+x]
}

const maxVersion = 20

// Error correction of level L by version, from 1: how many codewords a block has,
// and how many blocks there are (table 9 of the standard).
const (
	checkWords = "\x07\x0a\x0f\x14\x1a\x12\x14\x18\x1e\x12\x14\x18\x1a\x1e\x16\x18\x1c\x1e\x1c\x1c"
	blockCount = "\x01\x01\x01\x01\x01\x02\x02\x02\x02\x04\x04\x04\x04\x04\x06\x06\x06\x06\x07\x08"
)

// words is how many codewords a version has, of data and all.
func words(version int) (data, all int) {
	n := 16*version*version + 128*version + 64
	if version >= 2 {
		marks := version/7 + 2
		n -= (25*marks-10)*marks - 55
	}
	if version >= 7 {
		n -= 36
	}
	all = n / 8
	return all - int(checkWords[version-1])*int(blockCount[version-1]), all
}

// lengthBits is how many bits say how long the text is.
func lengthBits(version int) int {
	if version < 10 {
		return 8
	}
	return 16
}

// Encode makes the smallest code of a text. Error: [ErrTooLong].
func Encode(text string) (*Code, error) {
	for version := 1; version <= maxVersion; version++ {
		data, _ := words(version)
		if 4+lengthBits(version)+8*len(text) <= 8*data {
			return draw(version, interleave(version, pack(version, text))), nil
		}
	}
	return nil, ErrTooLong
}

// bits is a row of bits, the highest of each byte first.
type bits struct {
	bytes []byte
	n     int
}

func (b *bits) add(value, count int) {
	for i := count - 1; i >= 0; i-- {
		if b.n%8 == 0 {
			b.bytes = append(b.bytes, 0)
		}
		b.bytes[b.n/8] |= byte(value>>i&1) << (7 - b.n%8)
		b.n++
	}
}

// pack makes the codewords of data: mode, length, bytes, end, and the two fillers
// in turn.
func pack(version int, text string) []byte {
	size, _ := words(version)
	var b bits
	b.add(4, 4)
	b.add(len(text), lengthBits(version))
	for i := range len(text) {
		b.add(int(text[i]), 8)
	}
	b.add(0, min(4, 8*size-b.n))
	for filler := byte(0xec); len(b.bytes) < size; filler ^= 0xec ^ 0x11 {
		b.bytes = append(b.bytes, filler)
	}
	return b.bytes
}

// interleave cuts the data into blocks, the shorter ones first, gives each its
// check words, and takes from all in turn.
func interleave(version int, data []byte) []byte {
	check, count := int(checkWords[version-1]), int(blockCount[version-1])
	by := generator(check)
	short, longer := len(data)/count, len(data)%count
	blocks, checks := make([][]byte, count), make([][]byte, count)
	for i := range blocks {
		size := short
		if i >= count-longer {
			size++
		}
		blocks[i], data = data[:size], data[size:]
		checks[i] = remainder(blocks[i], by)
	}
	var out []byte
	for _, list := range [][][]byte{blocks, checks} {
		for at := 0; at <= short || at < check; at++ {
			for _, words := range list {
				if at < len(words) {
					out = append(out, words[at])
				}
			}
		}
	}
	return out
}

// product multiplies in the field of 256 elements, modulo x⁸+x⁴+x³+x²+1.
func product(a, b byte) byte {
	sum := 0
	for i := 7; i >= 0; i-- {
		sum = sum<<1 ^ sum>>7*0x11d
		sum ^= int(b>>i&1) * int(a)
	}
	return byte(sum)
}

// generator is the polynomial of a degree whose roots are the first powers of 2,
// without its leading 1.
func generator(degree int) []byte {
	out := make([]byte, degree)
	out[degree-1] = 1
	for root, i := byte(1), 0; i < degree; i++ {
		for j := range out {
			out[j] = product(out[j], root)
			if j+1 < degree {
				out[j] ^= out[j+1]
			}
		}
		root = product(root, 2)
	}
	return out
}

// remainder divides the data by the polynomial.
func remainder(data, by []byte) []byte {
	out := make([]byte, len(by))
	for _, b := range data {
		factor := b ^ out[0]
		copy(out, out[1:])
		out[len(out)-1] = 0
		for i := range out {
			out[i] ^= product(by[i], factor)
		}
	}
	return out
}

// border is the light edge of a terminal's code, in modules: less than the four of
// the standard, so that a code of a device fits into 24 lines.
const border = 2

// Columns and Lines are what [Code.Terminal] takes.
func (c *Code) Columns() int { return c.Size + 2*border }

// Lines counts lines of the terminal, each of which shows two rows.
func (c *Code) Lines() int { return (c.Size + 2*border + 1) / 2 }

// Terminal draws the code with half blocks, dark on light whatever colours the
// terminal has: black and white of the 256 colours, which themes leave alone.
func (c *Code) Terminal() string {
	var b strings.Builder
	for y := -border; y < c.Size+border; y += 2 {
		b.WriteString("\x1b[38;5;16;48;5;231m")
		for x := -border; x < c.Size+border; x++ {
			switch top, below := c.Dark(x, y), c.Dark(x, y+1); {
			case top && below:
				b.WriteString("█")
			case top:
				b.WriteString("▀")
			case below:
				b.WriteString("▄")
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}
