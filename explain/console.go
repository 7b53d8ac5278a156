package explain

import (
	"errors"

	"github.com/latchkey-aws/latchkey/console"
)

// webConsole explains why there is no link into the web console.
func webConsole(err error, f *Finding) bool {
	var unfit *console.CredentialsError
	var page *console.DestinationError
	var partition *console.PartitionError
	var role *console.RoleError
	f.Class = ClassConfig
	switch {
	case errors.As(err, &unfit):
		f.unfit(unfit)
	case errors.As(err, &page):
		f.Code, f.Fix = "console-page", "name a service (s3), a path (s3/buckets), or a URL of the profile's own console"
	case errors.As(err, &partition):
		f.Code, f.Why, f.Fix = "console-partition", "AWS does not publish it", "open the console the way that this partition's operator tells"
	case errors.As(err, &role):
		f.Code, f.Why, f.Fix = "switch-role", "the console can switch only to a role that the signed-in person may assume", "name a profile with role_arn, or add --role ARN; latchkey console without --switch-role opens what there is"
	default:
		f.Class = ClassFailed
		return false
	}
	return true
}

// unfit explains why credentials open no console.
func (f *Finding) unfit(e *console.CredentialsError) {
	f.Code = "console-" + string(e.Reason)
	switch e.Reason {
	case console.ReasonRoot:
		f.Why, f.Fix = "root signs in with its password and its MFA device", "name a profile of a role or an IAM user, or sign in as root in the browser"
	case console.ReasonUserSession:
		f.Why = "AWS takes the sessions of roles and of federated users, and makes the latter of an IAM user's own key only"
		f.Fix = "name a profile that has the user's key, or add --role ARN of a role that this session may assume; a session of the environment goes with latchkey env --unset"
	case console.ReasonSignIn:
		f.Why = "whoever signed in there is signed in to the console in the same browser"
		f.Fix = "open " + e.Page + " there; or add --role ARN of a role to open it as"
	case console.ReasonPolicy:
		f.Why, f.Fix = "AWS takes session policies only where a session is made", "leave the policies out, or add --role ARN of a role that these credentials may assume"
	default:
		f.Class = ClassRefused
		f.Why = "AWS does not say why; it takes sessions of roles, of Identity Center and of federated users"
		f.Fix = "check that the role's session was not revoked, and that no policy of the organisation denies console access; latchkey whoami shows whose the credentials are"
	}
}
