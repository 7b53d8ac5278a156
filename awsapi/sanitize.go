package awsapi

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths, in characters, of foreign text in errors.
const (
	maxExcerpt = 200  // shown
	maxMessage = 2000 // kept in a field for explain
	maxName    = 100  // codes, request ids, content types
)

// Sanitize returns s fit for a terminal: valid UTF-8 without control
// characters (C0, DEL, C1) and without format characters, bidirectional
// overrides among them, which can hide or reorder what is shown. Newline, tab
// and the Unicode line separators become spaces. A text of more than max
// characters is cut there, the last one being "…". Sanitize is idempotent.
func Sanitize(s string, max int) string {
	if max <= 0 {
		return ""
	}
	if plain(s) && len(s) <= max {
		return s
	}
	var b strings.Builder
	n := 0
	for i, r := range s {
		r, keep := visible(r, s[i:])
		if !keep {
			continue
		}
		if n++; n > max {
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

// elide shortens s to at most max characters, keeping both ends: the end of an
// AWS message is where it names the kind of policy that denies.
func elide(s string, max int) string {
	s = Sanitize(s, maxMessage)
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	runes := []rune(s)
	tail := max / 2
	return string(runes[:max-tail-3]) + " … " + string(runes[len(runes)-tail:])
}

// redact takes the request's own secrets out of foreign text, as they are and
// as a form encodes them: an echoing server must not bring them into a log.
func redact(s string, secrets []string) string {
	for _, x := range secrets {
		if len(x) < 6 { // an MFA code has six digits; less is no secret
			continue
		}
		s = strings.ReplaceAll(s, x, "[redacted]")
		if e := url.QueryEscape(x); e != x {
			s = strings.ReplaceAll(s, e, "[redacted]")
		}
	}
	return s
}

// excerpt returns the beginning of a foreign body, or "" when the body may
// hold credentials: a truncated answer of STS is not shown.
func excerpt(body []byte, secrets []string) string {
	if len(body) > 64<<10 {
		body = body[:64<<10]
	}
	s := string(body)
	folded := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(s))
	for _, word := range []string{"accesskey", "sessiontoken", "accesstoken", "refreshtoken", "idtoken", "securitytoken", "secret", "bearer", "<credentials"} {
		if strings.Contains(folded, word) {
			return ""
		}
	}
	s = strings.Join(strings.Fields(Sanitize(redact(s, secrets), len(s))), " ")
	return Sanitize(s, maxExcerpt)
}

// bareURL returns scheme, host and path of a URL: its query and user
// information may hold secrets.
func bareURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return Sanitize((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), maxExcerpt)
}
