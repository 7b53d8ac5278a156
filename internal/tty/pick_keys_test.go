package tty_test

import (
	"slices"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/tty"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][]int{
		"ab":   {'a', 'b'},
		"ü钥":   {'ü', '钥'},
		"\x1b": {tty.Cancel}, "\x03": {tty.Cancel}, "\x04": {tty.EndOfInput}, "\x1a": nil, "\x00": nil, "\x1c": nil,
		"\r": {tty.Enter}, "\n\t\x0e": {tty.Down, tty.Down, tty.Down}, "\x0b\x10": {tty.Up, tty.Up}, "\x0c": {tty.Redraw},
		"\x7f\b\x15\x17": {tty.Back, tty.Back, tty.Clear, tty.BackWord},
		"\x1b[A\x1b[B\x1b[1;5A\x1bOA\x1bOB\x1b[Z":              {tty.Up, tty.Down, tty.Up, tty.Up, tty.Down, tty.Up},
		"\x1b[5~\x1b[6~\x1b[5;2~":                              {tty.PageUp, tty.PageDown, tty.PageUp},
		"\x1b[H\x1b[F\x1bOH\x1bOF\x1b[1~\x1b[4~\x1b[7~\x1b[8~": {tty.First, tty.Last, tty.First, tty.Last, tty.First, tty.Last, tty.First, tty.Last},
		"\x1bOM\x1b\x7f":                                       {tty.Enter, tty.BackWord},
		"\x1b[C\x1b[D\x1b[3~\x1b[15~\x1b[[Ax":                  {'x'},
		"\x1bxy\x1büz":                                         {'y', 'z'}, // Alt and a key
		"\x1b\x03":                                             {tty.Cancel, tty.Cancel},
		"\x1b[\x03":                                            {tty.Cancel},
		"\x1b[1;\r":                                            {tty.Enter},
		"\x1bO\x03":                                            {tty.Cancel},
		"\x1b[":                                                nil,
		"\x1b[200~a\nb\x1b[Ac\x7f\x1b[201~\r":                  {'a', ' ', 'b', 'c', ' ', tty.Enter},
		"\x1b[200~lost\x03":                                    {'l', 'o', 's', 't', tty.Cancel},
		"\xff\xc3(\xe9\x92":                                    {'('},
		"\u202e\u0085\u200bx":                                  {'x'},
	} {
		whole := tty.Keys([]byte(typed))
		if !slices.Equal(whole, want) {
			t.Errorf("%q: got %v, want %v", typed, whole, want)
		}
		var pieces [][]byte
		for i := range len(typed) {
			pieces = append(pieces, []byte(typed[i:i+1]))
		}
		if got := tty.Keys(pieces...); !slices.Equal(got, whole) {
			t.Errorf("%q in pieces: got %v, want %v", typed, got, whole)
		}
	}
}

// FuzzKeys: it does not matter where what is typed is cut in two, and nothing that
// a terminal acts on is ever inserted.
func FuzzKeys(f *testing.F) {
	f.Add([]byte("a\x1b[1;5A\x1b[200~x\r\x1b[201~\x1bOM钥"), 3)
	f.Add([]byte("\x1b[[A\x1b\x1b[;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;A\xff"), 5)
	f.Fuzz(func(t *testing.T, b []byte, at int) {
		at = max(0, min(at, len(b)))
		whole := tty.Keys(b)
		if got := tty.Keys(b[:at], b[at:]); !slices.Equal(got, whole) {
			t.Errorf("%q cut at %d: got %v, want %v", b, at, got, whole)
		}
		for _, k := range whole {
			if k >= 0 && k < ' ' || k >= 0x7f && k < 0xa0 {
				t.Errorf("%q inserts %U", b, k)
			}
		}
	})
}
