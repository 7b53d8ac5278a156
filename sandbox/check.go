package sandbox

import (
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

// world checks what the types alone cannot: forms, references and uniqueness.
func (c *checker) world(w *World) {
	c.generate(w)
	c.conduct(w)
	switch {
	case w.Region == "":
		c.at("$.region", "region is missing")
	case !regionLike(w.Region):
		c.at("$.region", "region %q is not of lower-case letters, digits and -", w.Region)
	}
	if len(w.Accounts) == 0 {
		c.at("$.accounts", "a world needs at least one account")
	}
	if w.Settings.Login > 15*time.Minute {
		c.at("$.settings.login", "login credentials live 15m at most")
	}
	if w.Settings.DeviceInterval%time.Second != 0 {
		c.at("$.settings.device_interval", "device_interval %s is not whole seconds", w.Settings.DeviceInterval)
	}
	if w.Settings.DeviceCode%time.Second != 0 {
		c.at("$.settings.device_code", "device_code %s is not whole seconds", w.Settings.DeviceCode)
	}
	seen := make(map[string]bool) // account ids and names, key ids, ARNs
	for i := range w.Accounts {
		c.account(fmt.Sprintf("$.accounts[%d]", i), &w.Accounts[i], seen)
	}
	c.identityCenter(w)
	c.references(w)
	for i := range w.Profiles {
		c.profile(fmt.Sprintf("$.profiles[%d]", i), w, &w.Profiles[i], seen)
	}
}

//go:noinline
func (c *checker) once(path string, seen map[string]bool, name string) {
	if seen[name] {
		c.at(path, "%s is there twice", name)
	}
	seen[name] = true
}

func (c *checker) account(path string, a *Account, seen map[string]bool) {
	if len(a.ID) != 12 || strings.Trim(a.ID, "0123456789") != "" {
		c.at(path+".id", "account id %q is not 12 digits", a.ID)
	}
	c.once(path+".id", seen, "account "+a.ID)
	if a.Name == "" {
		c.at(path, "account %s has no name", a.ID)
	}
	if !a.generated {
		c.once(path+".name", seen, "account "+a.Name)
	}
	for i, k := range a.RootAccessKeys {
		c.accessKey(fmt.Sprintf("%s.root_access_keys[%d]", path, i), k, seen)
	}
	groups, policies := c.shared(path, a, seen)
	for i := range a.Users {
		at, u := fmt.Sprintf("%s.users[%d]", path, i), &a.Users[i]
		c.user(at, a, u, seen)
		c.policies(at, u.Policies, u.ManagedPolicies, u.Boundary, policies)
		for j, name := range u.Groups {
			if !groups[name] {
				c.at(fmt.Sprintf("%s.groups[%d]", at, j), "group %q does not exist in the account", name)
			}
		}
	}
	for i := range a.Roles {
		r := &a.Roles[i]
		c.policies(fmt.Sprintf("%s.roles[%d]", path, i), r.Policies, r.ManagedPolicies, r.Boundary, policies)
		c.role(fmt.Sprintf("%s.roles[%d]", path, i), a, &a.Roles[i], seen)
	}
	for i, p := range a.OIDCProviders {
		at := fmt.Sprintf("%s.oidc_providers[%d]", path, i)
		if u, err := url.Parse(p.URL); err != nil || u.Scheme != "https" || u.Host == "" {
			c.at(at+".url", "OIDC provider URL %q is not https", p.URL)
		}
		if p.Algorithm != "" && p.Algorithm != "ES256" && p.Algorithm != "RS256" {
			c.at(at+".algorithm", "algorithm %q is not ES256 or RS256", p.Algorithm)
		}
		c.once(at+".url", seen, "OIDC provider "+p.URL+" in account "+a.ID)
	}
}

// name checks names of users, roles, devices: what AWS allows and no more, so
// that no name ever becomes another path or ARN.
func (c *checker) name(path, what, name string) {
	if !wordy(name, 1, 64, "+=,.@-") {
		c.at(path, "%s name %q is not 1 to 64 of letters, digits and +=,.@-_", what, name)
	}
}

func (c *checker) path(at, path string) {
	if path != "" && (path[0] != '/' || path[len(path)-1] != '/' || !wordy(path, 1, 512, "/+=,.@-")) {
		c.at(at, "path %q does not begin and end with /", path)
	}
}

func (c *checker) user(path string, a *Account, u *User, seen map[string]bool) {
	c.name(path+".name", "user", u.Name)
	c.path(path+".path", u.Path)
	c.once(path+".name", seen, "user "+strings.ToLower(u.Name)+" in account "+a.ID)
	for i, k := range u.AccessKeys {
		c.accessKey(fmt.Sprintf("%s.access_keys[%d]", path, i), k, seen)
	}
	for i, d := range u.MFADevices {
		at := fmt.Sprintf("%s.mfa_devices[%d]", path, i)
		c.name(at+".name", "device", d.Name)
		c.once(at+".name", seen, "device "+a.serial(d))
		if raw, err := decodeSeed(d.Seed); err != nil || len(raw) < 10 {
			c.at(at+".seed", "seed is not at least 16 characters of base32")
		}
	}
	for i, k := range u.FIDOKeys {
		at := fmt.Sprintf("%s.fido_keys[%d]", path, i)
		c.name(at+".name", "security key", k.Name)
		c.once(at+".name", seen, "security key "+a.fidoResource(u, k)+" in account "+a.ID)
	}
}

func (c *checker) accessKey(path string, k AccessKey, seen map[string]bool) {
	c.once(path+".id", seen, "access key "+k.ID)
	if len(k.ID) != 20 || !strings.HasPrefix(k.ID, "AKIA") || !strings.HasSuffix(k.ID, "EXAMPLE") ||
		strings.Trim(k.ID, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		c.at(path+".id", "access key id is not AKIA…EXAMPLE of 20 characters; real keys do not belong here")
	}
	if len(k.Secret) != 40 || !strings.Contains(k.Secret, "EXAMPLE") || !wordy(k.Secret, 40, 40, "/+=") {
		c.at(path+".secret", "secret is not 40 of letters, digits and /+=_ with EXAMPLE in them; real keys do not belong here")
	}
	if k.Status != "" && k.Status != statusActive && k.Status != statusInactive {
		c.at(path+".status", "status %q is not Active or Inactive", k.Status)
	}
}

func (c *checker) role(path string, a *Account, r *Role, seen map[string]bool) {
	c.name(path+".name", "role", r.Name)
	c.path(path+".path", r.Path)
	c.once(path+".name", seen, "role "+strings.ToLower(r.Name)+" in account "+a.ID)
	if d := r.MaxSessionDuration; d != 0 && (d < time.Hour || d > 12*time.Hour) {
		c.at(path+".max_session_duration", "max_session_duration %s is not 1h to 12h", d)
	}
	if r.Trust == nil {
		c.at(path, "role %s has no trust policy", r.Name)
	} else {
		c.policy(path+".trust", *r.Trust, policy.Trust)
	}
}

func (c *checker) policy(path string, p PolicyDocument, kind policy.Kind) {
	if _, err := policy.Parse([]byte(p.json), kind); err != nil {
		c.at(path, "%v", err)
	}
}

// regionLike keeps out what would be more than a word in a config file.
func regionLike(s string) bool {
	return len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func decodeSeed(seed string) ([]byte, error) {
	return base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(seed)
}

// wordy reports whether s is of the given length and made of word characters
// and the extra ones, which is \w plus those in AWS's patterns.
func wordy(s string, shortest, longest int, extra string) bool {
	if len(s) < shortest || len(s) > longest {
		return false
	}
	for i := range len(s) {
		c := s[i]
		word := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
		if !word && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}
