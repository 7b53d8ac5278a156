package tty

import (
	"slices"
	"strings"
)

// spot is a character on the screen and how it looks: the parameters of SGR.
type spot struct {
	r     rune
	style string
}

func plain(text []rune, style string) []spot {
	spots := make([]spot, len(text))
	for i, r := range text {
		spots[i] = spot{r, style}
	}
	return spots
}

// prompt is the first line: title and query, of which the end is shown if need be.
func (l *list) prompt() []spot {
	title := []rune(l.title + "> ")
	if strings.HasSuffix(l.title, "?") {
		title = []rune(l.title + " ")
	}
	if cellsOf(title) > l.columns/2 {
		title = []rune("> ")
	}
	return append(plain(title, "1"), plain(tail(l.query, l.columns-2-cellsOf(title)), "")...)
}

// row lays the columns of an entry out, and gives the letters that were typed the
// style of marks. base is the style of the first column, others that of the rest.
func (l *list) row(index int, base, others string, marks []int) []spot {
	e := &l.entries[index]
	var spots []spot
	for c := range e.ends {
		if l.widths[c] == 0 {
			continue // nothing in any row
		}
		start, end := e.column(c)
		for i := start; i < end; i++ {
			style := base
			if slices.Contains(marks, i) {
				style = strings.TrimPrefix(base+";32", ";")
			}
			spots = append(spots, spot{e.text[i], style})
		}
		for n := cellsOf(e.text[start:end]); n < l.widths[c]+2 && c < len(e.ends)-1; n++ {
			spots = append(spots, spot{' ', base})
		}
		base = others
	}
	return spots
}

// text is an entry's row without styles.
func (l *list) text(index int) string {
	return strings.TrimRight(textOf(l.row(index, "", "", nil)), " ")
}

// marked is the line of found[i].
func (l *list) marked(i int) []spot {
	marks := l.matcher.marks(&l.entries[l.found[i]])
	if i == l.at {
		return append(plain([]rune("> "), "1;36"), l.row(l.found[i], "1", "1", marks)...)
	}
	return append(plain([]rune("  "), ""), l.row(l.found[i], "", "2", marks)...)
}

// cut cuts a line to so many columns of the terminal, the last of which is "…" then.
func cut(line []spot, columns int) []spot {
	if columns <= 0 {
		return nil
	}
	if cellsIn(line) <= columns {
		return line
	}
	i := 0
	for n := cells(line[0].r); n < columns; n += cells(line[i].r) {
		i++
	}
	return append(line[:i], spot{'…', line[i].style})
}

func cellsIn(line []spot) int {
	n := 0
	for _, s := range line {
		n += cells(s.r)
	}
	return n
}

// styled is a line as it is sent.
func (l *list) styled(line []spot) string {
	var b strings.Builder
	style := ""
	for _, s := range line {
		if s.style != style && l.colour {
			b.WriteString("\x1b[0;" + s.style + "m")
			style = s.style
		}
		b.WriteRune(s.r)
	}
	if style != "" {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// textOf is a line without styles.
func textOf(line []spot) string {
	var b strings.Builder
	for _, s := range line {
		b.WriteRune(s.r)
	}
	return b.String()
}
