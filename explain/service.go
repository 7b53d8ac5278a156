package explain

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
)

// refusal is what is known of one way in which AWS refuses a call: the code,
// words of the message (both may be "": any), why, and what to do.
type refusal struct {
	name, code, words string
	why, fix          string
}

// refusals returns the rules in the order in which they are tried; the texts
// matched are those of credential-sources, section 8.
func refusals() []refusal {
	return []refusal{
		{"mfa-code-refused", "AccessDenied", "invalid MFA one time pass code",
			"the code was wrong, was used before, or the device's clock is off; each code works once",
			"wait for the next code and try again"},
		{"mfa-serial-refused", "AccessDenied", "unable to validate MFA code",
			"the mfa_serial is not a device of the user whose keys sign the call",
			"compare mfa_serial with the devices of that user in the IAM console"},
		{"mfa-incomplete", "AccessDenied", "must provide both MFA serial number and one time pass code",
			"a code without a device, or a device without a code", "set mfa_serial in the profile and give a code"},
		{"session-of-session", "AccessDenied", "with session credentials",
			"an MFA session is made from long-term keys only, and these are a session already", "use the credentials as they are, or a profile with long-term keys"},
		{"chained-duration", "ValidationError", "role chaining", "AWS limits a role that is assumed with a session to one hour",
			"ask for 3600 seconds, or assume the role directly from long-term keys"},
		{"role-duration", "ValidationError", "MaxSessionDuration", "the role's own maximum is shorter than what was asked for",
			"lower duration_seconds (or --duration), or raise MaxSessionDuration of the role"},
		{"root", "AccessDenied", "root account", "the root user cannot assume roles", "use an IAM user or Identity Center"},
		{"federation-denied", "AccessDenied", "perform: sts:GetFederationToken", "the console takes no IAM user's own key, but a session that the user asks for by it, and the user's policies do not allow that: they may want MFA, which no key has",
			"have sts:GetFederationToken allowed to the user, or open the console as a role: --role ARN"},
		{"explicit-deny", "AccessDenied", "explicit deny", "a policy of the kind the message names denies it, whatever allows it", "have that policy changed; if it asks for MFA, use a session with MFA"},
		{"web-identity-denied", "AccessDenied", "AssumeRoleWithWebIdentity", "the role's trust policy does not accept this issuer, audience or subject", "compare the token's aud and sub with the conditions of the trust policy"},
		{"assume-role-denied", "AccessDenied", "sts:AssumeRole", "the caller's policy does not allow it, the role's trust policy does not name the caller, one of its conditions (MFA, external id, source identity) is not met, or there is no such role: AWS answers the same to all",
			"compare role_arn letter by letter with the role, then its trust policy with the caller and with mfa_serial, external_id and source_identity of the profile"},
		{"key-unknown", "InvalidClientTokenId", "", "the access key does not exist or is inactive, its session token is missing or belongs to another key, or the key is of another partition",
			"check the key in the IAM console; with a key that begins with ASIA the session token must be there, with AKIA there must be none"},
		{"secret-wrong", "SignatureDoesNotMatch", "", "the secret key does not belong to the access key id, or was cut or changed when it was copied", "write the pair again; a secret key has 40 characters"},
		{"signature-malformed", "IncompleteSignature", "", "there is a blank or a line break inside the access key id or token", "write the pair again without blanks"},
		{"expired", "ExpiredToken", "", "the session is over", "get new credentials; if they come from exported variables, unset those"},
		{"expired", "ExpiredTokenException", "", "the token is past its own expiry", "get a new token"},
		{"region-disabled", "RegionDisabledException", "", "STS is not active in that region for the account", "use another region, or have it activated"},
		{"oidc-provider", "InvalidIdentityToken", "No OpenIDConnect provider", "the role's account has no IAM OIDC provider for the token's issuer", "create the provider in the account of the role"},
		{"oidc-audience", "InvalidIdentityToken", "audience", "the token's audience is none of the provider's client ids", "ask for a token with the audience sts.amazonaws.com"},
		{"oidc-token", "InvalidIdentityToken", "", "AWS does not accept the token", "get a new token"},
		{"policy-too-large", "PackedPolicyTooLarge", "", "session policies and tags together are too large", "shorten them"},
		{"policy-malformed", "MalformedPolicyDocument", "", "the session policy is not a valid policy", "correct the policy"},
		{"role-not-assigned", "ForbiddenException", "", "the account or the permission set is misspelt, or not assigned to you", "compare sso_account_id and sso_role_name with what latchkey sso roles lists"},
	}
}

// service explains an answer in which AWS refuses a call.
func service(err error, f *Finding) bool {
	var api *awsapi.APIError
	if !errors.As(err, &api) {
		return false
	}
	f.Code, f.Class = "aws-"+strings.ToLower(api.Code), ClassRefused
	if api.Status >= 500 || api.Status == 429 || throttled(api) {
		f.Class, f.Why, f.Fix = ClassUnreachable, fmt.Sprintf("AWS could not do it now, after %d requests", api.Attempts), "try again in a moment"
		return true
	}
	if skewed(api, f) {
		return true
	}
	for _, r := range refusals() {
		if api.HasCode(r.code) && strings.Contains(api.Message, r.words) {
			f.Code, f.Why, f.Fix = r.name, r.why, r.fix
			break
		}
	}
	if f.Fix == "" {
		f.Why = "AWS does not accept the call, for the reason in its answer"
		f.Fix = "correct the value that the answer names, or look " + api.Code + " up in the documentation of the service"
	}
	var step *chain.StepError
	if errors.As(err, &step) {
		if role, ok := step.Step.Input(chain.InputRoleARN); ok {
			f.Where = at(role.Origin)
		} else if len(step.Step.Inputs) > 0 {
			f.Where = at(step.Step.Inputs[0].Origin)
		}
	}
	return true
}

func throttled(e *awsapi.APIError) bool {
	return strings.Contains(e.Code, "Throttl") || e.HasCode("TooManyRequestsException", "RequestLimitExceeded", "SlowDown")
}

// maxSkew is the clock difference that AWS still accepts from everybody.
const maxSkew = 4 * time.Minute

func skewed(e *awsapi.APIError, f *Finding) bool {
	words := strings.Contains(e.Message, "Signature expired") || strings.Contains(e.Message, "not yet current") || e.HasCode("RequestTimeTooSkewed")
	if !words && (e.Skew.Abs() < maxSkew || !e.HasCode("SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure")) {
		return false
	}
	f.Code, f.Why, f.Fix = "clock", "this machine's clock differs from AWS's", "set the clock (on WSL: sudo hwclock -s)"
	if e.Skew != 0 {
		side := "ahead of"
		if e.Skew > 0 {
			side = "behind"
		}
		f.Why = fmt.Sprintf("this machine's clock is %s %s AWS's", e.Skew.Abs().Round(time.Second), side)
	}
	return true
}

// network explains that there was no answer, or none of AWS.
func network(err error, f *Finding) bool {
	var away *awsapi.UnreachableError
	var odd *awsapi.ResponseError
	var bundle *awsapi.CABundleError
	var input *awsapi.InputError
	switch {
	case errors.As(err, &bundle):
		f.Code, f.Class, f.Where, f.Fix = "ca-bundle", ClassConfig, at(bundle.Origin), "correct the path, or the PEM file behind it"
	case errors.As(err, &input):
		f.Code, f.Class, f.Fix = "input", ClassConfig, "correct the value"
	case errors.As(err, &away):
		f.Code, f.Class = "unreachable-"+string(away.Reason), ClassUnreachable
		f.Why, f.Fix = reason(away.Reason)
	case errors.As(err, &odd):
		f.Code, f.Class = "not-aws", ClassUnreachable
		if odd.Status >= 500 {
			f.Why, f.Fix = "the service, or something before it, is in trouble", "try again in a moment"
			break
		}
		f.Why = "something between here and AWS answered: a captive portal, a proxy, or a wrong endpoint"
		f.Fix = "open a web page to sign in to the network, and check AWS_ENDPOINT_URL and the proxy settings"
	default:
		return false
	}
	return true
}

func reason(r awsapi.Reason) (why, fix string) {
	switch r {
	case awsapi.ReasonDNS:
		return "the host name has no address: the region is misspelt, or there is no name service", "check the region and the network"
	case awsapi.ReasonTLS:
		return "the server's certificate is not accepted, as behind a proxy that opens TLS", "point AWS_CA_BUNDLE at the PEM file of your organisation's certificate authority"
	case awsapi.ReasonProxy:
		return "the proxy does not let the request through", "check HTTPS_PROXY and NO_PROXY"
	case awsapi.ReasonTimeout:
		return "there was no answer in time", "check the network, a firewall, and the endpoint"
	case awsapi.ReasonClosed:
		return "the connection ended before the answer was complete", "try again"
	}
	return "nothing accepts connections there", "check the endpoint and the network"
}
