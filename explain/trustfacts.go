package explain

import (
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/policy"
)

// mfaState says whether a call carries MFA, as condition keys tell it.
type mfaState uint8

const (
	mfaUnknown mfaState = iota
	mfaAbsent           // long-term keys: the keys are not there
	mfaNo               // a session without MFA
	mfaYes
)

// mfa follows from the plan and the kind of key that signed
// (IAM user guide, reference_policies_condition-keys).
func (c *RoleCall) mfa() mfaState {
	switch {
	case c.Step.Kind == chain.KindWebIdentity:
		return mfaAbsent
	case c.Step.AsksCode(), c.Source != nil && c.Source.Kind == chain.KindSessionToken && c.Source.AsksCode():
		return mfaYes
	case strings.HasPrefix(c.KeyID, "AKIA"):
		return mfaAbsent
	}
	if c.Source != nil {
		switch c.Source.Kind {
		case chain.KindStatic, chain.KindEnvironment, chain.KindVault:
			if !c.Source.Temporary() {
				return mfaAbsent
			}
		case chain.KindSSO, chain.KindWebIdentity, chain.KindContainer, chain.KindIMDS, chain.KindAssumeRole:
			return mfaNo
		}
	}
	return mfaUnknown
}

// facts tells who asks for what, in the words of the settings.
func (c *RoleCall) facts(r *Refusal) {
	c.whose(r)
	if c.Step.Kind == chain.KindWebIdentity {
		c.tokenFacts(r)
	} else {
		c.roleFacts(r)
	}
	if kind := denyingPolicy(c.Err.Message); kind != "" {
		r.add("denied by", kind+", as AWS says")
	} else if kind := silentPolicy(c.Err.Message); kind != "" {
		r.add("not allowed by", "any "+kind+", as AWS says")
	}
	switch {
	case c.Missing:
		r.add("role", "iam:GetRole finds none of the name in this account")
	case c.Role != nil:
		r.add("role", "it exists as "+c.Role.ARN)
	}
}

// whose compares the accounts on both sides.
func (c *RoleCall) whose(r *Refusal) {
	if c.CallerARN != "" {
		r.add("caller", c.CallerARN)
	}
	caller, known := awsapi.ParseARN(c.CallerARN)
	role, ok := awsapi.ParseARN(c.Step.Get(chain.InputRoleARN))
	switch {
	case !known || !ok:
	case caller.Partition != role.Partition:
		r.add("account", "the caller is in partition "+caller.Partition+" and the role in "+role.Partition+", which know nothing of each other")
	case caller.Account == role.Account:
		r.add("account", "both are in "+role.Account+": a trust policy that names the caller itself is enough")
	default:
		r.add("account", "the caller is in "+caller.Account+", the role in "+role.Account+": the caller's own policy and the role's trust policy must both allow it")
	}
}

func (c *RoleCall) roleFacts(r *Refusal) {
	switch c.mfa() {
	case mfaYes:
		text := "the call carries MFA"
		if age := c.mfaAge(); age > 0 {
			text += ", " + age.Truncate(time.Second).String() + " old"
		}
		r.add("mfa", text)
	case mfaAbsent, mfaNo:
		r.add("mfa", "the call carries none")
	case mfaUnknown:
		r.add("mfa", "whether the call carries any is not known here")
	}
	for _, v := range []struct{ name, input string }{
		{"external id", chain.InputExternalID}, {"session name", chain.InputSessionName}, {"source identity", chain.InputSourceID}, {"session tags", chain.InputTags},
	} {
		in, ok := c.Step.Input(v.input)
		text := "none is given"
		switch {
		case ok:
			text = in.Value + " (" + in.Origin.String() + ")"
		case v.input == chain.InputSessionName:
			text = "none is chosen, so that it is latchkey and a number"
		case v.input == chain.InputTags:
			continue
		}
		r.add(v.name, text)
	}
}

func (c *RoleCall) tokenFacts(r *Refusal) {
	if c.Token == nil {
		return
	}
	r.add("token", "issuer "+c.Token.Issuer+", audience "+values(c.Token.Audience)+", subject "+c.Token.Subject)
	if end := c.Token.Expires; !end.IsZero() && !c.Now.Before(end) {
		r.add("token", "it has expired, at "+end.UTC().Format(time.RFC3339))
	}
}

func (c *RoleCall) mfaAge() time.Duration {
	if c.MFASince.IsZero() || c.Step.AsksCode() {
		return 0
	}
	return max(0, c.Now.Sub(c.MFASince))
}

// context gives the condition keys that are known of the call.
func (c *RoleCall) context() policy.Context {
	ctx := policy.Context{
		"aws:currenttime": {c.Now.UTC().Format(time.RFC3339)}, "aws:epochtime": {strconv.FormatInt(c.Now.Unix(), 10)},
		"sts:rolesessionname": {c.Step.Get(chain.InputSessionName)},
	}
	if c.Step.Get(chain.InputSessionName) == "" {
		know(ctx, "sts:rolesessionname", "latchkey-"+strconv.FormatInt(c.Now.Unix(), 10))
	}
	know(ctx, "sts:externalid", c.Step.Get(chain.InputExternalID))
	know(ctx, "sts:sourceidentity", c.Step.Get(chain.InputSourceID))
	know(ctx, "sts:durationseconds", c.Step.Get(chain.InputDuration))
	know(ctx, "aws:userid", c.UserID)
	caller, _ := awsapi.ParseARN(c.CallerARN)
	know(ctx, "aws:principalaccount", caller.Account)
	if name, user := strings.CutPrefix(caller.Resource, "user/"); user {
		know(ctx, "aws:username", name[strings.LastIndex(name, "/")+1:])
		know(ctx, "aws:principalarn", c.CallerARN)
	}
	know(ctx, "aws:principalarn", c.CallerRoleARN)
	switch c.mfa() {
	case mfaYes:
		know(ctx, "aws:multifactorauthpresent", "true")
		if !c.MFASince.IsZero() || c.Step.AsksCode() {
			know(ctx, "aws:multifactorauthage", strconv.Itoa(int(c.mfaAge().Seconds())))
		}
	case mfaNo:
		know(ctx, "aws:multifactorauthpresent", "false")
	}
	tags, err := chain.ParseTags(c.Step.Get(chain.InputTags))
	for _, t := range tags {
		if err == nil {
			know(ctx, "aws:requesttag/"+strings.ToLower(t.Key), t.Value)
			ctx["aws:tagkeys"] = append(ctx["aws:tagkeys"], t.Key)
		}
	}
	return ctx
}

// know adds a condition key that has a value.
//
//go:noinline
func know(ctx policy.Context, key, value string) {
	if value != "" {
		ctx[key] = []string{value}
	}
}

// known tells of a condition key that the context lacks whether the call surely
// lacks it as well.
func (c *RoleCall) known(key string) bool {
	switch key {
	case "sts:externalid", "sts:sourceidentity", "sts:durationseconds", "sts:rolesessionname", "aws:tagkeys":
		return true
	case "sts:transitivetagkeys":
		return c.Step.Get(chain.InputTransitive) == ""
	case "aws:multifactorauthpresent":
		return c.mfa() != mfaUnknown
	case "aws:multifactorauthage":
		return c.mfa() == mfaAbsent || c.mfa() == mfaNo
	case "aws:username":
		return c.CallerARN != ""
	}
	return strings.HasPrefix(key, "aws:requesttag/")
}

// denyingPolicy is the kind of policy that a message names as denying, "" if it
// names none: AWS writes "with an explicit deny in a service control policy".
func denyingPolicy(message string) string {
	_, rest, found := strings.Cut(message, "with an explicit deny in a")
	if !found {
		return ""
	}
	return policyKind(rest)
}

// silentPolicy is the kind of which AWS says that none of it allows the call:
// "because no session policy allows the sts:AssumeRole action".
func silentPolicy(message string) string {
	_, rest, found := strings.Cut(message, "because no ")
	if kind, _, allows := strings.Cut(rest, " allows the "); found && allows {
		return policyKind(kind)
	}
	return ""
}

func policyKind(text string) string {
	for _, kind := range []string{"service control policy", "resource control policy", "permissions boundary", "session policy", "identity-based policy", "resource-based policy", "VPC endpoint policy"} {
		if strings.Contains(text, kind) {
			return kind
		}
	}
	return ""
}
