package tokenfile

import (
	"crypto/sha256"
	"encoding/hex"
	"os"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/secret"
)

// End notes for all processes that a token is no longer accepted although the file
// says that it lives: an administrator has ended its session. It is a courtesy:
// where it cannot be written, they find out themselves. The next token is another.
func (f File) End(token secret.Text) {
	if !f.Ended(token) {
		// Who reads half of it would take the token for a living one.
		_ = atomicfile.Write(f.beside(".ended"), []byte(digest(token)), 0o600)
	}
}

// Ended reports whether [File.End] was told of this token.
func (f File) Ended(token secret.Text) bool {
	noted, err := os.ReadFile(f.beside(".ended"))
	return err == nil && string(noted) == digest(token)
}

func digest(token secret.Text) string {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return hex.EncodeToString(sum[:])
}
