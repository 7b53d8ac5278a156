package explain

import (
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/origin"
)

// Cached is what a file of the sign-in caches, which all AWS tools share, says of
// itself.
type Cached struct {
	Path string
	// Kind is one of the constants.
	Kind CachedKind
	// Expires is when what it holds is over, Registered until when its refresh
	// token serves; zero where it has none.
	Expires, Registered time.Time
}

// CachedKind says what a cache file holds.
type CachedKind int

// The kinds of cache file.
const (
	CachedOther   CachedKind = iota // something else, such as the CLI's telemetry
	CachedToken                     // a sign-in at Identity Center
	CachedClient                    // the registration of a client there
	CachedLogin                     // a sign-in at the console
	CachedRole                      // credentials of a role, of the AWS CLI
	CachedSSORole                   // the same, from Identity Center
	CachedDamaged
)

// stale is how long something must be over to be worth a word: a sign-in that ended
// yesterday is what today's begins with.
const stale = 7 * 24 * time.Hour

// Standing reports whether a sign-in still is one, or can be renewed.
func (c Cached) Standing(now time.Time) bool {
	return (c.Kind == CachedToken || c.Kind == CachedLogin) && (c.Expires.After(now) || c.Registered.After(now))
}

// Caches judges the files of the sign-in caches.
func Caches(list []Cached, now time.Time) []Weighed {
	signedIn := false
	for _, c := range list {
		signedIn = signedIn || c.Standing(now)
	}
	var found []Weighed
	for _, c := range list {
		if w, ok := c.judge(now, signedIn); ok {
			found = append(found, w)
		}
	}
	return found
}

func (c Cached) judge(now time.Time, signedIn bool) (Weighed, bool) {
	folder := c.Path[:max(0, strings.LastIndexAny(c.Path, `/\`))]
	f := Finding{Where: at(origin.File(c.Path, 0, ""))}
	weight := WeightNote
	over := now.Sub(c.Expires) > stale && now.Sub(c.Registered) > stale
	switch {
	case c.Kind == CachedDamaged:
		weight, f.Code, f.What = WeightWarning, "damaged-cache", "a cache file cannot be read"
	case c.Kind == CachedSSORole && !signedIn && c.Expires.After(now):
		weight, f.Code, f.What = WeightSecurity, "cached-after-sign-out", "credentials of the AWS CLI outlive the sign-in that they were made with"
		f.Why = "they stand in plaintext, and are good until " + c.Expires.UTC().Format(time.RFC3339)
	case !over || c.Kind == CachedOther:
		return Weighed{}, false
	case c.Kind == CachedToken || c.Kind == CachedLogin:
		f.Code, f.What, f.Why = "dead-sign-in", "a sign-in that ended more than a week ago is still in the cache", "nothing can renew it, and it holds tokens in plaintext"
	case c.Kind == CachedClient:
		f.Code, f.What, f.Why = "dead-registration", "a client's registration at Identity Center that ended more than a week ago is still in the cache", "the next sign-in registers anew"
	default:
		f.Code, f.What, f.Why = "dead-cli-cache", "credentials of the AWS CLI that ended more than a week ago are still in its cache", "they stand in plaintext, and serve nobody"
	}
	w := Weigh(weight, f)
	w.cause = w.What + folder
	return w.with("rm", c.Path), true
}
