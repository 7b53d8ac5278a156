package ssocmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/profile"
)

// beginFix is for somebody who has nothing yet.
const beginFix = "latchkey sso sync --start-url URL --sso-region REGION makes an sso-session, and profiles with it"

// target finds the sign-in that a command is about; command is its path.
func (d *Deps) target(r *latchkey.Resolver, command string, args []string) (chain.SignIn, error) {
	if len(args) == 0 {
		return d.onlyTarget(r, command)
	}
	in, err := r.SessionSignIn(args[0])
	var missing *profile.NotFoundError
	if !errors.As(err, &missing) {
		return in, err
	}
	of, ok, profileErr := r.ProfileSignIn(args[0])
	switch {
	case profileErr != nil:
		return of, profileErr
	case ok:
		return of, nil
	}
	if _, there := r.Graph().Profile(args[0]); there == nil {
		return in, d.Usage("profile "+cell(args[0])+" does not sign in at Identity Center", "name an sso-session, or a profile with one")
	}
	return in, err
}

// onlyTarget finds the sign-in where none is named: that of AWS_PROFILE, or the
// only one there is.
func (d *Deps) onlyTarget(r *latchkey.Resolver, command string) (chain.SignIn, error) {
	if name := chain.ProfileFromEnv(r.Env); name.Set() {
		if in, ok, err := r.ProfileSignIn(name.Text); ok && err == nil {
			return in, nil
		}
	}
	sessions := r.Graph().SSOSessions()
	if len(sessions) == 1 {
		return r.SessionSignIn(sessions[0])
	}
	names := sessions
	if len(sessions) == 0 {
		// Profiles in the legacy form are one sign-in if they have one start URL.
		var only chain.SignIn
		for _, name := range r.Graph().Names() {
			in, ok, err := r.ProfileSignIn(name)
			if err != nil || !ok || only.StartURL.Text == in.StartURL.Text {
				continue
			}
			only, names = in, append(names, name)
		}
		switch len(names) {
		case 0:
			return only, d.Usage("no sso-session is configured", beginFix)
		case 1:
			return only, nil
		}
	}
	shown := make([]string, 0, len(names))
	for _, name := range names {
		shown = append(shown, explain.Word(cell(name)))
	}
	return chain.SignIn{}, d.Usage(fmt.Sprintf("there are %d sign-ins at Identity Center: %s", len(names), cell(strings.Join(shown, ", "))),
		"say which: "+command+" "+shown[0])
}
