package tty_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/latchkey-aws/latchkey/internal/tty"
)

func items(names ...string) []tty.PickItem {
	list := make([]tty.PickItem, len(names))
	for i, name := range names {
		list[i].Columns = []string{name}
	}
	return list
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ query, items, want string }{
		{"", "b a", "b a"},
		{"x", "b a", ""},
		{"prod", "p-r-o-d nonprod data-prod prod", "prod data-prod nonprod p-r-o-d"},
		{"prod", "production prod", "prod production"},
		{"pa", "pxxa prod-admin pa", "pa prod-admin pxxa"},
		{"dev", "my-dev dev-a dev-b", "dev-a dev-b my-dev"},
		{"ab", "xab1 xab2 yab3", "xab1 xab2 yab3"}, // equal ones in their order
		{"PROD", "prod PROD", "PROD"},
		{"prod", "PROD prod", "PROD prod"},
		{"müN", "mün MÜN müN", "müN"},
		{"42", "a142 b-42 c42", "b-42 c42 a142"},
		{"fb", "xfxb fooBar", "fooBar xfxb"},
		{"aab", "aaab", "aaab"},
		{"钥", "x 钥匙", "钥匙"},
		{"dc", "cd", ""},
	} {
		names := strings.Fields(tt.items)
		found, _, _ := tty.Match(items(names...), tt.query)
		got := make([]string, len(found))
		for i, n := range found {
			got[i] = names[n]
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q in %s: got %s, want %s", tt.query, tt.items, got, tt.want)
		}
	}
}

// TestMatchWords: the words of a query may be in any column, in any order.
func TestMatchWords(t *testing.T) {
	t.Parallel()
	list := []tty.PickItem{
		{Columns: []string{"prod", "Payments", "111122223333", "Admin"}},
		{Columns: []string{"prod-read", "Payments", "444455556666", "ReadOnly"}},
		{Columns: []string{"dev", "Sandbox\x1b[31m", "Admin"}},
	}
	for query, want := range map[string]string{
		"admin prod": "[0]", " pay  readonly ": "[1]", "1111 pay": "[0]", "pay dev": "[]", "Admin": "[0 2]", "\x1b": "[0 1 2]", "sandbox": "[2]", "prod 4444": "[1]",
	} {
		if found, _, _ := tty.Match(list, query); fmt.Sprint(found) != want {
			t.Errorf("%q: got %v, want %s", query, found, want)
		}
	}
}

// TestMatchMarks: the letters that are marked are those that count.
func TestMatchMarks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ item, query, want string }{
		{"p-prod-r", "pr", "..PR...."}, {"data-prod", "dp", "D....P..."}, {"abcabc", "abc", "ABC..."}, {"xfxoo foo", "foo", "......FOO"},
		{"one two", "two one", "ONE.TWO"},
	} {
		_, text, marks := tty.Match(items(tt.item), tt.query)
		got := []rune(strings.Repeat(".", len(text)))
		for _, i := range marks {
			got[i] = unicode.ToUpper(text[i])
		}
		if string(got) != tt.want {
			t.Errorf("%q in %q: got %s, want %s", tt.query, tt.item, string(got), tt.want)
		}
	}
}

// TestMatchMany: a key that is pressed in a list of 5,000 is answered at once. The
// limit is far above what it takes, so that only another order of growth fails.
func TestMatchMany(t *testing.T) {
	t.Parallel()
	list := many(5000)
	for _, query := range []string{"a", "prod admin 17", strings.Repeat("a", 100)} {
		began := time.Now()
		tty.Match(list, query)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%q took %s", query, took)
		}
	}
}

func many(n int) []tty.PickItem {
	list := make([]tty.PickItem, n)
	for i := range list {
		list[i] = tty.PickItem{Columns: []string{fmt.Sprintf("prod-account-%04d", i), "An account of the organisation", fmt.Sprintf("%012d", 7919*i), "AdministratorAccess"}}
	}
	return list
}

func BenchmarkMatch(b *testing.B) {
	list := many(5000)
	for b.Loop() {
		tty.Match(list, "prod admin 17")
	}
}

// FuzzMatch: what is found has the letters of every word in their order, what is
// not found has not, and the marks spell the words.
func FuzzMatch(f *testing.F) {
	f.Add("prod-admin", "pa")
	f.Add("aaab", "aab aB")
	f.Add("İstanbul \xff\u0301", "i̇s")
	f.Add("a b", "b a\u200d")
	f.Fuzz(func(t *testing.T, item, query string) {
		found, text, marks := tty.Match(items(item), query)
		_, shown, _ := tty.Match(items(query), "") // what becomes of it on a terminal
		words := strings.Fields(string([]rune(string(shown))[:min(len(shown), 100)]))
		if len(found) == 1 && len(marks) != len([]rune(strings.Join(words, ""))) {
			t.Fatalf("%q in %q: %d marks", query, item, len(marks))
		}
		for _, w := range words {
			letters := []rune(w)
			if len(found) == 0 {
				continue
			}
			mine := marks[:len(letters)]
			marks = marks[len(letters):]
			slices.Reverse(mine)
			exact := strings.ContainsFunc(w, unicode.IsUpper)
			for i, m := range mine {
				same := text[m] == letters[i] || !exact && unicode.ToLower(text[m]) == unicode.ToLower(letters[i])
				if !same || i > 0 && m <= mine[i-1] {
					t.Fatalf("%q in %q: marks %v", w, string(text), mine)
				}
			}
		}
	})
}
