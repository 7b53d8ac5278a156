package profile

import (
	"strings"

	"github.com/latchkey-aws/latchkey/secret"
)

// masker takes out of lines what may be a secret. It would rather hide too
// much: values of secret keys, misspelt or commented out, the lines below them,
// lines that are no property at all, and words that look like secrets.
type masker struct {
	below  bool // a secret value may go on
	indent int
}

func (m *masker) line(line string) string {
	text := strings.TrimLeft(line, " \t")
	blank := line[:len(line)-len(text)]
	if text == "" {
		return ""
	}
	comment := text[0] == '#' || text[0] == ';'
	if !comment {
		if m.below && len(blank) > m.indent {
			return blank + secret.Redacted
		}
		m.below = false
	}
	content := strings.TrimLeft(text, "#; \t")
	if !comment {
		content = text
	}
	at := strings.IndexAny(content, "=:")
	switch {
	case at >= 0 && sensitive(strings.ToLower(strings.TrimSpace(content[:at]))):
		if !comment {
			m.below, m.indent = true, len(blank)
		}
		return line[:len(line)-len(content)+at+1] + " " + secret.Redacted
	case at < 0 && !comment && text[0] != '[':
		return blank + secret.Redacted
	}
	for _, key := range [...]string{keySecret, keyToken, keySecurityToken} {
		if i := strings.Index(strings.ToLower(line), key); i >= 0 {
			return line[:i+len(key)] + " " + secret.Redacted
		}
	}
	return maskWords(line)
}

// sensitive reports whether the value of a key may be secret.
func sensitive(key string) bool {
	if secretKey(key) || secretKey(nearestKey(key)) {
		return true
	}
	if strings.Contains(knownKeys, " "+key+" ") {
		return false
	}
	for _, word := range [...]string{"secret", "token", "pass", "seed"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// The lengths of AWS's secret access keys, and of what is long enough for a
// session token.
const (
	secretLength = 40
	tokenLength  = 100
)

// maskWords hides words of the form of secret keys and session tokens.
func maskWords(line string) string {
	var b strings.Builder
	for line != "" {
		n := 0
		var upper, lower, digit bool
		for n < len(line) && wordByte(line[n]) {
			c := line[n]
			upper, lower, digit = upper || c >= 'A' && c <= 'Z', lower || c >= 'a' && c <= 'z', digit || c >= '0' && c <= '9'
			n++
		}
		if upper && lower && digit && n == secretLength || n >= tokenLength {
			b.WriteString(secret.Redacted)
		} else {
			b.WriteString(line[:n])
		}
		line = line[n:]
		if line != "" {
			b.WriteByte(line[0])
			line = line[1:]
		}
	}
	return b.String()
}

// wordByte is the alphabet of base64.
func wordByte(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}
