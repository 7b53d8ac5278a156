package sdk

import "strings"

// The states of shlexSplit.
const (
	betweenWords = iota
	inWord
	inSingle
	inDouble
	afterSlash
	afterSlashInDouble
)

// shlexSplit is Python's shlex.split: words as a POSIX shell makes them, without
// anything else of a shell. The problem is in Python's words, "" if there is none.
func shlexSplit(s string) (words []string, problem string) {
	var word strings.Builder
	state := betweenWords
	for i := range len(s) {
		c := s[i]
		next := shlexNext(state, c)
		switch {
		case state == inWord && next == betweenWords:
			words = append(words, word.String())
			word.Reset()
		case state == afterSlashInDouble && c != '"' && c != '\\':
			// Within double quotes a backslash escapes a quote or itself only.
			word.WriteByte('\\')
			word.WriteByte(c)
		case state == afterSlash, state == afterSlashInDouble, next == state && state != betweenWords, state == betweenWords && next == inWord:
			word.WriteByte(c)
		}
		state = next
	}
	switch state {
	case inSingle, inDouble:
		return nil, "No closing quotation"
	case afterSlash, afterSlashInDouble:
		return nil, "No escaped character"
	case inWord:
		words = append(words, word.String())
	}
	return words, ""
}

// shlexNext is the state after a character.
func shlexNext(state int, c byte) int {
	switch state {
	case inSingle:
		if c == '\'' {
			return inWord
		}
		return inSingle
	case inDouble:
		switch c {
		case '"':
			return inWord
		case '\\':
			return afterSlashInDouble
		}
		return inDouble
	case afterSlash:
		return inWord
	case afterSlashInDouble:
		return inDouble
	}
	switch c {
	case ' ', '\t', '\r', '\n':
		return betweenWords
	case '\'':
		return inSingle
	case '"':
		return inDouble
	case '\\':
		return afterSlash
	}
	return inWord
}

// windowsSplit is botocore's reading of a command on Windows: blanks separate,
// double quotes join, and backslashes count before a double quote only.
func windowsSplit(s string) (list []string, problem string) {
	var words []string
	var word strings.Builder
	started, quoted, slashes := false, false, 0
	flush := func() {
		word.WriteString(strings.Repeat(`\`, slashes))
		started, slashes = started || slashes > 0, 0
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\':
			slashes++
		case c == '"':
			odd := slashes%2 == 1
			slashes /= 2
			flush()
			started = true
			if odd {
				word.WriteByte('"')
			} else {
				quoted = !quoted
			}
		case (c == ' ' || c == '\t') && !quoted:
			flush()
			if started {
				words = append(words, word.String())
				word.Reset()
			}
			started = false
		default:
			flush()
			word.WriteByte(c)
			started = true
		}
	}
	if quoted {
		return nil, "No closing quotation in string: " + s
	}
	flush()
	if started {
		words = append(words, word.String())
	}
	return words, ""
}
