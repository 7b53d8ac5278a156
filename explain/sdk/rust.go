package sdk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// rust is the Rust SDK's default chain.
type rust struct {
	*run
	config rustConfig
	name   string
}

// rust simulates aws-config of the AWS SDK for Rust, from its source and test
// data.
func (r *run) rust() *Failure {
	s := &rust{run: r, config: rustConfig{profiles: map[string]*section{}, sessions: map[string]*section{}}}
	s.chooseProfile()
	bad := s.load()
	s.region()
	if s.environment() {
		if s.Named {
			s.note("environment-keys", "keys of the environment come before a profile that is named", origin.Env("AWS_ACCESS_KEY_ID"), "unset AWS_ACCESS_KEY_ID")
		}
		return nil
	}
	if bad != nil {
		return bad
	}
	if found, f := s.ofProfile(); found || f != nil {
		return f
	}
	if found, f := s.webIdentityEnv(); found || f != nil {
		return f
	}
	if found, f := s.container(); found || f != nil {
		return f
	}
	if !r.disabled() {
		step := r.step(chain.KindIMDS, "")
		r.addEnv(step, chain.InputEndpoint, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
		return nil
	}
	return &Failure{Class: "CredentialsNotLoaded", Text: "no providers in chain provided credentials", Where: s.config.profiles[s.name].origin(), Code: "no-credentials",
		Fix: "give the profile credentials, or name one that has some"}
}

func (s *rust) chooseProfile() {
	s.name = "default"
	if s.Named {
		s.name, s.res.Profile = s.Profile.Text, s.Profile
	} else if v, set := s.env("AWS_PROFILE"); set {
		s.name, s.res.Profile = v, origin.Value{Text: v, Origin: origin.Env("AWS_PROFILE")}
	}
	if v := s.get("AWS_DEFAULT_PROFILE"); v != "" && !s.Named && v != s.name {
		s.note("profile-variable", "AWS_DEFAULT_PROFILE is not read, only AWS_PROFILE", origin.Env("AWS_DEFAULT_PROFILE"), "set AWS_PROFILE")
	}
}

// load reads both files; the first line that cannot be read spoils them.
func (s *rust) load() *Failure {
	for _, file := range [...]struct {
		variable, name string
		credentials    bool
	}{{"AWS_CONFIG_FILE", "config", false}, {"AWS_SHARED_CREDENTIALS_FILE", "credentials", true}} {
		path := s.place(file.variable, file.name)
		data, err := s.Read(path)
		if path == "" || err != nil {
			continue
		}
		p, f := rustParse(path, data)
		if f != nil {
			s.config = rustConfig{}
			return f
		}
		s.config.merge(p, file.credentials)
	}
	return nil
}

func (s *rust) home() string {
	if v := s.get("HOME"); v != "" || s.GOOS != "windows" {
		return v
	}
	if v := s.get("USERPROFILE"); v != "" {
		return v
	}
	return s.get("HOMEDRIVE") + s.get("HOMEPATH")
}

func (s *rust) place(variable, name string) string {
	path, set := s.env(variable)
	if !set {
		path = "~/.aws/" + name
	}
	rest, tilde := strings.CutPrefix(path, "~")
	if home := s.home(); tilde && home != "" && (rest == "" || rest[0] == '/') {
		return strings.TrimRight(home, "/") + rest
	}
	return path
}

func (s *rust) region() {
	for _, variable := range [...]string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if v := s.get(variable); v != "" {
			s.res.Region = origin.Value{Text: v, Origin: origin.Env(variable)}
			return
		}
	}
	if v := s.config.profiles[s.name].get(chain.InputRegion); v.text != "" {
		s.res.Region = origin.Value{Text: v.text, Origin: v.origin()}
		s.written(v)
	}
}

func (s *rust) written(v value) {
	if v.how&howQuoted != 0 && v.key != chain.InputCommand {
		s.note(profile.CodeQuotedValue, "the quotes around "+v.key+" are part of the value", v.origin(), "remove the quotes")
	}
	if v.how&howComment != 0 && v.how&howIndent == 0 {
		s.note(profile.CodeInlineComment, "the comment after "+v.key+" is dropped", v.origin(), "move the comment to a line of its own")
	}
}

func (s *rust) environment() bool {
	id, secret := strings.TrimSpace(s.get("AWS_ACCESS_KEY_ID")), ""
	if v, set := s.env("AWS_SECRET_ACCESS_KEY"); set {
		secret = v
	} else {
		secret = s.get("SECRET_ACCESS_KEY")
	}
	if secret = strings.TrimSpace(secret); id == "" || secret == "" {
		if id != "" || secret != "" {
			s.note("partial-keys", "half a key pair in the environment is passed over", origin.Env("AWS_ACCESS_KEY_ID"), "set both variables, or neither")
		}
		return false
	}
	s.step(chain.KindEnvironment, "").add(chain.InputAccessKeyID, s.get("AWS_ACCESS_KEY_ID"), origin.Env("AWS_ACCESS_KEY_ID"))
	return true
}

func (s *rust) webIdentityEnv() (bool, *Failure) {
	file, set := s.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	if !set {
		return false, nil
	}
	at := origin.Env("AWS_WEB_IDENTITY_TOKEN_FILE")
	arn, set := s.env("AWS_ROLE_ARN")
	if !set {
		return false, &Failure{Class: "InvalidConfiguration", Text: "AWS_ROLE_ARN environment variable must be set", Where: at, Code: "token-without-role", Fix: "set AWS_ROLE_ARN"}
	}
	step := s.step(chain.KindWebIdentity, "").add(chain.InputTokenFile, file, at).add(chain.InputRoleARN, arn, origin.Env("AWS_ROLE_ARN"))
	s.addEnv(step, chain.InputSessionName, "AWS_ROLE_SESSION_NAME")
	return true, s.regionForSTS()
}

func (s *rust) container() (bool, *Failure) {
	variable := "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	uri, relative := s.env(variable)
	if !relative {
		variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
		var set bool
		if uri, set = s.env(variable); !set {
			return false, nil
		}
	}
	f := &Failure{Class: "InvalidConfiguration", Where: origin.Env(variable), Code: "container-host", Fix: "use https, a loopback address, or unset " + variable}
	if relative {
		if uri == "" {
			f.Text = "invalid relative URI for ECS provider"
			return false, f
		}
		uri = "http://169.254.170.2" + uri
	} else if !strings.HasPrefix(uri, "https://") {
		host := hostOf(uri)
		if host == "" || !containerHost(host) {
			f.Text = "invalid full URI for ECS provider"
			return false, f
		}
	}
	step := s.step(chain.KindContainer, "").add(chain.InputEndpoint, uri, origin.Env(variable))
	s.addEnv(step, chain.InputAuthTokenFile, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
	return true, nil
}

// regionForSTS is what STS cannot be asked without.
func (s *rust) regionForSTS() *Failure {
	if s.res.Region.Text != "" {
		return nil
	}
	s.note("no-region", "without a region the metadata service is asked for one", s.res.Profile.Origin, "give the profile a region, or set AWS_REGION")
	return &Failure{Class: "error", Text: "Invalid Configuration: Missing Region", Where: s.res.Profile.Origin, Code: "no-region", Fix: "give the profile a region, or set AWS_REGION"}
}

// ofProfile follows the chain of profiles. A profile that has nothing to say is
// passed over, and the default chain goes on.
func (s *rust) ofProfile() (bool, *Failure) {
	profiles := s.config.profiles
	if len(profiles) == 0 || s.name == "default" && profiles["default"] == nil {
		if d, ok := lost(s.config.dropped, s.name); ok {
			s.note(d.code, d.why, origin.File(d.path, d.line, ""), d.fix)
		}
		return false, nil
	}
	var visited []string
	var roles []*section
	name := s.name
	for {
		p := profiles[name]
		if p == nil {
			return false, s.missing(name, visited, roles)
		}
		if slices.Contains(visited, name) {
			quoted := fmt.Sprintf("%q", visited)
			return false, &Failure{Class: "CredentialLoop", Text: "profile formed an infinite loop. first we loaded " + strings.ReplaceAll(quoted, `" "`, `", "`) + ", then attempted to reload " + name,
				Where: roles[len(roles)-1].at(keySource), Code: "source-profile-loop", Fix: "let one of the profiles have credentials instead of a source"}
		}
		visited = append(visited, name)
		if p.has(chain.InputAccessKeyID) && p.has(chain.InputSecretKey) && len(visited) > 1 {
			s.static(name, p)
			if roleIn(p) {
				s.note("source-role", "of a source profile with keys the role is not assumed", p.at(chain.InputRoleARN), "move the keys into a profile of their own")
			}
			break
		}
		if !roleIn(p) {
			found, f := s.base(name, p)
			if f != nil && len(visited) > 1 && f.Class != "TokenProviderConfig" {
				f.Class, f.Text = "InvalidCredentialSource", "invalid credential source in `"+name+"`: could not load source profile: "+f.Text
			}
			if !found || f != nil {
				return s.nothing(f, len(visited) > 1)
			}
			break
		}
		if f := s.roleConfig(name, p); f != nil {
			return false, f
		}
		roles = append(roles, p)
		if source := p.text(keySource); p.has(keySource) && source != name {
			name = source
			continue
		}
		if found, f := s.base(name, p); !found || f != nil {
			return s.nothing(f, false)
		}
		break
	}
	return true, s.assume(roles)
}

// nothing is the end of a profile without credentials: of the selected one the
// chain goes on, of a source it ends there.
func (s *rust) nothing(f *Failure, source bool) (bool, *Failure) {
	if f != nil && f.Class == "ProfileDidNotContainCredentials" && !source {
		return false, nil
	}
	return false, f
}

func (s *rust) missing(name string, visited []string, roles []*section) *Failure {
	from, f := "the root profile", &Failure{Class: "MissingProfile", Where: s.res.Profile.Origin, Code: "profile-missing"}
	if len(visited) > 0 {
		from = visited[len(visited)-1]
		f.Where, f.Code, f.Fix = roles[len(roles)-1].at(keySource), "source-profile-missing", "correct the name, or add the profile"
	} else if name == "" {
		f.Code, f.Fix = "empty-profile-variable", "unset AWS_PROFILE"
	}
	f.Text = "profile `" + name + "` was not defined: could not find source profile " + name + " referenced from " + from
	if d, ok := lost(s.config.dropped, name); ok {
		s.note(d.code, d.why, origin.File(d.path, d.line, ""), d.fix)
		f.Where, f.Code, f.Fix = origin.File(d.path, d.line, ""), d.code, d.fix
	}
	return f
}

func (s *rust) roleConfig(name string, p *section) *Failure {
	f := &Failure{Class: "InvalidCredentialSource"}
	switch {
	case p.has(keySource) && p.has(keyCredSource):
		f.Text = "profile contained both source_profile and credential_source. Only one or the other can be defined"
		f.Where, f.Code, f.Fix = p.at(keyCredSource), "two-sources", "remove one of them"
	case !p.has(keySource) && !p.has(keyCredSource):
		f.Text = "profile must contain `source_profile` or `credential_source` but neither were defined"
		f.Where, f.Code, f.Fix = p.at(chain.InputRoleARN), "role-without-source", "add source_profile, with its credentials in a profile of their own"
	default:
		return nil
	}
	f.Text = "invalid credential source in `" + name + "`: " + f.Text
	return f
}
