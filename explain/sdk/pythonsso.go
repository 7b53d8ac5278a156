package sdk

import (
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

// sso is SSOProvider: an account or a role makes a profile one of Identity Center.
func (p *python) sso(name string) (bool, *Failure) {
	s := p.config.profiles[name]
	if !s.has(chain.InputSSOAccount) && !s.has(chain.InputSSORole) {
		if s.has(chain.InputSSOSession) || s.has(chain.InputStartURL) {
			at := s.at(chain.InputStartURL)
			if s.has(chain.InputSSOSession) {
				at = s.at(chain.InputSSOSession)
			}
			p.note("sso-token-only", "without sso_account_id and sso_role_name Identity Center gives no credentials", at, "add sso_account_id and sso_role_name")
		}
		return false, nil
	}
	all, f := p.ssoSession(name, s)
	if f != nil {
		return false, f
	}
	var missing []string
	for _, key := range [...]string{chain.InputSSORole, chain.InputSSOAccount, chain.InputStartURL, chain.InputSSORegion} {
		if !all.has(key) {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		return false, &Failure{Class: "InvalidConfigError", Text: `The profile "` + name + `" is configured to use SSO but is missing required configuration: ` + strings.Join(missing, ", "),
			Where: s.origin(), Code: "sso-incomplete", Fix: "add what is missing"}
	}
	step := p.step(chain.KindSSO, name)
	cached := all.text(chain.InputStartURL)
	if s.has(chain.InputSSOSession) {
		p.use(step, chain.InputSSOSession, s.get(chain.InputSSOSession))
		cached = s.text(chain.InputSSOSession)
	}
	for _, key := range [...]string{chain.InputStartURL, chain.InputSSORegion, chain.InputSSOAccount, chain.InputSSORole} {
		p.use(step, key, all.get(key))
	}
	step.add(InputTokenCache, p.cacheFile("", "sso", sha1Hex(cached)), s.origin())
	p.order(name, chain.KindSSO)
	if all.text(chain.InputSSORegion) == "" {
		p.later(&Failure{Class: "ValueError", Text: "Invalid endpoint: https://", Where: all.at(chain.InputSSORegion), Code: "region-name", Fix: "name the region of Identity Center"})
	} else if f := p.validRegion(origin.Value{Text: all.text(chain.InputSSORegion), Origin: all.at(chain.InputSSORegion)}); f != nil {
		p.later(f)
	}
	if f := p.ssoToken(name, s); f != nil {
		p.later(f)
	}
	return true, nil
}

// ssoSession is the profile with the keys of its sso-session.
func (p *python) ssoSession(name string, s *section) (*section, *Failure) {
	if !s.has(chain.InputSSOSession) {
		return s, nil
	}
	session, ok := p.config.sessions[s.text(chain.InputSSOSession)]
	if !ok {
		return nil, &Failure{Class: "InvalidConfigError", Text: `The specified sso-session does not exist: "` + s.text(chain.InputSSOSession) + `"`,
			Where: s.at(chain.InputSSOSession), Code: "sso-session-missing", Fix: "correct the name, or add the section"}
	}
	all := newSection(s.name, s.path, s.line)
	for key, v := range s.keys {
		all.keys[key] = v
	}
	var differs string
	for key, v := range session.keys {
		if own, both := s.keys[key]; both && own.text != v.text && (differs == "" || v.line < session.keys[differs].line) {
			differs = key
		}
		all.keys[key] = v
	}
	if differs != "" {
		own := s.get(differs)
		return nil, &Failure{Class: "InvalidConfigError", Text: "The value for " + differs + " is inconsistent between profile (" + own.text + ") and sso-session (" + session.text(differs) + ").",
			Where: own.origin(), Code: "sso-session-differs", Fix: "remove it from the profile"}
	}
	return all, nil
}

// ssoToken is what the provider of the token asks of the sso-session alone.
func (p *python) ssoToken(name string, s *section) *Failure {
	if !s.has(chain.InputSSOSession) {
		return nil
	}
	id := s.text(chain.InputSSOSession)
	session := p.config.sessions[id]
	f := &Failure{Class: "InvalidConfigError", Where: session.origin(), Code: "sso-incomplete", Fix: "move sso_start_url and sso_region into the sso-session"}
	prefix := `The profile "` + name + `" is configured to use the SSO token provider but `
	var missing []string
	for _, key := range [...]string{chain.InputStartURL, chain.InputSSORegion} {
		if !session.has(key) {
			missing = append(missing, "'"+key+"'")
		}
	}
	switch {
	case session == nil || len(session.keys) == 0:
		f.Text = prefix + `the "` + id + `" sso_session configuration does not exist.`
	case len(missing) > 0:
		f.Text = prefix + "is missing the following configuration: [" + strings.Join(missing, ", ") + "]."
	default:
		return nil
	}
	return f
}
