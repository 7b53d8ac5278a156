package ssocmd

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// checkRegion returns why a text is no region.
func checkRegion(region string) error {
	_, err := awsapi.ResolveEndpoint(awsapi.SSO, awsapi.EndpointOptions{Region: region})
	return err
}

// checkStartURL returns the start URL without what a browser adds to it, or why it
// is none.
func checkStartURL(text string) (clean, why string) {
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil:
		return "", "is not a URL"
	case u.Scheme != "https":
		return "", "does not begin with https://"
	case u.Hostname() == "" || strings.ContainsFunc(u.Host, func(r rune) bool { return !nameRune(r) && r != ':' }):
		return "", "has no host"
	case u.User != nil:
		return "", "holds a user name"
	case strings.ContainsFunc(u.Path, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", "holds blanks or characters that are not ASCII"
	}
	return "https://" + strings.ToLower(u.Host) + strings.TrimRight(u.EscapedPath(), "/"), ""
}

// sessionName makes the name of an sso-session of its start URL: corp of
// https://corp.awsapps.com/start.
func sessionName(startURL string) string {
	u, err := url.Parse(startURL)
	if err != nil {
		return "sso"
	}
	labels := strings.Split(u.Hostname(), ".")
	for len(labels) > 1 && slices.Contains([]string{"www", "sso", "aws", "login", "start", "portal", "identitycenter"}, labels[0]) {
		labels = labels[1:]
	}
	if labels[0] == "amazonaws" { // https://identitycenter.amazonaws.com/ssoins-1234567890abcdef
		labels = strings.Split(strings.Trim(u.Path, "/"), "/")
	}
	if name := slug(labels[0]); name != "" {
		return name
	}
	return "sso"
}

// beginOptions are the flags of somebody who has no sso-session yet.
type beginOptions struct{ startURL, region, session string }

func (o *beginOptions) given() bool { return o.startURL != "" }

// check validates the flags, before anything is read.
func (d *Deps) checkBegin(o *beginOptions, args []string) error {
	const fix = "latchkey sso sync --start-url URL --sso-region REGION"
	switch {
	case !o.given() && (o.region != "" || o.session != ""):
		return d.Usage("--sso-region and --session are for a new sso-session, whose URL is missing", fix)
	case !o.given():
		return nil
	case len(args) > 0:
		return d.Usage("--start-url is for a new sso-session, and "+cell(args[0])+" names one", "leave one of the two out; --session names a new one")
	case o.region == "":
		return d.Usage("--start-url needs the region of Identity Center", fix)
	}
	clean, why := checkStartURL(o.startURL)
	if why != "" {
		return d.Usage("--start-url "+why, "copy the URL of the access portal, as in https://corp.awsapps.com/start")
	}
	if err := checkRegion(o.region); err != nil {
		return d.Usage("--sso-region: "+err.Error(), "write it as in eu-west-1")
	}
	if strings.ContainsFunc(o.session, func(r rune) bool { return !nameRune(r) }) {
		return d.Usage("--session: SDKs disagree on such a name", "use only letters, digits and _-.@+")
	}
	o.startURL = clean
	return nil
}

// begin finds the sso-session of the URL, or makes one that no file has yet.
func (d *Deps) begin(r *latchkey.Resolver, o *beginOptions) (in chain.SignIn, isNew bool, err error) {
	g := r.Graph()
	for _, name := range g.SSOSessions() {
		s, err := g.SSOSession(name)
		if err != nil || !sameURL(get(s, keyStartURL), o.startURL) || o.session != "" && o.session != name {
			continue
		}
		if region := get(s, keySSORegion); region != o.region {
			return in, false, d.Usage(fmt.Sprintf("the sso-session %s (%s) has this URL and the region %s", cell(name), s.Origin().Position(), cell(region)),
				"latchkey sso sync "+explain.Word(cell(name)))
		}
		in, err = r.SessionSignIn(name)
		return in, false, err
	}
	name := o.session
	if name == "" {
		base := sessionName(o.startURL)
		name = base
		for i := 2; slices.Contains(g.SSOSessions(), name); i++ {
			name = fmt.Sprintf("%s-%d", base, i)
		}
	} else if s, err := g.SSOSession(name); err == nil {
		return in, false, d.Usage(fmt.Sprintf("there is an sso-session %s (%s) with another URL", cell(name), s.Origin().Position()), "choose another name with --session")
	}
	in, err = newSignIn(r, name, o)
	return in, true, err
}

// newSignIn is the sign-in of an sso-session as it would be if it were configured.
func newSignIn(r *latchkey.Resolver, name string, o *beginOptions) (chain.SignIn, error) {
	at := r.Graph().Locations()
	e, err := profile.OpenEdit(at.Config, profile.ConfigFile)
	if err != nil {
		return chain.SignIn{}, err
	}
	in := chain.SignIn{Session: origin.Value{Text: name, Origin: origin.Argument("--session")},
		StartURL: origin.Value{Text: o.startURL, Origin: origin.Argument("--start-url")}, Region: origin.Value{Text: o.region, Origin: origin.Argument("--sso-region")}}
	for _, property := range sessionSection(in, o.region).Properties {
		if err := e.Set("sso-session "+name, property.Key, property.Value); err != nil {
			return in, err
		}
	}
	g, err := profile.Load(profile.Options{Env: r.Env, ConfigFile: at.Config, CredentialsFile: at.Credentials, Home: at.Home, Edits: []*profile.Edit{e}})
	if err != nil {
		return in, err
	}
	out, err := chain.SessionSignIn(chain.Config{Graph: g, Env: r.Env}, in.Session)
	out.Session, out.StartURL, out.Region = in.Session, in.StartURL, in.Region // no file has them yet
	return out, err
}
