package qr

import (
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
)

// PNG returns the code as a picture in black and white, with a border of four
// modules; scale is the side of a module in pixels. It is not compressed: package
// image/png is larger than all pictures of a life.
func (c *Code) PNG(scale int) []byte {
	const edge = 4
	side := (c.Size + 2*edge) * scale
	line := (side + 7) / 8
	rows := make([]byte, 0, side*(line+1))
	for y := range side {
		rows = append(rows, 0) // no filter
		row := make([]byte, line)
		for x := range side {
			if !c.Dark(x/scale-edge, y/scale-edge) {
				row[x/8] |= 1 << (7 - x%8)
			}
		}
		rows = append(rows, row...)
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(side))
	head = binary.BigEndian.AppendUint32(head, uint32(side))
	head = append(head, 1, 0, 0, 0, 0) // one bit of grey a pixel
	out := []byte("\x89PNG\r\n\x1a\n")
	out = chunk(out, "IHDR", head)
	out = chunk(out, "IDAT", stored(rows))
	return chunk(out, "IEND", nil)
}

func chunk(out []byte, kind string, data []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	from := len(out)
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[from:]))
}

// stored wraps data into a zlib stream (RFC 1950) of blocks that are not
// compressed.
func stored(data []byte) []byte {
	out := []byte{0x78, 0x01}
	for sum, rest := adler32.Checksum(data), data; ; {
		n := min(len(rest), 0xffff)
		last := byte(0)
		if n == len(rest) {
			last = 1
		}
		out = append(out, last, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		out = append(out, rest[:n]...)
		if rest = rest[n:]; last == 1 {
			return binary.BigEndian.AppendUint32(out, sum)
		}
	}
}
