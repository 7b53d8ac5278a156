package latchkey

import (
	"context"
	"errors"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/profile"
)

// CorrectRegion writes the region that Identity Center itself has named to the line
// that named another, and returns the path of the old file's copy. Errors: those of
// package profile's edits, and *chain.ConfigError where the line is in another file.
func (r *Resolver) CorrectRegion(ctx context.Context, s chain.SignIn, region string) (backup string, err error) {
	at := s.Region.Origin
	if at.File != r.graph.Locations().Config {
		return "", &chain.ConfigError{Profile: s.Profile, Origin: at, Message: "Identity Center is in region " + region, Fix: "write " + region + " at " + at.Position()}
	}
	section := "profile " + s.Profile
	if s.Session.Set() && r.inSession(s) {
		section = "sso-session " + s.Session.Text
	}
	return r.edit(ctx, func(e *profile.Edit) error { return e.Set(section, "sso_region", region) })
}

// inSession reports whether the region stands in the section of the sso-session.
func (r *Resolver) inSession(s chain.SignIn) bool {
	section, err := r.graph.SSOSession(s.Session.Text)
	if err != nil {
		return false
	}
	v, ok := section.Get("sso_region")
	return ok && v.Origin == s.Region.Origin
}

// KeepLogin has a profile use the sign-in of an identity at the console: it writes
// login_session, and the region where the profile has none, since the AWS CLI needs
// one. It returns the path of the old file's copy. Errors: those of package
// profile's edits.
func (r *Resolver) KeepLogin(ctx context.Context, s chain.SignIn, identity string) (backup string, err error) {
	return r.edit(ctx, func(e *profile.Edit) error { return r.keepLogin(e, s, identity) })
}

// CanKeepLogin reports what would keep KeepLogin from its work: to be asked before
// somebody signs in for nothing.
func (r *Resolver) CanKeepLogin(s chain.SignIn) error {
	e, err := profile.OpenEdit(r.graph.Locations().Config, profile.ConfigFile)
	if err != nil {
		return err
	}
	return r.keepLogin(e, s, "arn:aws:iam::111122223333:user/anybody")
}

func (r *Resolver) keepLogin(e *profile.Edit, s chain.SignIn, identity string) error {
	section := "profile " + s.Profile
	if err := e.Set(section, "login_session", identity); err != nil {
		return err
	}
	p, err := r.graph.Profile(s.Profile)
	var none *profile.NotFoundError
	if err != nil && !errors.As(err, &none) {
		return err
	}
	if p != nil {
		if _, ok := p.Get("region"); ok {
			return nil
		}
	}
	return e.Set(section, "region", s.Region.Text)
}

// edit changes the config file.
func (r *Resolver) edit(ctx context.Context, change func(*profile.Edit) error) (backup string, err error) {
	e, err := profile.OpenEdit(r.graph.Locations().Config, profile.ConfigFile)
	if err != nil {
		return "", err
	}
	if err := change(e); err != nil {
		return "", err
	}
	return e.Save(ctx, profile.SaveOptions{Now: r.opts.Now(), Lock: r.EditLock(), Waiting: r.opts.Waiting})
}
