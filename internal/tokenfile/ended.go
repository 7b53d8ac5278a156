package tokenfile

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/latchkey-aws/latchkey/secret"
)

// End notes for all processes that a token is no longer accepted although the file
// says that it lives: an administrator has ended its session. It is a courtesy:
// where it cannot be written, they find out themselves. The next token is another.
func (f File) End(token secret.Text) {
	path := f.beside(".ended")
	if os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = os.WriteFile(path, []byte(digest(token)), 0o600)
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
