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
	return document(
		statement("Everybody", "Allow", "", "Action", "GetAccountPasswordPolicy ListVirtualMFADevices "+signIn, "*"),
		statement("OwnUser", "Allow", "", "Action", "ChangePassword CreateAccessKey DeactivateMFADevice DeleteAccessKey EnableMFADevice GetAccessKeyLastUsed "+
			"GetLoginProfile GetMFADevice GetUser ListAccessKeys ListMFADevices ResyncMFADevice UpdateAccessKey", ownUser(o.Partition)),
		statement("OwnDevices", "Allow", "", "Action", "CreateVirtualMFADevice DeleteVirtualMFADevice", arn(o.Partition, "mfa/"+device)),
		withoutMFA("NothingElseWithoutMFA", bootstrap),
	)
}

// bootstrap lists what a user needs to get from a first password or key to MFA.
// sts:GetCallerIdentity cannot be denied; it is here for who reads the list.
const bootstrap = "ChangePassword CreateVirtualMFADevice EnableMFADevice GetAccountPasswordPolicy GetLoginProfile GetMFADevice GetUser ListMFADevices " +
	"ListVirtualMFADevices ResyncMFADevice " + signIn + " sts:GetCallerIdentity sts:GetSessionToken"

// signIn is what "latchkey login" needs.
const signIn = "signin:AuthorizeOAuth2Access signin:CreateOAuth2Token"

// userName is the policy variable for the name of the user who asks.
const userName = "${aws:username}"

// ownUser names the user who asks, without a path and with any.
func ownUser(partition string) string {
	return arn(partition, "user/"+userName) + " " + arn(partition, "user/*/"+userName)
}

// arn names something of IAM in any account.
//
//go:noinline
func arn(partition, resource string) string {
	return "arn:" + orAWS(partition) + ":iam::*:" + resource
}

func orAWS(partition string) string {
	if partition == "" {
		return "aws"
	}
	return partition
}
