package sandbox

import (
	"fmt"
	"net/url"
	"strings"
)

// identityCenter checks the Identity Center's people and what they are given.
func (c *checker) identityCenter(w *World) {
	ic := w.IdentityCenter
	if ic == nil {
		return
	}
	if u, err := url.Parse(ic.StartURL); err != nil || u.Scheme != "https" || u.Host == "" || strings.ContainsAny(ic.StartURL, " \t\r\n") {
		c.at("$.identity_center.start_url", "start_url %q is not https", ic.StartURL)
	}
	if !regionLike(ic.Region) {
		c.at("$.identity_center.region", "region %q is not of lower-case letters, digits and -", ic.Region)
	}
	c.name("$.identity_center.session", "session", ic.Session)
	accounts := w.accountsByName()
	for i, u := range ic.Users {
		at := fmt.Sprintf("$.identity_center.users[%d]", i)
		c.name(at+".name", "user", u.Name)
		for j, g := range u.Assignments {
			at := fmt.Sprintf("%s.assignments[%d]", at, j)
			if accounts[g.Account] == nil {
				c.at(at+".account", "account %q does not exist", g.Account)
			}
			c.permissionSet(at+".permission_set", g.PermissionSet)
		}
	}
}

func (c *checker) permissionSet(path, name string) {
	if !wordy(name, 1, 32, "+=,.@-") {
		c.at(path, "permission set %q is not 1 to 32 of letters, digits and +=,.@-_", name)
	}
}

// conduct checks how the server is to behave.
func (c *checker) conduct(w *World) {
	if d := w.Settings.Latency; d > longestDelay {
		c.at("$.settings.latency", "latency %s is not 0s to 1h", d)
	}
	if d := w.Settings.ClockSkew; !skewable(d) {
		c.at("$.settings.clock_skew", "%s", skewMistake(d))
	}
	if n := w.Settings.PortalRate; n < 0 {
		c.at("$.settings.portal_rate", "portal_rate is less than 0")
	}
	for i := range w.Failures {
		at := fmt.Sprintf("$.failures[%d]", i)
		for _, m := range w.Failures[i].mistakes() {
			c.at(strings.TrimSuffix(at+"."+m.key, "."), "%s", m.text)
		}
	}
	if len(w.Failures) > maxFailures {
		c.at("$.failures", "there are more than %d failures", maxFailures)
	}
}

// references checks that what is named exists.
func (c *checker) references(w *World) {
	if p := w.InstanceProfile; p != nil {
		if _, r := w.role(p.Role); r == nil {
			c.at("$.instance_profile.role", "role %q does not exist", p.Role)
		}
	}
	if w.TaskRole != "" {
		if _, r := w.role(w.TaskRole); r == nil {
			c.at("$.task_role", "role %q does not exist", w.TaskRole)
		}
	}
	for i, id := range w.WebIdentities {
		at := fmt.Sprintf("$.web_identities[%d]", i)
		c.name(at+".name", "web identity", id.Name)
		if w.provider(id.Issuer) == nil {
			c.at(at+".issuer", "no account has an OIDC provider %q", id.Issuer)
		}
		if id.Subject == "" {
			c.at(at, "web identity %s has no subject", id.Name)
		}
	}
}

func (c *checker) profile(path string, w *World, p *Profile, seen map[string]bool) {
	if !wordy(p.Name, 1, 64, "+=,.@-") {
		c.at(path+".name", "profile name %q is not 1 to 64 of letters, digits and +=,.@-_", p.Name)
	}
	c.once(path+".name", seen, "profile "+p.Name)
	for _, ref := range []struct{ key, name string }{{"keys_of", p.KeysOf}, {"login_of", p.LoginOf}} {
		if ref.name == "" {
			continue
		}
		if _, u, n := w.user(ref.name); n != 1 {
			c.at(path+"."+ref.key, "%d users are called %q", n, ref.name)
		} else if ref.key == "keys_of" && activeKey(u) == nil {
			c.at(path+"."+ref.key, "user %q has no active access key", ref.name)
		}
	}
	if p.SSOUser != "" && w.ssoUser(p.SSOUser) == nil {
		c.at(path+".sso_user", "the Identity Center has no user %q", p.SSOUser)
	}
	if p.WebIdentity != "" && w.webIdentity(p.WebIdentity) == nil {
		c.at(path+".web_identity", "web identity %q does not exist", p.WebIdentity)
	}
	for _, item := range p.Config {
		if strings.ContainsAny(item.Key+item.Value, "\r\n") {
			c.at(path+".config", "a config key or value holds a line break")
		}
	}
	if strings.Contains(p.Comment, "\r") {
		c.at(path+".comment", "comment holds a carriage return")
	}
}

func (w *World) provider(issuer string) *OIDCProvider {
	for i := range w.Accounts {
		for j := range w.Accounts[i].OIDCProviders {
			if p := &w.Accounts[i].OIDCProviders[j]; p.URL == issuer {
				return p
			}
		}
	}
	return nil
}

func (w *World) ssoUser(name string) *SSOUser {
	if w.IdentityCenter == nil {
		return nil
	}
	for i := range w.IdentityCenter.Users {
		if u := &w.IdentityCenter.Users[i]; u.Name == name {
			return u
		}
	}
	return nil
}

func (w *World) webIdentity(name string) *WebIdentity {
	for i := range w.WebIdentities {
		if w.WebIdentities[i].Name == name {
			return &w.WebIdentities[i]
		}
	}
	return nil
}

func activeKey(u *User) *AccessKey {
	for i := range u.AccessKeys {
		if u.AccessKeys[i].Status != statusInactive {
			return &u.AccessKeys[i]
		}
	}
	return nil
}
