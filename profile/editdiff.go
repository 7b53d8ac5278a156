package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// diffContext is how many lines are shown around a change.
const diffContext = 3

// maxDiffLine is the most characters shown of a line.
const maxDiffLine = 400

// diffLine is a line of a diff: ' ', '-' or '+', and the text as it is shown.
type diffLine struct {
	sign byte
	text string
}

// Diff returns the change in the unified format, for people: what may be a
// secret is replaced by "[redacted]", on lines around the change as well, and
// characters that do not show are left out, so it is not to be applied. It is ""
// where nothing has changed.
func (e *Edit) Diff() string {
	if !e.Changed() {
		return ""
	}
	var b strings.Builder
	from := clean(e.path)
	if !e.there {
		from = "/dev/null"
	}
	b.WriteString("--- " + from + "\n+++ " + clean(e.path) + "\n")
	list := e.diffLines()
	oldLine, newLine := 1, 1
	for i := 0; i < len(list); {
		to := hunkEnd(list, i)
		if to < 0 { // no change begins near enough
			oldLine, newLine, i = oldLine+1, newLine+1, i+1
			continue
		}
		olds, news := count(list[i:to], '+'), count(list[i:to], '-')
		fmt.Fprintf(&b, "@@ -%s +%s @@\n", span(oldLine, olds), span(newLine, news))
		for _, l := range list[i:to] {
			b.WriteString(string(l.sign) + l.text + "\n")
		}
		oldLine, newLine, i = oldLine+olds, newLine+news, to
	}
	return b.String()
}

// hunkEnd returns where a hunk that begins at from ends, or -1 if none does.
func hunkEnd(list []diffLine, from int) int {
	last, gap := -1, diffContext
	for i := from; i < len(list) && i-max(last, from-1) <= gap+1; i++ {
		if list[i].sign != ' ' {
			last, gap = i, 2*diffContext
		}
	}
	if last < 0 {
		return -1
	}
	return min(last+1+diffContext, len(list))
}

// count counts the lines of one side: those without the sign of the other.
func count(list []diffLine, other byte) (n int) {
	for _, l := range list {
		if l.sign != other && l.sign != '\\' {
			n++
		}
	}
	return n
}

// span writes the lines of a hunk as the format wants them.
func span(line, n int) string {
	if n == 0 {
		line--
	}
	return fmt.Sprintf("%d,%d", line, n)
}

// diffLines returns the whole file as a diff.
func (e *Edit) diffLines() []diffLine {
	now := make([]string, len(e.lines))
	for i, l := range e.lines {
		now[i] = l.text
	}
	d := differ{before: slices.Collect(strings.Lines(e.read)), now: now}
	d.shownBefore, d.shownNow = masked(d.before), masked(now)
	for at, next := 0, 0; at < len(d.before) || next < len(now); {
		to := next // the next line that stays
		for to < len(now) && e.lines[to].old == 0 {
			to++
		}
		until := len(d.before)
		if to < len(now) {
			until = e.lines[to].old - 1
		}
		d.gap(at, until, next, to)
		if at, next = until, to; to < len(now) {
			d.add(' ', now[to], d.shownBefore[until])
			at, next = until+1, to+1
		}
	}
	return d.list
}

// differ puts a diff together.
type differ struct {
	before, now           []string
	shownBefore, shownNow []string
	list                  []diffLine
}

// gap adds the lines that were replaced and those in their place, without what
// was changed there and back.
func (d *differ) gap(at, until, next, to int) {
	for ; at < until && next < to && d.before[at] == d.now[next]; at, next = at+1, next+1 {
		d.add(' ', d.before[at], d.shownBefore[at])
	}
	same := 0
	for ; until-same > at && to-same > next && d.before[until-same-1] == d.now[to-same-1]; same++ {
	}
	for i := at; i < until-same; i++ {
		d.add('-', d.before[i], d.shownBefore[i])
	}
	for i := next; i < to-same; i++ {
		d.add('+', d.now[i], d.shownNow[i])
	}
	for i := until - same; i < until; i++ {
		d.add(' ', d.before[i], d.shownBefore[i])
	}
}

func (d *differ) add(sign byte, text, shown string) {
	d.list = append(d.list, diffLine{sign, shown})
	if !strings.HasSuffix(text, "\n") {
		d.list = append(d.list, diffLine{'\\', " No newline at end of file"})
	}
}

// masked returns lines as they may be shown.
func masked(lines []string) []string {
	var m masker
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = display.Text(m.line(strings.TrimRight(line, " \t\r\n")), maxDiffLine)
	}
	return out
}
