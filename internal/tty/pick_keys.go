package tty

import (
	"bytes"
	"iter"
	"unicode"
	"unicode/utf8"
)

// action is what a key asks for.
type action int

const (
	nothing action = iota // a key that means nothing here
	insert                // a character
	up
	down
	pageUp
	pageDown
	first
	last
	back     // the last character away
	backWord // the last word
	wipe     // all that is typed
	enter
	cancel
	endOfInput
	redraw
)

type key struct {
	action action
	r      rune // of insert
}

const (
	escape    = 0x1b
	interrupt = 'C' - '@'
	// sequenceLimit is how long the sequence of a key can be, in bytes.
	sequenceLimit = 32
)

// decoder turns what a terminal sends into keys.
type decoder struct {
	pending []byte
	pasting bool
}

func (d *decoder) feed(b []byte) { d.pending = append(d.pending, b...) }

// keys yields the keys that are complete. final says that nothing has followed for
// a while: what looked like the beginning of a sequence was the Esc key, or is lost.
func (d *decoder) keys(final bool) iter.Seq[key] {
	return func(yield func(key) bool) {
		for len(d.pending) > 0 {
			b := d.pending[0]
			k, n := d.next(d.pending, final)
			if n == 0 {
				return
			}
			d.pending = d.pending[n:]
			// In a paste only the end of it is a sequence, and Ctrl-C, for the case
			// that the end was lost.
			pasted := d.pasting && k.action != insert && b != interrupt
			if k.action != nothing && !pasted && !yield(k) {
				return
			}
		}
	}
}

// next returns the first key of b and its length, 0 for half of one, which it
// never is if b is final.
func (d *decoder) next(b []byte, final bool) (key, int) {
	switch {
	case b[0] == escape:
		return d.sequence(b, final)
	case d.pasting && b[0] != interrupt && (b[0] < ' ' || b[0] == 0x7f):
		return key{insert, ' '}, 1 // a line end that was pasted is no Enter
	case b[0] < ' ' || b[0] == 0x7f:
		return key{action: control(b[0])}, 1
	case !utf8.FullRune(b) && !final:
		return key{}, 0
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n <= 1 || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
		return key{}, n
	}
	return key{insert, r}, n
}

func control(b byte) action {
	switch b {
	case interrupt:
		return cancel
	case 'D' - '@':
		return endOfInput
	case 'H' - '@', 0x7f:
		return back
	case 'I' - '@', 'J' - '@', 'N' - '@':
		return down
	case 'K' - '@', 'P' - '@':
		return up
	case 'L' - '@':
		return redraw
	case 'M' - '@':
		return enter
	case 'U' - '@':
		return wipe
	case 'W' - '@':
		return backWord
	}
	return nothing // Ctrl-Z among them: there is nothing to do while one chooses
}

// sequence reads what begins with an Esc: of a special key, of Alt and a key, of
// a paste, or the Esc key.
func (d *decoder) sequence(b []byte, final bool) (key, int) {
	switch {
	case len(b) == 1 && !final:
		return key{}, 0
	case len(b) == 1 || b[1] < ' ':
		return key{action: cancel}, 1
	case b[1] == '[':
		return d.csi(b, final)
	case b[1] == 'O':
		return keypad(b, final)
	case b[1] == 0x7f:
		return key{action: backWord}, 2
	case !utf8.FullRune(b[1:]) && !final:
		return key{}, 0
	}
	_, n := utf8.DecodeRune(b[1:])
	return key{}, 1 + n
}

// csi reads ESC [ and then parameters and a letter.
func (d *decoder) csi(b []byte, final bool) (key, int) {
	n := 2
	for n < len(b) && n < sequenceLimit && b[n] >= ' ' && b[n] < '@' {
		n++
	}
	switch {
	case n == len(b) && !final:
		return key{}, 0
	case n == len(b) || n == sequenceLimit || b[n] < ' ' || b[n] > '~':
		return key{}, n // broken off
	case n == 2 && b[n] == '[': // a function key of Linux's console: a letter follows
		if len(b) == 3 && !final {
			return key{}, 0
		}
		return key{}, min(4, len(b))
	case b[n] != '~':
		return special(b[n]), n + 1
	}
	number, _, _ := bytes.Cut(b[2:n], []byte(";"))
	switch string(number) {
	case "200":
		d.pasting = true
	case "201":
		d.pasting = false
	case "1", "7":
		return key{action: first}, n + 1
	case "4", "8":
		return key{action: last}, n + 1
	case "5":
		return key{action: pageUp}, n + 1
	case "6":
		return key{action: pageDown}, n + 1
	}
	return key{}, n + 1
}

// keypad reads what begins with ESC O: an arrow, or a key of the number pad.
func keypad(b []byte, final bool) (key, int) {
	switch {
	case len(b) == 2 && !final:
		return key{}, 0
	case len(b) == 2 || b[2] < ' ':
		return key{}, 2
	case b[2] == 'M':
		return key{action: enter}, 3
	}
	return special(b[2]), 3
}

// special is the key that a letter stands for behind ESC [ or ESC O.
func special(letter byte) key {
	switch letter {
	case 'A':
		return key{action: up}
	case 'B':
		return key{action: down}
	case 'F':
		return key{action: last}
	case 'H':
		return key{action: first}
	case 'Z': // Shift and Tab
		return key{action: up}
	}
	return key{}
}
