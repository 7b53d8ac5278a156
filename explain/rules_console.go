package explain

import "github.com/latchkey-aws/latchkey/console"

const (
	signinTokenWhy = "the federation endpoint takes no IAM user's own key and no GetSessionToken session, no SessionDuration for a chained or federated session, and nothing that is over"
	signinTokenFix = "have latchkey console PROFILE make the link: it knows what each kind of credentials takes"
	federationPage = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html"
)

// unfit makes the matcher of a reason why credentials open no console.
func unfit(reason console.Reason) matcher {
	return on(func(e *console.CredentialsError, f *Finding) bool {
		if reason == console.ReasonSignIn {
			f.Fix = "open " + e.Page + " there; or add --role ARN of a role to open it as"
		}
		return e.Reason == reason
	})
}

// consoleRules are about links into the web console.
func consoleRules() []Rule {
	return []Rule{
		{
			Code: "console-root", Title: "Root opens no console from here", Class: ClassConfig,
			Why: "root signs in with its password and its MFA device", Fix: "name a profile of a role or an IAM user, or sign in as root in the browser",
			Page: federationPage, match: []matcher{unfit(console.ReasonRoot)},
		},
		{
			Code: "console-user-session", Title: "The session is of no kind that opens the console", Class: ClassConfig,
			Why:  "AWS takes the sessions of roles and of federated users, and makes the latter of an IAM user's own key only",
			Fix:  "name a profile that has the user's key, or add --role ARN of a role that this session may assume; a session of the environment goes with latchkey env --unset",
			Page: federationPage, match: []matcher{unfit(console.ReasonUserSession)},
		},
		{
			Code: "console-signed-in", Title: "The browser is signed in to the console already", Class: ClassConfig,
			Why: "whoever signed in there is signed in to the console in the same browser", Fix: "open the console there; or add --role ARN of a role to open it as",
			match: []matcher{on(func(e *console.CredentialsError, f *Finding) bool {
				f.Code = "console-" + string(e.Reason) // as it always was: the sign-in is the console's
				return unfit(console.ReasonSignIn)(e, f)
			})},
		},
		{
			Code: "console-policy", Title: "A session cannot be narrowed for the console", Class: ClassConfig,
			Why: "AWS takes session policies only where a session is made", Fix: "leave the policies out, or add --role ARN of a role that these credentials may assume",
			match: []matcher{unfit(console.ReasonPolicy)},
		},
		{
			Code: "console-refused", Title: "AWS makes no console sign-in of these credentials", Class: ClassRefused,
			Why: "AWS does not say why; it takes sessions of roles, of Identity Center and of federated users",
			Fix: "check that the role's session was not revoked, and that no policy of the organisation denies console access; latchkey whoami shows whose the credentials are",
			See: "latchkey whoami PROFILE", Page: federationPage,
			Texts: []Text{
				{Raw: "getSigninToken * 400", By: "scripts", Why: signinTokenWhy, Fix: signinTokenFix},
				{Raw: "400 * getSigninToken", By: "scripts", Why: signinTokenWhy, Fix: signinTokenFix},
			},
			match: []matcher{unfit(console.ReasonRefused)},
		},
	}
}

// linkRules are about where a link leads, and who may have one.
func linkRules() []Rule {
	return []Rule{
		{
			Code: "console-page", Title: "The console has no such page", Class: ClassConfig,
			Why: "only pages of the profile's own console are opened", Fix: "name a service (s3), a path (s3/buckets), or a URL of the profile's own console",
			match: []matcher{on(func(_ *console.DestinationError, f *Finding) bool { f.Why = ""; return true })},
		},
		{
			Code: "console-partition", Title: "The partition's console is not known", Class: ClassConfig,
			Why: "AWS does not publish it", Fix: "open the console the way that this partition's operator tells",
			match: []matcher{every[*console.PartitionError]()},
		},
		{
			Code: "switch-role", Title: "There is no role to switch to", Class: ClassConfig,
			Why: "the console can switch only to a role that the signed-in person may assume", Fix: "name a profile with role_arn, or add --role ARN; latchkey console without --switch-role opens what there is",
			match: []matcher{every[*console.RoleError]()},
		},
		{
			Code: "federation-denied", Title: "The user may not make a session for the console", Class: ClassRefused,
			Why: "the console takes no IAM user's own key, but a session that the user asks for by it, and the user's policies do not allow that: they may want MFA, which no key has",
			Fix: "have sts:GetFederationToken allowed to the user, or open the console as a role: --role ARN", Page: federationPage,
			Texts:   []Text{{Raw: "is not authorized to perform: sts:GetFederationToken", By: "all tools"}},
			answers: []answer{{codes: deniedCodes(), words: "perform: sts:GetFederationToken"}},
			inputs:  refusedInputs(),
			Over:    []Precedence{{explicitDeny, "there is another way: a role"}, {"permission-missing", "there is another way: a role"}},
		},
	}
}
