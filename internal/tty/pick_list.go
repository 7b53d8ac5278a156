package tty

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/latchkey-aws/latchkey/internal/display"
)

const (
	// highest is how many lines of the terminal are used at most.
	highest = 15
	// widest is how far a column keeps the next one away: longer texts only
	// move their own row.
	widest = 40
	// queryLimit is how much can be typed, in characters.
	queryLimit = 100
	titleLimit = 60
)

// list is what is picked from, and how far that has come.
type list struct {
	title   string
	colour  bool
	entries []entry
	widths  []int // of the columns
	matcher matcher

	query []rune
	found []int // indices of entries
	at    int   // the index in found of the one that Enter takes
	top   int   // the one that is shown first

	columns, rows int
	// stale: the screen shows something else. anew: nothing of it can be counted
	// on. unsought: found is not yet for this query.
	stale, anew, unsought bool
}

func newList(o PickOptions) *list {
	l := &list{title: display.Text(o.Title, titleLimit), colour: !o.Plain, entries: make([]entry, len(o.Items)),
		stale: true, unsought: true}
	table := slices.ContainsFunc(o.Items, func(i PickItem) bool { return len(i.Columns) > 1 })
	for i, item := range o.Items {
		e := newEntry(item)
		for c := range e.ends {
			if c == len(l.widths) {
				l.widths = append(l.widths, 0)
			}
			if len(e.ends) == 1 && table {
				continue // it stands for itself, not in a column
			}
			start, end := e.column(c)
			l.widths[c] = max(l.widths[c], min(widest, cellsOf(e.text[start:end])))
		}
		l.entries[i] = e
	}
	return l
}

// resize tells the size of the terminal.
func (l *list) resize(columns, rows int) {
	if columns == l.columns && rows == l.rows {
		return
	}
	l.columns, l.rows = columns, rows
	l.begin()
}

// begin has everything drawn again.
func (l *list) begin() { l.stale, l.anew = true, true }

// find looks for the entries of the query.
func (l *list) find() {
	l.matcher.look(string(l.query))
	l.found = l.matcher.find(l.entries)
	l.unsought = false
}

// shown is how many entries have room.
func (l *list) shown() int { return max(0, min(highest, l.rows)-2) }

// press does what a key says. done: the entry of index n is taken.
func (l *list) press(k key) (n int, done bool, err error) {
	l.stale = true
	switch k.action {
	case cancel:
		return 0, false, context.Canceled
	case endOfInput:
		if len(l.query) == 0 {
			return 0, false, ErrEnded
		}
	case redraw:
		l.begin()
	case insert, back, backWord, wipe:
		l.edit(k)
	case enter:
		l.seek()
		if len(l.found) > 0 {
			return l.found[l.at], true, nil
		}
	default:
		l.seek()
		l.move(k.action)
	}
	return 0, false, nil
}

func (l *list) edit(k key) {
	before := len(l.query)
	switch k.action {
	case insert:
		if before < queryLimit {
			l.query = append(l.query, k.r)
		}
	case back:
		l.query = l.query[:max(0, before-1)]
	case backWord:
		text := strings.TrimRightFunc(string(l.query), unicode.IsSpace)
		l.query = []rune(text[:strings.LastIndexFunc(text, unicode.IsSpace)+1])
	case wipe:
		l.query = nil
	}
	if len(l.query) != before {
		l.at, l.top, l.unsought = 0, 0, true
	}
}

// seek finds what has to be known now.
func (l *list) seek() {
	if l.unsought {
		l.find()
	}
}

func (l *list) move(a action) {
	switch a {
	case up:
		l.at--
	case down:
		l.at++
	case pageUp:
		l.at -= l.shown()
	case pageDown:
		l.at += l.shown()
	case first:
		l.at = 0
	case last:
		l.at = len(l.found) - 1
	}
	l.at = max(0, min(l.at, len(l.found)-1))
}

// frame returns what draws the list anew, beginning and ending on its first line,
// where the cursor waits behind what is typed.
func (l *list) frame() string {
	l.seek()
	prompt := l.prompt()
	lines := []string{l.styled(prompt)}
	shown := l.shown()
	l.top = max(min(l.top, l.at, len(l.found)-shown), l.at-shown+1, 0)
	for i := l.top; i < min(l.top+shown, len(l.found)); i++ {
		lines = append(lines, l.styled(cut(l.marked(i), l.columns-1)))
	}
	count := fmt.Sprintf("  %d of %d  Enter takes one, Esc none", len(l.found), len(l.entries))
	if len(l.found) == 0 {
		count = "  nothing matches; Esc takes none"
	}
	lines = append(lines, l.styled(cut(plain([]rune(count), "2"), l.columns-1)))
	if l.rows < 2 {
		lines = lines[:1]
	}
	var b strings.Builder
	b.WriteString("\x1b[?25l\x1b[?7l\r") // no cursor, and no new line where a width was misjudged
	if l.anew {
		b.WriteString("\x1b[J")
	}
	b.WriteString(strings.Join(lines, "\x1b[K\r\n"))
	b.WriteString("\x1b[J")
	if n := len(lines) - 1; n > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", n)
	}
	fmt.Fprintf(&b, "\r\x1b[%dC\x1b[?7h\x1b[?25h", cellsIn(prompt))
	l.stale, l.anew = false, false
	return b.String()
}
