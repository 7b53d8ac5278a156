package explain

import (
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/session"
)

// keyInputs are the inputs to blame for a key that AWS does not take: those of
// keys in files, else what was asked for with it.
func keyInputs() []string { return []string{chain.InputAccessKeyID, chain.InputRoleARN, anyInput} }

const (
	unsetFix   = "get new credentials; if they come from exported variables, unset those (latchkey env --unset prints how)"
	expiredWhy = "the source gave credentials that are over"
)

// keyRules are about access keys, session tokens and signatures.
func keyRules() []Rule {
	return []Rule{
		{
			Code: "key-unknown", Title: "AWS does not know the access key", Class: ClassRefused,
			Why: "the access key does not exist or is inactive, its session token is missing or belongs to another key, or the key is of another partition",
			Fix: "with a key that begins with ASIA the session token must be there, with AKIA there must be none; else make the key active in IAM, or write a new pair in its place",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
			Texts: []Text{
				{Raw: "The security token included in the request is invalid", By: "all tools"},
				{Raw: "InvalidClientTokenId", By: "all tools"},
				{Raw: "UnrecognizedClientException", By: "all tools, for JSON services"},
				{Raw: "InvalidAccessKeyId", By: "all tools, for S3"},
				{Raw: "AWS was not able to validate the provided access credentials", By: "all tools, for EC2"},
			},
			answers: []answer{
				{codes: []string{"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"}},
				{codes: []string{"AuthFailure"}, words: "not able to validate the provided access credentials"},
			},
			inputs: keyInputs(),
		},
		{
			Code: "secret-wrong", Title: "The secret key does not fit the access key", Class: ClassRefused,
			Why: "the secret key does not belong to the access key id, or was cut or changed when it was copied", Fix: "write the pair again; a secret key has 40 characters",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html",
			Texts:   []Text{{Raw: "The request signature we calculated does not match the signature you provided", By: "all tools"}, {Raw: "SignatureDoesNotMatch", By: "all tools"}},
			answers: []answer{{codes: []string{"SignatureDoesNotMatch", "InvalidSignatureException"}}},
			inputs:  append([]string{chain.InputSecretKey}, keyInputs()...),
		},
		{
			Code: "signature-malformed", Title: "A blank inside the access key id", Class: ClassRefused,
			Why: "there is a blank or a line break inside the access key id or token", Fix: "write the pair again without blanks",
			See: "latchkey explain PROFILE",
			Texts: []Text{
				{Raw: "not a valid key=value pair (missing equal-sign) in Authorization header", By: "all tools"},
				{Raw: "IncompleteSignature", By: "all tools"},
			},
			answers: []answer{{codes: []string{"IncompleteSignature", "IncompleteSignatureException"}}},
			inputs:  keyInputs(),
		},
	}
}

// sessionRules are about what comes out of a source: expired, or not whole.
func sessionRules() []Rule {
	return []Rule{
		{
			Code: "expired", Title: "The credentials are over", Class: ClassRefused,
			Why: "the session is over", Fix: unsetFix,
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html",
			Texts: []Text{
				{Raw: "The security token included in the request is expired", By: "all tools"},
				{Raw: "The provided token has expired", By: "all tools, for S3"},
				{Raw: "ExpiredToken:", By: "all tools"},
				{Raw: "(ExpiredToken)", By: "boto3, AWS CLI"},
				{Raw: "RequestExpired", By: "all tools, for EC2"},
				{Raw: "Credentials were refreshed, but the refreshed credentials are still expired", By: "boto3, AWS CLI", Why: expiredWhy + ", or this machine's clock is ahead", Fix: "run the credential_process by hand and look at its Expiration; check this machine's clock"},
				{Raw: "ExpiredTokenException: Token expired", By: "all tools, for web identity", Why: tokenOverWhy, Fix: tokenOverFix},
				{Raw: "ExpiredTokenException) when calling the AssumeRoleWithWebIdentity", By: "boto3, AWS CLI", Why: tokenOverWhy, Fix: tokenOverFix},
			},
			answers: []answer{
				{codes: []string{"ExpiredTokenException"}, operation: "AssumeRoleWithWebIdentity", why: tokenOverWhy, fix: tokenOverFix},
				{codes: []string{"ExpiredTokenException"}, words: "Token expired", why: tokenOverWhy, fix: tokenOverFix},
				{codes: []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}},
			},
			match:  []matcher{on(expired), on(expiring)},
			inputs: refusedInputs(),
		},
		{
			Code: "incomplete", Title: "The source gives credentials that lack a part", Class: ClassUnreachable,
			Why: "credentials are an access key id and a secret key, and a session token where they are a session's", Fix: "have the source give what is missing",
			match: []matcher{on(incomplete)},
		},
		{
			Code: "malformed", Title: "The source gives what cannot be credentials", Class: ClassUnreachable,
			Why: "a value has a form that it cannot have", Fix: "correct it at its source",
			Texts: []Text{{Raw: "Auth token value is not a legal header value", By: "boto3, AWS CLI", Why: tokenLineWhy, Fix: tokenLineFix}, {Raw: "authorization token contains invalid newline sequence", By: "Go, Terraform", Why: tokenLineWhy, Fix: tokenLineFix}},
			match: []matcher{on(malformed)},
		},
	}
}

const (
	unsetKeys    = `eval "$(latchkey env --unset)" takes them out of the environment; then get new ones`
	tokenLineWhy = "the token of the container endpoint (AWS_CONTAINER_AUTHORIZATION_TOKEN, or its file) has a line break in it"
	tokenLineFix = "write the token without a line break"
	tokenOverWhy = "the token is past its own expiry"
	tokenOverFix = "get a new token; in a pod it is renewed in its file, which must be read anew and not copied"
)

func expired(e *provider.ExpiredError, f *Finding) bool {
	f.Class, f.Why, f.Fix = ClassFailed, expiredWhy, "renew them at their source"
	if e.Source == provider.SourceEnvironment {
		f.Fix = unsetKeys
	}
	return true
}

func expiring(_ *session.ExpiringError, f *Finding) bool {
	f.Class, f.Why = ClassFailed, "credentials with less than a minute left are not handed out"
	f.Fix = "renew them at their source, and check this machine's clock"
	return true
}
