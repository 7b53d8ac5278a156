package vault

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the longest name of an entry in bytes: escaped, it is still a file
// name everywhere.
const MaxName = 80

const hexDigits = "0123456789abcdef"

// CheckName returns a *[NameError] for what cannot name an entry: a name is 1 to
// [MaxName] bytes of printable UTF-8 and neither begins nor ends with a space.
func CheckName(name string) error {
	switch {
	case name == "":
		return &NameError{name, "a name must not be empty"}
	case len(name) > MaxName:
		return &NameError{name[:MaxName], "a name has at most 80 bytes"}
	case !utf8.ValidString(name):
		return &NameError{name, "a name must be UTF-8"}
	case name[0] == ' ' || name[len(name)-1] == ' ':
		return &NameError{name, "a name neither begins nor ends with a space"}
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return &NameError{name, "a name has printable characters only"}
		}
	}
	return nil
}

// Escape returns name as a file name without extension: everything but a-z, 0-9,
// "_" and "-" becomes %xx, so that names that differ only in case do not meet
// on a file system that ignores it. [Unescape] is its inverse.
func Escape(name string) string {
	var b strings.Builder
	device := isDevice(name)
	for i := range len(name) {
		c := name[i]
		if plainByte(c) && !(device && i == 0) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}

// Unescape returns the name that [Escape] makes file of, and false for what it
// makes of no name.
func Unescape(file string) (name string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(file); i++ {
		c := file[i]
		if c == '%' {
			if i+2 >= len(file) {
				return "", false
			}
			high, low := strings.IndexByte(hexDigits, file[i+1]), strings.IndexByte(hexDigits, file[i+2])
			if high < 0 || low < 0 {
				return "", false
			}
			c = byte(high<<4 | low)
			i += 2
		}
		b.WriteByte(c)
	}
	name = b.String()
	return name, CheckName(name) == nil && Escape(name) == file
}

func plainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// isDevice reports names that Windows keeps for devices, with any extension.
func isDevice(name string) bool {
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	port := strings.HasPrefix(name, "com") || strings.HasPrefix(name, "lpt")
	return port && len(name) == 4 && name[3] >= '0' && name[3] <= '9'
}

// near returns the names, of those there are, that name may be a slip of.
func near(name string, names []string) []string {
	const slips = 2
	type candidate struct {
		name     string
		distance int
	}
	var found []candidate
	for _, n := range names {
		d := distance(strings.ToLower(name), strings.ToLower(n))
		if d <= min(slips, max(len(name), len(n))/2) {
			found = append(found, candidate{n, d})
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].distance < found[j].distance })
	var result []string
	for _, c := range found[:min(len(found), 3)] {
		result = append(result, c.name)
	}
	return result
}

// distance is the edit distance in bytes (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := min(row[j]+1, row[j+1]+1)
			if a[i] == b[j] {
				next = min(next, diagonal)
			} else {
				next = min(next, diagonal+1)
			}
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
