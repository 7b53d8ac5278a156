package policies

import (
	"regexp"
	"strings"
)

// The functions of package strings that are used most, out of line: compiled into
// each of their places they would make the program a good deal larger.

//go:noinline
func cut(s, sep string) (before, after string, found bool) { return strings.Cut(s, sep) }

//go:noinline
func cutPrefix(s, prefix string) (after string, found bool) { return strings.CutPrefix(s, prefix) }

//go:noinline
func cutSuffix(s, suffix string) (before string, found bool) { return strings.CutSuffix(s, suffix) }

//go:noinline
func begins(s, prefix string) bool { return strings.HasPrefix(s, prefix) }

//go:noinline
func ends(s, suffix string) bool { return strings.HasSuffix(s, suffix) }

//go:noinline
func contains(s, part string) bool { return strings.Contains(s, part) }

//go:noinline
func containsAny(s, chars string) bool { return strings.ContainsAny(s, chars) }

// among reports whether a word is one of those of a list, separated by blanks.
//
//go:noinline
func among(list, word string) bool { return strings.Contains(" "+list+" ", " "+word+" ") }

//go:noinline
func matches(pattern, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }
