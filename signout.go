package latchkey

import (
	"context"
	"errors"
	"os"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
)

// SignOut ends a sign-in: at Identity Center, in the files that AWS's tools share,
// and in the sessions that were made with it. Credentials that programs have go on
// until they expire. Errors: *sso.NotToldError where everything is done here, and
// Identity Center could not be told; those of the files.
func (r *Resolver) SignOut(ctx context.Context, s chain.SignIn) error {
	resting := r.restingOn(s)
	_, err := r.Sessions().Forget(ctx, func(i session.Info) bool { return resting.keys[i.Key] })
	if s.Kind == chain.KindLogin {
		return errors.Join(err, signin.SignOut(ctx, r.consoleConfig(s)))
	}
	for _, path := range resting.files {
		if e := os.Remove(path); !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	client := r.client(s.CABundle)
	defer client.CloseIdle()
	return errors.Join(err, r.tokens(s, client).SignOut(ctx, client, s.Portal))
}

// CachedSignIns returns the sign-ins of which there are files, whether or not
// something that is configured names them.
func (r *Resolver) CachedSignIns(ctx context.Context) []chain.SignIn {
	var list []chain.SignIn
	at := r.graph.Locations()
	for _, c := range sso.CachedTokens(ctx, at.SSOCache) {
		if s, err := chain.CachedSignIn(r.config(), c.File, c.StartURL, c.Region); err == nil {
			list = append(list, s)
		}
	}
	for _, identity := range signin.CachedSessions(ctx, at.LoginCache) {
		list = append(list, chain.CachedLogin(r.config(), identity))
	}
	return list
}

// resting is what was made with a sign-in: keys of sessions, and files of role
// credentials in the AWS CLI's cache.
type resting struct {
	keys  map[string]bool
	files []string
}

func (r *Resolver) restingOn(s chain.SignIn) resting {
	out, file, tokens := resting{keys: map[string]bool{}}, signInFile(s), r.tokens(s, nil)
	for _, name := range r.graph.Names() {
		plan, err := r.Plan(name, chain.Policy{Order: []chain.Source{chain.SourceProfile}})
		if err != nil {
			continue // it cannot have been used
		}
		first := plan.Steps[0]
		on, err := r.SignIns(plan)
		if err != nil || len(on) == 0 || signInFile(on[0]) != file {
			continue
		}
		for _, step := range plan.Steps {
			if key, known := r.SessionKey(plan, step); known {
				out.keys[key] = true
			}
		}
		if first.Kind == chain.KindSSO {
			out.files = append(out.files, tokens.RoleCacheFile(r.graph.Locations().CLICache, first.Get(chain.InputSSOAccount), first.Get(chain.InputSSORole)))
		}
	}
	return out
}
