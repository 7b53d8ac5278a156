package profile

import (
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
)

// reference is a key that names another section, and its line.
type reference struct {
	to   string
	line place
}

// place is a line of one of the two files, small because there are many:
// negative in the credentials file.
type place int32

// node is what the graph of references knows of a profile.
type node struct {
	name                           string
	line                           place
	source, include, sso, services reference
	role, static                   bool
}

// links is the graph of references over all profiles.
type links struct {
	nodes               []node
	at                  map[string]int32
	config, credentials string // paths
	suggestions         int    // searches for similar names
}

func newLinks(g *Graph) *links {
	n := 0
	for _, f := range []*file{&g.config, &g.credentials} {
		for _, h := range f.heads {
			if h.kind == kindProfile {
				n++
			}
		}
	}
	return &links{nodes: make([]node, 0, n), at: make(map[string]int32, n), config: g.config.path, credentials: g.credentials.path}
}

func placeOf(line int, f *file) place {
	if f.credentials {
		return place(-line)
	}
	return place(line)
}

// origin returns the place as an origin.
func (l *links) origin(p place, key string) origin.Origin {
	if p < 0 {
		return origin.File(l.credentials, int(-p), key)
	}
	return origin.File(l.config, int(p), key)
}

func (l *links) add(p *Profile) {
	ref := func(key string) (r reference) {
		if from, e := p.find(key); e != nil {
			// A clone, to let go of the text of the section.
			r = reference{strings.Clone(e.value), placeOf(e.line, from.file)}
		}
		return r
	}
	header := p.layers[len(p.layers)-1]
	n := node{name: p.name, line: placeOf(header.line, header.file), source: ref(keySource), include: ref(keyInclude), sso: ref(keySSOSession), services: ref(keyServices), static: p.pair() != nil}
	_, n.role = p.Get(keyRole)
	l.at[p.name] = int32(len(l.nodes))
	l.nodes = append(l.nodes, n)
}

// index returns the node that a reference leads to, or -1.
func (l *links) index(r reference) int32 {
	if r.to == "" {
		return -1
	}
	if i, ok := l.at[r.to]; ok {
		return i
	}
	return -1
}

// used returns the sections that a profile uses, itself included.
func (l *links) used(profile string) map[string]bool {
	used := map[string]bool{"profile " + profile: true}
	queue := []string{profile}
	for len(queue) > 0 {
		i, ok := l.at[queue[0]]
		queue = queue[1:]
		if !ok {
			continue
		}
		n := &l.nodes[i]
		if n.sso.to != "" {
			used["sso-session "+n.sso.to] = true
		}
		if n.services.to != "" {
			used["services "+n.services.to] = true
		}
		for _, next := range []string{n.include.to, n.source.to} {
			if next != "" && !used["profile "+next] {
				used["profile "+next] = true
				queue = append(queue, next)
			}
		}
	}
	return used
}

// caseNotes reports names that differ in upper and lower case only.
func (l *links) caseNotes(n *notes) {
	folded := make(map[string]int32) // only of names with upper case: few
	for i := range l.nodes {
		nd := &l.nodes[i]
		low := strings.ToLower(nd.name)
		if low == nd.name {
			continue
		}
		other, ok := l.at[low]
		if !ok {
			other, ok = folded[low]
		}
		if !ok {
			folded[low] = int32(i)
			continue
		}
		n.add(nd.diagnostic(CodeNameCase, l.origin(nd.line, ""), "the profile "+clean(l.nodes[other].name)+" ("+l.origin(l.nodes[other].line, "").Position()+
			") differs only in upper and lower case; they are two profiles and are not merged"))
	}
}

func (nd *node) diagnostic(code string, o origin.Origin, message string) Diagnostic {
	d := newDiagnostic(code, o, message)
	d.Profile, d.Section = nd.name, "profile "+nd.name
	return d
}

// maxSuggestions bounds the search for similar names, which looks at all names
// for each name that is missing.
const maxSuggestions = 20

// referenceNotes reports references that lead nowhere or in a circle.
func (g *Graph) referenceNotes(l *links, n *notes) {
	var all [kindServices + 1][]string
	suggest := func(k kind, name string) string {
		if l.suggestions++; l.suggestions > maxSuggestions {
			return ""
		}
		if all[k] == nil {
			all[k] = g.config.names(k)
			if k == kindProfile {
				all[k] = g.Names()
			}
		}
		if near := nearest(name, all[k]); len(near) > 0 {
			return "; did you mean " + strings.Join(cleanAll(near), " or ") + "?"
		}
		return ""
	}
	for i := range l.nodes {
		nd := &l.nodes[i]
		missing := func(code, key string, k kind, r reference) {
			d := nd.diagnostic(code, l.origin(r.line, key), key+" names the "+k.word()+" "+clean(r.to)+", which does not exist")
			if n.keep == nil || n.keep(&d) {
				d.Message += suggest(k, r.to)
			}
			n.add(d)
		}
		if g.config.err == nil && g.credentials.err == nil {
			if nd.source.to != "" && l.index(nd.source) < 0 {
				missing(CodeSourceMissing, keySource, kindProfile, nd.source)
			}
			if nd.include.to != "" && l.index(nd.include) < 0 {
				missing(CodeIncludeMissing, keyInclude, kindProfile, nd.include)
			}
		}
		if g.config.err == nil {
			if nd.sso.to != "" && g.config.find(kindSSO, nd.sso.to, -1) < 0 {
				missing(CodeSSOSessionMissing, keySSOSession, kindSSO, nd.sso)
			}
			if nd.services.to != "" && g.config.find(kindServices, nd.services.to, -1) < 0 {
				missing(CodeServicesMissing, keyServices, kindServices, nd.services)
			}
		}
	}
	l.includeNotes(n)
	l.sourceNotes(n)
}
