package sdk

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

const (
	keySource     = "source_profile"
	keyCredSource = "credential_source"
)

// roleIn reports whether a profile assumes a role; a token file makes it web
// identity.
func roleIn(s *section) bool { return s.has(chain.InputRoleARN) && !s.has(chain.InputTokenFile) }

func keysIn(s *section) bool { return s.has(chain.InputAccessKeyID) || s.has(chain.InputSecretKey) }

// assumeRole is AssumeRoleProvider for the selected profile or a source.
func (p *python) assumeRole(name string, visited *[]string) (bool, *Failure) {
	s := p.config.profiles[name]
	if !roleIn(s) {
		return false, nil
	}
	if f := p.roleConfig(name, s, *visited); f != nil {
		return false, f
	}
	var f *Failure
	if s.has(keyCredSource) {
		f = p.namedSource(name, s)
	} else {
		source := s.text(keySource)
		p.written(s.get(keySource))
		*visited = append(*visited, source)
		f = p.sourceProfile(name, source, visited)
	}
	if f != nil {
		return false, f
	}
	p.order(name, chain.KindAssumeRole)
	p.role(name, s)
	return true, nil
}

// roleConfig is what is refused before anything is asked.
func (p *python) roleConfig(name string, s *section, visited []string) *Failure {
	source := s.text(keySource)
	switch {
	case s.has(keySource) && s.has(keyCredSource):
		return &Failure{Class: "InvalidConfigError", Text: `The profile "` + name + `" contains both source_profile and credential_source.`,
			Where: s.at(keyCredSource), Code: "two-sources", Fix: "remove one of them"}
	case s.has(keyCredSource):
		v := s.text(keyCredSource)
		if v == "Environment" || v == "EcsContainer" || v == "Ec2InstanceMetadata" {
			return nil
		}
		return &Failure{Class: "InvalidConfigError", Text: `The credential source "` + v + `" referenced in profile "` + name + `" is not valid.`,
			Where: s.at(keyCredSource), Code: "credential-source", Fix: "write Environment, EcsContainer or Ec2InstanceMetadata, in this case"}
	case !s.has(keySource):
		return &Failure{Class: "PartialCredentialsError", Text: "Partial credentials found in assume-role, missing: source_profile or credential_source",
			Where: s.at(chain.InputRoleARN), Code: "role-without-source", Fix: "add source_profile, with its credentials in a profile of their own"}
	}
	target, ok := p.config.profiles[source]
	if !ok {
		f := &Failure{Class: "InvalidConfigError", Text: `The source_profile "` + source + `" referenced in the profile "` + name + `" does not exist.`,
			Where: s.at(keySource), Code: "source-profile-missing", Fix: "correct the name, or add the profile"}
		if d, meant := lost(p.config.dropped, source); meant {
			p.note(d.code, d.why, origin.File(d.path, d.line, ""), d.fix)
			f.Fix = d.fix
		}
		return f
	}
	if !slices.Contains(visited, source) || source == name && keysIn(target) {
		return nil
	}
	list := make([]string, len(visited))
	for i, v := range visited {
		list[i] = "'" + v + "'"
	}
	return &Failure{Class: "InfiniteLoopConfigError", Text: "Infinite loop in credential configuration detected. Attempting to load from profile " + source +
		" which has already been visited. Visited profiles: [" + strings.Join(list, ", ") + "]",
		Where: s.at(keySource), Code: "source-profile-loop", Fix: "let one of the profiles have credentials instead of a source"}
}

// sourceProfile adds the steps of a source. Its keys come before its role.
func (p *python) sourceProfile(parent, name string, visited *[]string) *Failure {
	s := p.config.profiles[name]
	if !keysIn(s) && roleIn(s) {
		_, f := p.assumeRole(name, visited)
		return f
	}
	found, f := p.ofProfile(name, false)
	if f == nil && !found {
		f = &Failure{Class: "InvalidConfigError", Text: `The source profile "` + name + `" must have credentials.`, Where: s.origin(),
			Code: "source-without-credentials", Fix: "give it credentials, or name another source"}
	}
	if f == nil && roleIn(s) && name != parent {
		p.note("source-role", "of a source profile with keys the role is not assumed", s.at(chain.InputRoleARN), "move the keys into a profile of their own")
	}
	return f
}

// namedSource is credential_source.
func (p *python) namedSource(name string, s *section) *Failure {
	source := s.text(keyCredSource)
	provide := map[string]provider{"Environment": p.envKeys, "EcsContainer": p.container, "Ec2InstanceMetadata": p.metadata}[source]
	found, f := provide()
	if f == nil && !found {
		f = &Failure{Class: "CredentialRetrievalError", Text: "Error when retrieving credentials from " + source + ": No credentials found in credential_source referenced in profile " + name,
			Where: s.at(keyCredSource), Code: "credential-source", Fix: "set what the source reads, or name another one"}
	}
	return f
}

// role adds AssumeRole itself. A request that AWS's model forbids is not sent.
func (p *python) role(name string, s *section) {
	step := p.step(chain.KindAssumeRole, name)
	p.use(step, chain.InputRoleARN, s.get(chain.InputRoleARN))
	for _, key := range [...]string{chain.InputSessionName, chain.InputExternalID, chain.InputMFASerial} {
		if s.has(key) && (key != chain.InputSessionName || s.text(key) != "") {
			p.use(step, key, s.get(key))
		}
	}
	if s.has(chain.InputMFASerial) {
		p.note("mfa-prompt", "asks for a code on the terminal", s.at(chain.InputMFASerial), "")
	}
	n, ok := pyInt(s.text(chain.InputDuration))
	if s.has(chain.InputDuration) {
		if ok {
			step.add(chain.InputDuration, strconv.Itoa(n), s.at(chain.InputDuration))
		} else {
			p.note("duration", "duration_seconds is no number and not sent", s.at(chain.InputDuration), "write a number of seconds")
		}
	}
	for _, limit := range [...]struct {
		key, param string
		least      int
	}{{chain.InputRoleARN, "RoleArn", 20}, {chain.InputSessionName, "RoleSessionName", 2}, {chain.InputExternalID, "ExternalId", 2}, {chain.InputMFASerial, "SerialNumber", 9}} {
		if f := tooShort(s, limit.key, limit.param, limit.least); f != nil {
			p.later(f)
		}
	}
	if s.has(chain.InputDuration) && ok && n < 900 {
		p.later(&Failure{Class: "ParamValidationError", Text: fmt.Sprintf("Invalid value for parameter DurationSeconds, value: %d, valid min value: 900", n),
			Where: s.at(chain.InputDuration), Code: "duration", Fix: "write 900 or more"})
	}
}

func tooShort(s *section, key, param string, least int) *Failure {
	n := utf8.RuneCountInString(s.text(key))
	if !s.has(key) || n >= least || n == 0 && key == chain.InputSessionName {
		return nil
	}
	return &Failure{Class: "ParamValidationError", Text: fmt.Sprintf("Invalid length for parameter %s, value: %d, valid min length: %d", param, n, least),
		Where: s.at(key), Code: "blank-value", Fix: "correct the value, or remove the line"}
}

// webIdentity is AssumeRoleWithWebIdentityProvider: a variable counts before the
// profile's key, even without a value.
func (p *python) webIdentity(name string, env bool) (bool, *Failure) {
	s := p.config.profiles[name]
	look := func(key, variable string) (value, origin.Origin, bool) {
		if v, set := p.env(variable); set && env {
			return value{text: v}, origin.Env(variable), true
		}
		return s.get(key), s.at(key), s.has(key)
	}
	file, at, _ := look(chain.InputTokenFile, "AWS_WEB_IDENTITY_TOKEN_FILE")
	if file.text == "" {
		return false, nil
	}
	arn, arnAt, _ := look(chain.InputRoleARN, "AWS_ROLE_ARN")
	if arn.text == "" {
		return false, &Failure{Class: "InvalidConfigError", Text: "The provided profile or the current environment is configured to assume role with web identity but has no role ARN configured.",
			Where: at, Code: "token-without-role", Fix: "set role_arn beside it, or AWS_ROLE_ARN"}
	}
	step := p.step(chain.KindWebIdentity, name)
	if at.Kind == origin.KindEnv {
		step.Profile = ""
	}
	step.add(chain.InputTokenFile, file.text, at).add(chain.InputRoleARN, arn.text, arnAt)
	p.written(file)
	p.written(arn)
	session, sessionAt, set := look(chain.InputSessionName, "AWS_ROLE_SESSION_NAME")
	if set && session.text != "" {
		step.add(chain.InputSessionName, session.text, sessionAt)
	}
	if at.Kind == origin.KindFile {
		p.order(name, chain.KindWebIdentity)
	}
	if !p.exists(file.text) {
		p.later(&Failure{Class: "FileNotFoundError", Text: "No such file or directory: ", Where: at, Code: "token-file-missing", Fix: "correct the path"})
	}
	check := newSection("", "", 0)
	arn.path, arn.line, arn.key = arnAt.File, arnAt.Line, arnAt.Key
	check.keys[chain.InputRoleARN] = arn
	if set {
		check.keys[chain.InputSessionName] = session
	}
	f := tooShort(check, chain.InputRoleARN, "RoleArn", 20)
	if f == nil {
		f = tooShort(check, chain.InputSessionName, "RoleSessionName", 2)
	}
	if f != nil {
		f.Where = arnAt
		p.later(f)
	}
	return true, nil
}

// cacheFile is where a sign-in is cached.
func (p *python) cacheFile(variable, folder, name string) string {
	place := "~/.aws/" + folder + "/cache"
	if v, set := p.env(variable); set && variable != "" {
		place = v
	}
	return p.expand(place) + "/" + name + ".json"
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func sha1Hex(s string) string {
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
