package explain

import (
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/provider"
)

const oidcPage = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html"

// webIdentityRules are about roles for tokens of other issuers: pods, CI jobs.
func webIdentityRules() []Rule {
	return []Rule{
		{
			Code: "oidc-provider", Title: "The role's account does not know the token's issuer", Class: ClassRefused,
			Why: "the role's account has no IAM OIDC provider for the token's issuer", Fix: "create the provider in the account of the role", Page: oidcPage,
			Texts:   []Text{{Raw: "No OpenIDConnect provider found in your account for *", By: "all tools"}},
			answers: []answer{{codes: invalidToken(), words: "No OpenIDConnect provider"}},
			inputs:  refusedInputs(),
			Over:    []Precedence{{"oidc-token", "it says what is wrong with the token"}},
		},
		{
			Code: "oidc-audience", Title: "The token is for somebody else", Class: ClassRefused,
			Why: "the token's audience is none of the provider's client ids", Fix: "ask for a token with the audience sts.amazonaws.com", Page: oidcPage,
			Texts:   []Text{{Raw: "Incorrect token audience", By: "all tools"}},
			answers: []answer{{codes: invalidToken(), words: "audience"}},
			inputs:  refusedInputs(),
			Over:    []Precedence{{"oidc-token", "it says what is wrong with the token"}},
		},
		{
			Code: "oidc-token", Title: "AWS does not accept the token", Class: ClassRefused,
			Why: "AWS does not accept the token", Fix: "get a new token", Page: oidcPage,
			Texts:   []Text{{Raw: "InvalidIdentityToken", By: "all tools"}},
			answers: []answer{{codes: invalidToken()}},
			inputs:  refusedInputs(),
		},
		{
			Code: "web-identity-denied", Title: "The role does not trust the token", Class: ClassRefused,
			Why: "the role's trust policy does not accept this issuer, audience or subject", Fix: "compare the token's aud and sub with the conditions of the trust policy",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_roles.html",
			Texts:   []Text{{Raw: "Not authorized to perform sts:AssumeRoleWithWebIdentity", By: "all tools"}},
			answers: []answer{{codes: deniedCodes(), words: "AssumeRoleWithWebIdentity"}},
			inputs:  refusedInputs(),
			Over:    []Precedence{{"permission-missing", "it is the trust policy"}},
		},
		{
			Code: "token-file", Title: "The token's file cannot be read", Class: ClassConfig,
			Why: "variables that a pod or a CI job sets (AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE) have leaked out of it, or the file is not mounted", Fix: "check the path; variables of a pod or a CI job mean nothing outside of it",
			See: "latchkey explain", Page: "https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html",
			Texts: []Text{
				{Raw: "[Errno 2] No such file or directory: *token", By: "boto3, AWS CLI"},
				{Raw: "failed to retrieve jwt from provide source, unable to read file at *", By: "Go, Terraform"},
				{Raw: "unable to read file at *", By: "Go, Terraform"},
			},
			match:  []matcher{on(func(_ *provider.TokenFileError, f *Finding) bool { f.Why = ""; return true })},
			inputs: []string{chain.InputTokenFile},
			Over:   []Precedence{{"process-not-found", "it is a token that is not there"}},
		},
	}
}

func invalidToken() []string {
	return []string{"InvalidIdentityToken", "InvalidIdentityTokenException"}
}
