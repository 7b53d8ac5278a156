package explain

import (
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
)

// whoMustAllow says whose policies count, which differs inside an account and over
// accounts (IAM's policy evaluation logic).
func whoMustAllow(known facts, f *Finding) {
	caller, ok := awsapi.ParseARN(known.get(FactCaller))
	role, roleOK := awsapi.ParseARN(known.get(FactResource))
	switch {
	case !ok || !roleOK || caller.Account == "" || role.Account == "":
	case caller.Account == role.Account:
		f.Why += "; caller and role are in one account, where the trust policy alone is enough if it names the caller itself"
	default:
		f.Why += "; caller and role are in two accounts, so that both must allow it: the caller's policy in " + caller.Account + " and the trust policy in " + role.Account
	}
}

const denied = "AccessDenied"

func deniedCodes() []string { return []string{denied, "AccessDeniedException"} }

// explicitDeny is the rule of a policy that denies, whoever allows.
const explicitDeny = "explicit-deny"

// roleRules are about AssumeRole and what policies allow.
func roleRules() []Rule {
	return []Rule{
		{
			Code: "assume-role-denied", Title: "The role is not assumed for this caller", Class: ClassRefused,
			Why: "the caller's policy does not allow it, the role's trust policy does not name the caller, one of its conditions (MFA, external id, source identity) is not met, or there is no such role: AWS answers the same to all",
			Fix: "compare role_arn letter by letter with the role, then its trust policy with the caller and with mfa_serial, external_id and source_identity of the profile",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html",
			Texts:   []Text{{Raw: "is not authorized to perform: sts:AssumeRole on resource: *", By: "all tools"}},
			answers: []answer{{codes: deniedCodes(), words: "perform: sts:AssumeRole on"}},
			inputs:  refusedInputs(),
			Over:    []Precedence{{"permission-missing", "a role has a trust policy as well"}},
			refine:  whoMustAllow,
		},
		{
			Code: explicitDeny, Title: "A policy denies it, whatever else allows it", Class: ClassRefused,
			Why: "a policy of the kind the message names denies it, whatever allows it", Fix: "have that policy changed; if it asks for MFA, use a session with MFA",
			See: "latchkey whoami PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
			Texts: []Text{
				{Raw: "with an explicit deny in a service control policy", By: "all tools", Why: "a service control policy of the organisation denies it, whatever the account allows", Fix: "ask whoever runs the organisation"},
				{Raw: "with an explicit deny in a permissions boundary", By: "all tools", Why: "the permissions boundary of the user or role denies it"},
				{Raw: "with an explicit deny in a session policy", By: "all tools", Why: "the policy that the session was narrowed with denies it", Fix: "make the session without --session-policy, --policy-arn and --read-only, or with a wider policy"},
				{Raw: "with an explicit deny in an identity-based policy", By: "all tools", Why: "a policy of the user or role denies it; where nearly everything is denied, it is one that wants MFA, and the session has none", Fix: "make a session with MFA: add mfa_serial to the profile, or say --mfa; else have the policy changed"},
				{Raw: "with an explicit deny", By: "all tools"},
			},
			answers: []answer{{codes: deniedCodes(), words: "explicit deny"}},
			inputs:  refusedInputs(),
			Over:    []Precedence{{"assume-role-denied", "the message says who denies it"}, {"permission-missing", "the message says who denies it"}},
		},
		{
			Code: "permission-missing", Title: "No policy allows it", Class: ClassRefused,
			Why: "no policy of the caller allows the action on the resource", Fix: "see with latchkey whoami PROFILE who asks, and have the action allowed to it",
			See: "latchkey whoami PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
			Texts:   []Text{{Raw: "is not authorized to perform: *", By: "all tools"}, {Raw: "You are not authorized to perform this operation", By: "all tools, for EC2"}},
			answers: []answer{{codes: append(deniedCodes(), "UnauthorizedOperation", "AccessDeniedFault"), words: "authorized to perform"}},
			inputs:  refusedInputs(),
		},
	}
}

// limitRules are about what sessions there cannot be.
func limitRules() []Rule {
	return []Rule{
		{
			Code: "role-duration", Title: "The role's sessions do not last that long", Class: ClassRefused,
			Why: "the role's own maximum is shorter than what was asked for", Fix: "lower duration_seconds (or --duration), or raise MaxSessionDuration of the role",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html",
			Texts:   []Text{{Raw: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role", By: "all tools"}},
			answers: []answer{{codes: []string{"ValidationError"}, words: "MaxSessionDuration"}},
			inputs:  append([]string{chain.InputDuration}, refusedInputs()...),
		},
		{
			Code: "chained-duration", Title: "A role that is assumed with a session lasts an hour", Class: ClassRefused,
			Why: "AWS limits a role that is assumed with a session to one hour", Fix: "ask for 3600 seconds, or assume the role directly from long-term keys",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html",
			Texts:   []Text{{Raw: "exceeds the 1 hour session limit for roles assumed by role chaining", By: "all tools"}},
			answers: []answer{{codes: []string{"ValidationError"}, words: "role chaining"}},
			inputs:  append([]string{chain.InputDuration}, refusedInputs()...),
		},
		{
			Code: "root", Title: "Root assumes no roles", Class: ClassRefused,
			Why: "the root user cannot assume roles", Fix: "use an IAM user or Identity Center",
			See: "latchkey whoami PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html",
			Texts:   []Text{{Raw: "Roles may not be assumed by root accounts", By: "all tools"}},
			answers: []answer{{codes: deniedCodes(), words: "root account"}},
			inputs:  refusedInputs(),
		},
		{
			Code: "session-of-session", Title: "A session makes no other session of this kind", Class: ClassRefused,
			Why: "an MFA session is made from long-term keys only, and these are a session already", Fix: "use the credentials as they are, or a profile with long-term keys",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html",
			Texts:   []Text{{Raw: "Cannot call GetSessionToken with session credentials", By: "all tools"}, {Raw: "Cannot call GetFederationToken with session credentials", By: "all tools"}},
			answers: []answer{{codes: deniedCodes(), words: "with session credentials"}},
			inputs:  refusedInputs(),
		},
		{
			Code: "policy-too-large", Title: "Session policies and tags are too large", Class: ClassRefused,
			Why: "session policies and tags together are too large", Fix: "shorten them",
			Page:    "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
			Texts:   []Text{{Raw: "PackedPolicyTooLarge", By: "all tools"}},
			answers: []answer{{codes: []string{"PackedPolicyTooLarge", "PackedPolicyTooLargeException"}}},
			inputs:  refusedInputs(),
		},
		{
			Code: "policy-malformed", Title: "The session policy is no valid policy", Class: ClassRefused,
			Why: "the session policy is not a valid policy", Fix: "correct the policy",
			Page:    "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html",
			Texts:   []Text{{Raw: "MalformedPolicyDocument", By: "all tools"}},
			answers: []answer{{codes: []string{"MalformedPolicyDocument", "MalformedPolicyDocumentException"}}},
			inputs:  refusedInputs(),
		},
	}
}
