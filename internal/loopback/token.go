package loopback

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync/atomic"
	"time"

	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/secret"
)

// Token is what a request must carry, as a digest: comparing digests tells
// neither the content nor the length of what is expected.
type Token [sha256.Size]byte

// NewToken makes one of 32 random bytes. The text is for whom it is meant; only
// the digest is kept.
func NewToken() (secret.Text, Token) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	text := base64.RawURLEncoding.EncodeToString(b[:])
	return secret.New(text), TokenOf(text)
}

// TokenOf is that of a text.
func TokenOf(text string) Token { return sha256.Sum256([]byte(text)) }

// Is reports whether the text is the token's, in a time that does not depend on
// what is wrong.
func (t *Token) Is(text string) bool { return t.Same(TokenOf(text)) }

// Same is Is for the token of a text.
func (t *Token) Same(of Token) bool { return subtle.ConstantTimeCompare(of[:], t[:]) == 1 }

// freeTries wrong tokens are answered at once; each later one waits tryDelay.
const (
	freeTries = 100
	tryDelay  = time.Second
)

// Tries counts what was refused: who guesses has to wait.
type Tries struct{ n atomic.Int64 }

// Refused counts one more, and waits from the hundredth on, at most until ctx ends.
func (t *Tries) Refused(ctx context.Context) {
	if t.n.Add(1) > freeTries {
		_ = pause.For(ctx, tryDelay) // the answer is the same
	}
}
