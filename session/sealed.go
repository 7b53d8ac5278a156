package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A session file is a header in clear and a sealed part.
//
//	 0  "lksess" and the format's number, 2 bytes
//	 8  first 8 bytes of a digest of the sealing key
//	16  obtained, by this machine's clock   \
//	24  expires, by AWS's clock              } microseconds since 1970, UTC
//	32  expires, by this machine's clock    /
//	40  nonce, 12 bytes
//	52  first 8 bytes of the SHA-256 of bytes 0 to 51
//	60  AES-256-GCM of the fields, with the header and the session key as
//	    additional data
//
// Numbers are big-endian. The header's digest tells damage from a session of
// another login's key, which is no damage. The fields are texts with their
// length in 2 bytes before them, in the order of fields below.
const (
	magic      = "lksess"
	format     = 1
	nonceAt    = 40
	digestAt   = 52
	headerSize = 60
	// maxFile limits what is read: session tokens have a few kilobytes.
	maxFile = 64 << 10
)

// entry is one session.
type entry struct {
	creds aws.Credentials
	kind  string
	// profile that it was fetched for, and detail.
	profile, detail string
	header
}

// header is the part in clear.
type header struct {
	keyID              [8]byte
	obtained, deadline time.Time // by this machine's clock
	expires            time.Time // by AWS's
	nonce              [12]byte
}

// errFormat says that a file is of another version of latchkey.
var errFormat = errors.New("of another version of latchkey")

func (e *entry) fields() [8]*string {
	c := &e.creds
	return [...]*string{&c.AccessKeyID, &c.SecretAccessKey, &c.SessionToken, &c.Source, &c.AccountID, &e.kind, &e.profile, &e.detail}
}

// parseHeader reads the header. Errors: errFormat, or what is wrong.
func parseHeader(data []byte) (h header, err error) {
	if len(data) < 8 || string(data[:6]) != magic {
		return h, errors.New("it is no session file")
	}
	if binary.BigEndian.Uint16(data[6:]) != format {
		return h, errFormat
	}
	if len(data) < headerSize {
		return h, errors.New("it ends in its header")
	}
	if sum := sha256.Sum256(data[:digestAt]); string(sum[:headerSize-digestAt]) != string(data[digestAt:headerSize]) {
		return h, errors.New("its header does not match its digest")
	}
	h.keyID = [8]byte(data[8:])
	h.obtained, h.expires, h.deadline = moment(data[16:]), moment(data[24:]), moment(data[32:])
	h.nonce = [12]byte(data[nonceAt:])
	return h, nil
}

func moment(data []byte) time.Time { return time.UnixMicro(int64(binary.BigEndian.Uint64(data))) }

// open reads a file's content, whose header has been parsed as h.
func open(data []byte, h *header, key *sealingKey, session string) (*entry, error) {
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, h.nonce[:], data[headerSize:], bound(data, session))
	if err != nil {
		return nil, errors.New("its content was changed, or is that of another session")
	}
	e := &entry{header: *h}
	if err := e.parseFields(string(plain)); err != nil {
		return nil, err
	}
	e.creds.CanExpire, e.creds.Expires = true, h.expires.UTC()
	return e, nil
}

func (e *entry) parseFields(text string) error {
	for _, field := range e.fields() {
		if len(text) < 2 {
			return errors.New("its fields are incomplete")
		}
		size := int(text[0])<<8 | int(text[1])
		if len(text) < 2+size {
			return errors.New("its fields are incomplete")
		}
		*field, text = text[2:2+size], text[2+size:]
	}
	if text != "" {
		return errors.New("it has more fields than it should")
	}
	return nil
}

func (e *entry) appendFields() (plain []byte, err error) {
	for _, field := range e.fields() {
		if len(*field) > math.MaxUint16 {
			return nil, errors.New("a field of it is too long")
		}
		plain = append(binary.BigEndian.AppendUint16(plain, uint16(len(*field))), *field...)
	}
	return plain, nil
}

// seal returns the file's content for e, whose header is completed.
func (e *entry) seal(key *sealingKey, session string) ([]byte, error) {
	plain, err := e.appendFields()
	if err != nil {
		return nil, err
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	if headerSize+len(plain)+aead.Overhead() > maxFile {
		return nil, errors.New("it is too long")
	}
	e.keyID = key.id
	rand.Read(e.nonce[:]) // never fails: the program would end
	data := make([]byte, 0, headerSize+len(plain)+aead.Overhead())
	data = append(data, magic...)
	data = binary.BigEndian.AppendUint16(data, format)
	data = append(data, e.keyID[:]...)
	for _, t := range [...]time.Time{e.obtained, e.expires, e.deadline} {
		data = binary.BigEndian.AppendUint64(data, uint64(t.UnixMicro()))
	}
	data = append(data, e.nonce[:]...)
	sum := sha256.Sum256(data)
	data = append(data, sum[:headerSize-digestAt]...)
	return aead.Seal(data, e.nonce[:], plain, bound(data, session)), nil
}

func gcm(key *sealingKey) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key.bytes[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// bound is what the sealed part belongs to: this header, this session.
func bound(data []byte, session string) []byte {
	return append(append(make([]byte, 0, headerSize+len(session)), data[:headerSize]...), session...)
}
