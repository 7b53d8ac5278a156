package sandbox

import (
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

// caller is who signed a request. It is immutable once its key is given out; each
// request gets a copy that knows the holder as it is then.
type caller struct {
	kind    callerKind
	account *Account
	// holder is whose permissions these are: the user of kindUser and kindSession,
	// who called GetFederationToken, the role; nil for root and for the role of a
	// permission set, which is not ours to assume.
	holder  *entity
	arn     string // as GetCallerIdentity shows it
	roleARN string // of kindRole
	userID  string

	keyID, secret, token string
	expires              time.Time // zero for long-term keys
	console              bool      // of kindSession: signed in at the console
	chained              bool      // of kindRole: assumed with another session

	issued  time.Time // of a session
	parent  string    // the long-term key that it lives with; "" for none
	revoked bool      // ended before its time

	mfaAt          time.Time // when MFA was used, zero if not
	sourceIdentity string
	tags           []tag // session tags, inherited ones included
	transitive     map[string]bool
	sessionPolicy  *policy.Document
	policyARNs     []string
	granted        grants // what the holder's policies were when this was looked up
}

type tag struct{ key, value string }

// user is who it is; nil unless it is a user, or a user's session.
func (c *caller) user() *entity {
	if c.kind == kindUser || c.kind == kindSession {
		return c.holder
	}
	return nil
}

// callerOf is a user, or an account's root, without a key.
func callerOf(e *entity) *caller {
	c := &caller{account: e.account, arn: e.arn(), userID: e.id}
	if e.kind == anAccount {
		c.kind = kindRoot
		return c
	}
	c.holder = e
	return c
}

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
	ctx["aws:principaltype"] = []string{[...]string{"User", "Account", "User", "AssumedRole", "FederatedUser"}[c.kind]}
	if c.user() != nil {
		ctx["aws:username"] = []string{c.holder.name}
	}
	if c.holder != nil {
		for key, value := range c.holder.tags {
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
		ctx["aws:tokenissuetime"] = []string{c.issued.UTC().Format(time.RFC3339)}
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
