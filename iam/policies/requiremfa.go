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
	return Document{[]statement{{
		sid: "NothingWithoutMFA", deny: true,
		notActions: []string{"iam:ListMFADevices", "iam:ResyncMFADevice", "sts:GetCallerIdentity", "sts:GetSessionToken"},
		resources:  []string{"*"}, conditions: withoutMFA(),
	}}}
}

// withoutMFA holds for temporary credentials without MFA, and for access keys, whose
// requests do not have the key at all: that is what IfExists is for.
func withoutMFA() []condition { return []condition{{"BoolIfExists", mfaPresent, "false"}} }
