package sandbox

import (
	"encoding/xml"
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
//
//go:noinline
func escaped(text string) markup {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return markup(b.String())
}

// fields are elements with texts: name, text, name, text. One without a text is
// left out.
func fields(pairs ...string) markup {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, text := pairs[i], pairs[i+1]; text != "" {
			b.WriteString(string(el(name, escaped(text))))
		}
	}
	return markup(b.String())
}

// stamp is a time as answers have it; "" for none.
//
//go:noinline
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// members is a list, which is there also when it is empty.
func members(name string, items []markup) markup {
	inner := make([]markup, len(items))
	for i, item := range items {
		inner[i] = el("member", item)
	}
	return el(name, inner...)
}

// tagMarkup are the tags of an entity, by key. A tag may have no value.
func tagMarkup(tags map[string]string) []markup {
	var out []markup
	for _, key := range sortedKeys(tags) {
		out = append(out, fields("Key", key)+el("Value", escaped(tags[key])))
	}
	return out
}
