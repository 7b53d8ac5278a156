package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// World is everything that exists in a sandbox. It is read with [ParseWorld] or
// [LoadWorld] and must not be changed once a server has it.
type World struct {
	// Region is where everything lives and what profiles are given.
	Region         string          `yaml:"region"`
	Settings       Settings        `yaml:"settings"`
	Accounts       []Account       `yaml:"accounts"`
	IdentityCenter *IdentityCenter `yaml:"identity_center"`
	// InstanceProfile is the role that IMDS hands out; nil for none.
	InstanceProfile *InstanceProfile `yaml:"instance_profile"`
	// TaskRole is the ARN of the role of the container endpoint, "" for none.
	TaskRole string `yaml:"task_role"`
	// WebIdentities are the workloads that an OIDC provider vouches for.
	WebIdentities []WebIdentity `yaml:"web_identities"`
	// Failures are there from the start; see [Server.Fail].
	Failures []Failure `yaml:"failures"`
	// Profiles are what WriteHome writes, in this order.
	Profiles []Profile `yaml:"profiles"`
}

// Settings are lifetimes and switches; a zero lifetime takes its default.
type Settings struct {
	IMDSv1                bool          `yaml:"imds_v1"`                 // answer metadata requests without a token
	ReusableRefreshTokens bool          `yaml:"reusable_refresh_tokens"` // do not end a refresh token by its use
	SSOToken              time.Duration `yaml:"sso_token"`               // Identity Center access token; 1h
	PermissionSet         time.Duration `yaml:"permission_set"`          // credentials of the portal; 1h
	Metadata              time.Duration `yaml:"metadata"`                // IMDS and container credentials; 6h
	WebIdentityToken      time.Duration `yaml:"web_identity_token"`      // 1h
	NewKeyDelay           time.Duration `yaml:"new_key_delay"`           // until a key that IAM has made is known; 0
	IAMDelay              time.Duration `yaml:"iam_delay"`               // how long reads and permissions lag behind what calls of IAM change; 0
	Login                 time.Duration `yaml:"login"`                   // credentials of the sign-in service; 15m, which is also the most
	ClientRegistration    time.Duration `yaml:"client_registration"`     // of a program at the Identity Center; 2160h, which is 90 days
	AuthorizationCode     time.Duration `yaml:"authorization_code"`      // 10m
	DeviceCode            time.Duration `yaml:"device_code"`             // 10m
	ClockSkew             time.Duration `yaml:"clock_skew" sign:"±"`     // how far the server's clock is ahead, or below zero behind; 0
	Latency               time.Duration `yaml:"latency"`                 // before every answer but the control API's; 0
	PortalRate            int           `yaml:"portal_rate"`             // requests a second that the portal answers; 0 for any number
	ConsoleMultiSession   bool          `yaml:"console_multi_session"`   // let one browser sign in to the console with several identities
	DeviceInterval        time.Duration `yaml:"device_interval"`         // between two questions about a device code, in whole seconds; 5s
}

// Account is one AWS account.
type Account struct {
	ID             string      `yaml:"id"` // 12 digits
	Name           string      `yaml:"name"`
	Email          string      `yaml:"email"` // NAME@example.com if empty
	RootAccessKeys []AccessKey `yaml:"root_access_keys"`
	Users          []User      `yaml:"users"`
	Roles          []Role      `yaml:"roles"`
	Groups         []Group     `yaml:"groups"`
	// Policies are the managed policies of the account itself.
	Policies []ManagedPolicy `yaml:"policies"`
	// PasswordPolicy is the account's own; nil: AWS's.
	PasswordPolicy *PasswordPolicy `yaml:"password_policy"`
	OIDCProviders  []OIDCProvider  `yaml:"oidc_providers"`

	generated bool // its name may be another's too
}

// User is one IAM user. A user of a world without policies, groups, boundary and
// password may use all of STS, and IAM for itself.
type User struct {
	Name       string            `yaml:"name"`
	Path       string            `yaml:"path"` // "/" if empty
	AccessKeys []AccessKey       `yaml:"access_keys"`
	MFADevices []MFADevice       `yaml:"mfa_devices"`
	FIDOKeys   []FIDOKey         `yaml:"fido_keys"`
	Policies   []PolicyDocument  `yaml:"policies"` // inline; their names are policy-1 and so on
	Tags       map[string]string `yaml:"tags"`
	Groups     []string          `yaml:"groups"` // names
	// ManagedPolicies and Boundary are ARNs, of the account's own policies or of AWS's.
	ManagedPolicies []string `yaml:"managed_policies"`
	Boundary        string   `yaml:"boundary"`
	// Password is for the console; "" for a user who cannot sign in there but by a
	// click on its name.
	Password string `yaml:"password"`
	// PasswordReset has the user set another one at the first sign-in.
	PasswordReset bool `yaml:"password_reset"`
}

// Group is one IAM group.
type Group struct {
	Name            string           `yaml:"name"`
	Path            string           `yaml:"path"`
	Policies        []PolicyDocument `yaml:"policies"`
	ManagedPolicies []string         `yaml:"managed_policies"`
}

// ManagedPolicy is a policy that an account's users, groups and roles can share.
type ManagedPolicy struct {
	Name     string          `yaml:"name"`
	Path     string          `yaml:"path"`
	Document *PolicyDocument `yaml:"document"`
}

// PasswordPolicy says what an account's passwords must be, in the words of IAM.
type PasswordPolicy struct {
	MinimumLength   int  `yaml:"minimum_length"` // 6 to 128; 6 if zero
	Symbols         bool `yaml:"require_symbols"`
	Numbers         bool `yaml:"require_numbers"`
	Uppercase       bool `yaml:"require_uppercase"`
	Lowercase       bool `yaml:"require_lowercase"`
	UsersMayChange  bool `yaml:"users_may_change"` // their own, without a policy that allows it
	MaxAge          int  `yaml:"max_age"`          // days, 1 to 1095; 0 for no end
	ReusePrevention int  `yaml:"reuse_prevention"` // how many old ones are refused, 1 to 24; 0 for none
	HardExpiry      bool `yaml:"hard_expiry"`      // an old password cannot be changed by its user
}

// AccessKey is one long-term key. Its id is AKIA, capitals and digits, and
// EXAMPLE at the end, 20 characters in all; its secret is 40 characters that
// hold EXAMPLE, so that no real key is ever put into a world.
type AccessKey struct {
	ID     string `yaml:"id"`
	Secret string `yaml:"secret"`
	Status string `yaml:"status"` // Active (also if empty) or Inactive
}

// MFADevice is a virtual device.
type MFADevice struct {
	Name string `yaml:"name"` // serial number: arn:aws:iam::ACCOUNT:mfa/NAME
	Seed string `yaml:"seed"` // base32 without padding
}

// FIDOKey is a security key or passkey: IAM lists it, and it has no codes.
type FIDOKey struct {
	Name string `yaml:"name"` // serial number: arn:aws:iam::ACCOUNT:u2f/user/USER/NAME-…
}

// Role is one IAM role. A role of a world without policies may use all of STS.
type Role struct {
	Name               string           `yaml:"name"`
	Path               string           `yaml:"path"`
	MaxSessionDuration time.Duration    `yaml:"max_session_duration"` // 1h to 12h; 1h if zero
	Trust              *PolicyDocument  `yaml:"trust"`
	Policies           []PolicyDocument `yaml:"policies"`
	ManagedPolicies    []string         `yaml:"managed_policies"` // ARNs
	Boundary           string           `yaml:"boundary"`         // ARN
}

// OIDCProvider is an identity provider that an account trusts; the sandbox owns
// its key and signs its tokens.
type OIDCProvider struct {
	URL       string   `yaml:"url"` // https://…
	ClientIDs []string `yaml:"client_ids"`
	Algorithm string   `yaml:"algorithm"` // ES256 (also if empty) or RS256
}

// WebIdentity is a workload with tokens of an OIDC provider.
type WebIdentity struct {
	Name     string         `yaml:"name"`
	Issuer   string         `yaml:"issuer"`
	Subject  string         `yaml:"subject"`
	Audience string         `yaml:"audience"` // sts.amazonaws.com if empty
	Claims   map[string]any `yaml:"claims"`
}

// IdentityCenter is the organisation's instance of IAM Identity Center.
type IdentityCenter struct {
	StartURL string    `yaml:"start_url"`
	Region   string    `yaml:"region"`  // the world's region if empty
	Session  string    `yaml:"session"` // name of the sso-session section in the config file
	Users    []SSOUser `yaml:"users"`
	// Generated are more accounts for some of the users; nil for none.
	Generated *Generated `yaml:"generated"`
}

// SSOUser is a person in the Identity Center.
type SSOUser struct {
	Name        string       `yaml:"name"`
	Email       string       `yaml:"email"`
	Assignments []Assignment `yaml:"assignments"`
}

// Assignment gives a person a permission set in an account.
type Assignment struct {
	Account       string `yaml:"account"` // id or name
	PermissionSet string `yaml:"permission_set"`
}

// InstanceProfile is the EC2 instance that IMDS describes.
type InstanceProfile struct {
	Role       string `yaml:"role"` // ARN
	InstanceID string `yaml:"instance_id"`
}

// Profile is one profile of the config file that WriteHome writes.
type Profile struct {
	Name    string `yaml:"name"`
	Comment string `yaml:"comment"` // written above the section
	// KeysOf is the user whose first active key goes to the credentials file.
	KeysOf string `yaml:"keys_of"`
	// SSOUser is the person whose sign-in is put in the token cache.
	SSOUser string `yaml:"sso_user"`
	// LoginOf is the user whose console sign-in is put in the login cache.
	LoginOf string `yaml:"login_of"`
	// WebIdentity is the workload whose token file the profile names.
	WebIdentity string `yaml:"web_identity"`
	// Config are the keys of the section, in this order.
	Config Config `yaml:"config"`
}

// Config are keys of a section with their values, in the order of the file.
type Config []ConfigKey

// ConfigKey is one line of a section.
type ConfigKey struct{ Key, Value string }

func (c *Config) read(n *node) error {
	if n.kind != mappingNode && n.kind != nullNode {
		return errors.New("config is not a mapping of keys to values")
	}
	for i, key := range n.keys {
		if !n.values[i].scalar() {
			return fmt.Errorf("config key %q has not a single value", key.text)
		}
		*c = append(*c, ConfigKey{key.text, n.values[i].text})
	}
	return nil
}

// PolicyDocument is a policy in the JSON that AWS uses, or the same in YAML.
type PolicyDocument struct{ json string }

func (p *PolicyDocument) read(n *node) error {
	if n.kind == textNode {
		p.json = n.text
		return nil
	}
	raw, err := json.Marshal(n.value())
	p.json = string(raw)
	return err
}

// JSON returns the document as AWS would print it.
func (p PolicyDocument) JSON() string { return p.json }

//go:noinline
func (a *Account) arn(service, resource string) string {
	return "arn:aws:" + service + "::" + a.ID + ":" + resource
}

func (a *Account) userARN(u *User) string { return a.arn("iam", "user"+cleanPath(u.Path)+u.Name) }
func (a *Account) roleARN(r *Role) string { return a.arn("iam", "role"+cleanPath(r.Path)+r.Name) }

// fidoResource ends the serial number of a security key. It is unique by the part
// at its end, as AWS makes it.
func (a *Account) fidoResource(u *User, k FIDOKey) string {
	name := "u2f/user" + cleanPath(u.Path) + u.Name + "/" + k.Name
	return name + "-" + uniqueID("", a.arn("iam", name))
}

func (a *Account) serial(d MFADevice) string {
	return a.arn("iam", "mfa/"+d.Name)
}

// cleanPath makes "/" of no path.
//
//go:noinline
func cleanPath(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// account finds an account by id or name.
func (w *World) account(name string) *Account {
	for i := range w.Accounts {
		if a := &w.Accounts[i]; a.ID == name || a.Name == name {
			return a
		}
	}
	return nil
}

// role finds a role by its ARN.
func (w *World) role(arn string) (*Account, *Role) {
	for i := range w.Accounts {
		a := &w.Accounts[i]
		if !strings.Contains(arn, ":"+a.ID+":") {
			continue
		}
		for j := range a.Roles {
			if a.roleARN(&a.Roles[j]) == arn {
				return a, &a.Roles[j]
			}
		}
	}
	return nil, nil
}

// user finds a user by ARN, by ACCOUNT/NAME, or by a name that is the only one
// of its kind. n is how many there are.
func (w *World) user(name string) (a *Account, u *User, n int) {
	for i := range w.Accounts {
		acct := &w.Accounts[i]
		for j := range acct.Users {
			user := &acct.Users[j]
			if name == user.Name || name == acct.userARN(user) ||
				name == acct.Name+"/"+user.Name || name == acct.ID+"/"+user.Name {
				a, u = acct, user
				n++
			}
		}
	}
	return a, u, n
}
