package profile

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/origin"
)

// inspection is what one look at both files found.
type inspection struct {
	list  []Diagnostic // sorted
	links *links
	// whole: nothing was left out, so that the findings of one profile are among
	// those of all.
	whole bool
}

// inspection looks at everything, once: who lists profiles asks for many.
func (g *Graph) inspection() *inspection {
	g.inspected.Do(func() {
		g.read()
		n := &notes{}
		l := g.inspect(n)
		g.all = inspection{n.sorted(g), l, n.dropped == 0 && l.suggestions <= maxSuggestions}
	})
	return &g.all
}

// Findings returns every deviation of both files and every reference that
// leads nowhere: those on places first, then by file and line. It parses
// everything, and stops listing after some thousands.
func (g *Graph) Findings() []Diagnostic { return slices.Clone(g.inspection().list) }

// FindingsFor returns the findings that can affect a profile: those in the
// sections that it uses, directly or by reference, those on a file as a whole,
// and those elsewhere that make some tool reject the whole file.
func (g *Graph) FindingsFor(profile string) []Diagnostic {
	all := g.inspection()
	if _, ok := all.links.at[profile]; !ok {
		profile = unquoted(profile)
	}
	used := all.links.used(profile)
	n := &notes{keep: func(d *Diagnostic) bool {
		return d.WholeFile || d.Section == "" || used["profile "+d.Profile] || used[d.Section]
	}}
	if !all.whole {
		g.inspect(n)
		return n.sorted(g)
	}
	for i := range all.list {
		n.add(all.list[i])
	}
	return n.sorted(g)
}

// sorted returns the findings in order, ended by one that counts the dropped.
func (n *notes) sorted(g *Graph) []Diagnostic {
	rank := func(o origin.Origin) int {
		switch {
		case o.Kind != origin.KindFile:
			return 0
		case o.File == g.loc.Config:
			return 1
		}
		return 2
	}
	sort.SliceStable(n.list, func(i, j int) bool {
		a, b := n.list[i].Origin, n.list[j].Origin
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Line, b.Line)) < 0
	})
	if n.dropped > 0 {
		n.list = append(n.list, newDiagnostic(CodeMoreFindings, origin.Default("more than "+strconv.Itoa(maxNotes)+" findings"),
			strconv.Itoa(n.dropped)+" more findings are not listed"))
	}
	return n.list
}

// inspect parses everything and returns the references.
func (g *Graph) inspect(n *notes) *links {
	g.locationFindings(n)
	l := newLinks(g)
	for _, f := range []*file{&g.config, &g.credentials} {
		f.lookups.Store(lookupsBeforeTable + 1)
		f.preamble(n)
		for i := range f.heads {
			f.headerNotes(i, f.lineOf(i), n)
			g.inspectSection(f, i, n, l)
		}
	}
	l.caseNotes(n)
	g.referenceNotes(l, n)
	return l
}

// inspectSection parses all sections of the name of head i when it is the first.
func (g *Graph) inspectSection(f *file, i int, n *notes, l *links) {
	h := f.heads[i]
	if h.kind == kindOther {
		f.ignoredBody(i, n)
		return
	}
	name := f.nameOf(i)
	first := f.find(h.kind, name, -1)
	if name == "default" && h.kind == kindProfile && h.flags&flagPrefixed == 0 && f.anyPrefixed(first) {
		f.headNote(CodeDefaultTwice, i, n, "")
		f.ignoredBody(i, n)
	} else if first != i && !(name == "default" && f.heads[first].flags != h.flags) {
		f.headNote(CodeDuplicateSection, i, n, "the section is there before in line "+strconv.Itoa(f.lineOf(first))+"; both are merged and the last value of a key wins")
	}
	if first != i {
		return
	}
	if h.kind != kindProfile {
		f.read(h.kind, name, n)
		return
	}
	if _, done := l.at[name]; done {
		return
	}
	conf, _, _ := g.config.read(kindProfile, name, n)
	cred, _, _ := g.credentials.read(kindProfile, name, n)
	p := merged(name, cred, conf)
	p.mergeNotes(n)
	l.add(p)
}

// ignoredBody parses the lines of a section that nobody uses, since a bad line
// in it makes some tools reject the file.
func (f *file) ignoredBody(i int, n *notes) {
	section, profile := f.labels(i)
	p := parser{file: f, section: section, profile: profile, notes: n}
	p.head(i, f.lineOf(i))
}

func (f *file) headNote(code string, i int, n *notes, message string) {
	d := newDiagnostic(code, origin.File(f.path, f.lineOf(i), ""), message)
	d.Section, d.Profile = f.labels(i)
	n.add(d)
}

// preamble reports what stands before the first section.
func (f *file) preamble(n *notes) {
	text := f.data
	if len(f.heads) > 0 {
		text = text[:f.lineStart(0)]
	}
	if len(text) > 0 && bytes.HasPrefix(text, bom[:]) {
		n.add(newDiagnostic(CodeBOM, origin.File(f.path, 1, ""), ""))
		text = text[len(bom):]
	}
	for line := 1; len(text) > 0; line++ {
		end := lineEnd(text, 0)
		content := bytes.Trim(text[:end], " \t\r")
		text = text[min(end+1, len(text)):]
		switch {
		case len(content) == 0:
		case n.full():
		case content[0] != '#' && content[0] != ';':
			n.add(newDiagnostic(CodeBeforeSection, origin.File(f.path, line, ""), ""))
		case !utf8.Valid(content):
			n.add(newDiagnostic(CodeInvalidUTF8Comment, origin.File(f.path, line, ""), ""))
		}
	}
}

// mergeNotes reports what the merge of both files leaves out.
func (p *Profile) mergeNotes(n *notes) {
	add := func(code string, o origin.Origin, message string) {
		d := newDiagnostic(code, o, message)
		d.Profile, d.Section = p.name, "profile "+p.name
		n.add(d)
	}
	pair := p.pair()
	if pair == nil {
		var e *PartialKeysError
		if errors.As(p.partial(), &e) {
			add(CodePartialKeys, e.Present[0], "half a key pair: "+strings.Join(e.Missing, " and ")+" is missing")
		}
	}
	for i := range p.layers {
		l := &p.layers[i]
		l.blankNotes(add)
		id, sec, token, old := l.set(keyAccessKeyID), l.set(keySecret), l.set(keyToken), l.set(keySecurityToken)
		complete := id != nil && sec != nil
		switch {
		case pair == nil || pair == l || id == nil && sec == nil:
		case complete:
			add(CodeKeysInBothFiles, l.origin(id), "")
		default:
			half := id
			if half == nil {
				half = sec
			}
			add(CodePartialKeys, l.origin(half), "half a key pair beside the complete one in the other file; it is ignored, but the AWS SDK for Go fails")
		}
		if token != nil && !complete {
			add(CodeStrayToken, l.origin(token), "")
		}
		if old != nil && (token == nil || token.value != old.value) {
			add(CodeSecurityToken, l.origin(old), "")
		}
		if l.file.credentials && len(p.layers) > 1 {
			for _, key := range []string{"endpoint_url", keyServices, keyAccountID, "sdk_ua_app_id"} {
				if e := l.set(key); e != nil {
					add(CodeLostInCredentials, l.origin(e), "")
				}
			}
		}
	}
	if v, ok := p.Get(keyInclude); ok {
		add(CodeIncludeProfile, v.Origin, "")
	}
}

// blankNotes reports keys that decide where credentials come from and have no
// value: some tools ask only whether the key is there.
func (l *layer) blankNotes(add func(code string, o origin.Origin, message string)) {
	for _, key := range [...]string{keyAccessKeyID, keySecret, keyRole, keySource, "credential_source", "credential_process",
		"web_identity_token_file", "login_session", keySSOSession, "sso_account_id", "sso_role_name", "sso_start_url", "sso_region"} {
		if e := l.last(key); e != nil && e.blank() && len(e.subs) == 0 {
			add(CodeBlankValue, l.origin(e), "")
		}
	}
}
