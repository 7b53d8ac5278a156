package sdk

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
)

// A provider reports whether it has credentials, and adds their steps. A failure
// ends the chain.
type provider func() (found bool, f *Failure)

func first(list ...provider) (bool, *Failure) {
	for _, provide := range list {
		if found, f := provide(); found || f != nil {
			return found, f
		}
	}
	return false, nil
}

// chain is the order of create_credential_resolver.
func (p *python) chain() (bool, *Failure) {
	visited := []string{p.name}
	return first(
		p.environment,
		func() (bool, *Failure) { return p.assumeRole(p.name, &visited) },
		func() (bool, *Failure) { return p.ofProfile(p.name, !p.Named) },
		p.originalEC2,
		p.boto,
		p.container,
		p.metadata,
	)
}

// ofProfile is the providers of one profile, of the one selected or of a source.
func (p *python) ofProfile(name string, env bool) (bool, *Failure) {
	return first(
		func() (bool, *Failure) { return p.webIdentity(name, env) },
		func() (bool, *Failure) { return p.sso(name) },
		func() (bool, *Failure) {
			return p.static(name, p.config.credentials[name], "shared-credentials-file")
		},
		func() (bool, *Failure) { return p.login(name) },
		func() (bool, *Failure) { return p.process(name) },
		func() (bool, *Failure) { return p.static(name, p.config.inConfig[name], "config-file") },
	)
}

func (p *python) environment() (bool, *Failure) {
	if p.Named {
		return false, nil
	}
	return p.envKeys()
}

func (p *python) envKeys() (bool, *Failure) {
	key, id := "AWS_ACCESS_KEY_ID", p.get("AWS_ACCESS_KEY_ID")
	if id == "" {
		return false, nil
	}
	if p.get("AWS_SECRET_ACCESS_KEY") == "" {
		return false, &Failure{Class: "PartialCredentialsError", Text: "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
			Where: origin.Env(key), Code: "partial-keys", Fix: "set AWS_SECRET_ACCESS_KEY, or unset " + key}
	}
	s := p.step(chain.KindEnvironment, "").add(chain.InputAccessKeyID, id, origin.Env(key))
	old, current := p.get("AWS_SECURITY_TOKEN"), p.get("AWS_SESSION_TOKEN")
	if old != "" && old != current {
		p.note("security-token", "AWS_SECURITY_TOKEN is read, and comes before AWS_SESSION_TOKEN", origin.Env("AWS_SECURITY_TOKEN"), "unset AWS_SECURITY_TOKEN")
	}
	if v := p.get("AWS_CREDENTIAL_EXPIRATION"); v != "" {
		s.add(chain.InputExpiration, v, origin.Env("AWS_CREDENTIAL_EXPIRATION"))
		p.note("environment-expires", "the keys are refused after AWS_CREDENTIAL_EXPIRATION", origin.Env("AWS_CREDENTIAL_EXPIRATION"), "")
	}
	return true, nil
}

// static is the pair of one file. A key without a value counts as set.
func (p *python) static(name string, s *section, provider string) (bool, *Failure) {
	if !s.has(chain.InputAccessKeyID) {
		return false, nil
	}
	if !s.has(chain.InputSecretKey) {
		return false, &Failure{Class: "PartialCredentialsError", Text: "Partial credentials found in " + provider + ", missing: aws_secret_access_key",
			Where: s.at(chain.InputAccessKeyID), Code: "partial-keys", Fix: "put both keys into this section"}
	}
	p.use(p.step(chain.KindStatic, name), chain.InputAccessKeyID, s.get(chain.InputAccessKeyID))
	p.written(s.get(chain.InputSecretKey))
	if s.has("aws_security_token") && s.text("aws_security_token") != s.text(chain.InputSessionToken) {
		p.note("security-token", "aws_security_token is read, and comes before aws_session_token", s.at("aws_security_token"), "remove aws_security_token")
	}
	p.order(name, chain.KindStatic)
	return true, nil
}

func (p *python) login(name string) (bool, *Failure) {
	s := p.config.profiles[name]
	if !s.has(chain.InputLoginSession) {
		return false, nil
	}
	v := s.get(chain.InputLoginSession)
	step := p.step(chain.KindLogin, name)
	p.use(step, chain.InputLoginSession, v)
	step.add(InputTokenCache, p.cacheFile("AWS_LOGIN_CACHE_DIRECTORY", "login", sha256Hex(v.text)), v.origin())
	if !p.v2 {
		p.note("login-needs-crt", "a console sign-in needs botocore[crt], else MissingDependencyException", v.origin(), "install botocore[crt]")
	}
	p.order(name, chain.KindLogin)
	return true, nil
}

func (p *python) process(name string) (bool, *Failure) {
	s := p.config.profiles[name]
	if !s.has(chain.InputCommand) {
		return false, nil
	}
	v := s.get(chain.InputCommand)
	split := shlexSplit
	if p.GOOS == "windows" {
		split = windowsSplit
	}
	words, problem := split(v.text)
	if problem != "" {
		return false, &Failure{Class: "ValueError", Text: problem, Where: v.origin(), Code: "command-quotes", Fix: "close the quotes"}
	}
	if len(words) == 0 {
		return false, &Failure{Class: "IndexError", Text: "list index out of range", Where: v.origin(), Code: "blank-value", Fix: "write a command, or remove the line"}
	}
	step := p.step(chain.KindProcess, name)
	p.use(step, chain.InputCommand, v)
	for _, w := range words {
		step.add(InputArgument, w, v.origin())
	}
	if strings.ContainsAny(v.text, "~$|&;<>*?`(") {
		p.note("command-without-shell", "the command is run without a shell: ~, $ and | stay as they are", v.origin(), "name a script by its whole path")
	}
	p.order(name, chain.KindProcess)
	return true, nil
}

// originalEC2 is the file of the first command line tools of EC2.
func (p *python) originalEC2() (bool, *Failure) {
	path, set := p.env("AWS_CREDENTIAL_FILE")
	if !set {
		return false, nil
	}
	at := origin.Env("AWS_CREDENTIAL_FILE")
	path = p.user(path)
	data, err := p.Read(path)
	if err != nil {
		return false, &Failure{Class: "ConfigNotFound", Text: "The specified config file (" + path + ") could not be found.", Where: at, Code: "location-missing", Fix: "unset AWS_CREDENTIAL_FILE"}
	}
	found := map[string]value{}
	for n, line := range pyLines(string(data)) {
		if key, text, ok := strings.Cut(line, "="); ok {
			key = pyStrip(key)
			found[key] = value{text: pyStrip(text), path: path, line: n + 1, key: key}
		}
	}
	id, ok := found["AWSAccessKeyId"]
	if !ok {
		return false, nil
	}
	if _, ok := found["AWSSecretKey"]; !ok {
		return false, &Failure{Class: "KeyError", Text: "'AWSSecretKey'", Where: id.origin(), Code: "partial-keys", Fix: "unset AWS_CREDENTIAL_FILE"}
	}
	p.step(KindLegacyFile, "").add(chain.InputAccessKeyID, id.text, id.origin())
	p.note("legacy-file", "AWS_CREDENTIAL_FILE is read, a file of tools before the SDKs", at, "unset AWS_CREDENTIAL_FILE")
	return true, nil
}

// boto is the configuration of boto 2.
func (p *python) boto() (bool, *Failure) {
	places := []string{"/etc/boto.cfg", "~/.boto"}
	if v, set := p.env("BOTO_CONFIG"); set {
		places = []string{v}
	}
	for _, place := range places {
		sections, _, f := p.read(place)
		if f != nil {
			return false, f
		}
		for _, s := range sections {
			if s.name != "Credentials" || !s.has(chain.InputAccessKeyID) {
				continue
			}
			id := s.get(chain.InputAccessKeyID)
			if !s.has(chain.InputSecretKey) {
				return false, &Failure{Class: "PartialCredentialsError", Text: "Partial credentials found in boto-config, missing: aws_secret_access_key",
					Where: id.origin(), Code: "partial-keys", Fix: "remove the key from the file of boto 2"}
			}
			p.use(p.step(KindLegacyFile, ""), chain.InputAccessKeyID, id)
			p.note("legacy-file", "the configuration of boto 2 is read", id.origin(), "remove the keys from it")
			return true, nil
		}
	}
	return false, nil
}

// container is asked for if one of its variables is there, even without a value.
func (p *python) container() (bool, *Failure) {
	variable := "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	uri, set := p.env(variable)
	if uri = "http://169.254.170.2" + uri; !set {
		variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
		if uri, set = p.env(variable); !set {
			return false, nil
		}
	}
	s := p.step(chain.KindContainer, "").add(chain.InputEndpoint, uri, origin.Env(variable))
	p.addEnv(s, chain.InputAuthTokenFile, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
	host, https := "None", false
	if u, err := url.Parse(uri); err == nil {
		https = u.Scheme == "https"
		if u.Hostname() != "" {
			host = strings.ToLower(u.Hostname())
		}
	}
	addr, err := netip.ParseAddr(host)
	allowed := https || err == nil && addr.Unmap().IsLoopback()
	for _, h := range [...]string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"} {
		allowed = allowed || host == h
	}
	if !allowed {
		return false, &Failure{Class: "ValueError", Text: "Unsupported host '" + host + "'.", Where: origin.Env(variable), Code: "container-host",
			Fix: "use https, a loopback address, or unset " + variable}
	}
	return true, nil
}

func (p *python) metadata() (bool, *Failure) {
	if p.disabled() {
		return false, nil
	}
	s := p.step(chain.KindIMDS, "")
	p.addEnv(s, chain.InputEndpoint, "AWS_EC2_METADATA_SERVICE_ENDPOINT")
	return true, nil
}
