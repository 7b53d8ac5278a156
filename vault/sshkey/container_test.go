package sshkey

import (
	"encoding/binary"
	"errors"
	"math/big"
	"slices"
	"testing"

	"github.com/latchkey-aws/latchkey/secret"
)

// parts are what a file of OpenSSH's form consists of.
type parts struct {
	magic, cipher, kdf string
	options            []byte
	keys               uint32
	public, private    []byte
	tag                []byte
}

// partsOf takes a key without passphrase apart.
func partsOf(t testing.TB, data []byte) parts {
	t.Helper()
	r := &reader{rest: data}
	p := parts{magic: string(r.take(len(magic))), cipher: string(r.bytes()), kdf: string(r.bytes()), options: r.bytes(), keys: r.uint32()}
	p.public, p.private = r.bytes(), slices.Clone(r.bytes())
	if r.bad || len(r.rest) > 0 {
		t.Fatal("is no such file")
	}
	return p
}

func (p parts) encode() []byte {
	out := appendBytes(appendBytes([]byte(p.magic), p.cipher), p.kdf)
	out = binary.BigEndian.AppendUint32(appendBytes(out, p.options), p.keys)
	return append(appendBytes(appendBytes(out, p.public), p.private), p.tag...)
}

// bcryptOptions are those of a salt and a number of rounds.
func bcryptOptions(salt int, rounds uint32) []byte {
	return binary.BigEndian.AppendUint32(appendBytes(nil, make([]byte, salt)), rounds)
}

// secretEd25519 is the private half of an Ed25519 key's file.
func secretEd25519(public, private []byte, comment string, padding ...byte) []byte {
	out := appendBytes([]byte("SAMESAME"), kindEd25519)
	out = appendBytes(appendBytes(out, public), private)
	return append(appendBytes(out, comment), padding...)
}

func TestContainer(t *testing.T) {
	t.Parallel()
	_, file, private := edFile(t)
	public := private[32:]
	other, _, _ := edFile(t)
	for what, c := range map[string]struct {
		change func(p *parts)
		want   error
	}{
		"the same":                {func(*parts) {}, nil},
		"whole block of padding":  {func(p *parts) { p.private = secretEd25519(public, private, "12345", 1, 2, 3, 4, 5, 6, 7, 8) }, nil},
		"no padding":              {func(p *parts) { p.private = secretEd25519(public, private, "12345") }, nil},
		"two blocks of padding":   {func(p *parts) { p.private = secretEd25519(public, private, "1", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) }, errDamaged},
		"wrong padding":           {func(p *parts) { p.private = secretEd25519(public, private, "1", 1, 2, 3, 3) }, errDamaged},
		"not whole blocks":        {func(p *parts) { p.private = secretEd25519(public, private, "1") }, errDamaged},
		"no private half":         {func(p *parts) { p.private = nil }, errDamaged},
		"other inner public half": {func(p *parts) { p.private = secretEd25519(other.ed25519, private, "12345") }, errDamaged},
		"other outer public half": {func(p *parts) { p.public = other.wire }, errDamaged},
		"seed of another key": {func(p *parts) {
			p.private = secretEd25519(public, slices.Concat(make([]byte, 32), private[32:]), "12345")
		}, errDamaged},
		"short private key": {func(p *parts) { p.private = secretEd25519(public, private[:56], "12345") }, errDamaged},
		"different numbers": {func(p *parts) { p.private[0]++ }, errDamaged},
		"two keys":          {func(p *parts) { p.keys = 2 }, errDamaged},
		"no keys":           {func(p *parts) { p.keys = 0 }, errDamaged},
		"something behind":  {func(p *parts) { p.tag = []byte{0} }, errDamaged},
		"other magic":       {func(p *parts) { p.magic = "openssh-key-v2\x00" }, errDamaged},
		"ECDSA":             {func(p *parts) { p.public = appendBytes(nil, "ecdsa-sha2-nistp256") }, errKind},
		"no public half":    {func(p *parts) { p.public = nil }, errDamaged},
		"RSA inside": {func(p *parts) {
			p.private = append(appendBytes([]byte("SAMESAME"), kindRSA), make([]byte, 5)...)
		}, errDamaged},
		"plain with bcrypt":      {func(p *parts) { p.kdf = "bcrypt" }, errDamaged},
		"plain with options":     {func(p *parts) { p.options = []byte{0, 0, 0, 0} }, errDamaged},
		"encrypted without kdf":  {func(p *parts) { p.cipher = "aes256-ctr" }, errForm},
		"unknown cipher":         {func(p *parts) { p.cipher, p.kdf = "aes256-xts", "bcrypt" }, errForm},
		"unknown kdf":            {func(p *parts) { p.cipher, p.kdf = "aes256-ctr", "argon2" }, errForm},
		"no options":             {func(p *parts) { p.cipher, p.kdf = "aes256-ctr", "bcrypt" }, errDamaged},
		"no rounds":              {encrypted(bcryptOptions(16, 0)), errDamaged},
		"endless rounds":         {encrypted(bcryptOptions(16, 1<<31)), errRounds},
		"no salt":                {encrypted(bcryptOptions(0, 1)), errDamaged},
		"long salt":              {encrypted(bcryptOptions(maxSalt+1, 1)), errDamaged},
		"something after rounds": {encrypted(append(bcryptOptions(16, 1), 0)), errDamaged},
		"a tag of none": {func(p *parts) {
			encrypted(bcryptOptions(16, 1))(p)
			p.tag = make([]byte, 16)
		}, errDamaged},
		"no tag": {func(p *parts) {
			encrypted(bcryptOptions(16, 1))(p)
			p.cipher = "aes256-gcm@openssh.com"
		}, errDamaged},
	} {
		p := partsOf(t, file)
		c.change(&p)
		key, err := parseOpenSSH(p.encode(), secret.New(right))
		if !errors.Is(err, c.want) || (err == nil) != (key != nil) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

func encrypted(options []byte) func(*parts) {
	return func(p *parts) {
		p.cipher, p.kdf, p.options, p.private = "aes256-ctr", "bcrypt", options, make([]byte, 160)
	}
}

// edFile returns a new key's public half, file and private half.
func edFile(t testing.TB) (publicKey, []byte, []byte) {
	t.Helper()
	key := newEd25519(t)
	public, err := publicOf(key)
	if err != nil {
		t.Fatal(err)
	}
	return public, encoded(t, key), key
}

func TestIntegers(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1, 127, 128, 255, 256, 65537, 1 << 40} {
		r := &reader{rest: appendInteger(nil, big.NewInt(n))}
		if got := r.integer(); r.bad || len(r.rest) > 0 || got.Int64() != n {
			t.Errorf("%d became %v", n, got)
		}
	}
	for what, data := range map[string][]byte{
		"zero": {0, 0, 0, 0}, "long zero": {0, 0, 0, 1, 0}, "negative": {0, 0, 0, 1, 0x80}, "not the shortest": {0, 0, 0, 2, 0, 1},
		"cut": {0, 0, 0, 2, 1}, "nothing": {}, "cut length": {0, 0, 0}, "endless": {0xff, 0xff, 0xff, 0xff, 1},
		"too long": appendBytes(nil, append([]byte{1}, make([]byte, maxModulus/8+1)...)),
	} {
		if r := (&reader{rest: data}); r.integer().Sign() != 0 || !r.bad || len(r.bytes()) > 0 {
			t.Errorf("%s was read", what)
		}
	}
}

// TestRSANumbers: no number of an RSA key's private half may be another.
func TestRSANumbers(t *testing.T) {
	t.Parallel()
	file := encoded(t, newRSA(t))
	good := partsOf(t, file)
	r := &reader{rest: good.private[8:]}
	r.bytes()
	var numbers [6]*big.Int
	for i := range numbers {
		numbers[i] = r.integer()
	}
	for _, c := range [][2]int64{{0, 0}, {0, 2}, {1, 2}, {1, 1}, {1, 1 << 30}, {2, 2}, {3, 1}, {4, 2}, {5, 2}, {5, -2}} {
		out := appendBytes([]byte("SAMESAME"), kindRSA)
		for i, n := range numbers {
			if int64(i) == c[0] {
				n = new(big.Int).Add(n, big.NewInt(c[1]))
			}
			out = appendInteger(out, n)
		}
		out = appendBytes(out, "")
		for i := byte(1); len(out)%8 != 0; i++ {
			out = append(out, i)
		}
		p := good
		p.private = out
		if _, err := parseOpenSSH(p.encode(), secret.Text{}); (err == nil) != (c[1] == 0) {
			t.Errorf("number %d off by %d: %v", c[0], c[1], err)
		}
	}
}
