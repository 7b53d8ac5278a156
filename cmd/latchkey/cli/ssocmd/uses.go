package ssocmd

import (
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
)

// The keys of a profile of Identity Center.
const (
	keySession     = "sso_session"
	keyStartURL    = "sso_start_url"
	keySSORegion   = "sso_region"
	keyScopes      = "sso_registration_scopes"
	keyAccount     = "sso_account_id"
	keyAccountName = "sso_account_name"
	keyRole        = "sso_role_name"
	keyRegion      = "region"
)

// pair is a role in an account.
type pair struct{ account, role string }

// uses returns the profiles, sorted, by the role that they get with a sign-in: with
// the same sso-session, or at the same start URL.
func uses(g *profile.Graph, in chain.SignIn) map[pair][]string {
	list := make(map[pair][]string)
	urls := make(map[string]string) // of sso-sessions
	for _, name := range g.Names() {
		p, err := g.Profile(name)
		if err != nil {
			continue
		}
		account, role := get(p, keyAccount), get(p, keyRole)
		if account == "" || role == "" {
			continue
		}
		session, url := get(p, keySession), get(p, keyStartURL)
		if session != "" {
			if _, seen := urls[session]; !seen {
				urls[session] = ""
				if s, err := g.SSOSession(session); err == nil {
					urls[session] = get(s, keyStartURL)
				}
			}
			url = urls[session]
		}
		if session != "" && session == in.Session.Text || url != "" && sameURL(url, in.StartURL.Text) {
			at := pair{account, role}
			list[at] = append(list[at], name)
		}
	}
	return list
}

// section is what profiles and sso-sessions have in common.
type section interface {
	Get(key string) (v origin.Value, ok bool)
}

// get returns the value of a key, "" if it is not set.
func get(s section, key string) string {
	v, _ := s.Get(key)
	return v.Text
}

// sameURL compares start URLs without what a browser adds to them.
func sameURL(a, b string) bool { return bareURL(a) == bareURL(b) }

func bareURL(u string) string {
	u, _, _ = strings.Cut(strings.TrimSpace(u), "#")
	return strings.TrimRight(u, "/")
}
