package tty

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/latchkey-aws/latchkey/internal/display"
)

const (
	// barAfter is how long work goes on before anything is said of it.
	barAfter = 300 * time.Millisecond
	// barEvery is the time between two looks of the line.
	barEvery = 100 * time.Millisecond
	// barLength is that of the bar itself, in columns.
	barLength  = 24
	labelLimit = 60
)

// Bar is a line that shows how far long work has come. Work that is done within
// 300 ms writes nothing, and Clear leaves nothing on the line. It is safe for
// concurrent use.
type Bar struct {
	w     io.Writer
	width func() int
	label string
	now   func() time.Time
	began time.Time

	mu    sync.Mutex
	drawn time.Time
	cells int // what the line holds
}

// NewBar begins the work. width returns the columns of the terminal that w writes
// to, 0 if it is none: nothing is written then.
func NewBar(w io.Writer, width func() int, label string, now func() time.Time) *Bar {
	return &Bar{w: w, width: width, label: display.Text(label, labelLimit), now: now, began: now()}
}

// Update says that done of total parts are done; total is 0 while it is not known.
// It may be called as often as one likes: the line changes ten times a second.
func (b *Bar) Update(done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if now.Sub(b.began) < barAfter || now.Sub(b.drawn) < barEvery {
		return
	}
	b.drawn = now
	columns := b.width() - 1 // in the last one some terminals begin a new line
	if columns <= 0 {
		return
	}
	b.show(cut(plain([]rune(b.text(done, total)), ""), columns), columns)
}

// text is the line at its full length.
func (b *Bar) text(done, total int) string {
	if total <= 0 {
		return fmt.Sprintf("%s: %d", b.label, done)
	}
	done = max(0, min(done, total))
	full := done * barLength / total
	return fmt.Sprintf("%s: %d of %d %3d%% [%s%s]", b.label, done, total, done*100/total, strings.Repeat("#", full), strings.Repeat(".", barLength-full))
}

// show writes the line over the one before, without anything that a terminal
// would have to understand but the return to its beginning.
func (b *Bar) show(line []spot, columns int) {
	cells := cellsIn(line)
	rest := max(0, min(b.cells, columns)-cells)
	b.cells = cells
	_, _ = io.WriteString(b.w, "\r"+textOf(line)+strings.Repeat(" ", rest)+strings.Repeat("\b", rest))
}

// Clear takes the line away, for a message or because the work is done. The next
// Update may bring it back.
func (b *Bar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cells == 0 {
		return
	}
	if columns := b.width() - 1; columns > 0 {
		b.show(nil, columns)
		_, _ = io.WriteString(b.w, "\r")
	}
	b.cells = 0
}
