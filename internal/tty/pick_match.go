package tty

import (
	"slices"
	"sort"
	"strings"
	"unicode"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// What a letter that is found counts for. Letters in a row count more than the
// beginnings of words, so that a word as it was typed wins over initials.
const (
	inRow       = 16 // behind the letter before
	atStart     = 10 // the first one of the text
	atWord      = 8  // the first one of a word
	atCapital   = 6  // as in fooBar
	atNumber    = 4  // a digit behind a letter
	atWordEnd   = 3  // the last letter that was typed ends a word too
	perSkipped  = 1  // for each letter between two that are found
	never       = -1 << 30
	columnLimit = 120 // of a column, in characters
)

// entry is an item as it is shown and searched.
type entry struct {
	// text is the columns with a blank between; lower the same in lower case, letter
	// for letter.
	text, lower []rune
	// ends are the ends of the columns in text.
	ends []int
}

func newEntry(item PickItem) entry {
	var e entry
	for _, column := range item.Columns {
		if e.ends != nil {
			e.text = append(e.text, ' ')
		}
		e.text = append(e.text, []rune(display.Text(column, columnLimit))...)
		e.ends = append(e.ends, len(e.text))
	}
	e.lower = make([]rune, len(e.text))
	for i, r := range e.text {
		e.lower[i] = unicode.ToLower(r)
	}
	return e
}

// column returns the part of text that column i is.
func (e *entry) column(i int) (start, end int) {
	if i > 0 {
		start = e.ends[i-1] + 1
	}
	return start, e.ends[i]
}

// matcher finds the entries that a query means. It is kept from query to query
// for its memory.
type matcher struct {
	words []string
	cells []int // of one word and one entry: a row for each letter
}

// look sets the query: words with blanks between, all of which an entry must
// have, each with its letters in order. A word with a capital is found as it is
// written, others in any case.
func (m *matcher) look(query string) { m.words = strings.Fields(query) }

// find returns the indices of the entries that have all words, the best first and
// equal ones in their order.
func (m *matcher) find(entries []entry) []int {
	type hit struct{ index, score int }
	hits := make([]hit, 0, len(entries))
	for i := range entries {
		if score, ok := m.score(&entries[i]); ok {
			hits = append(hits, hit{i, score})
		}
	}
	if len(m.words) > 0 {
		sort.SliceStable(hits, func(i, j int) bool { return hits[j].score < hits[i].score })
	}
	found := make([]int, len(hits))
	for i, h := range hits {
		found[i] = h.index
	}
	return found
}

func (m *matcher) score(e *entry) (sum int, ok bool) {
	for _, w := range m.words {
		word, text := sameCase(w, e)
		if !within(word, text) {
			return 0, false
		}
		score, _ := m.fill(word, text, e.text)
		sum += score
	}
	return sum, true
}

// marks returns where in the text of an entry the letters of the query are.
func (m *matcher) marks(e *entry) []int {
	var all []int
	for _, w := range m.words {
		if word, text := sameCase(w, e); within(word, text) {
			_, last := m.fill(word, text, e.text)
			all = m.trace(len(word), last, e.text, all)
		}
	}
	return all
}

func sameCase(w string, e *entry) (word, text []rune) {
	if strings.ContainsFunc(w, unicode.IsUpper) {
		return []rune(w), e.text
	}
	word = []rune(w)
	for i, r := range word {
		word[i] = unicode.ToLower(r)
	}
	return word, e.lower
}

// within reports whether the text has the letters of the word in their order.
func within(word, text []rune) bool {
	for _, r := range text {
		if len(word) > 0 && r == word[0] {
			word = word[1:]
		}
	}
	return len(word) == 0
}

// fill finds the best way of all to lay the word into the text, and returns what
// it counts for and where the last letter is. cells[i*n+j] is the best for the
// letters up to i when that one is at j.
func (m *matcher) fill(word, text, written []rune) (best, last int) {
	n := len(text)
	m.cells = slices.Grow(m.cells[:0], len(word)*n)[:len(word)*n]
	best = never
	for i, r := range word {
		row, before := m.cells[i*n:(i+1)*n], m.cells[max(0, i-1)*n:]
		far := never // the best of those before that are not just before
		for j := range n {
			if i > 0 && j > 1 {
				far = max(far, before[j-2]) - perSkipped
			}
			row[j] = never
			if text[j] != r {
				continue
			}
			switch {
			case i == 0:
				row[j] = bonus(written, j)
			case j > 0:
				if reach := max(far, before[j-1]+inRow); reach > never/2 {
					row[j] = reach + bonus(written, j)
				}
			}
			if i == len(word)-1 && row[j] > never/2 {
				if score := row[j] + endBonus(written, j); score > best {
					best, last = score, j
				}
			}
		}
	}
	return best, last
}

// trace goes the way back that fill has found, from the last letter on.
func (m *matcher) trace(letters, last int, written []rune, marks []int) []int {
	n := len(written)
	for i, j := letters-1, last; i >= 0; i-- {
		marks = append(marks, j)
		if i == 0 {
			break
		}
		before, reach := m.cells[(i-1)*n:i*n], m.cells[i*n+j]-bonus(written, j)
		k := j - 1
		if before[k]+inRow != reach {
			for k--; k > 0 && before[k]-(j-1-k)*perSkipped != reach; k-- {
			}
		}
		j = k
	}
	return marks
}

// bonus is what the place of a letter counts for.
func bonus(text []rune, j int) int {
	if j == 0 {
		return atStart
	}
	before, here := text[j-1], text[j]
	switch {
	case !ofWord(before) && ofWord(here):
		return atWord
	case unicode.IsLower(before) && unicode.IsUpper(here):
		return atCapital
	case !unicode.IsDigit(before) && unicode.IsDigit(here):
		return atNumber
	}
	return 0
}

func endBonus(text []rune, j int) int {
	if j+1 == len(text) || !ofWord(text[j+1]) {
		return atWordEnd
	}
	return 0
}

func ofWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
