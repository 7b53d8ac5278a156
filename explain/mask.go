package explain

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/latchkey-aws/latchkey/secret"
)

// blank stands for each byte of a secret in a text, so that all else stays where it
// was.
const blank = '\x00'

// mask blanks out what is a secret or could be one: what is named as one, and what
// looks like one. Too much is better than too little: a finding shows little of a
// text.
func mask(text string) string {
	b := []byte(text)
	for _, span := range named().FindAllStringSubmatchIndex(text, -1) {
		wipe(b, span[2], span[3])
		wipe(b, span[3], span[3]+wrapped(text[span[3]:], span[3]-span[2]))
	}
	for _, span := range authorization().FindAllStringSubmatchIndex(text, -1) {
		wipe(b, span[2], span[3])
	}
	arns := arnForm().FindAllStringIndex(text, -1)
	for _, span := range runs().FindAllStringIndex(text, -1) {
		for len(arns) > 0 && arns[0][1] <= span[0] {
			arns = arns[1:]
		}
		run := text[span[0]:span[1]]
		if len(arns) > 0 && arns[0][0] <= span[0] || isPath(run) {
			maskSegments(b, run, span[0])
		} else if mixed(run) || len(run) >= 64 {
			wipe(b, span[0], span[1]+wrapped(text[span[1]:], span[1]-span[0]))
		}
	}
	for _, span := range urlSafe().FindAllStringIndex(text, -1) {
		wipe(b, span[0], span[1]+wrapped(text[span[1]:], span[1]-span[0]))
	}
	return string(b)
}

func wipe(b []byte, from, to int) {
	for i := from; i < to; i++ {
		if b[i] != '\n' {
			b[i] = blank
		}
	}
}

// named are values that stand beside the name of a secret.
func named() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:secret_?(?:access_?)?key|(?:session|security|access|refresh|id|signin|web_?identity|auth|bearer)[-_]?token|sso_bearer_token|client_?secret|code_?verifier|device_?code|x-amz-signature|signature|pass(?:word|phrase)|assertion|private_?key|totp_?code|token_?code)` +
		"[\"'\\\\`]*\\s*(?:[=:>]|%3D)+\\s*[\"'\\\\`]*([^\\s\"'\\\\`<&,;]{6,})")
}

// authorization is a header or a bearer token, to the end of its line.
func authorization() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:authorization["'\\]*\s*[=:]+|bearer |AWS4-HMAC-SHA256 )([^\n]+)`)
}

// runs are what keys and tokens are written in: base64, hex, percent-encoded.
func runs() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9+/=%]{28,}`) }

// urlSafe are tokens in base64url, with the dots of a JWT. Names of roles end at 64.
func urlSafe() *regexp.Regexp {
	return regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)*|[A-Za-z0-9_-]{66,}`)
}

func arnForm() *regexp.Regexp {
	return regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:[0-9]{0,12}:[A-Za-z0-9_+=,.@/:-]+`)
}

// isPath tells a path from a key, which may begin with a slash or stand behind one or
// two.
func isPath(run string) bool {
	rest := strings.TrimPrefix(run, "/")
	path := rest != run && strings.Contains(rest, "/") && !strings.HasPrefix(rest, "/")
	return path && len(run) < 100 && len(run) != secretLength && len(rest) != secretLength
}

// mixed tells a key or a token from a word: those mix upper case, lower case and digits.
func mixed(s string) bool {
	return strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") && strings.ContainsAny(s, "0123456789+/")
}

// maskSegments blanks the parts of an ARN or a path that are no names.
func maskSegments(b []byte, run string, at int) {
	for part := range strings.SplitSeq(run, "/") {
		if len(part) >= 36 && mixed(part) {
			wipe(b, at, at+len(part))
		}
		at += len(part) + 1
	}
}

// wrapped is how long the rest of a value is that goes on in the next line: the word
// it begins with, where that looks like a rest or the value was as long as a line. A
// next line that is long enough is found by itself.
func wrapped(after string, length int) int {
	const box = " \t│|\"',"
	first := strings.TrimLeft(after[:min(len(after), 200)], box)
	rest := strings.TrimPrefix(first, "\n")
	if rest == first && length < 60 { // a box has no line breaks any more
		return 0
	}
	line, _, _ := strings.Cut(rest, "\n")
	line = strings.Trim(line, box)
	word, _, more := strings.Cut(line, " ")
	word = strings.Trim(word, box)
	switch {
	case word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=_%-.") != "":
		return 0
	case more && length < 60 && !strings.ContainsAny(word, "0123456789+/="):
		return 0
	}
	return strings.Index(after, word) + len(word)
}

// shown puts a word in the place of what is blank.
func shown(s string) string {
	var b bytes.Buffer
	in := false
	for i := range len(s) {
		if s[i] == blank {
			if !in {
				b.WriteString(secret.Redacted)
			}
			in = true
			continue
		}
		in = false
		b.WriteByte(s[i])
	}
	return b.String()
}
