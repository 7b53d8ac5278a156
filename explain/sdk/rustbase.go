package sdk

import (
	"net/url"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/profile"
)

func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// base is what a profile itself gives: the named source, web identity, Identity
// Center, a console sign-in, a command, and its keys at last.
func (s *rust) base(name string, p *section) (bool, *Failure) {
	switch {
	case p.has(keyCredSource):
		return s.namedSource(name, p)
	case p.has(chain.InputTokenFile):
		if !p.has(chain.InputRoleARN) {
			return false, &Failure{Class: "InvalidCredentialSource", Text: "invalid credential source in `" + name + "`: `web_identity_token_file` was specified but `role_arn` was missing",
				Where: p.at(chain.InputTokenFile), Code: "token-without-role", Fix: "set role_arn beside it"}
		}
		s.take(chain.KindWebIdentity, name, p, chain.InputTokenFile, chain.InputRoleARN, chain.InputSessionName)
		if path := p.text(chain.InputTokenFile); !s.exists(path) {
			return true, &Failure{Class: "ProviderError", Text: "failed to read the token file " + path, Where: p.at(chain.InputTokenFile), Code: "token-file-missing", Fix: "correct the path"}
		}
		return true, s.regionForSTS()
	case slices.ContainsFunc([]string{chain.InputSSOAccount, chain.InputSSORegion, chain.InputSSORole, chain.InputStartURL, chain.InputSSOSession}, p.has):
		return s.sso(name, p)
	case p.has(chain.InputLoginSession):
		v := p.get(chain.InputLoginSession)
		folder := s.get("AWS_LOGIN_CACHE_DIRECTORY")
		if folder == "" {
			folder = s.home() + "/.aws/login/cache"
		}
		s.take(chain.KindLogin, name, p, chain.InputLoginSession).add(InputTokenCache, folder+"/"+sha256Hex(strings.TrimSpace(v.text))+".json", v.origin())
		return true, nil
	case p.has(chain.InputCommand):
		s.shell(s.take(chain.KindProcess, name, p, chain.InputCommand), p.get(chain.InputCommand))
		return true, nil
	}
	id, secret := p.has(chain.InputAccessKeyID), p.has(chain.InputSecretKey)
	if !id && !secret && !p.has(chain.InputSessionToken) {
		return false, &Failure{Class: "ProfileDidNotContainCredentials", Text: "profile `" + name + "` did not contain credential information", Where: p.origin(),
			Code: "source-without-credentials", Fix: "give it credentials, or name another source"}
	}
	if !id || !secret {
		missing, there := chain.InputSecretKey, chain.InputAccessKeyID
		if !id {
			missing, there = there, missing
		}
		return false, &Failure{Class: "InvalidCredentialSource", Text: "invalid credential source in `" + name + "`: profile missing " + missing,
			Where: p.at(there), Code: "partial-keys", Fix: "put both keys into the profile"}
	}
	s.static(name, p)
	return true, nil
}

func (s *rust) take(kind chain.Kind, name string, p *section, keys ...string) *Step {
	step := s.step(kind, name)
	for _, key := range keys {
		if v, ok := p.keys[key]; ok {
			step.add(key, v.text, v.origin())
			s.written(v)
		}
	}
	s.leave(p, kind)
	return step
}

// static takes the keys of a profile, each from the file that has it.
func (s *rust) static(name string, p *section) {
	id, secret, token := p.get(chain.InputAccessKeyID), p.get(chain.InputSecretKey), p.get(chain.InputSessionToken)
	s.take(chain.KindStatic, name, p, chain.InputAccessKeyID)
	s.written(secret)
	if token.key != "" && token.path != id.path {
		s.note(profile.CodeStrayToken, "a session token of the other file is joined to the key pair", token.origin(), "move it next to its key pair, or remove it")
	}
	if secret.path != id.path {
		s.note(profile.CodePartialKeys, "the halves of a key pair are taken from both files", secret.origin(), "put both keys into one section")
	}
}

// namedSource is credential_source, in any case.
func (s *rust) namedSource(name string, p *section) (bool, *Failure) {
	v := p.get(keyCredSource)
	f := &Failure{Class: "CredentialsNotLoaded", Text: "the credential provider was not enabled", Where: v.origin(), Code: "credential-source", Fix: "set what the source reads, or name another one"}
	switch asciiLower(v.text) {
	case "environment":
		if s.environment() {
			return true, nil
		}
		return false, f
	case "ecscontainer":
		found, bad := s.container()
		if bad != nil || found {
			return found, bad
		}
		return false, f
	case "ec2instancemetadata":
		if s.disabled() {
			return false, f
		}
		s.addEnv(s.step(chain.KindIMDS, ""), chain.InputEndpoint, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
		return true, nil
	}
	f.Class, f.Text, f.Fix = "UnknownProvider", "profile referenced `"+v.text+"` provider but that provider is not supported", "write Environment, EcsContainer or Ec2InstanceMetadata"
	return false, f
}

func (s *rust) sso(name string, p *section) (bool, *Failure) {
	session := p
	if id, ok := p.keys[chain.InputSSOSession]; ok {
		for _, key := range [...]string{chain.InputStartURL, chain.InputSSORegion} {
			if p.has(key) {
				return false, &Failure{Class: "InvalidSsoConfig", Text: "`" + key + "` can only be specified in the [sso-session] config when a session name is given",
					Where: p.at(key), Code: "sso-session-differs", Fix: "remove it from the profile"}
			}
		}
		if session, ok = s.config.sessions[id.text]; !ok {
			return false, &Failure{Class: "MissingSsoSession", Text: "sso-session named `" + id.text + "` (referenced by profile `" + name + "`) was not found",
				Where: id.origin(), Code: "sso-session-missing", Fix: "correct the name, or add the section"}
		}
	}
	account, role := p.has(chain.InputSSOAccount), p.has(chain.InputSSORole)
	f := &Failure{Class: "InvalidSsoConfig", Where: p.origin(), Code: "sso-incomplete", Fix: "add what is missing"}
	if account != role {
		one, other := chain.InputSSOAccount, chain.InputSSORole
		if role {
			one, other = other, one
		}
		f.Text = "if `" + one + "` is set, then `" + other + "` must also be set"
		return false, f
	}
	for _, key := range [...]string{chain.InputSSORegion, chain.InputStartURL} {
		if !session.has(key) {
			f.Class, f.Text = "MissingProfile", "profile `"+name+"` was not defined: `"+key+"` was missing"
			return false, f
		}
	}
	if !account {
		f.Class, f.Text, f.Code = "TokenProviderConfig", "selected profile will resolve an SSO token provider, not credentials", "sso-token-only"
		f.Fix = "add sso_account_id and sso_role_name"
		return false, f
	}
	cached := session.text(chain.InputStartURL)
	if p.has(chain.InputSSOSession) {
		cached = p.text(chain.InputSSOSession)
	}
	step := s.take(chain.KindSSO, name, p, chain.InputSSOSession)
	for _, v := range [...]value{session.get(chain.InputStartURL), session.get(chain.InputSSORegion), p.get(chain.InputSSOAccount), p.get(chain.InputSSORole)} {
		step.add(v.key, v.text, v.origin())
		s.written(v)
	}
	step.add(InputTokenCache, s.home()+"/.aws/sso/cache/"+sha1Hex(cached)+".json", p.origin())
	return true, nil
}

// assume adds the roles, the innermost first. Neither a device nor a duration is
// sent.
func (s *rust) assume(roles []*section) *Failure {
	for i := len(roles) - 1; i >= 0; i-- {
		p := roles[i]
		step := s.step(chain.KindAssumeRole, p.name)
		for _, key := range [...]string{chain.InputRoleARN, chain.InputSessionName, chain.InputExternalID} {
			if v, ok := p.keys[key]; ok {
				step.add(key, v.text, v.origin())
				s.written(v)
			}
		}
		if p.has(chain.InputMFASerial) {
			s.note("mfa-prompt", "mfa_serial is not read; a role that wants a code refuses", p.at(chain.InputMFASerial), "hand it credentials: latchkey exec, or credential_process")
		}
		if p.has(chain.InputDuration) {
			s.note("duration", "duration_seconds is not read", p.at(chain.InputDuration), "")
		}
		if p.text(keySource) != p.name {
			s.leave(p, chain.KindAssumeRole)
		}
	}
	if len(roles) == 0 {
		return nil
	}
	return s.regionForSTS()
}
