package provider

import "strings"

// NeedsShell reports whether a credential_process line uses a construct of the
// shell, and names the first one. SDKs that split the line into words themselves
// (botocore, and so the AWS CLI and boto3) pass such a construct on as it stands.
// What is quoted so that a shell would not see it either is no construct.
func NeedsShell(command string) (construct string, yes bool) {
	var quote byte    // the quote that is open, 0 if none
	wordStart := true // the next byte begins a word
	first := true     // no word has ended yet
	for i := 0; i < len(command); i++ {
		c := command[i]
		switch {
		case quote == '\'':
			if c == quote {
				quote = 0
			}
			continue
		case c == '\\':
			i++
			wordStart = false
			continue
		}
		if name := everywhere(command[i:]); name != "" {
			return name, true
		}
		if quote == '"' {
			if c == quote {
				quote = 0
			}
			continue
		}
		if c == ' ' || c == '\t' {
			first = first && wordStart
			wordStart = true
			continue
		}
		if name := unquoted(command[i:], wordStart, first); name != "" {
			return name, true
		}
		if c == '\'' || c == '"' {
			quote = c
		}
		wordStart = false
	}
	return "", false
}

// everywhere names what a shell expands within double quotes too.
func everywhere(s string) string {
	switch {
	case s[0] == '`', strings.HasPrefix(s, "$("):
		return "command substitution"
	case s[0] == '$' && len(s) > 1 && (s[1] == '{' || isName(s[1]) || s[1] >= '0' && s[1] <= '9' || strings.IndexByte("?$!#@*-", s[1]) >= 0):
		return "variable"
	}
	return ""
}

// unquoted names what a shell acts on outside quotes.
func unquoted(s string, wordStart, first bool) string {
	switch s[0] {
	case '|':
		return "pipe"
	case '<', '>':
		return "redirection"
	case ';':
		return "semicolon"
	case '&':
		return "ampersand"
	case '*', '?', '[':
		return "glob"
	case '(', ')':
		return "subshell"
	case '\n':
		return "line break"
	}
	switch {
	case wordStart && s[0] == '~':
		return "tilde"
	case wordStart && s[0] == '#':
		return "comment"
	case wordStart && first && assignment(s):
		return "variable assignment"
	}
	return ""
}

// assignment reports whether the first word is NAME=value, which sets a variable
// for the command after it.
func assignment(s string) bool {
	for i := range len(s) {
		if s[i] == '=' {
			return i > 0
		}
		if !isName(s[i]) && (i == 0 || s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return false
}

func isName(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
