package chain

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// keyVersion is part of every session key: raise it when the meaning of an
// input changes, so that no session of the old meaning is used.
const keyVersion = "latchkey session 1"

// setKeys gives each step its session key, from the first to the last. Every
// text is hashed with its length before it, so that no two different lists of
// inputs have one key.
func setKeys(steps []Step) {
	upstream := ""
	for i := range steps {
		digest := sha256.New()
		write(digest, keyVersion)
		write(digest, string(steps[i].Kind))
		write(digest, upstream)
		for _, in := range steps[i].Inputs {
			write(digest, in.Name)
			write(digest, cmp.Or(in.same, in.Value))
			write(digest, in.Secret.Reveal())
		}
		upstream = hex.EncodeToString(digest.Sum(nil))
		steps[i].Key = upstream
	}
}

func write(digest hash.Hash, text string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(text)))
	digest.Write(length[:])
	digest.Write([]byte(text))
}
