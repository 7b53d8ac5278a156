package sandbox

import (
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"slices"
	"time"
)

const (
	statusActive   = "Active"
	statusInactive = "Inactive"

	// worldAge is how old everything in a world is when a server starts.
	worldAge = 90 * 24 * time.Hour
)

// entityKind is what an entity of IAM is.
type entityKind uint8

const (
	anAccount entityKind = iota
	aUser
	aGroup
	aRole
	aPolicy
	aDevice
	anAccessKey
	aCertificate
	anSSHKey
	aServiceCredential
)

// word is the kind in messages, and the resource type in ARNs.
func (k entityKind) word() string {
	return [...]string{"account", "user", "group", "role", "policy", "mfa", "access key", "certificate", "SSH key", "service credential"}[k]
}

// prefix begins the ids of a kind.
func (k entityKind) prefix() string {
	return [...]string{"", "AIDA", "AGPA", "AROA", "ANPA", "", "AKIA", "", "APKA", "ACCA"}[k]
}

// entity is one thing that IAM keeps. It is never written to once the store has
// it: a change makes another (see identities.edit).
type entity struct {
	kind    entityKind
	account *Account // nil: AWS's own
	path    string
	name    string
	id      string // unique among all that ever were
	created time.Time
	order   int // in which things were made
	tags    map[string]string

	permissions
	userParts
	assumable
	owned

	document    string // of a managed policy
	description string
	rules       *PasswordPolicy // of an account; nil: AWS's own rules
	reported    time.Time       // when the account's credential report was made
}

// permissions hang on users, groups and roles.
type permissions struct {
	inline   map[string]string // documents by name
	attached []string          // ARNs of managed policies
	boundary string            // ARN
}

// userParts are what users alone have.
type userParts struct {
	groups   []string // ids
	login    *loginProfile
	signedIn time.Time // with the password; zero: never
	indulged bool      // of a world; see entity.indulgence
}

// assumable is what roles alone have.
type assumable struct {
	trust   string
	session time.Duration // the longest
}

// owned is what belongs to a user, or to an account's root: devices, keys,
// certificates.
type owned struct {
	owner   string // id; "" of a device that nobody has
	status  string
	secret  string // of keys and service credentials
	body    string // of what was uploaded, or the service's name
	seed    []byte // of a virtual device
	drift   int64  // steps that a virtual device is ahead
	enabled time.Time
	works   time.Time // from when on a key is known everywhere
}

// clone is a copy to change.
func (e *entity) clone() *entity {
	out := *e
	out.tags, out.inline = maps.Clone(e.tags), maps.Clone(e.inline)
	out.attached, out.groups = slices.Clone(e.attached), slices.Clone(e.groups)
	if e.login != nil {
		login := *e.login
		out.login = &login
	}
	return &out
}

// arn names the entity. The serial number of a device is one.
func (e *entity) arn() string {
	switch {
	case e.account == nil:
		return "arn:aws:iam::aws:policy" + e.path + e.name
	case e.kind == anAccount:
		return e.account.arn("iam", "root")
	case e.kind == aDevice && e.seed == nil: // a security key
		return e.account.arn("iam", e.name)
	}
	return e.account.arn("iam", e.kind.word()+cleanPath(e.path)+e.name)
}

// shown is how a denial names the entity.
func (e *entity) shown() string {
	switch e.kind {
	case aUser, aGroup, aRole:
		return e.kind.word() + " " + e.name
	case aPolicy:
		return "policy " + e.arn()
	case anAccount:
		return "user "
	}
	return e.arn()
}

// uniqueID makes the id that AWS gives a thing at its creation: the same for
// the same text, and marked as fake.
func uniqueID(prefix, of string) string {
	sum := sha256.Sum256([]byte(of))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:10] + "EXAMPLE"
}
