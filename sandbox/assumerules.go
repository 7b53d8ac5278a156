package sandbox

import (
	"strings"
	"time"
)

// mfa reads the two parameters of MFA.
func (p *params) mfa() (serial, code string) {
	serial = p.text("SerialNumber", rule{shortest: 9, longest: 256, extra: "+=/:,.@-", pattern: `[\w+=/:,.@-]*`})
	code = p.text("TokenCode", rule{shortest: 6, longest: 6, digits: true, pattern: `[\d]*`})
	return serial, code
}

// checkMFA spends the code. It is spent also if the request is refused later
// for another reason.
func (s *Server) checkMFA(x *exchange, c *caller, serial, code string) *stsError {
	if serial == "" && code == "" {
		return nil
	}
	if serial == "" || code == "" {
		return denied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
	}
	d := s.iam.seen(x.now).byARN(aDevice, serial)
	if d == nil || d.seed == nil || c.user() == nil || d.owner != c.holder.id {
		return denied("MultiFactorAuthentication failed, unable to validate MFA code.  " +
			"Please verify your MFA serial number is valid and associated with this user.")
	}
	if !s.iam.spend(d, code, x.now) {
		return denied("MultiFactorAuthentication failed with invalid MFA one time pass code.")
	}
	return nil
}

// sessionLifetime applies the role's limit and that of role chaining, which
// holds for every caller with a session.
func sessionLifetime(asked time.Duration, role *entity, chained bool) (time.Duration, *stsError) {
	most := role.session
	if asked == 0 {
		asked = time.Hour
	}
	if chained && asked > time.Hour {
		return 0, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	if asked > most {
		return 0, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return asked, nil
}

// inheritTags joins the tags asked for with the transitive ones of the
// caller's session, which the request must not set again.
func inheritTags(c *caller, r request) (tags []tag, transitive map[string]bool, fail *stsError) {
	transitive = make(map[string]bool)
	for _, key := range r.transitive {
		transitive[strings.ToLower(key)] = true
	}
	tags = append(tags, r.tags...)
	for _, inherited := range c.tags {
		key := strings.ToLower(inherited.key)
		if !c.transitive[key] {
			continue
		}
		for _, asked := range r.tags {
			if strings.ToLower(asked.key) == key {
				return nil, nil, invalid("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
			}
		}
		transitive[key] = true
		tags = append(tags, inherited)
	}
	return tags, transitive, nil
}
