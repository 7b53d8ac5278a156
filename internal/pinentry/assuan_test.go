package pinentry

import (
	"strings"
	"testing"
)

// FuzzParse reads whatever a program may say, and looks for a secret in errors.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"OK hello\nD 123456\nOK\nOK bye\n", "OK\nERR 83886179 cancelled\n", "OK\nD %", "OK\r\nD a%0\r\nOK\r\n", "ERR", "D x\nOK\nOK", "OK\nERR -1 %1b", "",
	} {
		f.Add([]byte(seed), 0)
	}
	f.Fuzz(func(t *testing.T, output []byte, index int) {
		got, err := parse(output, index)
		if err != nil && !got.Empty() {
			t.Error("both a secret and an error")
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x1b\n\r\x00\x07") {
			t.Errorf("control characters in %q", err)
		}
	})
}

func FuzzEscape(f *testing.F) {
	f.Add("50% of\r\nit %41")
	f.Fuzz(func(t *testing.T, s string) {
		escaped := escape(s)
		if strings.ContainsAny(escaped, "\r\n") {
			t.Errorf("escape(%q) = %q ends the line", s, escaped)
		}
		if got := unescape(escaped); got != s {
			t.Errorf("unescape(escape(%q)) = %q", s, got)
		}
	})
}
