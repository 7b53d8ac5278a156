package cli

import (
	"errors"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/profile"
)

// need is something that a person has to be there for.
type need struct {
	signIn chain.SignIn
	// plan ends with the step that takes the code of a device, nil for a sign-in.
	plan *chain.Plan
}

// key is the same for needs that are met by one sign-in or one code.
func (n need) key() string {
	if n.plan != nil {
		return n.plan.Last().Key
	}
	s := n.signIn
	if s.Kind == chain.KindLogin && !s.LoginSession.Set() {
		return "whoever signs in for\n" + s.Profile
	}
	return string(s.Kind) + "\n" + s.Session.Text + "\n" + s.StartURL.Text + "\n" + s.LoginSession.Text + "\n" + s.CacheFolder
}

// needsOf is what a profile's credentials take of a person, an MFA session for least.
// A name that no profile has is that of an sso-session.
func needsOf(r *latchkey.Resolver, name string, policy chain.Policy, least time.Duration) ([]need, error) {
	plan, err := r.PlanOf(argument([]string{name}), policy)
	if err != nil {
		return needsWithoutPlan(r, name, err)
	}
	// A profile for other tools, which asks latchkey for another one. Plans refuse
	// such commands that go in circles, but only when they are run.
	for range 4 {
		of, ours := chain.AsksFor(plan.Steps[0].Get(chain.InputCommand))
		if plan.Steps[0].Kind != chain.KindProcess || !ours {
			break
		}
		if plan, err = r.PlanOf(argument([]string{of}), policy); err != nil {
			return needsWithoutPlan(r, of, err)
		}
	}
	list, err := r.SignIns(plan)
	if err != nil {
		return nil, err
	}
	var needs []need
	for _, s := range list {
		needs = append(needs, need{signIn: s})
	}
	for i := len(plan.Steps) - 1; i >= 0; i-- {
		if plan.Steps[i].AsksCode() {
			upTo := *plan
			upTo.Steps, upTo.Next, upTo.Lifetime = plan.Steps[:i+1], nil, least
			return append(needs, need{plan: &upTo}), nil
		}
	}
	return needs, nil
}

// needsWithoutPlan is needsOf for a name without a plan: an sso-session's, or that of a
// profile which lacks account and role.
func needsWithoutPlan(r *latchkey.Resolver, name string, planErr error) ([]need, error) {
	var missing *profile.NotFoundError
	if errors.As(planErr, &missing) && missing.Kind == "profile" {
		s, err := r.SessionSignIn(name)
		var none *profile.NotFoundError
		switch {
		case errors.As(err, &none) && len(none.Near) > 0 && len(missing.Near) == 0:
			return nil, err
		case errors.As(err, &none):
			return nil, planErr
		}
		return []need{{signIn: s}}, err
	}
	s, ok, err := r.ProfileSignIn(name)
	if err != nil || !ok {
		return nil, planErr
	}
	return []need{{signIn: s}}, nil
}

// meantByNobody is what signing in and out are about where nothing is named: the
// profile of the environment, a default one with credentials, or the only
// sso-session.
func meantByNobody(r *latchkey.Resolver) (name string, ok bool) {
	from := chain.ProfileFromEnv(r.Env)
	if !byDefault(from) {
		return from.Text, true
	}
	_, err := r.Plan(from.Text, chain.Policy{Order: []chain.Source{chain.SourceProfile}})
	var missing *profile.NotFoundError
	var none *chain.NoCredentialsError
	if !errors.As(err, &missing) && !errors.As(err, &none) {
		return from.Text, true // what is wrong with it is told
	}
	if sessions := r.Graph().SSOSessions(); len(sessions) == 1 {
		return sessions[0], true
	}
	return "", false
}
