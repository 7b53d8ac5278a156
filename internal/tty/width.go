package tty

import (
	"unicode"

	"golang.org/x/text/width"
)

// cells is how many columns of a terminal a character takes.
func cells(r rune) int {
	switch {
	case r >= ' ' && r < 0x7f:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

func cellsOf(text []rune) int {
	n := 0
	for _, r := range text {
		n += cells(r)
	}
	return n
}

// tail is the end of a text that fits into so many columns.
func tail(text []rune, columns int) []rune {
	for cellsOf(text) > max(columns, 0) {
		text = text[1:]
	}
	return text
}
