package sandbox

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

// markup is XML that is written already.
type markup string

// el is an element around others.
func el(name string, inner ...markup) markup {
	var b strings.Builder
	b.WriteString("<" + name + ">")
	for _, m := range inner {
		b.WriteString(string(m))
	}
	b.WriteString("</" + name + ">")
	return markup(b.String())
}

// escaped is a text as XML has it.
func escaped(text string) markup {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return markup(b.String())
}

// leaf is an element with a text in it.
func leaf(name, text string) markup { return el(name, escaped(text)) }

// some is a leaf, or nothing where the text is empty.
func some(name, text string) markup {
	if text == "" {
		return ""
	}
	return leaf(name, text)
}

func count(name string, n int) markup { return leaf(name, strconv.Itoa(n)) }

func flag(name string, on bool) markup { return leaf(name, strconv.FormatBool(on)) }

// moment is a time, or nothing for none.
func moment(name string, t time.Time) markup {
	if t.IsZero() {
		return ""
	}
	return leaf(name, stamp(t))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// members is a list, which is there also when it is empty.
func members(name string, items ...markup) markup {
	inner := make([]markup, len(items))
	for i, item := range items {
		inner[i] = el("member", item)
	}
	return el(name, inner...)
}

// texts makes members of texts.
func texts(list []string) []markup {
	var out []markup
	for _, text := range list {
		out = append(out, escaped(text))
	}
	return out
}

// tagMarkup are the tags of an entity, by key.
func tagMarkup(tags map[string]string) []markup {
	var out []markup
	for _, key := range sortedKeys(tags) {
		out = append(out, leaf("Key", key)+leaf("Value", tags[key]))
	}
	return out
}
