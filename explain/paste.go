package explain

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// plain takes out of a text what showed it: colours, boxes, the escapes of a JSON
// log. Line breaks stay.
func plain(text string) string {
	text = strings.ToValidUTF8(text, "")
	var b strings.Builder
	b.Grow(len(text))
	escapes := escapeSequences()
	for line := range strings.Lines(text) {
		line = unescape(line)
		if strings.ContainsAny(line, "[]") {
			line = escapes.ReplaceAllString(line, "")
		}
		b.WriteString(line)
	}
	text = unbox(b.String())
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			if r == '\t' {
				return ' '
			}
			return -1
		}
		return r
	}, text)
}

// unbox takes a text out of the box that Terraform draws around it, and joins what was
// broken to fit in. Lines that are set in are no part of the sentence above them.
func unbox(text string) string {
	if !strings.ContainsRune(text, '│') {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	open := false // a sentence that may go on
	for line := range strings.Lines(text) {
		inner, boxed := strings.CutPrefix(strings.TrimLeft(line, " "), "│")
		inner = strings.TrimRight(strings.TrimPrefix(inner, " "), " \r\n")
		switch {
		case !boxed:
			if open {
				b.WriteByte('\n')
			}
			b.WriteString(line)
			open = false
		case inner == "" || inner[0] == ' ':
			b.WriteString("\n" + inner)
			open = inner != ""
		default:
			if open {
				b.WriteByte(' ')
			}
			b.WriteString(inner)
			open = true
		}
	}
	return b.String()
}

// escapeSequences are those of terminals: as they are, as logs write them, and as is
// left of them where the first byte was taken out.
func escapeSequences() *regexp.Regexp {
	const introducer = `(?:\x1b|\\x1b|\\033|\\e|\\u001b|\^\[|␛)`
	return regexp.MustCompile(introducer + `\[[0-9;?]*[ -/]*[@-~]|` + introducer + `\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\[[0-9]{1,2}(?:;[0-9]{1,3})*m`)
}

// unescape reads a line of JSON, or of a string that was quoted, as what was meant.
// Twice: a log may hold a line of another log.
func unescape(line string) string {
	for range 2 {
		trimmed := strings.TrimLeft(line, " \t│╷╵")
		if !strings.Contains(line, `\`) || !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, `"`) && !strings.Contains(line, `\"`) {
			return line
		}
		line = unescaped(line)
	}
	return line
}

func unescaped(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		if line[i] != '\\' || i+1 == len(line) {
			b.WriteByte(line[i])
			continue
		}
		i++
		switch c := line[i]; c {
		case 'n', 'r':
			b.WriteByte('\n')
		case 't':
			b.WriteByte(' ')
		case 'u':
			if i+4 < len(line) {
				if n, err := strconv.ParseUint(line[i+1:i+5], 16, 16); err == nil {
					b.WriteRune(rune(n))
					i += 4
					continue
				}
			}
			b.WriteString(`\u`)
		case '"', '\\', '/':
			b.WriteByte(c)
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String()
}

// excerpt is the line that a match stands in, or as much of it as fits.
func excerpt(text string, start, end int) string {
	const before, after = 160, 240
	from := max(strings.LastIndexByte(text[:start], '\n')+1, start-before)
	for _, opening := range []string{"An error occurred (", "operation error ", "botocore.exceptions.", "Error: "} {
		if i := strings.Index(text[from:start], opening); i >= 0 {
			from += i // without the time, the level and the quotes of a log
			break
		}
	}
	to := end + after
	if i := strings.IndexByte(text[end:], '\n'); i >= 0 {
		to = min(to, end+i)
	}
	line := strings.ToValidUTF8(text[from:min(to, len(text))], "")
	line = strings.Map(func(r rune) rune {
		if r >= 0x2500 && r <= 0x257f {
			return ' '
		}
		return r
	}, line)
	return shown(strings.Join(strings.Fields(line), " "))
}
