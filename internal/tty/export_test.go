package tty

import "github.com/latchkey-aws/latchkey/internal/display"

// Match returns the indices of the items that a query means, the best first, and
// for the first of them its text and where in it the letters are.
func Match(items []PickItem, query string) (found []int, text []rune, marks []int) {
	l := newList(PickOptions{Items: items})
	l.query = []rune(display.Text(query, queryLimit)) // as it could be typed
	l.find()
	if len(l.found) > 0 {
		e := &l.entries[l.found[0]]
		text, marks = e.text, l.matcher.marks(e)
	}
	return l.found, text, marks
}

// Keys decodes what a terminal sends in pieces, as numbers: the character of one
// that is inserted, minus the action otherwise.
func Keys(pieces ...[]byte) []int {
	var d decoder
	var all []int
	take := func(final bool) {
		for k := range d.keys(final) {
			n := int(k.r)
			if k.action != insert {
				n = -int(k.action)
			}
			all = append(all, n)
		}
	}
	for _, b := range pieces {
		d.feed(b)
		take(false)
	}
	take(true)
	return all
}

// The actions that Keys returns, negative.
const (
	Up, Down, PageUp, PageDown = -int(up), -int(down), -int(pageUp), -int(pageDown)
	First, Last                = -int(first), -int(last)
	Back, BackWord, Clear      = -int(back), -int(backWord), -int(wipe)
	Enter, Cancel, EndOfInput  = -int(enter), -int(cancel), -int(endOfInput)
	Redraw                     = -int(redraw)
)

// Cells is how wide a text is.
func Cells(s string) int { return cellsOf([]rune(s)) }

// Frame is what draws a list in a terminal of that size after some keys.
func Frame(o PickOptions, columns, rows int, typed string) string {
	l := newList(o)
	l.resize(columns, rows)
	var d decoder
	d.feed([]byte(typed))
	for k := range d.keys(true) {
		_, _, _ = l.press(k)
	}
	return l.frame()
}
