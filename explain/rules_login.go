package explain

import (
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/signin"
)

const loginPage = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html"

// loginRules are about the console's sign-in, which aws login and latchkey login
// make.
func loginRules() []Rule {
	return []Rule{
		{
			Code: "console-sign-in", Title: "The console's sign-in is over", Class: ClassNeedsUser,
			Why: "a sign-in at the console lasts twelve hours at most, and ends with a change of the password", Fix: signInFix,
			See: "latchkey explain PROFILE", Page: loginPage,
			Texts: []Text{
				{Raw: "Your session has expired. Please reauthenticate using 'aws login'", By: "boto3, AWS CLI"},
				{Raw: "Your session has expired or credentials have changed. Please reauthenticate", By: "boto3"},
				{Raw: "Error loading login session token: *", By: "boto3, AWS CLI"},
				{Raw: "because of a change in your password", By: "boto3, AWS CLI"},
				{Raw: "load login token: token file not found, please reauthenticate", By: "Go, Terraform"},
				{Raw: "login session has expired, please reauthenticate", By: "Go, Terraform"},
				{Raw: "login session password has changed, please reauthenticate", By: "Go, Terraform"},
			},
			match:  []matcher{on(consoleSignIn)},
			inputs: []string{chain.InputLoginSession},
		},
		{
			Code: "console-permission", Title: "The identity may not use its sign-in here", Class: ClassRefused,
			Why: "the sign-in stands, and no policy lets its identity turn it into credentials", Fix: "have signin:AuthorizeOAuth2Access and signin:CreateOAuth2Token allowed to the identity",
			Page:  loginPage,
			Texts: []Text{{Raw: "Unable to create or refresh login credentials due to insufficient permissions", By: "boto3, AWS CLI"}, {Raw: "you may be missing permissions for the CreateOAuth2Token action", By: "Go, Terraform"}},
			match: []matcher{on(func(e *signin.PermissionError, f *Finding) bool {
				f.Why, f.Fix = "", "have "+e.Action+" allowed to the identity"
				return true
			})},
		},
		{
			Code: "needs-crt", Title: "boto3 lacks what a console sign-in takes", Class: ClassConfig,
			Why: "the profile has login_session, for which boto3 needs an extra package", Fix: "install it: pip install \"botocore[crt]\"; or have the program use latchkey: credential_process = latchkey credentials PROFILE in a profile of its own",
			Page:  loginPage,
			Texts: []Text{{Raw: "Missing Dependency: Using the login credential provider requires an additional dependency", By: "boto3"}},
		},
	}
}

func consoleSignIn(e *signin.SignInRequiredError, f *Finding) bool {
	f.Why, f.Fix = cached(e.File, e.Reason == signin.ReasonMissing), f.login("")
	return true
}
