package vaultcmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// othersFix goes on about the profiles that are no trouble.
const othersFix = "; or name the other profiles to import"

// sameAfter refuses an import after which a profile, one of those imported or any
// other, would get its credentials otherwise: all that may change is that the key
// comes from the vault.
func (d *Deps) sameAfter(r *latchkey.Resolver, keys []profile.PlaintextKey, edits []*profile.Edit) error {
	for _, key := range keys {
		p, err := r.Graph().Profile(key.Profile)
		if err != nil {
			return err
		}
		// A role's profile that is its own source takes the key in it, but no
		// credential_process; to others the key is a source, and the process not.
		if role, ok := p.Get("role_arn"); ok {
			return d.Failure(fmt.Errorf("profile %s has a key and a role_arn (%s); other tools would not find the key in the vault", display.Text(key.Profile, 100), role.Origin.Position()),
				"move the lines of the key to a profile of its own, name that as source_profile of the role, and import again"+othersFix)
		}
	}
	at := r.Graph().Locations()
	edited, err := profile.Load(profile.Options{Env: r.Env, ConfigFile: at.Config, CredentialsFile: at.Credentials, Home: at.Home, Edits: edits})
	if err != nil {
		return err
	}
	store, err := r.Vault()
	if err != nil {
		return err
	}
	now := chain.Config{Graph: r.Graph(), Env: r.Env, Vault: func(name string) (chain.Entry, error) {
		if stamp, err := store.Stamp(name); err == nil {
			return chain.Entry{Name: name, Stamp: stamp}, nil
		}
		return chain.Entry{}, nil
	}}
	then := chain.Config{Graph: edited, Env: r.Env, Vault: func(name string) (chain.Entry, error) {
		if slices.ContainsFunc(keys, func(k profile.PlaintextKey) bool { return k.Profile == name }) {
			return chain.Entry{Name: name}, nil
		}
		return now.Vault(name)
	}}
	for _, name := range r.Graph().Names() {
		asked := origin.Value{Text: name, Origin: origin.Argument("PROFILE")}
		before, err := chain.NewPlan(now, asked, chain.Policy{})
		if err != nil {
			continue // it does not work today
		}
		after, err := chain.NewPlan(then, asked, chain.Policy{})
		if err == nil && samePlan(before, after, keys) {
			continue
		}
		text := "not at all"
		if err == nil {
			text = "from " + kinds(after)
		}
		return d.Failure(fmt.Errorf("moving the key %swould change profile %s: it gets its credentials from %s now, and would get them %s", keyAt(before, keys), display.Text(name, 100), kinds(before), text),
			"take out of the profile, or of the one that has the key, what is not meant to be used"+othersFix)
	}
	return nil
}

// samePlan reports whether the plans differ in nothing but that the key of the
// first step comes from the vault.
func samePlan(before, after *chain.Plan, keys []profile.PlaintextKey) bool {
	return slices.EqualFunc(before.Steps, after.Steps, func(b, a chain.Step) bool {
		if b.Kind == chain.KindStatic && a.Kind == chain.KindVault {
			return slices.ContainsFunc(keys, func(k profile.PlaintextKey) bool {
				return k.Profile == a.Get(chain.InputVaultEntry) && k.AccessKeyID.Text == b.Get(chain.InputAccessKeyID) && b.Get(chain.InputAccountID) == a.Get(chain.InputAccountID)
			})
		}
		return b.Kind == a.Kind && b.Profile == a.Profile && slices.EqualFunc(b.Inputs, a.Inputs, func(x, y chain.Input) bool {
			return x.Name == y.Name && x.Value == y.Value && x.Secret.Equal(y.Secret)
		})
	})
}

// kinds names the steps of a plan.
func kinds(p *chain.Plan) string {
	var names []string
	for _, s := range p.Steps {
		name := string(s.Kind)
		if role := s.Get(chain.InputRoleARN); role != "" {
			name += " " + display.Text(role, 200)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// keyAt says where the key stands that a plan begins with.
func keyAt(p *chain.Plan, keys []profile.PlaintextKey) string {
	for _, k := range keys {
		if k.AccessKeyID.Text == p.Steps[0].Get(chain.InputAccessKeyID) && k.Profile == p.Steps[0].Profile {
			return "at " + k.AccessKeyID.Origin.Position() + " "
		}
	}
	return ""
}
