package tty

import (
	"context"
	"errors"
	"fmt"
)

// PickItem is a row to pick from.
type PickItem struct {
	// Columns are shown, and what is typed is looked for in them.
	Columns []string
}

// PickOptions are what [Terminal.Pick] shows.
type PickOptions struct {
	// Title stands before what is typed, such as "profile" or a question.
	Title string
	// Items are shown in this order as far as nothing is typed, or fits equally.
	Items []PickItem
	// Dumb says that the terminal has no cursor to move (TERM=dumb): the items
	// are numbered then. Plain says that colours and bold type are not wanted
	// (NO_COLOR).
	Dumb, Plain bool
}

const (
	// Below that size a terminal gets numbers.
	leastColumns, leastRows = 10, 3
	// mostNumbered is how many items are put with numbers at once.
	mostNumbered = 40
	// quietPolls is how many looks in vain say that an Esc was the key: 60 ms.
	quietPolls = 3
)

// Pick shows the items below the cursor, narrows them down to those that have
// what is typed, and returns the index, from 0, of the one taken with Enter. It
// clears away all that it has shown, and puts the modes of the terminal back
// whatever happens. Each word that is typed must be in an item with its letters
// in order; those come first that have it in one piece or at the beginning of a word.
//
// Up and down go the arrows, Ctrl-P and Ctrl-N, Ctrl-K and Ctrl-J, Shift-Tab and
// Tab, the page keys, Home and End; Ctrl-W and Ctrl-U take a word or everything
// back. Ctrl-C does not become a signal here, nor does Ctrl-Z, which does nothing.
//
// Errors: context.Canceled for Ctrl-C and Esc, [ErrEnded] for Ctrl-D while nothing
// is typed, [ErrNoTerminal], that of ctx, and one for an empty list.
func (t *Terminal) Pick(ctx context.Context, o PickOptions) (int, error) {
	if len(o.Items) == 0 {
		return 0, errors.New("terminal: nothing to choose from")
	}
	columns, rows := t.device.size()
	if o.Dumb || columns < leastColumns || rows < leastRows {
		return t.pickNumber(ctx, o)
	}
	done, err := t.take(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	return t.pick(ctx, newList(o))
}

const (
	begin = "\x1b[?2004h"                                 // pastes are marked
	end   = "\r\x1b[J\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[0m" // nothing is left, lines wrap, the cursor shows
)

func (t *Terminal) pick(ctx context.Context, l *list) (n int, err error) {
	raw, err := t.device.raw()
	if err != nil {
		return 0, err
	}
	failed := true // a panic is a failure too
	defer func() { raw.leave(end, failed) }()
	if err := t.device.write(ctx, begin); err != nil {
		return 0, err
	}
	n, err = t.play(ctx, raw, l)
	failed = err != nil
	return n, err
}

// play shows the list and does what the keys say until an item is taken.
func (t *Terminal) play(ctx context.Context, raw *rawDevice, l *list) (int, error) {
	var d decoder
	quiet := 0
	for {
		l.resize(t.device.size())
		if l.stale {
			if err := t.device.write(ctx, l.frame()); err != nil {
				return 0, err
			}
		}
		b, lost, err := raw.read(ctx)
		if err != nil {
			return 0, err
		}
		if lost {
			l.begin()
		}
		if quiet++; len(b) > 0 {
			quiet = 0
		}
		d.feed(b)
		for k := range d.keys(quiet >= quietPolls) {
			n, done, err := l.press(k)
			if done || err != nil {
				t.device.putBack(d.pending)
				return n, err
			}
		}
	}
}

// pickNumber picks where nothing can be drawn: by a number, and before that by a
// part of the text where there are many.
func (t *Terminal) pickNumber(ctx context.Context, o PickOptions) (int, error) {
	l := newList(o)
	for l.find(); len(l.found) == 0 || len(l.found) > mostNumbered && len(l.query) == 0; l.find() {
		answer, err := t.Ask(ctx, fmt.Sprintf("%s (%d of %d fit; type a part of one)", o.Title, len(l.found), len(o.Items)), false)
		if err != nil {
			return 0, err
		}
		l.query = []rune(answer)
	}
	title := o.Title
	if n := len(l.found); n > mostNumbered {
		title = fmt.Sprintf("%s (the best %d of %d)", o.Title, mostNumbered, n)
		l.found = l.found[:mostNumbered]
	}
	rows := make([]string, len(l.found))
	for i, index := range l.found {
		rows[i] = l.text(index)
	}
	n, err := t.Choose(ctx, title, rows)
	if err != nil {
		return 0, err
	}
	return l.found[n], nil
}
