package tty_test

import (
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/tty"
)

// FuzzFrame: whatever is picked from in a terminal of whatever size, no line is
// too long for it, it does not scroll, and the cursor waits in the first line.
func FuzzFrame(f *testing.F) {
	f.Add("profile", "alpha\nbeta\tAccount\n日本語日本語日本語", "a\x1b[B", 20, 5)
	f.Add("日本語日本語", "e\u0301\ufe0f\n\n\t\t", "日本語日本語日本語日本語", 11, 3)
	f.Add("t", "a\nb\nc\nd\ne\nf\ng", "\x1b[F", 80, 4)
	f.Fuzz(func(t *testing.T, title, text, typed string, columns, rows int) {
		if columns < 10 || columns > 300 || rows < 1 || rows > 100 {
			return
		}
		o := tty.PickOptions{Title: title}
		for row := range strings.SplitSeq(text, "\n") {
			o.Items = append(o.Items, tty.PickItem{Columns: strings.Split(row, "\t")})
		}
		e := newEmulator(columns, rows)
		e.write(tty.Frame(o, columns, rows, typed))
		if e.odd != "" || len(e.lines) != rows || e.y != 0 || e.x >= columns || e.noWrap || e.hidden {
			t.Errorf("%d columns, %d rows: %+v\n%s", columns, rows, e, e.text())
		}
	})
}

// TestFrameShowsAll: there is no empty room while there is more to show.
func TestFrameShowsAll(t *testing.T) {
	t.Parallel()
	o := tty.PickOptions{Title: "t", Items: items("a", "b", "c", "d", "e")}
	for typed, want := range map[string]string{
		"":                      "t>\n> a\n  b\n  c\n",
		"\x1b[B\x1b[B\x1b[B":    "t>\n  b\n  c\n> d\n",
		"\x1b[F":                "t>\n  c\n  d\n> e\n",
		"\x1b[F\x1b[6~\x1b[A":   "t>\n  b\n  c\n> d\n",
		"\x1b[F\x1b[5~\x1b[5~x": "t> x\n  nothing matches",
	} {
		e := newEmulator(40, 5)
		e.write(tty.Frame(o, 40, 5, typed))
		if got := e.text(); !strings.HasPrefix(got, want) {
			t.Errorf("%q: got\n%s", typed, got)
		}
	}
	for title, want := range map[string]string{"profile": "profile> x\n", "which?": "which? x\n", "a title of 20 letters": "> x\n", "": "> x\n"} {
		o.Title = title
		e := newEmulator(40, 5)
		e.write(tty.Frame(o, 40, 5, "x"))
		if got := e.text(); !strings.HasPrefix(got, want) {
			t.Errorf("%q: got\n%s", title, got)
		}
	}
}
