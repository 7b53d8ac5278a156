package latchkey

// HelperEnviron is the environment of programs that give codes, passphrases and keys.
func (r *Resolver) HelperEnviron() []string { return r.helperEnviron() }

// MarkNames are the profiles of a file of marks, MarksAgain that file written anew.
func MarkNames(text string) []string {
	var names []string
	for _, m := range parseMarks(text) {
		names = append(names, m.name)
	}
	return names
}

func MarksAgain(text string) string { return string(renderMarks(parseMarks(text))) }
