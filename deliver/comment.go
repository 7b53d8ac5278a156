package deliver

import (
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// maxComment bounds a comment, in characters.
const maxComment = 200

// Comment returns a line that the shell passes over, with the text as far as it can
// be shown there; nothing for a form without comments.
func (s Shell) Comment(text string) []byte {
	text = display.Text(text, maxComment)
	switch s {
	case JSON:
		return nil
	case Cmd: // which expands variables there, and goes on behind some signs
		return []byte("rem " + strings.Map(plainest, text) + "\r\n")
	}
	return []byte("# " + text + "\n")
}

func plainest(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" ._-", r) {
		return r
	}
	return '_'
}
