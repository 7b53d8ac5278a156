package sdk

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// goParser is the line parser of aws-sdk-go-v2. It passes over what it cannot
// read; only a lone quote makes it panic.
type goParser struct {
	path     string
	sections map[string]*section
	current  string
	key      string
	tail     strings.Builder // what continues the value of key
	dropped  []dropped
}

// goParse reads a file.
func goParse(path string, data []byte) (*goParser, *Failure) {
	p := &goParser{path: path, sections: map[string]*section{}}
	for n, line := range strings.Split(string(data), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if first := strings.TrimLeft(line, " \t"); first[0] == '#' || first[0] == ';' {
			continue
		}
		if !p.line(n+1, line) {
			return nil, &Failure{Class: "panic", Text: "slice bounds out of range", Where: origin.File(path, n+1, ""), Code: "lone-quote", Fix: "remove the quote, or close it"}
		}
	}
	p.flush()
	return p, nil
}

// flush adds to a value what continues it.
func (p *goParser) flush() {
	if p.tail.Len() == 0 {
		return
	}
	keys := p.sections[p.current].keys
	v := keys[p.key]
	v.text += p.tail.String()
	keys[p.key] = v
	p.tail.Reset()
}

// line reports false where the SDK panics.
func (p *goParser) line(n int, line string) bool {
	if name, ok := goHeader(line); ok {
		p.flush()
		p.key, p.current = "", name
		if p.sections[name] == nil {
			p.sections[name] = newSection(name, p.path, n)
		}
		return true
	}
	indented := line[0] == ' ' || line[0] == '\t'
	text := strings.TrimLeft(line, " \t")
	if !indented {
		text = strings.TrimRight(goUncomment(line), " \t")
	}
	k, v, ok := goSplit(text)
	if ok {
		if v, ok = goUnquote(v); !ok {
			return false
		}
	}
	k = strings.ToLower(k)
	switch {
	case ok && !indented:
		p.property(n, k, v, written(line))
	case ok:
		p.subProperty(n, k, v, written(line))
	case indented:
		p.continuation(strings.TrimLeft(line, " \t"))
	case strings.HasPrefix(line, "["):
		p.drop(n, line)
	case n == 1 && strings.HasPrefix(line, "\ufeff"):
		p.drop(n, line)
	}
	return true
}

func (p *goParser) drop(n int, line string) {
	d := dropped{strings.Trim(strings.TrimSpace(line), "[]"), p.path, n, profile.CodeTextAfterHeader, "a header with text after it is passed over", "remove the text after the bracket"}
	switch {
	case strings.HasPrefix(line, "\ufeff"):
		d.header = strings.Trim(strings.TrimSpace(line), "\ufeff[]")
		d.code, d.why, d.fix = profile.CodeBOM, "the byte order mark hides the first section", "save the file as UTF-8 without a byte order mark"
	case !strings.Contains(line, "]"):
		d.code, d.why, d.fix = profile.CodeMissingBracket, "a header without a closing bracket is passed over", "close the header with ]"
	default:
		d.header, _, _ = strings.Cut(d.header, "]")
	}
	p.dropped = append(p.dropped, d)
}

// goHeader is the name that a header stands for, its words joined by one blank.
func goHeader(line string) (string, bool) {
	line, _, _ = strings.Cut(line, "#")
	line, _, _ = strings.Cut(line, ";")
	line = strings.TrimSpace(line)
	if len(line) < 2 || line[0] != '[' || line[len(line)-1] != ']' {
		return "", false
	}
	line = strings.TrimSpace(line[1 : len(line)-1])
	at := strings.IndexAny(line, " \t")
	if at < 1 {
		return line, true
	}
	rest := strings.TrimLeft(line[at:], " \t")
	if rest == "" {
		return "", true
	}
	return line[:at] + " " + rest, true
}

func goUncomment(line string) string {
	for _, mark := range [...]string{" #", " ;", "\t#", "\t;"} {
		line, _, _ = strings.Cut(line, mark)
	}
	return line
}

func goSplit(s string) (key, text string, ok bool) {
	at := strings.IndexAny(s, "=:")
	if at < 0 {
		return "", "", false
	}
	return strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+1:]), true
}

// goUnquote reports false for a lone quote.
func goUnquote(s string) (string, bool) {
	if s == "" || s[0] != s[len(s)-1] || s[0] != '"' && s[0] != '\'' {
		return s, true
	}
	if len(s) == 1 {
		return "", false
	}
	return s[1 : len(s)-1], true
}

func (p *goParser) property(n int, key, text string, h how) {
	if p.current == "" {
		return
	}
	p.flush()
	p.key = key
	p.sections[p.current].keys[key] = value{text: text, path: p.path, line: n, key: key, how: h}
}

// subProperty is one of a block, or a property if there is none to be in.
func (p *goParser) subProperty(n int, key, text string, h how) {
	if p.current == "" {
		return
	}
	keys := p.sections[p.current].keys
	if p.key == "" || keys[p.key].text != "" {
		p.property(n, key, strings.TrimSpace(goUncomment(text)), h)
		return
	}
	v := keys[p.key]
	if v.sub == nil {
		v = value{path: p.path, line: v.line, key: p.key, nested: true, sub: map[string]string{}}
	}
	v.sub[key] = text
	keys[p.key] = v
}

func (p *goParser) continuation(text string) {
	if p.key == "" {
		return
	}
	if v := p.sections[p.current].keys[p.key]; v.text != "" && v.sub == nil {
		p.tail.WriteString("\n" + text)
	}
}

// configSections leaves of the config file's sections those that are of use,
// under their own names.
func (p *goParser) configSections() {
	names := make([]string, 0, len(p.sections))
	for name := range p.sections {
		names = append(names, name)
	}
	slices.Sort(names)
	skip := map[string]bool{}
	for _, name := range names {
		if skip[name] {
			continue
		}
		bare, isProfile := strings.CutPrefix(name, "profile ")
		switch {
		case isProfile:
			s := p.sections[name]
			delete(p.sections, name)
			s.name = bare
			p.sections[bare] = s
			skip[bare] = true
		case strings.HasPrefix(name, "sso-session "), strings.HasPrefix(name, "services "), strings.EqualFold(name, "default"):
		default:
			s := p.sections[name]
			delete(p.sections, name)
			p.dropSection(name, s)
		}
	}
}

func (p *goParser) dropSection(name string, s *section) {
	d := dropped{name, p.path, s.line, profile.CodeMissingPrefix, "in the config file a profile needs the word profile", "write [profile NAME]"}
	if word, _, ok := strings.Cut(name, " "); ok && strings.EqualFold(word, "profile") {
		d.code, d.why, d.fix = profile.CodeSectionCase, "the word profile is known in lower case only", "write the word in lower case"
	}
	p.dropped = append(p.dropped, d)
}

func (p *goParser) credentialsSections() {
	for name, s := range p.sections {
		if strings.HasPrefix(name, "profile ") {
			delete(p.sections, name)
			p.dropped = append(p.dropped, dropped{name, p.path, s.line, profile.CodePrefixInCredentials,
				"in the credentials file a header with the word profile is passed over", "write [NAME]"})
		}
	}
}
