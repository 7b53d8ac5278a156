package explain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// folded is a text without what differs from one showing to the next: blanks and
// line breaks, where terminals and Terraform wrap; quotes and their escapes; boxes;
// upper and lower case.
type folded struct {
	text string
	at   []int32 // of each byte: where it stands in the text
}

func fold(s string) folded {
	f := folded{at: make([]int32, 0, len(s))}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !dropped(r) {
			for j := range size {
				c := s[i+j]
				if 'A' <= c && c <= 'Z' {
					c += 'a' - 'A'
				}
				b.WriteByte(c)
				f.at = append(f.at, int32(i+j))
			}
		}
		i += size
	}
	f.text = b.String()
	return f
}

func dropped(r rune) bool {
	switch r {
	case '"', '\'', '`', '\\', '|', '“', '”', '‘', '’', utf8.RuneError:
		return true
	}
	return unicode.IsSpace(r) || r >= 0x2500 && r <= 0x257f
}

// maxGap is how much a * of a pattern may stand for, in folded bytes: a name, a
// path, an ARN or two.
const maxGap = 500

// find returns where a pattern begins and ends in the text that was folded.
func (f folded) find(raw string) (start, end int, ok bool) {
	parts := strings.Split(raw, "*")
	for i := range parts {
		parts[i] = fold(parts[i]).text
	}
	for from := 0; ; {
		i := strings.Index(f.text[from:], parts[0])
		if i < 0 || parts[0] == "" {
			return 0, 0, false
		}
		first := from + i
		if last, ok := f.rest(first+len(parts[0]), parts[1:]); ok {
			return int(f.at[first]), int(f.at[last-1]) + 1, true
		}
		from = first + 1
	}
}

// rest finds the other parts of a pattern, each soon after the one before.
func (f folded) rest(from int, parts []string) (end int, ok bool) {
	for _, part := range parts {
		if part == "" {
			continue
		}
		i := strings.Index(f.text[from:min(len(f.text), from+maxGap+len(part))], part)
		if i < 0 {
			return 0, false
		}
		from += i + len(part)
	}
	return from, true
}

func (f folded) has(words string) bool { return strings.Contains(f.text, fold(words).text) }
