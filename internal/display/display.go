// Package display owns what text from elsewhere may look like on a terminal:
// names from files, messages of servers, arguments of a caller.
package display

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s fit for a terminal: valid UTF-8 without control characters
// (C0, DEL, C1) and without format characters, bidirectional overrides among
// them, which can hide or reorder what is shown. Newline, tab and the Unicode
// line separators become spaces. A text of more than limit characters is cut
// there, the last one being "…". Text is idempotent.
func Text(s string, limit int) string {
	if limit <= 0 {
		return ""
	}
	if plain(s) && len(s) <= limit {
		return s
	}
	var b strings.Builder
	n := 0
	for i, r := range s {
		r, keep := visible(r, s[i:])
		if !keep {
			continue
		}
		if n++; n > limit {
			cut := b.String()
			_, last := utf8.DecodeLastRuneInString(cut)
			return cut[:len(cut)-last] + "…"
		}
		b.WriteRune(r)
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func visible(r rune, rest string) (rune, bool) {
	switch {
	case r == '\n' || r == '\t' || r == '\u2028' || r == '\u2029':
		return ' ', true
	case r == utf8.RuneError:
		_, size := utf8.DecodeRuneInString(rest)
		return r, size > 1 // a replacement character that was sent as one stays
	case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		return r, false
	}
	return r, true
}
