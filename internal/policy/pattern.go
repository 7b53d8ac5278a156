package policy

import "strings"

// In a compiled pattern wildcards are runes that no text holds, so that a "*"
// that came out of a variable stays a letter.
const (
	anyRun  rune = -1
	anyRune rune = -2
)

// literalPattern turns * and ? into wildcards if wild is set.
func literalPattern(s string, wild bool) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		out = append(out, wildcard(r, wild))
	}
	return out
}

func wildcard(r rune, wild bool) rune {
	switch {
	case wild && r == '*':
		return anyRun
	case wild && r == '?':
		return anyRune
	}
	return r
}

// expand puts the values of ${key} in, with ${key, 'default'} where the key is
// absent. ok is false where a variable has no value: then nothing matches.
func expand(s string, ctx Context, variables, wild bool) (pattern []rune, ok bool) {
	if !variables {
		return literalPattern(s, wild), true
	}
	for {
		before, rest, found := strings.Cut(s, "${")
		pattern = append(pattern, literalPattern(before, wild)...)
		if !found {
			return pattern, true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return append(pattern, literalPattern("${"+rest, wild)...), true
		}
		value, ok := variable(name, ctx)
		if !ok {
			return nil, false
		}
		pattern = append(pattern, []rune(value)...)
		s = after
	}
}

func variable(name string, ctx Context) (string, bool) {
	switch name {
	case "*", "?", "$":
		return name, true
	}
	key, fallback, hasDefault := strings.Cut(name, ",")
	values := ctx[strings.ToLower(strings.TrimSpace(key))]
	if len(values) == 1 {
		return values[0], true
	}
	if hasDefault {
		return strings.Trim(strings.TrimSpace(fallback), "'"), true
	}
	return "", false
}

// glob matches the whole text, in time proportional to len(p)*len(s).
func glob(p []rune, s string) bool {
	text := []rune(s)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(text) {
		switch {
		case i < len(p) && p[i] == anyRun:
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == anyRune || p[i] == text[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == anyRun {
		i++
	}
	return i == len(p)
}

// arnLike matches ARNs part by part, so that a wildcard never reaches over one
// of the first five colons.
func arnLike(p []rune, s string) bool {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 {
		return false
	}
	for n := 0; n < 5; n++ {
		end := -1
		for i, r := range p {
			if r == ':' {
				end = i
				break
			}
		}
		if end < 0 || !glob(p[:end], parts[n]) {
			return false
		}
		p = p[end+1:]
	}
	return glob(p, parts[5])
}
