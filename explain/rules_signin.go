package explain

import (
	"errors"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
)

// signInRules are about what comes of a sign-in in the browser, at Identity Center
// and at the console.
func signInRules() []Rule {
	return []Rule{
		{
			Code: "sign-in-denied", Title: "The sign-in was refused in the browser", Class: ClassRefused,
			Why:   "somebody chose to deny it in the browser, or an administrator allows no such sign-in",
			Fix:   "sign in again and allow it; if the page itself refuses, ask whoever runs Identity Center or the account",
			match: []matcher{every[*sso.DeniedError](), every[*signin.DeniedError]()},
		},
		{
			Code: "sign-in-late", Title: "The sign-in was not finished in time", Class: ClassNeedsUser,
			Why: "a sign-in has to be finished within ten minutes", Fix: "run the command again, and finish in the browser",
			Texts: []Text{{Raw: "The pending authorization to retrieve an SSO token has expired", By: "AWS CLI"}},
			match: []matcher{every[*sso.CodeExpiredError](), every[*signin.CodeExpiredError]()},
		},
		{
			Code: "sign-in-paste", Title: "What was pasted is not the code", Class: ClassNeedsUser,
			Why: "the page shows a long code, and all of it is needed", Fix: "run the command again, and copy the whole code that the page shows",
			match: []matcher{on(func(_ *signin.PasteError, f *Finding) bool { f.Why = ""; return true })},
		},
		{
			Code: "sign-in-identity", Title: "Somebody else signed in", Class: ClassRefused,
			Why: "the profile's login_session names who its credentials are of", Fix: "sign out of the console in the browser and sign in as the profile's identity, or name another profile",
			match: []matcher{every[*signin.OtherIdentityError]()},
		},
		{
			Code: "sign-in-address", Title: "A page is not opened that is not AWS's", Class: ClassRefused,
			Why: "only pages of AWS are opened, so that nobody signs in on a page made to look like one", Fix: "check sso_start_url, sso_region, and that no endpoint_url or proxy stands between",
			match: []matcher{every[*sso.UnsafeURLError](), every[*signin.UnsafeURLError]()},
		},
	}
}

// placeRules are about where one signs in, and where that is kept.
func placeRules() []Rule {
	return []Rule{
		{
			Code: "start-url", Title: "The start URL leads to no Identity Center", Class: ClassConfig,
			Why: "the start URL must be the address of an AWS access portal, or lead there at once", Fix: "copy it from the portal's address bar to sso_start_url or --start-url, and check the region",
			Page: ssoPage,
			Texts: []Text{
				{Raw: "(InvalidRequestException) when calling the StartDeviceAuthorization operation", By: "AWS CLI"},
				{Raw: "(InvalidRequestException) when calling the RegisterClient operation", By: "AWS CLI"},
			},
			answers: []answer{{codes: []string{"InvalidRequestException"}, operation: "StartDeviceAuthorization"}, {codes: []string{"InvalidRequestException"}, operation: "RegisterClient"}},
			match:   []matcher{on(noPortal)},
		},
		{
			Code: "sso-region", Title: "Identity Center is in another region", Class: ClassConfig,
			Why: "Identity Center itself says so", Fix: "write its region as sso_region", Page: ssoPage,
			Texts: []Text{{Raw: "InvalidRequestRegionException", By: "all tools"}},
			match: []matcher{on(func(e *sso.RegionError, f *Finding) bool { f.Fix = "write sso_region = " + e.Actual; return true })},
		},
		{
			Code: "sign-in-grant", Title: "Identity Center does not take the sign-in's code", Class: ClassRefused,
			Why: "the code was used before or is over, or it, or the registration of the program, is of another region or another way to sign in", Fix: "sign in again: latchkey login PROFILE; if it stays so, check sso_region and remove the program's registration from the folder sso/cache beside the config file",
			Page:    ssoPage,
			Texts:   []Text{{Raw: "(InvalidGrantException) when calling the CreateToken operation", By: "AWS CLI"}, {Raw: "operation error SSO OIDC: CreateToken, * InvalidGrantException", By: "Go, Terraform"}},
			answers: []answer{{codes: []string{"InvalidGrantException", "InvalidRequestException", "InvalidClientException"}, operation: "CreateToken"}},
		},
		{
			Code: "sign-in-not-kept", Title: "The sign-in cannot be kept", Class: ClassFailed,
			Why: "all AWS tools read the sign-in from there", Fix: "make the folder one that you may write to, with room on its disk, and sign in again",
			match: []matcher{every[*sso.KeepError]()},
		},
		{
			Code: "sign-in-port", Title: "The browser's way back is taken", Class: ClassFailed,
			Why: "the browser returns to that port of 127.0.0.1, and another program has it", Fix: "end that program, or name another port with --port",
			match: []matcher{every[*authcode.PortError]()},
		},
	}
}

// noPortal leaves it to the network's rules where what is wrong is the way there, and
// not a name that does not exist.
func noPortal(e *sso.StartURLError, _ *Finding) bool {
	var away *awsapi.UnreachableError
	return !errors.As(e, &away) || away.Reason == awsapi.ReasonDNS
}
