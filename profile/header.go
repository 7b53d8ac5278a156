package profile

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// maxName is the longest name of a section, in bytes.
const maxName = 1024

// header is what a header line says. Offsets count from the opening bracket.
type header struct {
	kind     kind
	from, to int    // the name
	word     string // what precedes the name of a section that is not known
	closed   bool
	after    int // behind the closing bracket
	padded   bool
	quoted   bool
	prefixed bool   // [profile default]
	bad      string // code of what makes the name unusable
}

// readHeader reads a line from its opening bracket on.
//
// In the config file a kind precedes the name, except for [default]; in the
// credentials file the whole of it is the name of a profile. Names may stand
// in one pair of quotes, as the AWS CLI writes those with blanks.
func readHeader(line []byte, credentials bool) header {
	var h header
	end := bytes.IndexByte(line, ']')
	if h.closed = end > 0; !h.closed {
		if end = bytes.IndexAny(line, "#;"); end < 0 {
			end = len(line)
		}
	}
	h.after = end + 1
	h.from, h.to = trimmed(line, 1, end)
	h.padded = h.closed && (h.from != 1 || h.to != end) && h.from < h.to
	if !credentials {
		h.splitKind(line)
	} else if !reservedName(string(line[h.from:h.to])) {
		h.kind = kindProfile
	}
	if h.to-h.from >= 2 && (line[h.from] == '"' || line[h.from] == '\'') && line[h.to-1] == line[h.from] {
		h.from, h.to, h.quoted = h.from+1, h.to-1, true
	}
	h.check(line[h.from:h.to])
	return h
}

// splitKind takes the kind off the name in the config file.
func (h *header) splitKind(line []byte) {
	text := line[h.from:h.to]
	blank := 0
	for blank < len(text) && text[blank] != ' ' && text[blank] != '\t' {
		blank++
	}
	if blank == len(text) {
		if string(text) == "default" {
			h.kind = kindProfile
		}
		return
	}
	switch string(text[:blank]) {
	case "profile":
		h.kind = kindProfile
	case "sso-session":
		h.kind = kindSSO
	case "services":
		h.kind = kindServices
	default:
		h.word = string(text[:blank])
	}
	h.from, _ = trimmed(line, h.from+blank, h.to)
	h.prefixed = h.kind == kindProfile && string(line[h.from:h.to]) == "default"
}

// check looks for what makes a name unusable; such a section is ignored.
func (h *header) check(name []byte) {
	switch {
	case len(name) == 0:
		h.bad = CodeEmptyHeader
	case len(name) > maxName:
		h.bad = CodeLongName
		h.to = h.from
	case printable(name):
	case !utf8.Valid(name):
		h.bad = CodeInvalidUTF8
	case bytes.ContainsFunc(name, invisible):
		h.bad = CodeControlCharacter
	}
	if h.bad != "" {
		h.kind = kindOther
	}
}

func (h *header) flags() (flags uint8) {
	if h.prefixed {
		flags |= flagPrefixed
	}
	if !h.closed {
		flags |= flagUnclosed
	}
	return flags
}

// plain reports whether the header is beyond doubt one, even where it is
// indented and could continue a value.
func (h *header) plain() bool { return h.closed && h.kind != kindOther && !h.quoted }

// reservedName reports whether a section of the credentials file has a name
// that only the config file knows, or is Python's section of defaults.
func reservedName(name string) bool {
	return name == "DEFAULT" || strings.EqualFold(name, "default") && name != "default" || configHeader(name) != kindOther
}

// configHeader returns the kind that precedes a name as in the config file.
func configHeader(name string) kind {
	for _, k := range []kind{kindProfile, kindSSO, kindServices} {
		w := k.word()
		if len(name) > len(w) && name[:len(w)] == w && (name[len(w)] == ' ' || name[len(w)] == '\t') {
			return k
		}
	}
	return kindOther
}

// trimmed narrows line[from:to] to what is between blanks.
func trimmed(line []byte, from, to int) (int, int) {
	for from < to && isBlank(line[from]) {
		from++
	}
	for to > from && isBlank(line[to-1]) {
		to--
	}
	return from, to
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// printable reports whether all is ASCII that shows: the answer for nearly
// every name, without decoding it.
func printable(name []byte) bool {
	for _, c := range name {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// invisible reports whether r does not show or moves the cursor. A tab is a blank.
func invisible(r rune) bool {
	return r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}

// allowedName is the rule of the AWS SDK for Rust for names of sections and keys.
func allowedName(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("_-/.%@:+", rune(c)) {
			return false
		}
	}
	return name != ""
}

// clean makes text from a file or a caller fit for a message: nothing that
// does not show, at most 200 characters.
func clean(s string) string { return display.Text(s, 200) }
