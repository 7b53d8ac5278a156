package chain

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/provider"
)

// static is the step of a profile's own keys.
func (p *planner) static(s *shape) Step {
	k := s.static
	step := Step{Kind: KindStatic, Profile: s.name,
		Inputs: []Input{text(InputAccessKeyID, k.AccessKeyID), hidden(InputSecretKey, k.Secret, k.SecretOrigin)}}
	if !k.Token.Empty() {
		step.Inputs = append(step.Inputs, hidden(InputSessionToken, k.Token, k.TokenOrigin))
	}
	step.Inputs = p.appendSet(step.Inputs, InputAccountID, k.AccountID)
	p.keySerial, _ = s.p.Get("mfa_serial")
	return step
}

// chainVariable is the AWS CLI's guard against credential_process commands
// that call each other: a comma-separated list of the profiles on the way.
const (
	chainVariable = "_AWS_CLI_PROFILE_CHAIN"
	maxChain      = 4
)

func (p *planner) processStep(s *shape) ([]Step, error) {
	onTheWay := processChain(p.env)
	if slices.Contains(onTheWay, s.name) {
		return nil, &ConfigError{Profile: s.name, Origin: s.process.Origin,
			Message: "credential_process loop: " + strings.Join(append(onTheWay, s.name), " → "),
			Why:     "the command asks for the credentials of the profile that runs it", Fix: "let the command name another profile"}
	}
	if err := CheckDepth(p.env, s.name); err != nil {
		err.Profile, err.Origin = s.name, s.process.Origin
		return nil, err
	}
	if construct, needs := provider.NeedsShell(s.process.Text); needs {
		p.note("process-needs-shell", s.process.Origin, s.name, "credential_process uses the shell ("+construct+")",
			"boto3 and the AWS CLI split the command themselves and do not expand it", "write an absolute path and plain words, or put the command in a script")
	}
	step := Step{Kind: KindProcess, Profile: s.name, Inputs: []Input{text(InputCommand, s.process)}}
	account, _ := s.p.Get("aws_account_id")
	step.Inputs = p.appendSet(step.Inputs, InputAccountID, account)
	return []Step{step}, nil
}

// CheckDepth refuses to go on where commands that give credentials call each other
// too deep; name is who would run the next one.
func CheckDepth(env Env, name string) *ConfigError {
	onTheWay := processChain(env)
	if len(onTheWay) < maxChain {
		return nil
	}
	return &ConfigError{Message: "credential_process commands call each other more than 4 deep: " + strings.Join(append(onTheWay, name), " → "),
		Fix: "name the last profile directly"}
}

func processChain(env Env) []string {
	list, _ := env(chainVariable)
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func (p *planner) loginStep(s *shape) ([]Step, error) {
	region := p.regionFor(s.login.Text)
	endpoint, err := p.endpoint(awsapi.SignIn, InputEndpoint, region)
	if err != nil {
		return nil, err
	}
	at := p.graph.Locations()
	folder := origin.Value{Text: at.LoginCache, Origin: at.Origins.LoginCache}
	if s.process.Set() {
		p.note("login-over-process", s.login.Origin, s.name, "login_session is used, not credential_process", "", "remove one of them")
	}
	return []Step{{Kind: KindLogin, Profile: s.name, Inputs: []Input{
		text(InputLoginSession, s.login), text(InputCacheFolder, folder), text(InputRegion, region), endpoint,
	}}}, nil
}

// ssoShape is what a profile says about Identity Center. err is a setting that
// is wrong whatever else there is; hint one that is only not enough.
type ssoShape struct {
	session, startURL, region, account, role origin.Value
	err, hint                                error
}

func (s *ssoShape) complete() bool {
	return s.err == nil && s.startURL.Set() && s.region.Set() && s.account.Set() && s.role.Set()
}

// ssoShapeOf reads the sso_ settings (credential-sources 2.5).
func (p *planner) ssoShapeOf(s *shape) (ssoShape, error) {
	get := func(key string) origin.Value { v, _ := s.p.Get(key); return v }
	sso := ssoShape{session: get("sso_session"), startURL: get("sso_start_url"), region: get("sso_region"),
		account: get("sso_account_id"), role: get("sso_role_name")}
	if sso.session.Set() {
		if err := p.joinSession(s, &sso); err != nil {
			return sso, err
		}
	}
	entitled := sso.account.Set() || sso.role.Set()
	missing := sso.missing()
	switch {
	case len(missing) == 0:
	case entitled && sso.err == nil:
		sso.err = &ConfigError{Profile: s.name, Origin: firstSet(sso.account, sso.role).Origin,
			Message: "is configured for Identity Center but lacks " + strings.Join(missing, ", "), Fix: sso.toAdd(missing, s.name)}
	case sso.session.Set():
		sso.hint = &ConfigError{Profile: s.name, Origin: sso.session.Origin,
			Message: "is a token-only profile: it has sso_session but no sso_account_id and sso_role_name",
			Why:     "the sign-in alone gives no AWS credentials, only an account and a role do", Fix: "add sso_account_id and sso_role_name"}
	case sso.startURL.Set() || sso.region.Set():
		sso.hint = &ConfigError{Profile: s.name, Origin: firstSet(sso.startURL, sso.region).Origin,
			Message: "has Identity Center settings but lacks " + strings.Join(missing, ", "), Fix: "add " + strings.Join(missing, ", ")}
	}
	return sso, nil
}

// joinSession fills start URL and region from the sso-session section. What
// the profile repeats must be the same.
func (p *planner) joinSession(s *shape, sso *ssoShape) error {
	section, err := p.graph.SSOSession(sso.session.Text)
	if isNotFound(err) {
		sso.err = &ConfigError{Profile: s.name, Origin: sso.session.Origin, Message: "there is no section [sso-session " + sso.session.Text + "]",
			Fix: "add the section, or correct the name" + nearMiss(err)}
		return nil
	}
	if err != nil {
		return err
	}
	for _, part := range []struct {
		key  string
		into *origin.Value
	}{{"sso_start_url", &sso.startURL}, {"sso_region", &sso.region}} {
		v, ok := section.Get(part.key)
		if ok && part.into.Set() && part.into.Text != v.Text {
			sso.err = &ConfigError{Profile: s.name, Origin: part.into.Origin,
				Message: part.key + " differs between the profile and its sso-session",
				Why:     "the sso-session says otherwise at " + v.Origin.Position(), Fix: "remove " + part.key + " from the profile"}
			return nil
		}
		if ok {
			if part.into.Set() {
				p.note("sso-repeated", part.into.Origin, s.name, part.key+" stands in the profile and in its sso-session",
					"the Rust SDK refuses the profile", "remove it from the profile")
			}
			*part.into = v
		} else if part.into.Set() {
			p.note("sso-session-incomplete", part.into.Origin, s.name, part.key+" is taken from the profile, because its sso-session does not say it",
				"all AWS SDKs refuse the profile", "move it to the section [sso-session "+sso.session.Text+"]")
		}
	}
	return nil
}

func (s *ssoShape) missing() []string {
	var keys []string
	for _, part := range []struct {
		key string
		v   origin.Value
	}{{"sso_start_url", s.startURL}, {"sso_region", s.region}, {"sso_account_id", s.account}, {"sso_role_name", s.role}} {
		if !part.v.Set() {
			keys = append(keys, part.key)
		}
	}
	return keys
}

// toAdd says where what is missing belongs: the address of a sign-in to its section,
// if there is one.
func (s *ssoShape) toAdd(missing []string, name string) string {
	its := 0
	if s.session.Set() {
		its = len(slices.DeleteFunc(slices.Clone(missing), func(key string) bool { return key == "sso_account_id" || key == "sso_role_name" }))
	}
	var parts []string // missing has those of the section first
	if its > 0 {
		parts = append(parts, strings.Join(missing[:its], ", ")+" to the section [sso-session "+s.session.Text+"]")
	}
	if its < len(missing) {
		parts = append(parts, strings.Join(missing[its:], ", ")+" to profile "+name)
	}
	return "add " + strings.Join(parts, ", and ")
}

func firstSet(values ...origin.Value) origin.Value {
	for _, v := range values {
		if v.Set() {
			return v
		}
	}
	return origin.Value{}
}

func (p *planner) ssoStep(s *shape) ([]Step, error) {
	portal, err := p.endpoint(awsapi.SSO, InputEndpoint, s.sso.region)
	if err != nil {
		return nil, err
	}
	oidc, err := p.endpoint(awsapi.SSOOIDC, InputOIDCEndpoint, s.sso.region)
	if err != nil {
		return nil, err
	}
	if s.login.Set() || s.process.Set() {
		p.note("sso-over-others", s.sso.account.Origin, s.name, "Identity Center is used, not the profile's "+strings.Join(s.bases()[1:], " or "), "", "remove what is not wanted")
	}
	at := p.graph.Locations()
	folder := origin.Value{Text: at.SSOCache, Origin: at.Origins.SSOCache}
	in := p.appendSet(nil, InputSSOSession, s.sso.session)
	in = append(in, text(InputStartURL, s.sso.startURL), text(InputSSORegion, s.sso.region),
		text(InputSSOAccount, s.sso.account), text(InputSSORole, s.sso.role),
		text(InputCacheFolder, folder), portal, oidc)
	return []Step{{Kind: KindSSO, Profile: s.name, Inputs: in}}, nil
}
