package chain

import (
	"errors"
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
	selfCall bool // credential_process is latchkey asking for this profile
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
	if s.process.Set() && callsItself(s.process.Text, s.name) {
		s.selfCall, s.process = true, origin.Value{}
	}
	s.sso, err = p.ssoShapeOf(s)
	return s, err
}

// profileSteps plans one profile. path holds the profiles on the way here, this
// one last. No steps means that the profile configures no credentials.
func (p *planner) profileSteps(prof *profile.Profile, path []string) ([]Step, error) {
	s, err := p.shapeOf(prof)
	if err != nil {
		return nil, err
	}
	asSource := len(path) > 1
	if asSource && s.hasStatic() {
		if s.role.Set() {
			p.note("source-has-role", s.role.Origin, s.name,
				"the keys of profile "+s.name+" are used as the source and its own role_arn is not assumed first",
				"the Go SDK and Terraform assume that role first", "move the keys to a profile of their own")
		}
		return []Step{p.static(s)}, nil
	}
	if s.role.Set() {
		return p.roleSteps(s, path)
	}
	return p.baseSteps(s)
}

// baseSteps plans a profile without role_arn (the shape table of
// credential-sources 2.2; docs/decisions/0002 holds the choices).
func (p *planner) baseSteps(s *shape) ([]Step, error) {
	if s.partial != nil {
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
	return nil, p.unfinished(s)
}

// unfinished explains a profile that has the beginnings of a source but not a
// whole one; nil if it has none at all.
func (p *planner) unfinished(s *shape) error {
	switch {
	case s.token.Set():
		return &ConfigError{Profile: s.name, Origin: s.token.Origin, Message: "web_identity_token_file without role_arn",
			Why: "a web identity token is only good for assuming a role", Fix: "add role_arn to profile " + s.name}
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
		return &ConfigError{Profile: s.name, Origin: v.Origin, Message: "credential_process calls latchkey for this same profile, which has no other credentials",
			Why: "latchkey would call itself without end", Fix: "name another profile in the command, or give this one a source"}
	}
	return nil
}

// noteShadowed says which other sources the profile has that are not used, and
// which SDKs use them instead.
func (p *planner) noteShadowed(s *shape) {
	switch {
	case s.hasStatic() && s.sso.complete():
		p.note("static-over-sso", s.static.AccessKeyID.Origin, s.name, "the static keys are used, not Identity Center",
			"boto3, the AWS CLI and the Rust SDK use Identity Center", "remove the keys or the sso_ settings")
	case s.hasStatic() && s.login.Set() && !s.static.InCredentialsFile:
		p.note("static-over-login", s.static.AccessKeyID.Origin, s.name, "the static keys are used, not login_session",
			"boto3, the AWS CLI and the Rust SDK use login_session", "remove the keys or login_session")
	case s.hasStatic() && s.process.Set():
		breaks := "the Rust SDK runs credential_process"
		if !s.static.InCredentialsFile {
			breaks = "boto3, the AWS CLI and the Rust SDK run credential_process"
		}
		p.note("static-over-process", s.static.AccessKeyID.Origin, s.name, "the static keys are used, not credential_process", breaks,
			"remove the keys or credential_process")
	}
	if s.source.Set() && len(s.bases()) > 0 {
		p.note("source-without-role", s.source.Origin, s.name, "source_profile has no role_arn to serve and is ignored",
			"the Go SDK and Terraform refuse the profile", "remove source_profile or add role_arn")
	}
	if s.token.Set() && len(s.bases()) > 0 {
		p.note("token-without-role", s.token.Origin, s.name, "web_identity_token_file has no role_arn to serve and is ignored",
			"the Go SDK and Terraform refuse the profile", "remove web_identity_token_file or add role_arn")
	}
	if s.selfCall && len(s.bases()) > 0 {
		v, _ := s.p.Get("credential_process")
		p.note("process-calls-itself", v.Origin, s.name, "credential_process calls latchkey for this same profile and is left out here", "", "")
	}
}

// callsItself reports whether a credential_process is latchkey asked for the
// credentials of the profile it stands in: running it would never end.
func callsItself(command, name string) bool {
	words := strings.Fields(command)
	if len(words) < 3 {
		return false
	}
	program := strings.Trim(words[0], `"'`)
	if i := strings.LastIndexAny(program, `/\`); i >= 0 {
		program = program[i+1:]
	}
	if strings.TrimSuffix(program, ".exe") != "latchkey" || words[1] != "credentials" {
		return false
	}
	for i := 2; i < len(words); i++ {
		if word := strings.Trim(words[i], `"'`); !strings.HasPrefix(word, "-") {
			return word == name
		}
	}
	return false
}
