package profile

import (
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/secret"
)

// Profile is a profile of the config file merged with that of the credentials
// file, whose keys win, and with what it includes. It is immutable.
type Profile struct{ Section }

// StaticKeys is a key pair with the token and account that belong to it.
type StaticKeys struct {
	AccessKeyID       origin.Value // not Set: no keys are configured
	Secret            secret.Text
	SecretOrigin      origin.Origin
	Token             secret.Text // empty for long-lived keys
	TokenOrigin       origin.Origin
	AccountID         origin.Value // aws_account_id; not Set where unknown
	InCredentialsFile bool
}

// StaticKeys returns the key pair of the profile itself: a complete one of the
// credentials file, else a complete one of the config file. A pair is never
// put together from two files, and its token is that of its own section. Half
// a pair is a *PartialKeysError; no keys at all are a zero StaticKeys.
func (p *Profile) StaticKeys() (StaticKeys, error) {
	l := p.pair()
	if l == nil {
		return StaticKeys{}, p.partial()
	}
	id, sec := l.set(keyAccessKeyID), l.set(keySecret)
	k := StaticKeys{
		AccessKeyID:       l.value(id),
		Secret:            secret.New(sec.value),
		SecretOrigin:      l.origin(sec),
		InCredentialsFile: l.file.credentials,
	}
	if t := l.set(keyToken); t != nil {
		k.Token, k.TokenOrigin = secret.New(t.value), l.origin(t)
	}
	for i := range p.layers {
		own := &p.layers[i]
		if own.included {
			break // the account of another profile says nothing about these keys
		}
		if e := own.set(keyAccountID); e != nil {
			k.AccountID = own.value(e)
			break
		}
	}
	return k, nil
}

// partial returns what is there of a pair that is not complete, or nil.
func (p *Profile) partial() error {
	var e *PartialKeysError
	for i := range p.layers {
		l := &p.layers[i]
		if l.included {
			break
		}
		for _, key := range [...]string{keyAccessKeyID, keySecret} {
			switch set := l.set(key); {
			case e == nil && set != nil:
				e = &PartialKeysError{Profile: p.name, Present: []origin.Origin{l.origin(set)}}
				e.Missing, e.Misspelt = l.missing()
			case e != nil && set != nil && e.Missing[0] == key:
				e.Elsewhere = append(e.Elsewhere, l.origin(set))
			}
		}
	}
	if e == nil {
		return nil
	}
	return e
}

// missing returns the half of the pair that the layer has not, and keys that
// look like it.
func (l *layer) missing() (keys []string, misspelt []origin.Origin) {
	for _, key := range [...]string{keyAccessKeyID, keySecret} {
		if l.set(key) != nil {
			continue
		}
		keys = append(keys, key)
		for i := range l.entries {
			if e := &l.entries[i]; e.key != key && nearestKey(e.key) == key {
				o := l.origin(e)
				o.Key = printableKey(e.key)
				misspelt = append(misspelt, o)
			}
		}
	}
	return keys, misspelt
}

// include appends the layers of the profiles that p includes, at any depth.
func (g *Graph) include(p *Profile) error {
	own := Section{layers: p.layers}
	v, ok := own.Get(keyInclude)
	if !ok {
		return nil
	}
	hops := []Hop{{p.name, v.Origin}}
	visited := map[string]int{p.name: 0}
	for ok {
		last := hops[len(hops)-1]
		if at, seen := visited[v.Text]; seen {
			return &IncludeError{Profile: p.name, Hop: last, Target: v.Text, Loop: hops[at:]}
		}
		next, err := g.own(v.Text)
		if err != nil {
			return &IncludeError{Profile: p.name, Hop: last, Target: v.Text, Err: err}
		}
		visited[v.Text] = len(hops)
		for _, l := range next.layers {
			l.included = true
			p.layers = append(p.layers, l)
		}
		if v, ok = next.Get(keyInclude); ok {
			hops = append(hops, Hop{next.name, v.Origin})
		}
	}
	return nil
}
