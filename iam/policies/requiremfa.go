package policies

// The keys that tell of MFA. Both are absent from requests that access keys sign;
// the second is also absent where there is no MFA.
const (
	mfaPresent = "aws:MultiFactorAuthPresent"
	mfaAge     = "aws:MultiFactorAuthAge" // in seconds
)

// RequireMFA denies everything without MFA, but for what it takes to use a device
// that is there. It allows nothing.
func RequireMFA() Document {
	return document(withoutMFA("NothingWithoutMFA", "ListMFADevices ResyncMFADevice sts:GetCallerIdentity sts:GetSessionToken"))
}

// withoutMFA denies all but some actions to temporary credentials without MFA, and to
// access keys, whose requests do not have the key at all: that is what IfExists is for.
func withoutMFA(sid, but string) string {
	return statement(sid, "Deny", "", "NotAction", but, "*", "BoolIfExists", mfaPresent, "false")
}
