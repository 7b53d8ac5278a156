package sdk

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// pyConfig is botocore's view of the two files.
type pyConfig struct {
	profiles    map[string]*section // both files, key by key
	inConfig    map[string]*section
	credentials map[string]*section
	sessions    map[string]*section
	dropped     []dropped
}

// read reads and parses a file. A file that is not there, or that may not be
// read, is an empty one.
func (p *python) read(path string) (sections []*section, there bool, f *Failure) {
	path = p.expand(path)
	data, err := p.Read(path)
	var pe *fs.PathError
	switch {
	case path == "" || errors.Is(err, fs.ErrNotExist) || errors.As(err, &pe) && pe.Op == "read":
		return nil, false, nil
	case err != nil:
		return nil, true, nil
	}
	sections, f = pyParse(path, data)
	return sections, true, f
}

// place is the path that a variable names, or else one in the home folder.
func (p *python) place(variable, byDefault string) string {
	if v, set := p.env(variable); set {
		if strings.Contains(v, "$") {
			p.note(profile.CodeLocationNotExpanded, "variables in "+variable+" are expanded", origin.Env(variable), "write the path out")
		}
		return v
	}
	return byDefault
}

// load reads both files, as the first look at the configuration does.
func (p *python) load() *Failure {
	c := &p.config
	c.inConfig, c.sessions, c.credentials = map[string]*section{}, map[string]*section{}, map[string]*section{}
	sections, _, f := p.read(p.place("AWS_CONFIG_FILE", "~/.aws/config"))
	if f != nil {
		return f
	}
	for _, s := range sections {
		p.file(s)
	}
	sections, _, f = p.read(p.place("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
	if f != nil {
		return f
	}
	c.profiles = make(map[string]*section, len(c.inConfig)+len(sections))
	for name, s := range c.inConfig {
		c.profiles[name] = s
	}
	for _, s := range sections {
		c.credentials[s.name] = s
		c.profiles[s.name] = pyUpdate(c.profiles[s.name], s)
		if rest, ok := strings.CutPrefix(s.name, "profile "); ok {
			c.dropped = append(c.dropped, dropped{s.name, s.path, s.line, profile.CodePrefixInCredentials,
				"in the credentials file the word profile is part of the name", "write [" + strings.TrimSpace(rest) + "]"})
		}
	}
	return nil
}

// pyUpdate returns the keys of both sections, those of the second winning.
func pyUpdate(first, second *section) *section {
	if first == nil {
		return second
	}
	merged := newSection(second.name, first.path, first.line)
	for _, s := range [...]*section{first, second} {
		for key, v := range s.keys {
			merged.keys[key] = v
		}
	}
	return merged
}

// file puts a section of the config file where botocore does, by the words of
// its header as a shell would split them.
func (p *python) file(s *section) {
	c := &p.config
	var into map[string]*section
	switch {
	case strings.HasPrefix(s.name, "profile"):
		into = c.inConfig
	case strings.HasPrefix(s.name, "sso-session"):
		into = c.sessions
	case strings.HasPrefix(s.name, "services"):
		return
	case s.name == "default":
		c.inConfig["default"] = s
		return
	default:
		p.drop(s)
		return
	}
	if words, problem := shlexSplit(s.name); problem == "" && len(words) == 2 {
		into[words[1]] = s
		return
	}
	p.drop(s)
}

// drop remembers a header that makes no profile.
func (p *python) drop(s *section) {
	d := dropped{s.name, s.path, s.line, profile.CodeMissingPrefix, "in the config file a profile needs the word profile", "write [profile NAME]"}
	switch trimmed := strings.TrimSpace(s.name); {
	case trimmed != s.name:
		d.code, d.why, d.fix = profile.CodePaddedHeader, "a header with blanks inside its brackets is no profile", "remove the blanks next to the brackets"
	case strings.HasPrefix(s.name, "profile"):
		d.code, d.why, d.fix = profile.CodeSpacesInName, "a name with blanks is a name only in quotes", "use a name without quotes and blanks"
	case len(s.name) > 7 && strings.EqualFold(s.name[:7], "profile"):
		d.code, d.why, d.fix = profile.CodeSectionCase, "the word profile is known in lower case only", "write the word in lower case"
	}
	p.config.dropped = append(p.config.dropped, d)
}

// expand is os.path.expandvars and os.path.expanduser.
func (p *python) expand(path string) string { return p.user(p.variables(path)) }

// user replaces a leading ~. The home folders of other users are not looked up.
func (p *python) user(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && rest[0] != '/' && (p.GOOS != "windows" || rest[0] != '\\') {
		return path
	}
	home := p.get("HOME")
	if p.GOOS == "windows" {
		if home = p.get("USERPROFILE"); home == "" {
			home = p.get("HOMEDRIVE") + p.get("HOMEPATH")
		}
	}
	if home == "" {
		return path
	}
	if p.GOOS == "windows" {
		return home + rest
	}
	if path = strings.TrimRight(home, "/") + rest; path == "" {
		return "/"
	}
	return path
}

// variables replaces $NAME and ${NAME} where they are set.
func (p *python) variables(path string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(path, "$")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, used := after, 0
		if inner, _, closed := strings.Cut(after, "}"); closed && strings.HasPrefix(inner, "{") {
			name, used = inner[1:], len(inner)+1
		} else {
			name = after[:len(after)-len(strings.TrimLeft(after, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"))]
			used = len(name)
		}
		if v, set := p.env(name); set && used > 0 && name != "" {
			b.WriteString(v)
		} else {
			b.WriteString("$" + after[:used])
		}
		path = after[used:]
	}
}
