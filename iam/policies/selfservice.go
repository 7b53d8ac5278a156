package policies

// SelfServiceOptions vary SelfService.
type SelfServiceOptions struct {
	// Partition is that of the account; "" is aws.
	Partition string
	// OneDevice lets the user make a virtual MFA device of the user's own name only.
	// Otherwise whoever holds a stolen key or password can enable a second device of
	// their own, and has MFA. The price: a device that was made and never enabled
	// blocks the name, and an administrator has to delete it.
	OneDevice bool
}

// SelfService lets a user look after the own password, MFA devices and access keys,
// and denies all else until there is MFA. What must work before that is what
// "latchkey login" and "latchkey iam enroll" need. Devices can be removed with MFA
// only: whoever steals a password or key must not get rid of them.
//
// It suits any user, whatever the user's path: user names are unique in an account.
func SelfService(o SelfServiceOptions) Document {
	device := "*"
	if o.OneDevice {
		device = userName
	}
	return Document{[]statement{
		{sid: "Everybody", actions: []string{
			"iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices",
			"signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token",
		}, resources: []string{"*"}},
		{sid: "OwnUser", actions: []string{
			"iam:ChangePassword", "iam:CreateAccessKey", "iam:DeactivateMFADevice", "iam:DeleteAccessKey",
			"iam:EnableMFADevice", "iam:GetAccessKeyLastUsed", "iam:GetLoginProfile", "iam:GetMFADevice", "iam:GetUser",
			"iam:ListAccessKeys", "iam:ListMFADevices", "iam:ResyncMFADevice", "iam:UpdateAccessKey",
		}, resources: ownUser(o.Partition)},
		{sid: "OwnDevices", actions: []string{"iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"},
			resources: []string{arn(o.Partition, "mfa/"+device)}},
		{sid: "NothingElseWithoutMFA", deny: true, notActions: bootstrap(), resources: []string{"*"}, conditions: withoutMFA()},
	}}
}

// bootstrap lists what a user needs to get from a first password or key to MFA.
// sts:GetCallerIdentity cannot be denied; it is here for who reads the list.
func bootstrap() []string {
	return []string{
		"iam:ChangePassword", "iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetAccountPasswordPolicy",
		"iam:GetLoginProfile", "iam:GetMFADevice", "iam:GetUser", "iam:ListMFADevices", "iam:ListVirtualMFADevices", "iam:ResyncMFADevice",
		"signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token", "sts:GetCallerIdentity", "sts:GetSessionToken",
	}
}

// userName is the policy variable for the name of the user who asks.
const userName = "${aws:username}"

// ownUser names the user who asks, without a path and with any.
func ownUser(partition string) []string {
	return []string{arn(partition, "user/"+userName), arn(partition, "user/*/"+userName)}
}

// arn names something of IAM in any account.
func arn(partition, resource string) string {
	return "arn:" + orAWS(partition) + ":iam::*:" + resource
}

func orAWS(partition string) string {
	if partition == "" {
		return "aws"
	}
	return partition
}
