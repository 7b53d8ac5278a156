package sandbox

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/policy"
)

type callerKind uint8

const (
	kindUser      callerKind = iota // a user's long-term key
	kindRoot                        // the account's own long-term key
	kindSession                     // GetSessionToken, or a console sign-in
	kindRole                        // an assumed role
	kindFederated                   // GetFederationToken
)

// caller is who signed a request. It is immutable once its key is given out.
type caller struct {
	kind    callerKind
	account *Account
	user    *User  // of kindUser and kindSession
	role    *Role  // of kindRole; nil for a permission set, whose role is not ours to assume
	arn     string // as GetCallerIdentity shows it
	roleARN string // of kindRole
	userID  string

	keyID, secret, token string
	expires              time.Time // zero for long-term keys
	console              bool      // of kindSession: signed in at the console
	chained              bool      // of kindRole: assumed with another session

	revoked bool // ended before its time

	mfaAt          time.Time // when MFA was used, zero if not
	sourceIdentity string
	tags           []tag // session tags, inherited ones included
	transitive     map[string]bool
	sessionPolicy  *policy.Document
	policyARNs     []string
}

type tag struct{ key, value string }

// temporary reports whether the credentials are a session.
func (c *caller) temporary() bool { return c.token != "" }

// ended reports whether the credentials are good no more.
func (c *caller) ended(now time.Time) bool {
	return c.temporary() && (c.revoked || !now.Before(c.expires))
}

// principal gives the caller's names for a Principal element.
func (c *caller) principal() policy.Caller {
	names := []string{c.arn}
	if c.roleARN != "" {
		names = append(names, c.roleARN)
	}
	return policy.Caller{Kind: "AWS", Names: names, Account: c.account.ID}
}

// context gives the global condition keys that the caller brings.
func (c *caller) context(x *exchange) policy.Context {
	principalARN := c.arn
	if c.roleARN != "" {
		principalARN = c.roleARN
	}
	ctx := clockContext(x)
	ctx["aws:principalarn"] = []string{principalARN}
	ctx["aws:principalaccount"] = []string{c.account.ID}
	ctx["aws:userid"] = []string{c.userID}
	if c.user != nil {
		ctx["aws:username"] = []string{c.user.Name}
		for key, value := range c.user.Tags {
			ctx["aws:principaltag/"+strings.ToLower(key)] = []string{value}
		}
	}
	for _, t := range c.tags {
		ctx["aws:principaltag/"+strings.ToLower(t.key)] = []string{t.value}
	}
	if c.sourceIdentity != "" {
		ctx["aws:sourceidentity"] = []string{c.sourceIdentity}
	}
	if c.temporary() {
		ctx["aws:multifactorauthpresent"] = []string{strconv.FormatBool(!c.mfaAt.IsZero())}
	}
	if !c.mfaAt.IsZero() {
		ctx["aws:multifactorauthage"] = []string{strconv.Itoa(int(x.now.Sub(c.mfaAt).Seconds()))}
	}
	return ctx
}

// clockContext gives the condition keys that every request has.
func clockContext(x *exchange) policy.Context {
	ctx := policy.Context{
		"aws:currenttime":     {x.now.UTC().Format(time.RFC3339)},
		"aws:epochtime":       {strconv.FormatInt(x.now.Unix(), 10)},
		"aws:securetransport": {"false"},
	}
	if addr := x.r.RemoteAddr; strings.Contains(addr, ":") {
		ctx["aws:sourceip"] = []string{strings.Trim(addr[:strings.LastIndex(addr, ":")], "[]")}
	}
	return ctx
}

// uniqueID makes the id that AWS gives a thing at its creation: the same for
// the same ARN, and marked as fake.
func uniqueID(prefix, arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:10] + "EXAMPLE"
}

// populate makes the callers of all long-term keys, the devices and the keys
// of the token issuers.
func (s *Server) populate() error {
	s.began = s.now().Add(-worldAge).Truncate(time.Second)
	for i := range s.world.Accounts {
		a := &s.world.Accounts[i]
		for _, k := range a.RootAccessKeys {
			s.addKey(subject{account: a}, k)
		}
		for j := range a.Users {
			u := &a.Users[j]
			for _, k := range u.AccessKeys {
				s.addKey(subject{a, u}, k)
			}
			for _, d := range u.MFADevices {
				s.devices.add(a.serial(d), a, u, d.Seed)
			}
		}
	}
	return s.makeIssuers()
}

func (s *Server) addKey(who subject, k AccessKey) {
	c := who.caller()
	c.keyID, c.secret = k.ID, k.Secret
	s.keys.add(&accessKey{caller: c, inactive: k.Status == statusInactive, created: s.began})
}
