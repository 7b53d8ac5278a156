package profile

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/latchkey-aws/latchkey/origin"
)

// Graph is the two shared files as one: profiles, sso-sessions, services
// sections and the references between them. It is safe for concurrent use.
type Graph struct {
	options             Options
	loc                 Locations
	config, credentials file
	whole               sync.Once
	skimmed             skimmed
	inspected           sync.Once
	all                 inspection
	missed              atomic.Int32 // sections that were asked for and are not there
}

// Load finds, reads and indexes the shared files. A missing file is an empty
// one. A file that cannot be read is a *FileError of what needs it, not of
// Load, so that the other file stays of use.
func Load(o Options) (*Graph, error) {
	if o.Env == nil {
		return nil, errors.New("profile: Options.Env is missing")
	}
	loc := Locate(o)
	g := &Graph{options: o, loc: loc}
	g.config.what, g.config.path, g.config.from = "config", loc.Config, loc.Origins.Config
	g.credentials.what, g.credentials.path, g.credentials.from = "credentials", loc.Credentials, loc.Origins.Credentials
	g.credentials.credentials = true
	for _, e := range o.Edits {
		if e.kind == CredentialsFile {
			g.credentials.edit = e
		} else {
			g.config.edit = e
		}
	}
	if o.First == "" || len(o.Edits) > 0 || g.skimmedProfile(o.First) == nil {
		g.read()
	}
	return g, nil
}

// read reads both files whole, once.
func (g *Graph) read() {
	g.whole.Do(func() {
		g.skimmed.stop()
		g.config.load()
		g.credentials.load()
	})
}

// Locations returns the places that the graph was loaded from.
//
//go:noinline
func (g *Graph) Locations() Locations { return g.loc }

// Names returns the names of all profiles of both files, sorted, each once.
// One whose header or lines cannot be read is among them.
func (g *Graph) Names() []string {
	g.read()
	return names(kindProfile, &g.config, &g.credentials)
}

// SSOSessions returns the names of all [sso-session] sections, as Names does.
func (g *Graph) SSOSessions() []string {
	g.read()
	return names(kindSSO, &g.config)
}

func names(k kind, files ...*file) []string {
	var names []string
	for _, f := range files {
		for i, h := range f.heads {
			if h.kind == k {
				names = append(names, f.nameOf(i))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Profile returns the profile of that name, merged over both files and what it
// includes. Errors are *NotFoundError, *SyntaxError, *FileError and
// *IncludeError.
func (g *Graph) Profile(name string) (*Profile, error) {
	if p := g.skimmedProfile(name); p != nil {
		return p, nil
	}
	g.read()
	p, err := g.own(name)
	if err != nil {
		var missing *NotFoundError
		bare := unquoted(name)
		if !errors.As(err, &missing) || bare == name {
			return nil, err
		}
		// [profile "dev"] is the profile dev to Python and "dev", quotes
		// included, to Go: a name that works there works here.
		if p, _ = g.own(bare); p == nil {
			return nil, err
		}
	}
	if err := g.include(p); err != nil {
		return nil, err
	}
	return p, nil
}

// SSOSession returns the [sso-session] section of that name. Errors are
// *NotFoundError, *SyntaxError and *FileError.
func (g *Graph) SSOSession(name string) (*Section, error) { return g.section(kindSSO, name) }

// Services returns the [services] section of that name. Errors are
// *NotFoundError, *SyntaxError and *FileError.
func (g *Graph) Services(name string) (*Section, error) { return g.section(kindServices, name) }

func (g *Graph) section(k kind, name string) (*Section, error) {
	g.read()
	if g.config.err != nil {
		return nil, g.config.err
	}
	l, ok, bad := g.config.read(k, name, nil)
	if bad != nil {
		return nil, bad
	}
	if !ok {
		return nil, g.notFound(k, name)
	}
	return &Section{name: name, origin: origin.File(g.config.path, l.line, ""), layers: []layer{l}}, nil
}

// own returns the profile without what it includes.
func (g *Graph) own(name string) (*Profile, error) {
	conf, inConfig, badConfig := g.config.read(kindProfile, name, nil)
	cred, inCredentials, badCredentials := g.credentials.read(kindProfile, name, nil)
	switch {
	case badConfig != nil:
		return nil, badConfig
	case badCredentials != nil:
		return nil, badCredentials
	case g.config.err != nil && !(inCredentials && cred.complete()):
		return nil, g.unreadable()
	case g.credentials.err != nil && !(inConfig && conf.complete()):
		return nil, g.unreadable()
	case !inConfig && !inCredentials:
		return nil, g.notFound(kindProfile, name)
	}
	return merged(name, cred, conf), nil
}

// merged puts the layers of both files together; one without a file is not there.
func merged(name string, cred, conf layer) *Profile {
	p := &Profile{Section{name: name, layers: make([]layer, 0, 2)}}
	for _, l := range [...]layer{cred, conf} {
		if l.file != nil {
			p.layers = append(p.layers, l)
			p.origin = origin.File(l.file.path, l.line, "")
		}
	}
	return p
}

// unreadable returns the errors of the files that cannot be read.
func (g *Graph) unreadable() error {
	switch {
	case g.credentials.err == nil:
		return g.config.err
	case g.config.err == nil:
		return g.credentials.err
	}
	return errors.Join(g.config.err, g.credentials.err)
}

// complete reports whether the layer has a source of credentials, so that the
// profile is of use even if the other file could add to it.
func (l *layer) complete() bool {
	if l.set(keyAccessKeyID) != nil && l.set(keySecret) != nil {
		return true
	}
	for _, key := range []string{keySource, "credential_source", "credential_process", "web_identity_token_file", keySSOSession, "sso_start_url", "login_session", keyInclude} {
		if l.set(key) != nil {
			return true
		}
	}
	return false
}

// read parses all sections of one kind and name. The error is the first line
// that cannot be read.
func (f *file) read(k kind, name string, n *notes) (l layer, ok bool, bad *SyntaxError) {
	i := f.find(k, name, -1)
	if i < 0 {
		return layer{}, false, nil
	}
	prefixed := k == kindProfile && name == "default" && f.anyPrefixed(i)
	p := parser{file: f, section: k.word() + " " + name, notes: n}
	if k == kindProfile {
		p.profile = name
	}
	for ; i >= 0; i = f.find(k, name, i) {
		h := f.heads[i]
		if prefixed && h.flags&flagPrefixed == 0 {
			continue // [profile default] replaces [default] whatever their order
		}
		line := f.lineOf(i)
		if !ok {
			l.file, l.line, ok = f, line, true
		}
		if h.flags&flagUnclosed != 0 {
			p.line = line
			p.fail(CodeMissingBracket, "")
		}
		p.head(i, line)
	}
	l.entries = p.entries
	return l, ok, p.err
}

func (f *file) anyPrefixed(i int) bool {
	for ; i >= 0; i = f.find(kindProfile, "default", i) {
		if f.heads[i].flags&flagPrefixed != 0 {
			return true
		}
	}
	return false
}

// unquoted strips one pair of quotes.
func unquoted(s string) string {
	if n := len(s); n > 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] && !strings.ContainsRune(s[1:n-1], rune(s[0])) {
		return s[1 : n-1]
	}
	return s
}
