package explain

import (
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/policy"
)

// conclude finds what follows from the facts, the surest first.
func (c *RoleCall) conclude(r *Refusal, traces []policy.Trace) {
	asked, ok := c.Step.Input(chain.InputRoleARN)
	where := "role_arn"
	if ok {
		where = "role_arn at " + asked.Origin.Position()
	}
	switch kind := denyingPolicy(c.Err.Message); {
	case c.Missing:
		r.Why, r.Fix = "there is no such role", "correct "+where
	case c.Role != nil && c.Role.ARN != asked.Value:
		r.Why = "the role is " + c.Role.ARN + ": its path and its letters' case are part of its name"
		r.Fix = "write role_arn = " + c.Role.ARN + " in place of " + where
	case kind != "" && kind != "resource-based policy":
		r.Why, r.Fix = "a "+kind+" denies it, whatever allows it", denyFix(kind)
	case len(traces) > 0:
		c.fromTrust(r, traces)
	case silentPolicy(c.Err.Message) == "session policy":
		r.Why, r.Fix = "the session that assumes the role was narrowed by a policy", "allow "+c.action()+" in that session policy, or leave it out"
	case silentPolicy(c.Err.Message) == "identity-based policy":
		r.Why, r.Fix = "the caller's own policies do not allow it", c.allowCaller()
	case c.Step.Kind == chain.KindWebIdentity && c.Token != nil:
		c.fromToken(r)
	default:
		c.unread(r)
	}
}

func denyFix(kind string) string {
	switch kind {
	case "service control policy", "resource control policy":
		return "ask who administers the organisation: such policies hold for whole accounts, administrators included"
	case "permissions boundary":
		return "have the permissions boundary of the caller changed: it limits what any other policy can allow"
	case "session policy":
		return "leave the session policy of the session before out, or allow it there"
	}
	return "have that policy of the caller changed; if it asks for MFA, use a session with MFA (latchkey exec --mfa)"
}

func (c *RoleCall) allowCaller() string {
	return "have a policy of " + c.name() + " allow " + c.action() + " on " + c.Step.Get(chain.InputRoleARN)
}

func (c *RoleCall) name() string {
	if c.CallerARN == "" {
		return "the caller"
	}
	return c.CallerARN
}

// fromTrust concludes from the trust policy: a statement that denies, one that
// allows, so that it is the other side that does not, or the one that comes closest.
func (c *RoleCall) fromTrust(r *Refusal, traces []policy.Trace) {
	var near *policy.Trace
	for i := range traces {
		t := &traces[i]
		switch {
		case !t.Allow && t.Verdict == policy.Matches:
			r.Why, r.Fix = "statement "+number(t)+" of the trust policy denies it", "have that statement changed, or meet what it exempts"
			return
		case t.Allow && (near == nil || closer(*t, *near)):
			near = t
		}
	}
	switch {
	case near == nil:
		r.Why, r.Fix = "the trust policy allows nobody anything", "have it name "+c.name()
	case near.Verdict == policy.Matches:
		r.Why = "the trust policy allows it, in statement " + number(near) + "; so what is missing is on the caller's side: its own policy, a permissions boundary, or a policy of the organisation"
		r.Fix = c.allowCaller()
	default:
		r.Why = "statement " + number(near) + " of the trust policy comes closest: " + reasonText(near.Reasons[0])
		if more := len(near.Reasons) - 1; more > 0 {
			r.Why += ", and more that is listed above"
		}
		r.Fix = c.meet(near.Reasons)
	}
}

// closer reports whether a statement is nearer to allowing the call than another:
// who and what count before conditions, which a caller can meet.
func closer(a, b policy.Trace) bool { return missing(a) < missing(b) }

func missing(t policy.Trace) int {
	n := 0
	for _, reason := range t.Reasons {
		switch {
		case reason.Element != "Condition":
			n += 100
		case reason.Unknown:
			n++
		default:
			n += 10
		}
	}
	return n
}

func number(t *policy.Trace) string {
	if t.Sid == "" {
		return strconv.Itoa(t.Number)
	}
	return strconv.Itoa(t.Number) + " (" + t.Sid + ")"
}

// meet says how the reasons of a statement are met: what the profile can give, and
// what only the role's owner can change.
func (c *RoleCall) meet(reasons []policy.Reason) string {
	var fixes []string
	for _, reason := range reasons {
		fix := c.meetOne(reason)
		if len(fixes) == 0 || fixes[len(fixes)-1] != fix {
			fixes = append(fixes, fix)
		}
	}
	return strings.Join(fixes, "; ")
}

func (c *RoleCall) meetOne(r policy.Reason) string {
	want := ""
	if len(r.Want) > 0 {
		want = r.Want[0]
	}
	in := ""
	if c.Step.Profile != "" {
		in = " in profile " + c.Step.Profile
	}
	switch key := strings.ToLower(r.Key); {
	case r.Element == "Principal":
		return "have the trust policy name " + c.name() + ", or its account"
	case r.Element == "Action":
		return "have the trust policy allow " + c.action()
	case r.Unknown, strings.Contains(r.Operator, "Not"):
		return "see that " + r.Key + " is what the policy wants"
	case strings.HasPrefix(key, "aws:multifactorauth"):
		return c.meetMFA(key, in)
	case key == "sts:externalid":
		return "write external_id = " + want + in
	case key == "sts:sourceidentity":
		return "write source_identity = " + want + in
	case key == "sts:rolesessionname":
		return "write role_session_name = " + want + in
	case key == "sts:durationseconds":
		return "write a duration_seconds that the policy wants" + in
	case strings.HasPrefix(key, "aws:requesttag/"):
		return "add " + r.Key[len("aws:RequestTag/"):] + "=" + want + " to session_tags" + in
	}
	return "see that " + r.Key + " is what the policy wants"
}

func (c *RoleCall) meetMFA(key, in string) string {
	caller, _ := awsapi.ParseARN(c.CallerARN)
	switch {
	case key == "aws:multifactorauthage" && c.mfa() == mfaYes:
		return "give a new code: latchkey sessions forget " + Word(c.Step.Profile) + ", and again"
	case strings.HasPrefix(caller.Resource, "user/"):
		return "write mfa_serial = the ARN of a device of " + c.CallerARN + in
	}
	return "have the condition taken out of the trust policy: only a user's own keys can bring MFA, and the caller is a role's session"
}

// fromToken concludes without the trust policy, which nobody can read before the
// role is there.
func (c *RoleCall) fromToken(r *Refusal) {
	if end := c.Token.Expires; !end.IsZero() && !c.Now.Before(end) {
		r.Why, r.Fix = "the token is over", "have a new one written to the file"
		return
	}
	host := strings.TrimPrefix(c.Token.Issuer, "https://")
	r.Why = "the role's trust policy does not accept this token; it cannot be read before the role is there"
	r.Fix = "have it compared, in the role's account: Federated with the provider of " + host + ", " + host + ":aud with " + values(c.Token.Audience) + ", " + host + ":sub with " + c.Token.Subject
}

// unread says what is left where the trust policy is not known: IAM shows it in the
// role's own account only, and to those who may read it.
func (c *RoleCall) unread(r *Refusal) {
	role, ok := awsapi.ParseARN(c.Step.Get(chain.InputRoleARN))
	if !ok {
		return
	}
	var ask []string
	if c.mfa() == mfaAbsent || c.mfa() == mfaNo {
		ask = append(ask, "MFA (mfa_serial)")
	}
	var given []string
	for _, v := range []struct{ input, name string }{{chain.InputExternalID, "an external_id"}, {chain.InputSourceID, "a source_identity"}, {chain.InputSessionName, "a role_session_name"}} {
		if in, ok := c.Step.Input(v.input); ok {
			given = append(given, v.input+" at "+in.Origin.Position())
		} else {
			ask = append(ask, v.name)
		}
	}
	r.Why = "the trust policy could not be read with the caller's credentials"
	name := role.Resource[strings.LastIndex(role.Resource, "/")+1:]
	r.Fix = "have somebody in account " + role.Account + " run aws iam get-role --role-name " + Word(name) + ": that shows whether the role exists, under which ARN, and whether it trusts " + c.name()
	if len(given) > 0 {
		r.Fix += "; compare " + strings.Join(given, ", ") + " with what it wants"
	}
	if len(ask) > 0 {
		r.Fix += "; and whether it wants " + strings.Join(ask, ", ") + ", which the call does not have"
	}
}
