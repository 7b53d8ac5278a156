package sandbox

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
)

// letterRun is how many letters packedRun unpacks to.
const letterRun = 32 << 10

// packedRun is a run of the letter a in the format of RFC 1951, ending on a
// whole byte, so that runs can follow each other. A compressor that makes it
// would be 40 kB of the program.
const packedRun = "\xec\xc0\x81\x00\x00\x00\x00\x80 \xd6\xfd%\x16\xa9" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x06\x00\x00\xff\xff"

// packLetters writes size bytes as gzip (RFC 1952): what it begins with, and
// the letter a.
func packLetters(to io.Writer, begins string, size int64) error {
	run := []byte(strings.Repeat("a", letterRun))
	begins = begins[:min(int64(len(begins)), size)]
	if _, err := io.WriteString(to, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"+stored(begins)); err != nil {
		return err
	}
	sum := crc32.ChecksumIEEE([]byte(begins))
	left := size - int64(len(begins))
	for ; left >= letterRun; left -= letterRun {
		if _, err := io.WriteString(to, packedRun); err != nil {
			return err
		}
		sum = crc32.Update(sum, crc32.IEEETable, run)
	}
	last := []byte(stored(string(run[:left])) + "\x01\x00\x00\xff\xff")
	last = binary.LittleEndian.AppendUint32(last, crc32.Update(sum, crc32.IEEETable, run[:left]))
	last = binary.LittleEndian.AppendUint32(last, uint32(size)) // modulo 2^32, says the format
	_, err := to.Write(last)
	return err
}

// stored is a block that is not compressed, at most 64 KiB.
func stored(text string) string {
	var head [5]byte
	binary.LittleEndian.PutUint16(head[1:], uint16(len(text)))
	binary.LittleEndian.PutUint16(head[3:], ^uint16(len(text)))
	return string(head[:]) + text
}
