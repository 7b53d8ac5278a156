package cli

import (
	"strings"
	"unicode/utf8"
)

// leastWidth is the narrowest terminal that text is wrapped for.
const leastWidth = 24

// wrap breaks a text into lines of at most width characters, the first of which has
// so many fewer. Words are never broken, and neither are the commands, settings and
// names in glued ones. A width of 0 breaks nothing.
func wrap(text string, width, first int, keep ...string) []string {
	if width < leastWidth {
		return []string{text}
	}
	var lines []string
	line, room := "", width-first
	for word := range strings.FieldsSeq(glue(text, keep)) {
		n := utf8.RuneCountInString(word)
		switch used := utf8.RuneCountInString(line); {
		case line == "":
			line = word
		case used+1+n <= room:
			line += " " + word
		default:
			lines = append(lines, line)
			line, room = word, width
		}
	}
	lines = append(lines, line)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], glued, " ")
	}
	return lines
}

// glued stands for a blank at which no line may end.
const glued = "\u0001"

// glue keeps together what a person copies: commands with their arguments, settings
// with their values, quoted names, and what is in keep.
func glue(text string, keep []string) string {
	for _, k := range keep {
		if strings.Contains(k, " ") {
			text = strings.ReplaceAll(text, k, strings.ReplaceAll(k, " ", glued))
		}
	}
	words := strings.Fields(text)
	var b strings.Builder
	for i := 0; i < len(words); i++ {
		n := together(words[i:])
		b.WriteString(strings.Join(words[i:i+n], glued))
		b.WriteByte(' ')
		i += n - 1
	}
	return strings.TrimSpace(b.String())
}

// together is how many of the words are one thing, beginning with the first.
func together(words []string) int {
	n := 1
	switch first := strings.TrimLeft(words[0], "(\""); {
	case quoteOpens(words[0]):
		for n < len(words) && n < 8 && !strings.ContainsRune(words[n], '"') {
			n++
		}
		return min(n+1, len(words))
	case len(words) > 2 && words[1] == "=":
		return 3
	case first == "-" || strings.HasPrefix(first, "--") && len(words) > 1 && goesOn(words[1]) && !ends(words[0]):
		return 2
	case startsCommand(first):
		for !ends(words[n-1]) && n < len(words) && goesOn(words[n]) {
			n += min(len(words)-n, max(1, quotedWords(words[n:])))
		}
	}
	return n
}

func quoteOpens(word string) bool { return strings.Count(word, `"`) == 1 }

func quotedWords(words []string) int {
	if quoteOpens(words[0]) {
		return together(words)
	}
	return 1
}

// startsCommand reports whether a word is a program that fixes tell to run.
func startsCommand(word string) bool {
	switch word {
	case "latchkey", "aws", "aws-vault", "sudo", "chmod", "eval", "curl", "pip", "docs/findings":
		return true
	}
	return false
}

// goesOn reports whether a word goes on with a command, and not with the sentence
// around it.
func goesOn(word string) bool {
	switch strings.Trim(word, ",;:()") {
	case "", "in", "to", "or", "and", "shows", "show", "lists", "prints", "puts", "knows", "says", "ends", "has", "with", "where", "for", "from", "it", "is", "was",
		"without", "that", "which", "again", "by", "of", "as", "at", "on", "then", "there", "opens", "makes", "names", "if", "what", "writes":
		return false
	}
	return !strings.HasPrefix(word, "(")
}

// ends reports whether a word is the last of what it belongs to.
func ends(word string) bool { return strings.ContainsAny(word[len(word)-1:], ",;:)?") }
