package awsapi

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// Lengths, in characters, of foreign text in errors.
const (
	maxExcerpt = 200  // shown
	maxMessage = 2000 // kept in a field for explain
	maxName    = 100  // codes, request ids, content types
)

// elide shortens s to at most max characters, keeping both ends: the end of an
// AWS message is where it names the kind of policy that denies.
func elide(s string, max int) string {
	s = display.Text(s, maxMessage)
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
	for _, word := range []string{"accesskey", "sessiontoken", "accesstoken", "refreshtoken", "idtoken", "securitytoken", "signintoken", "secret", "bearer", "<credentials", "stringseed", "qrcode"} {
		if strings.Contains(folded, word) {
			return ""
		}
	}
	s = strings.Join(strings.Fields(display.Text(redact(s, secrets), len(s))), " ")
	return display.Text(s, maxExcerpt)
}

// bareURL returns scheme, host and path of a URL: its query and user
// information may hold secrets.
func bareURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return display.Text((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), maxExcerpt)
}
