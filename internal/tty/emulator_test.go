package tty_test

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/internal/tty"
)

// emulator shows what a terminal of a size shows, as far as the picker goes.
type emulator struct {
	columns, rows int
	lines         [][]rune // the last rows of them are on the screen
	x, y          int      // y counts from the top of the screen
	noWrap        bool
	hidden        bool // the cursor
	odd           string
}

func newEmulator(columns, rows int) *emulator {
	e := &emulator{columns: columns, rows: rows}
	for range rows {
		e.lines = append(e.lines, nil)
	}
	return e
}

func (e *emulator) line() *[]rune { return &e.lines[len(e.lines)-e.rows+e.y] }

func (e *emulator) write(text string) {
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == '\r':
			e.x = 0
		case r == '\n':
			e.down()
		case r == 0x1b:
			n = e.sequence(text)
		default:
			e.put(r)
		}
		text = text[n:]
	}
}

func (e *emulator) down() {
	if e.y++; e.y == e.rows {
		e.y--
		e.lines = append(e.lines, nil)
	}
}

func (e *emulator) put(r rune) {
	width := tty.Cells(string(r))
	if width == 0 {
		return // part of the one before
	}
	if e.x+width > e.columns {
		e.odd += "(too wide)"
		if e.noWrap {
			e.x = e.columns - width
		} else {
			e.x = 0
			e.down()
		}
	}
	line := e.line()
	for len(*line) < e.x+width {
		*line = append(*line, ' ')
	}
	(*line)[e.x] = r
	if width == 2 {
		(*line)[e.x+1] = 0
	}
	e.x += width
}

func (e *emulator) sequence(text string) int {
	end := strings.IndexFunc(text[2:], func(r rune) bool { return r >= '@' && r <= '~' }) + 2
	number, err := strconv.Atoi(strings.TrimLeft(text[2:end], "?"))
	switch {
	case text[end] == 'm':
	case text[2:end] == "?7":
		e.noWrap = text[end] == 'l'
	case text[2:end] == "?25":
		e.hidden = text[end] == 'l'
	case text[2:end] == "?2004":
	case text[2:end] == "" && (text[end] == 'K' || text[end] == 'J'):
		e.erase(text[end] == 'J')
	case err == nil && text[end] == 'A':
		e.y = max(0, e.y-number)
	case err == nil && text[end] == 'C':
		e.x = min(e.columns-1, e.x+number)
	default:
		e.odd += text[:end+1]
	}
	return end + 1
}

func (e *emulator) erase(below bool) {
	*e.line() = (*e.line())[:min(e.x, len(*e.line()))]
	for y := len(e.lines) - e.rows + e.y + 1; below && y < len(e.lines); y++ {
		e.lines[y] = nil
	}
}

// text is all lines, those that were scrolled away first.
func (e *emulator) text() string {
	var b strings.Builder
	for _, line := range e.lines {
		b.WriteString(strings.TrimRight(strings.ReplaceAll(string(line), "\x00", ""), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
