package display_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/internal/display"
)

func TestText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		max  int
		want string
	}{
		{"", 10, ""}, {"plain", 10, "plain"}, {"plain", 5, "plain"}, {"plain", 4, "pla…"}, {"plain", 1, "…"}, {"plain", 0, ""}, {"plain", -1, ""},
		{"a\nb\tc", 10, "a b c"}, {"a\r\nb", 10, "a b"}, {"\x1b[31mred\x1b[0m", 20, "[31mred[0m"},
		{"a\x00\x7fb", 10, "ab"}, {"a\u0085\u009bb", 10, "ab"}, {"a\u202e\u2066\u200f\u061cb", 10, "ab"}, {"a\u2028b", 10, "a b"},
		{"a\xff\xfeb\xe2\x82", 10, "ab"}, {"\xc3\x1b\xa9", 10, ""}, {"äöü", 3, "äöü"}, {"äöüx", 3, "äö…"}, {"\ufffd", 3, "\ufffd"}, {"\ufeffx", 3, "x"},
		{"a\x1b\x1b\x1b\x1b", 1, "a"}, {"日本語", 2, "日…"},
	}
	for _, tt := range tests {
		if got := display.Text(tt.in, tt.max); got != tt.want {
			t.Errorf("Text(%q, %d) = %q, want %q", tt.in, tt.max, got, tt.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b[31m\n\u202eb\xff", 5)
	f.Add(strings.Repeat("ü", 300), 200)
	f.Fuzz(func(t *testing.T, s string, max int) {
		got := display.Text(s, max)
		if again := display.Text(got, max); again != got {
			t.Errorf("%q becomes %q", got, again)
		}
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > max && got != "" {
			t.Errorf("%q", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%q holds %U", got, r)
			}
		}
	})
}
