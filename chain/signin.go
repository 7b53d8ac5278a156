package chain

import (
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
)

// SignIn is a sign-in of a person in a browser that credentials rest on: at
// Identity Center or at the console. Like a plan it is data.
type SignIn struct {
	// Kind is KindSSO or KindLogin.
	Kind Kind
	// Profile is one that rests on it, "" where only an sso-session was named.
	Profile string
	// Session is the sso-session's name, "" for the legacy form and for the
	// console. StartURL and Region are those of Identity Center.
	Session, StartURL, Region origin.Value
	// Scopes are the sso_registration_scopes, nil where none are configured.
	Scopes []string
	// LoginSession is the identity at the console, unset where nobody has signed
	// in for the profile yet.
	LoginSession origin.Value
	// CacheFolder is where AWS's tools keep it. File is its file, where nothing that
	// is configured names it.
	CacheFolder, File string
	// Endpoint is that of Identity Center's OIDC service, or of the console's
	// sign-in service; Portal that of Identity Center's portal.
	Endpoint, Portal awsapi.Endpoint
	// CABundle is as in a plan.
	CABundle origin.Value

	selected origin.Value // the profile whose settings count for endpoints
}

// Name is what a person calls the sign-in: the sso-session, else the profile.
func (s SignIn) Name() string {
	switch {
	case s.Session.Set():
		return s.Session.Text
	case s.Profile != "":
		return s.Profile
	case s.LoginSession.Set():
		return s.LoginSession.Text
	}
	return s.StartURL.Text
}

// SignIns returns the sign-ins that a plan rests on.
func SignIns(c Config, plan *Plan) ([]SignIn, error) {
	var list []SignIn
	for at := plan; at != nil; at = at.Next {
		for i := range at.Steps {
			s, ok, err := signInOf(c, at, &at.Steps[i])
			if err != nil {
				return nil, err
			}
			if ok {
				list = append(list, s)
			}
		}
	}
	return list, nil
}

func signInOf(c Config, plan *Plan, step *Step) (SignIn, bool, error) {
	s := SignIn{Kind: step.Kind, Profile: step.Profile, CacheFolder: step.Get(InputCacheFolder), CABundle: plan.CABundle, selected: plan.Profile}
	switch step.Kind {
	case KindSSO:
		s.Session, s.StartURL, s.Region = step.value(InputSSOSession), step.value(InputStartURL), step.value(InputSSORegion)
		s.Endpoint, s.Portal = step.endpoint(InputOIDCEndpoint), step.endpoint(InputEndpoint)
		return s, true, s.readScopes(c)
	case KindLogin:
		s.LoginSession, s.Region, s.Endpoint = step.value(InputLoginSession), step.value(InputRegion), step.endpoint(InputEndpoint)
		return s, true, nil
	}
	return SignIn{}, false, nil
}

func (s *Step) value(name string) origin.Value {
	if in := s.find(name); in != nil {
		return origin.Value{Text: in.Value, Origin: in.Origin}
	}
	return origin.Value{}
}

// SessionSignIn returns the sign-in of an sso-session. Errors: *ConfigError and
// those of the graph, among them *profile.NotFoundError.
func SessionSignIn(c Config, name origin.Value) (SignIn, error) {
	p, err := settings(c, ProfileFromEnv(c.Env))
	if err != nil {
		return SignIn{}, err
	}
	section, err := c.Graph.SSOSession(name.Text)
	if err != nil {
		return SignIn{}, err
	}
	sso := ssoShape{session: name}
	sso.startURL, _ = section.Get("sso_start_url")
	sso.region, _ = section.Get("sso_region")
	for _, part := range []struct {
		key string
		v   origin.Value
	}{{"sso_start_url", sso.startURL}, {"sso_region", sso.region}} {
		if !part.v.Set() {
			return SignIn{}, &ConfigError{Origin: section.Origin(), Message: "the section [sso-session " + name.Text + "] lacks " + part.key,
				Fix: "add " + part.key + " to it"}
		}
	}
	return p.centerSignIn(c, "", sso)
}

// ProfileSignIn returns the sign-in of a profile that has no account and role of
// its own. ok is false where the profile has nothing of the kind.
func ProfileSignIn(c Config, name origin.Value) (s SignIn, ok bool, err error) {
	p, err := settings(c, name)
	if err != nil || p.root == nil {
		return SignIn{}, false, err
	}
	shape, err := p.shapeOf(p.root)
	if err != nil || shape.sso.err != nil || !shape.sso.startURL.Set() || !shape.sso.region.Set() {
		return SignIn{}, false, err
	}
	s, err = p.centerSignIn(c, name.Text, shape.sso)
	return s, true, err
}

// CachedSignIn returns the sign-in of a token file that no sso-session which is
// configured has.
func CachedSignIn(c Config, file, startURL, region string) (SignIn, error) {
	p, err := settings(c, ProfileFromEnv(c.Env))
	if err != nil {
		return SignIn{}, err
	}
	from := origin.File(file, 0, "")
	s, err := p.centerSignIn(c, "", ssoShape{startURL: origin.Value{Text: startURL, Origin: from}, region: origin.Value{Text: region, Origin: from}})
	s.File = file
	return s, err
}

// CachedLogin returns the sign-in at the console of an identity that no profile names.
func CachedLogin(c Config, identity string) SignIn {
	l := c.Graph.Locations()
	return SignIn{Kind: KindLogin, LoginSession: origin.Value{Text: identity, Origin: l.Origins.LoginCache}, CacheFolder: l.LoginCache}
}

// settings reads the settings of a profile, which need not exist.
func settings(c Config, selected origin.Value) (*planner, error) {
	p := &planner{graph: c.Graph, env: c.Env, selected: selected}
	if err := p.find(selected.Text); err != nil && !isNotFound(err) {
		return nil, err
	}
	p.region = p.findRegion()
	return p, nil
}

func (p *planner) centerSignIn(c Config, name string, sso ssoShape) (SignIn, error) {
	s := SignIn{Kind: KindSSO, Profile: name, Session: sso.session, StartURL: sso.startURL, Region: sso.region,
		CacheFolder: p.graph.Locations().SSOCache, CABundle: p.setting("AWS_CA_BUNDLE", "ca_bundle"), selected: p.selected}
	var err error
	if s.Endpoint, _, err = p.resolve(awsapi.SSOOIDC, sso.region); err != nil {
		return s, err
	}
	if s.Portal, _, err = p.resolve(awsapi.SSO, sso.region); err != nil {
		return s, err
	}
	return s, s.readScopes(c)
}

// ConsoleSignIn returns the sign-in at the console of a profile that is to have its
// credentials from there, and need not exist yet. It is in the region given, else in
// that of the profile, else in the partition's own. A profile that gets its
// credentials elsewhere is a *ConfigError: they would go on winning in some SDKs.
func ConsoleSignIn(c Config, name, region origin.Value) (SignIn, error) {
	p, err := settings(c, name)
	if err != nil {
		return SignIn{}, err
	}
	if err := p.freeForLogin(); err != nil {
		return SignIn{}, err
	}
	if region.Set() {
		p.region = region
	}
	login := p.rootValue("login_session")
	s := SignIn{Kind: KindLogin, Profile: name.Text, LoginSession: login, Region: p.regionFor(login.Text),
		CacheFolder: p.graph.Locations().LoginCache, CABundle: p.setting("AWS_CA_BUNDLE", "ca_bundle"), selected: p.selected}
	s.Endpoint, _, err = p.resolve(awsapi.SignIn, s.Region)
	return s, err
}

func (p *planner) freeForLogin() error {
	if p.root == nil {
		return nil
	}
	s, err := p.shapeOf(p.root)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(s.bases(), func(name string) bool { return name == "login_session" })
	if s.role.Set() {
		others = append(others, "role_arn")
	}
	if len(others) == 0 && s.partial == nil && !s.selfCall {
		return nil
	}
	return &ConfigError{Profile: s.name, Origin: p.root.Origin(), Message: "has credentials of its own already: " + strings.Join(others, ", "),
		Why: "which of them are used beside login_session differs between the AWS SDKs", Fix: "name another profile, which need not exist yet"}
}

// readScopes reads the scopes of the session, separated by commas.
func (s *SignIn) readScopes(c Config) error {
	if !s.Session.Set() {
		return nil
	}
	section, err := c.Graph.SSOSession(s.Session.Text)
	if err != nil {
		return err
	}
	v, _ := section.Get("sso_registration_scopes")
	for scope := range strings.SplitSeq(v.Text, ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			s.Scopes = append(s.Scopes, scope)
		}
	}
	return nil
}

// In is the sign-in at Identity Center of another region.
func (s SignIn) In(c Config, region string) (SignIn, error) {
	p, err := settings(c, s.selected)
	if err != nil {
		return SignIn{}, err
	}
	s.Region.Text = region
	if s.Endpoint, _, err = p.resolve(awsapi.SSOOIDC, s.Region); err != nil {
		return SignIn{}, err
	}
	s.Portal, _, err = p.resolve(awsapi.SSO, s.Region)
	return s, err
}
