package chain

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// shape is what one profile says about credentials.
type shape struct {
	name     string
	p        *profile.Profile
	role     origin.Value
	source   origin.Value
	credSrc  origin.Value
	token    origin.Value // web_identity_token_file
	login    origin.Value
	process  origin.Value
	static   profile.StaticKeys
	partial  error // half a static pair
	sso      ssoShape
	asSource bool // another profile names it as source_profile
	selfCall bool // credential_process is latchkey asking for this profile
	selfMFA  bool // … and for an MFA session
}

func (s *shape) hasStatic() bool { return s.static.AccessKeyID.Text != "" }

// bases names what the profile could get first credentials from, in the order
// in which they win.
func (s *shape) bases() []string {
	var names []string
	for _, b := range []struct {
		there bool
		name  string
	}{
		{s.hasStatic(), "static keys"}, {s.token.Set() && s.role.Set(), "web identity"}, {s.sso.complete(), "Identity Center"},
		{s.login.Set(), "login_session"}, {s.process.Set(), "credential_process"},
	} {
		if b.there {
			names = append(names, b.name)
		}
	}
	return names
}

func (p *planner) shapeOf(prof *profile.Profile) (*shape, error) {
	s := &shape{name: prof.Name(), p: prof}
	get := func(key string) origin.Value { v, _ := prof.Get(key); return v }
	s.role, s.source, s.credSrc = get("role_arn"), get("source_profile"), get("credential_source")
	s.token, s.login, s.process = get("web_identity_token_file"), get("login_session"), get("credential_process")
	var err error
	if s.static, err = prof.StaticKeys(); err != nil {
		var half *profile.PartialKeysError
		if !errors.As(err, &half) {
			return nil, err
		}
		s.partial = err
	}
	if words := commandWords(s.process.Text); callsItself(words, s.name) {
		s.selfCall, s.selfMFA, s.process = true, slices.Contains(words, "--mfa"), origin.Value{}
	}
	if s.sso, err = p.ssoShapeOf(s); err != nil {
		return nil, err
	}
	return s, nil
}

// profileSteps plans one profile. path holds the profiles on the way here, this
// one last. No steps means that the profile configures no credentials.
func (p *planner) profileSteps(prof *profile.Profile, path []string) ([]Step, error) {
	s, err := p.shapeOf(prof)
	if err != nil {
		return nil, err
	}
	s.asSource = len(path) > 1
	switch {
	case s.asSource && s.hasStatic():
		return p.sourceKeys(s)
	case s.asSource && s.role.Set() && s.partial != nil && !p.beatsHalf(s):
		return nil, s.partial // keys come first in a source, and nobody guesses the other half
	case s.role.Set():
		return p.roleSteps(s, path)
	}
	return p.baseSteps(s)
}

// baseSteps plans a profile without role_arn (the shape table of
// credential-sources 2.2; docs/decisions/0002 holds the choices).
func (p *planner) baseSteps(s *shape) ([]Step, error) {
	if s.token.Set() {
		return nil, tokenWithoutRole(s)
	}
	if s.partial != nil && !p.beatsHalf(s) {
		return nil, s.partial
	}
	p.noteShadowed(s)
	switch {
	case s.hasStatic():
		return []Step{p.static(s)}, nil
	case s.sso.complete():
		return p.ssoStep(s)
	case s.sso.err != nil:
		return nil, s.sso.err
	case s.login.Set():
		return p.loginStep(s)
	case s.process.Set():
		return p.processStep(s)
	}
	if s.source.Set() || s.credSrc.Set() || s.sso.hint != nil {
		return nil, p.unfinished(s)
	}
	entry, err := p.inVault(s.name)
	if err != nil || entry.Name == "" {
		return nil, cmp.Or(err, p.unfinished(s))
	}
	return []Step{p.vaultEntry(s, entry)}, nil
}

// sourceKeys uses the keys of a profile that is a source; a token file that
// serves no role is a contradiction here as well.
func (p *planner) sourceKeys(s *shape) ([]Step, error) {
	if s.token.Set() && !s.role.Set() {
		return nil, tokenWithoutRole(s)
	}
	p.noteShadowed(s)
	return []Step{p.static(s)}, nil
}

// tokenWithoutRole refuses what every SDK refuses, whatever else the profile has.
func tokenWithoutRole(s *shape) error {
	return &ConfigError{Profile: s.name, Origin: s.token.Origin, Message: "web_identity_token_file without role_arn",
		Why: "a web identity token is only good for assuming a role", Fix: "add role_arn to profile " + s.name}
}

// beatsHalf reports whether the profile has a source that at least two SDKs use
// although half a key pair stands beside it: any where the half is in the config
// file, Identity Center of the selected profile where it is in the other one.
func (p *planner) beatsHalf(s *shape) bool {
	var half *profile.PartialKeysError
	if !errors.As(s.partial, &half) || len(half.Elsewhere) > 0 {
		return false
	}
	if half.Present[0].File == p.graph.Locations().Credentials {
		return s.sso.complete() && !s.asSource && !s.role.Set()
	}
	return s.token.Set() || !s.role.Set() && len(s.bases()) > 0
}

// unfinished explains a profile that has the beginnings of a source but not a
// whole one; nil if it has none at all.
func (p *planner) unfinished(s *shape) error {
	switch {
	case s.source.Set():
		return &ConfigError{Profile: s.name, Origin: s.source.Origin, Message: "source_profile without role_arn",
			Why: "source_profile says whose credentials assume role_arn", Fix: "add role_arn to profile " + s.name + ", or use profile " + s.source.Text + " itself"}
	case s.credSrc.Set():
		return &ConfigError{Profile: s.name, Origin: s.credSrc.Origin, Message: "credential_source without role_arn",
			Why: "credential_source says whose credentials assume role_arn", Fix: "add role_arn to profile " + s.name}
	case s.sso.hint != nil:
		return s.sso.hint
	case s.selfCall:
		v, _ := s.p.Get("credential_process")
		return &ConfigError{Profile: s.name, Origin: v.Origin, Message: "the vault has no entry for this profile, whose credential_process is latchkey itself",
			Why: "such a profile's key is kept in the vault", Fix: "put it there: latchkey vault add " + s.name}
	}
	return nil
}

// callsItself reports whether a credential_process is latchkey asked for the
// credentials of the profile it stands in: its key is in the vault.
func callsItself(words []string, name string) bool {
	of, ok := asksFor(words)
	return ok && of == name
}

// AsksFor returns the profile whose credentials a credential_process asks latchkey
// for; ok is false for any other command.
func AsksFor(command string) (name string, ok bool) { return asksFor(commandWords(command)) }

func asksFor(words []string) (name string, ok bool) {
	if len(words) < 3 {
		return "", false
	}
	program := words[0]
	if i := strings.LastIndexAny(program, `/\`); i >= 0 {
		program = program[i+1:]
	}
	if strings.TrimSuffix(program, ".exe") != "latchkey" || words[1] != "credentials" {
		return "", false
	}
	for _, word := range words[2:] {
		if word == "--from" || strings.HasPrefix(word, "--from=") {
			return "", false // a server is asked, which has profiles of its own
		}
		if name == "" && !strings.HasPrefix(word, "-") {
			name = word
		}
	}
	return name, name != ""
}

// commandWords splits a command at blanks, but for those in quotes, which are
// taken away. Backslashes stand for themselves, as in paths of Windows.
func commandWords(command string) []string {
	var words []string
	var word strings.Builder
	quote, open := rune(0), false
	for _, r := range command {
		switch {
		case r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, open = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if open {
				words = append(words, word.String())
				word.Reset()
			}
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}
