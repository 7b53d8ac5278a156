package tokenfile

import (
	"encoding/json"
	"strconv"
	"unicode/utf16"
)

// Encode writes the document as Python's json.dumps does, which is how the AWS
// CLI writes these files: one line, ", " and ": " as separators, everything
// outside printable ASCII as \uXXXX, no newline at the end.
func (d *Document) Encode() []byte { return appendObject(nil, d) }

// Quote writes one string as Encode does: the names of some cache files are digests
// of such JSON without the blanks.
func Quote(s string) string { return string(appendString(nil, s)) }

func appendObject(b []byte, d *Document) []byte {
	b = append(b, '{')
	for i, m := range d.members {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(appendString(b, m.name), ": "...)
		b = appendValue(b, m.value)
	}
	return append(b, '}')
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case *Document:
		return appendObject(b, v)
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendValue(b, item)
		}
		return append(b, ']')
	case string:
		return appendString(b, v)
	case json.Number:
		return append(b, v...)
	case bool:
		return strconv.AppendBool(b, v)
	}
	return append(b, "null"...)
}

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r >= ' ' && r <= '~':
			b = append(b, byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\b':
			b = append(b, `\b`...)
		case r == '\f':
			b = append(b, `\f`...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = appendEscape(appendEscape(b, high), low)
		default:
			b = appendEscape(b, r)
		}
	}
	return append(b, '"')
}

func appendEscape(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
