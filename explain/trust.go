package explain

import (
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/policy"
)

// RoleCall is what is known of a call that AWS has refused: AssumeRole, or
// AssumeRoleWithWebIdentity. AWS answers the same for most reasons, so that the rest
// has to be found out from what was asked, and by whom.
type RoleCall struct {
	Step chain.Step
	Err  *awsapi.APIError
	// Source is the step whose credentials signed the call, nil for web identity.
	Source *chain.Step
	// KeyID, CallerARN and UserID are those of the credentials that signed, ""
	// where they are not known.
	KeyID, CallerARN, UserID string
	// CallerRoleARN is the role of a caller that is a role's session, with its path;
	// "" where that is not known.
	CallerRoleARN string
	// MFASince is when the MFA session that signed was made, zero if unknown.
	MFASince time.Time
	// Now is AWS's time.
	Now time.Time
	// Role is what iam:GetRole says of the role, nil where it could not be asked.
	// Missing: IAM says that the account has no role of the name.
	Role    *awsapi.Role
	Missing bool
	// Token holds what the token file claims, nil where there is none.
	Token *Claims
}

// Claims are those of a web identity token that trust policies look at. Nobody has
// checked its signature.
type Claims struct {
	Issuer, Subject string
	Audience        []string
	Expires         time.Time
}

// Refusal is what a refused RoleCall comes to: the facts, what the trust policy
// makes of them where it could be read, and what follows.
type Refusal struct {
	Facts []Detail    `json:"facts"`
	Trust []Statement `json:"trust_policy,omitempty"`
	// Why and Fix are "" where nothing follows from the facts.
	Why string `json:"why,omitempty"`
	Fix string `json:"fix,omitempty"`
}

// Detail is one thing that is known of the call.
type Detail struct {
	Name string `json:"name"` // caller, account, mfa, external-id …
	Text string `json:"text"`
}

// Statement is one statement of the trust policy.
type Statement struct {
	Number int    `json:"number"`
	Sid    string `json:"sid,omitempty"`
	Effect string `json:"effect"` // allow, deny
	// Verdict is matches, misses or unsure, Reasons why it does not match.
	Verdict string   `json:"verdict"`
	Reasons []string `json:"reasons,omitempty"`
}

// The most of a trust policy that is shown: statements, reasons of one, and
// characters of the values of an element. AWS allows 4,096 characters in all.
const (
	maxStatements = 20
	maxReasons    = 8
	maxValues     = 300
)

// Explain says what is known of the call, and what follows from it.
func (c *RoleCall) Explain() *Refusal {
	r := &Refusal{}
	c.facts(r)
	traces := c.trace(r)
	c.conclude(r, traces)
	for i := range r.Facts {
		r.Facts[i].Text = clean(r.Facts[i].Text)
	}
	r.Why, r.Fix = clean(r.Why), clean(r.Fix)
	return r
}

// trace asks the trust policy, statement by statement.
func (c *RoleCall) trace(r *Refusal) []policy.Trace {
	if c.Role == nil || c.Role.Trust == "" {
		return nil
	}
	d, err := policy.Parse([]byte(c.Role.Trust), policy.Trust)
	if err != nil {
		r.add("trust policy", "it was read, and is not understood: "+err.Error())
		return nil
	}
	traces := d.Trace(policy.Request{Action: c.action(), Caller: c.principal(), Context: c.context()}, c.known)
	for _, t := range traces[:min(len(traces), maxStatements)] {
		s := Statement{Number: t.Number, Sid: clean(t.Sid), Effect: "deny", Verdict: string(t.Verdict)}
		if t.Allow {
			s.Effect = "allow"
		}
		for _, reason := range t.Reasons[:min(len(t.Reasons), maxReasons)] {
			s.Reasons = append(s.Reasons, clean(reasonText(reason)))
		}
		r.Trust = append(r.Trust, s)
	}
	if len(traces) > maxStatements {
		r.add("trust policy", "it has more statements than are shown")
	}
	return traces
}

func reasonText(r policy.Reason) string {
	name, not := r.Element, ""
	if r.Not {
		name, not = "Not"+name, "no one of "
	}
	if r.Element == "Condition" {
		name = r.Operator + " " + r.Key
	}
	text := name + " wants " + not + values(r.Want)
	switch {
	case r.Unknown:
		return text + "; what the request has is not known here"
	case len(r.Have) == 0:
		return text + "; the request has none"
	}
	return text + "; the request has " + values(r.Have)
}

// values joins some of a list, shortened.
func values(list []string) string {
	text := strings.Join(list, " or ")
	if short := []rune(text); len(short) > maxValues {
		return string(short[:maxValues]) + "…"
	}
	return text
}

// action is what the caller was not authorised to do, by AWS's own words where they
// tell: tags and a source identity take permissions of their own.
func (c *RoleCall) action() string {
	if c.Step.Kind == chain.KindWebIdentity {
		return "sts:AssumeRoleWithWebIdentity"
	}
	for _, action := range []string{"sts:TagSession", "sts:SetSourceIdentity"} {
		if strings.Contains(c.Err.Message, "perform: "+action+" ") {
			return action
		}
	}
	return "sts:AssumeRole"
}

// principal is the caller in all the spellings of a Principal element.
func (c *RoleCall) principal() policy.Caller {
	arn, _ := awsapi.ParseARN(c.CallerARN)
	names := []string{c.CallerARN}
	if c.CallerRoleARN != "" {
		names = append(names, c.CallerRoleARN)
	}
	return policy.Caller{Kind: "AWS", Names: names, Account: arn.Account}
}

//go:noinline
func (r *Refusal) add(name, text string) { r.Facts = append(r.Facts, Detail{name, text}) }
