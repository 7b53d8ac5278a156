package sdk

import (
	"fmt"
	"maps"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

// goShared is SharedConfig: one profile, with the one that it takes its
// credentials from.
type goShared struct {
	name    string
	section *section
	keys    map[string]value
	pair    bool // both keys have a value
	source  *goShared
	session *section
}

func (s *goShared) get(key string) value   { return s.keys[key] }
func (s *goShared) text(key string) string { return s.keys[key].text }

func (s *goShared) clear(keys ...string) {
	for _, key := range keys {
		delete(s.keys, key)
	}
}

// profile is setFromIniSections. Seen holds the profiles on the way.
func (c *goConfig) profile(r *run, name string, seen map[string]bool) (*goShared, *Failure) {
	section, ok := c.sections[name]
	if !ok {
		r.goLost(c, name)
		f := &Failure{Class: "SharedConfigProfileNotExistError", Text: "failed to get shared config profile, " + name, Where: r.res.Profile.Origin, Code: "profile-missing"}
		if d, ok := lost(c.dropped, name); ok {
			f.Where, f.Code, f.Fix = origin.File(d.path, d.line, ""), d.code, d.fix
		}
		return nil, f
	}
	if f := c.usable(name, section); f != nil {
		return nil, f
	}
	s := &goShared{name: name, section: section, keys: maps.Clone(section.keys)}
	s.pair = s.text(chain.InputAccessKeyID) != "" && s.text(chain.InputSecretKey) != ""
	if seen[name] {
		s.clear(chain.InputRoleARN, chain.InputExternalID, chain.InputMFASerial, chain.InputSessionName, keySource)
	} else if f := s.needsRole(); f != nil {
		return nil, f
	}
	if len(seen) > 0 && s.pair {
		return s, nil
	}
	seen[name] = true
	if f := s.oneSource(); f != nil {
		return nil, f
	}
	if s.text(keySource) != "" {
		if f := c.linkSource(r, s, seen); f != nil {
			return nil, f
		}
	}
	if id := s.text(chain.InputSSOSession); id != "" {
		if s.session, ok = c.sections["sso-session "+strings.TrimSpace(id)]; !ok {
			return nil, &Failure{Class: "error", Text: "failed to find SSO session section, " + id, Where: s.get(chain.InputSSOSession).origin(),
				Code: "sso-session-missing", Fix: "correct the name, or add the section"}
		}
	}
	return s, nil
}

// usable is what setFromIniSection refuses.
func (c *goConfig) usable(name string, s *section) *Failure {
	if s.name == "" {
		return &Failure{Class: "error", Text: "parsing error : could not find profile section name after processing files", Where: s.origin(), Code: "empty-header", Fix: "name the section"}
	}
	if half, ok := c.partial[name]; ok {
		return &Failure{Class: "error", Text: fmt.Sprintf("Error using profile: \n %d, partial credentials found for profile %s", half.count, half.name),
			Where: half.at, Code: "partial-keys", Fix: "put both keys into this section"}
	}
	return goSettings(s)
}

func (s *goShared) needsRole() *Failure {
	if s.text(chain.InputRoleARN) != "" {
		return nil
	}
	for _, key := range [...]string{keySource, keyCredSource, chain.InputTokenFile} {
		if s.text(key) != "" {
			return &Failure{Class: "CredentialRequiresARNError", Text: "credential type " + key + " requires role_arn, profile " + s.name,
				Where: s.get(key).origin(), Code: "source-without-role", Fix: "add role_arn, or remove " + key}
		}
	}
	return nil
}

func (s *goShared) oneSource() *Failure {
	n, at := 0, ""
	for _, key := range [...]string{keySource, keyCredSource, chain.InputCommand, chain.InputTokenFile} {
		if s.text(key) != "" {
			n++
			at = key
		}
	}
	if n < 2 {
		return nil
	}
	return &Failure{Class: "error", Text: "only one credential type may be specified per profile: source profile, credential source, credential process, web identity token",
		Where: s.get(at).origin(), Code: "two-sources", Fix: "leave one of them in the profile"}
}

// linkSource sets the source, which alone gives the credentials then.
func (c *goConfig) linkSource(r *run, s *goShared, seen map[string]bool) *Failure {
	s.clear(keyCredSource, chain.InputCommand, chain.InputTokenFile, chain.InputAccessKeyID, chain.InputSecretKey, chain.InputSessionToken,
		chain.InputSSOAccount, chain.InputSSORegion, chain.InputSSORole, chain.InputStartURL)
	s.pair = false
	name, at := s.text(keySource), s.get(keySource).origin()
	source, f := c.profile(r, name, seen)
	prefix := "failed to load assume role " + s.text(chain.InputRoleARN) + ", of profile " + name + ", "
	switch {
	case f != nil && f.Class == "SharedConfigProfileNotExistError":
		f.Class, f.Text = "SharedConfigAssumeRoleError", prefix+f.Text
		if f.Code == "profile-missing" {
			f.Where, f.Code, f.Fix = at, "source-profile-missing", "correct the name, or add the profile"
		}
		return f
	case f != nil:
		return f
	case !source.credentials():
		f = &Failure{Class: "SharedConfigAssumeRoleError", Text: prefix + "<nil>", Where: source.section.origin(), Code: "source-without-credentials", Fix: "give it credentials, or name another source"}
		if _, login := source.keys[chain.InputLoginSession]; login {
			f.Where, f.Code, f.Fix = source.get(chain.InputLoginSession).origin(), "login-as-source", "let a command give the credentials of the sign-in"
		}
		if seen[name] && source.text(chain.InputRoleARN) == "" && c.sections[name].text(chain.InputRoleARN) != "" {
			f.Where, f.Code, f.Fix = at, "source-profile-loop", "let one of the profiles have credentials instead of a source"
		}
		return f
	}
	s.source = source
	return nil
}

// credentials is hasCredentials, which does not know console sign-ins.
func (s *goShared) credentials() bool {
	return s.text(keySource) != "" || s.text(keyCredSource) != "" || s.text(chain.InputCommand) != "" || s.text(chain.InputTokenFile) != "" || s.isSSO() || s.pair
}

func (s *goShared) isSSO() bool { return s.text(chain.InputSSOSession) != "" || s.legacySSO() }

func (s *goShared) legacySSO() bool {
	return s.text(chain.InputSSORegion) != "" || s.text(chain.InputSSOAccount) != "" || s.text(chain.InputStartURL) != "" || s.text(chain.InputSSORole) != ""
}

// goSource is resolveCredsFromProfile.
func (r *run) goSource(s *goShared) *Failure {
	var f *Failure
	switch {
	case s.source != nil:
		if s.source.pair && s.source.text(chain.InputRoleARN) != "" {
			r.note("source-role", "the role of a source profile is assumed with its own keys first", s.source.get(chain.InputRoleARN).origin(), "move the keys into a profile of their own")
		}
		f = r.goSource(s.source)
		r.leave(s.section, chain.KindAssumeRole)
	case s.pair:
		r.goStatic(s)
	case s.text(keyCredSource) != "":
		f = r.goNamedSource(s)
	case s.text(chain.InputTokenFile) != "":
		step := r.goStep(chain.KindWebIdentity, s, chain.InputTokenFile, chain.InputRoleARN, chain.InputSessionName)
		r.leave(s.section, step.Kind)
		r.goToken(s.text(chain.InputTokenFile), s.get(chain.InputTokenFile).origin())
		return nil
	case s.isSSO():
		f = r.goSSO(s)
	case s.text(chain.InputLoginSession) != "":
		step := r.goStep(chain.KindLogin, s, chain.InputLoginSession)
		folder := r.get("AWS_LOGIN_CACHE_DIRECTORY")
		if folder == "" {
			folder = r.goCache("login")
		}
		v := s.get(chain.InputLoginSession)
		step.add(InputTokenCache, folder+r.slash()+sha256Hex(strings.TrimSpace(v.text))+".json", v.origin())
		r.leave(s.section, step.Kind)
	case s.text(chain.InputCommand) != "":
		r.shell(r.goStep(chain.KindProcess, s, chain.InputCommand), s.get(chain.InputCommand))
		r.leave(s.section, chain.KindProcess)
	default:
		f = r.goAmbient()
	}
	if f == nil && s.text(chain.InputRoleARN) != "" {
		f = r.goRole(s)
	}
	return f
}

// shell adds the arguments of a command that a shell runs.
func (r *run) shell(step *Step, v value) {
	words := [...]string{"sh", "-c", v.text}
	if r.GOOS == "windows" {
		words = [...]string{"cmd.exe", "/C", v.text}
	}
	for _, w := range words {
		step.add(InputArgument, w, v.origin())
	}
}

func (r *run) goStep(kind chain.Kind, s *goShared, keys ...string) *Step {
	step := r.step(kind, s.name)
	for _, key := range keys {
		if v := s.get(key); v.text != "" {
			step.add(key, v.text, v.origin())
			r.goWritten(v)
		}
	}
	return step
}

func (r *run) goCache(folder string) string {
	return strings.Join([]string{r.goHome(), ".aws", folder, "cache"}, r.slash())
}
