package explain

import (
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/sso"
)

const (
	ssoPage   = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html"
	signInFix = "sign in: latchkey login PROFILE"
)

// ssoRules are about credentials of Identity Center; how a sign-in itself goes
// wrong is in signInRules.
func ssoRules() []Rule {
	return []Rule{
		{
			Code: "sso-sign-in", Title: "Nobody is signed in at Identity Center", Class: ClassNeedsUser,
			Why: "nobody has signed in, the sign-in is over, or it was made under another session name or start URL: the file that it is kept in is named after those, letter by letter", Fix: signInFix,
			See: "latchkey explain PROFILE", Page: ssoPage,
			Texts: []Text{
				{Raw: "Error loading SSO Token: Token for * does not exist", By: "boto3, AWS CLI"},
				{Raw: "The SSO session associated with this profile has expired or is otherwise invalid", By: "boto3, AWS CLI"},
				{Raw: "Error when retrieving token from sso: Token has expired and refresh failed", By: "boto3, AWS CLI"},
				{Raw: "the SSO session has expired or is invalid", By: "Go, Terraform"},
				{Raw: "failed to read cached SSO token file", By: "Go, Terraform"},
				{Raw: "refresh cached SSO token failed", By: "Go, Terraform"},
				{Raw: "cached SSO token is expired, or not present, and cannot be refreshed", By: "Go, Terraform"},
				{Raw: "Session token not found or invalid", By: "all tools", Why: "the sign-in has been ended at Identity Center, or sso_region is not its region; that the file says otherwise means nothing", Fix: signInFix + ", and compare sso_region with the region of Identity Center"},
			},
			match:  []matcher{on(ssoSignIn)},
			inputs: []string{chain.InputStartURL},
			Over:   []Precedence{{"token-file", "the file is that of the sign-in"}, {"expired", "what has expired is the sign-in"}},
		},
		{
			Code: "role-not-assigned", Title: "The permission set is not assigned to you", Class: ClassRefused,
			Why: "the account or the permission set is misspelt, or not assigned to you", Fix: "compare sso_account_id and sso_role_name with what latchkey sso roles lists",
			See: "latchkey sso roles", Page: ssoPage,
			Texts: []Text{
				{Raw: "(ForbiddenException) when calling the GetRoleCredentials operation: No access", By: "boto3, AWS CLI"},
				{Raw: "ForbiddenException: No access", By: "all tools"},
			},
			answers: []answer{
				{codes: []string{"ForbiddenException"}, words: "No access"}, {codes: []string{"ForbiddenException"}, operation: "GetRoleCredentials"},
				{codes: []string{"ForbiddenException"}, operation: "ListAccountRoles"}, {codes: []string{"ForbiddenException"}, operation: "ListAccounts"},
			},
			inputs: []string{chain.InputSSORole, anyInput},
		},
	}
}

func ssoSignIn(e *sso.SignInRequiredError, f *Finding) bool {
	f.Why, f.Fix = cached(e.File, e.Reason == sso.ReasonMissing), f.login(e.SessionName)
	return true
}

// cached says where the sign-in is looked for.
func cached(file string, missing bool) string {
	if missing {
		return "there is no file " + file
	}
	return "the cached sign-in is " + file
}

// login is the command that signs in: by the profile that is wanted, else by the
// sign-in's own name.
func (f *Finding) login(name string) string {
	if f.Profile != "" {
		name = f.Profile
	}
	if name == "" {
		return "sign in: latchkey login"
	}
	return "sign in: latchkey login " + Word(name)
}
