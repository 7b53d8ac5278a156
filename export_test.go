package latchkey

// HelperEnviron is the environment of programs that give codes, passphrases and keys.
func (r *Resolver) HelperEnviron() []string { return r.helperEnviron() }
