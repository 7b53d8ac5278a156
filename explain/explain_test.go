package explain_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/signin"
	"github.com/latchkey-aws/latchkey/sso"
	"github.com/latchkey-aws/latchkey/vault"
)

// inStep puts an error where running a plan would: in a step of profile prod.
func inStep(err error) error {
	return &chain.StepError{Err: err, Step: chain.Step{Kind: chain.KindAssumeRole, Profile: "prod", Inputs: []chain.Input{
		{Name: chain.InputRoleARN, Value: "arn:aws:iam::111111111111:role/A", Origin: origin.File("/c", 3, "role_arn")},
		{Name: chain.InputMFASerial, Value: "arn:aws:iam::1:mfa/a", Origin: origin.File("/c", 4, "mfa_serial")},
	}}}
}

func refused(code, message string) error {
	return inStep(&awsapi.APIError{Service: awsapi.STS, Operation: "AssumeRole", Code: code, Message: message, Status: 403})
}

// TestError holds code, class and the presence of why and fix for every kind of
// error that the packages below give.
func TestError(t *testing.T) {
	t.Parallel()
	file := origin.File("/c", 7, "k")
	tests := []struct {
		err   error
		code  string
		class explain.Class
		what  string // contained
		fix   string // contained; "" means there must be none
	}{
		{fmt.Errorf("x: %w", context.Canceled), "cancelled", explain.ClassCancelled, "cancelled", ""},
		{errors.New("something else"), "failed", explain.ClassFailed, "something else", ""},
		{&vault.LockedError{Folder: "/p", Why: "the passphrase was not given", Program: "pass"}, "vault-locked", explain.ClassNeedsUser, "/p: locked", "have pass show"},
		{fmt.Errorf("vault: %w", &vault.BusyError{Path: "/v/unlock.lock", Holder: "process 42 (latchkey)", Waited: 30 * time.Second, Silent: true}), "lock-busy", explain.ClassFailed, "vault: /v/unlock.lock is held by process 42 (latchkey): no sign of life for 30s", "fg"},
		{&profile.EditError{Origin: file, Section: "profile a b", Reason: "odd", Fix: "use another"}, "cannot-edit", explain.ClassConfig, "/c:7: profile a b: odd", "use another"},
		{&profile.ChangedError{Path: "/c"}, "file-changed", explain.ClassConfig, "another program changed the file", "run the command again"},
		{&chain.ConfigError{Profile: "p", Origin: file, Message: "bad", Fix: "mend it"}, "config", explain.ClassConfig, "profile p: bad (/c:7)", "mend it"},
		{&chain.ConfigError{Message: "source_profile gone does not exist"}, "source-profile-missing", explain.ClassConfig, "gone", ""},
		{&chain.ConfigError{Message: "has no credentials, but profile p names it as source_profile"}, "source-profile-missing", explain.ClassConfig, "no credentials", ""},
		{&chain.ConfigError{Message: "web_identity_token_file without role_arn"}, "source-without-role", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not"}, "source-without-role", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "role_arn without source_profile or credential_source"}, "role-without-source", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "region is not set"}, "no-region", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "unknown credential_source"}, "credential-source", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "credential_source Environment has nothing to offer"}, "credential-source", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "both source_profile and credential_source"}, "credential-source", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "the instance metadata service is switched off but the profile asks for it"}, "credential-source", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "duration_seconds is not a number of seconds from 900 to 43200"}, "duration-seconds", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "sts endpoint: custom endpoint does not start with http:// or https://"}, "endpoint-url", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "there is no section [services s]"}, "endpoint-url", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "credential_process loop: a → a"}, "process-loop", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "credential_process commands call each other more than 4 deep: a → b"}, "process-loop", explain.ClassConfig, "", ""},
		{&chain.ConfigError{Message: "the vault has no entry for this profile, whose credential_process is latchkey itself"}, "vault-entry-missing", explain.ClassConfig, "", ""},
		{&profile.SyntaxError{Code: "line-without-delimiter", Origin: file, Section: "profile p", Reason: "no"}, "line-without-delimiter", explain.ClassConfig, "/c:7", ""},
		{&profile.FileError{Path: "/c", What: "config", Origin: file, Err: errors.New("denied")}, "unreadable-file", explain.ClassConfig, "denied", "AWS_CONFIG_FILE"},
		{&profile.FileError{Path: "/k", What: "credentials", Origin: file, Err: errors.New("denied")}, "unreadable-file", explain.ClassConfig, "denied", "AWS_SHARED_CREDENTIALS_FILE"},
		{&profile.PartialKeysError{Profile: "p", Present: []origin.Origin{file}, Missing: []string{"aws_secret_access_key"}}, "half-pair", explain.ClassConfig, "half a key pair", "aws_secret_access_key"},
		{&profile.IncludeError{Profile: "p", Hop: profile.Hop{Profile: "p", Origin: file}, Target: "q"}, "include-profile", explain.ClassConfig, "include_profile", "/c:7"},
		{&profile.NotFoundError{Kind: "profile", Name: "prdo", Near: []string{"prod"}}, "not-found", explain.ClassNotFound, "profile prdo: not found", "did you mean prod"},
		{&profile.NotFoundError{Kind: "profile", Name: "x", Locations: profile.Locations{Config: "/c", Credentials: "/k"}}, "not-found", explain.ClassNotFound, "not found", "latchkey profiles"},
		{&chain.NoCredentialsError{Looked: []string{"environment: nothing"}}, "no-credentials", explain.ClassNotFound, "no credentials found", "latchkey profiles"},
		{&chain.NoCredentialsError{Profile: origin.Value{Text: "p"}, Last: inStep(&provider.NotAvailableError{Source: "imds", Why: "gone"})}, "no-credentials", explain.ClassNotFound, "profile p: no credentials found", "profile p"},
		{inStep(&provider.MFARequiredError{Serial: "arn:aws:iam::1:mfa/a"}), "mfa-required", explain.ClassNeedsUser, "profile prod: MFA code required", "--mfa-code"},
		{inStep(&sso.SignInRequiredError{SessionName: "corp", Why: "expired"}), "sso-sign-in", explain.ClassNeedsUser, "sso session corp", "latchkey login prod"},
		{inStep(&sso.SignInRequiredError{StartURL: "https://x", Why: "expired"}), "sso-sign-in", explain.ClassNeedsUser, "https://x", "latchkey login prod"},
		{inStep(&signin.SignInRequiredError{LoginSession: "arn", Why: "expired"}), "console-sign-in", explain.ClassNeedsUser, "login session arn", "latchkey login prod"},
		{inStep(&signin.PermissionError{LoginSession: "arn", Action: "signin:CreateOAuth2Token"}), "console-permission", explain.ClassRefused, "lacks", "signin:CreateOAuth2Token"},
		{inStep(&provider.ProcessError{Profile: "prod", Failure: provider.ProcessNotFound, Why: "not there"}), "process-not-found", explain.ClassFailed, "credential_process of profile prod", "absolute path"},
		{inStep(&provider.ProcessError{Profile: "prod", Failure: provider.ProcessNotExecutable, Why: "no"}), "process-not-executable", explain.ClassFailed, "no", "executable"},
		{inStep(&provider.ProcessError{Profile: "prod", Failure: provider.ProcessTimedOut, Why: "slow"}), "process-time-out", explain.ClassFailed, "slow", "by hand"},
		{inStep(&provider.ProcessError{Profile: "prod", Failure: provider.ProcessNotJSON, Why: "text"}), "process-not-JSON", explain.ClassFailed, "text", "by hand"},
		{inStep(&provider.ProcessError{Profile: "prod", Failure: provider.ProcessExited, Why: "3"}), "process-exit-status", explain.ClassFailed, "3", "by hand"},
		{inStep(&provider.ExpiredError{Source: "environment", Expires: time.Unix(1, 0), Now: time.Unix(100, 0)}), "expired", explain.ClassFailed, "expired", "env --unset"},
		{inStep(&session.ExpiringError{Left: time.Second}), "expired", explain.ClassFailed, "1s left", "clock"},
		{inStep(&provider.IncompleteError{Source: "container", Missing: []string{"Token"}}), "incomplete", explain.ClassConfig, "Token", "Token"},
		{inStep(&provider.MalformedError{Source: "process", Field: "Expiration", Why: "is no time"}), "malformed", explain.ClassFailed, "Expiration", "Expiration"},
		{inStep(&provider.TokenFileError{Source: "web-identity", Path: "/t", Why: "not there"}), "token-file", explain.ClassConfig, "/t", "path"},
		{inStep(&provider.HostError{Host: "example.com", Why: "is not allowed"}), "container-host", explain.ClassConfig, "example.com", "169.254.170.2"},
		{inStep(&provider.NotAvailableError{Source: "imds", Why: "gone", Configured: true, Err: errors.New("x")}), "not-available", explain.ClassUnreachable, "gone", "credential_source"},
		{inStep(&provider.NotAvailableError{Source: "imds", Why: "no profile", Hint: "attach a role", Configured: true, Err: &awsapi.APIError{Status: 404}}), "not-available", explain.ClassNotFound, "no profile", "attach a role"},
		{inStep(&provider.IncompleteError{Source: "sso", Missing: []string{"Token"}}), "incomplete", explain.ClassUnreachable, "Token", "Token"},
		{inStep(&provider.ProcessError{Failure: provider.ProcessSignalled, Signal: "interrupt"}), "cancelled", explain.ClassCancelled, "cancelled", ""},
		{inStep(&awsapi.ResponseError{Operation: "AssumeRole", Status: 502, Why: "empty"}), "not-aws", explain.ClassUnreachable, "not an AWS response", "try again"},
		{&chain.SelectionError{Selected: origin.Value{Text: "x", Origin: origin.Env("AWS_PROFILE")}, Err: &profile.NotFoundError{Kind: "profile", Name: "x"}}, "not-found", explain.ClassNotFound, "profile x: not found", "latchkey profiles"},
		{inStep(&awsapi.UnreachableError{Operation: "AssumeRole", Reason: awsapi.ReasonDNS, Err: errors.New("x")}), "unreachable-dns", explain.ClassUnreachable, "no answer", "region"},
		{inStep(&awsapi.UnreachableError{Operation: "AssumeRole", Reason: awsapi.ReasonTLS, Err: errors.New("x")}), "unreachable-tls", explain.ClassUnreachable, "no answer", "AWS_CA_BUNDLE"},
		{inStep(&awsapi.UnreachableError{Operation: "AssumeRole", Reason: awsapi.ReasonProxy, Err: errors.New("x")}), "unreachable-proxy", explain.ClassUnreachable, "no answer", "HTTPS_PROXY"},
		{inStep(&awsapi.UnreachableError{Operation: "AssumeRole", Reason: awsapi.ReasonTimeout, Err: errors.New("x")}), "unreachable-timeout", explain.ClassUnreachable, "no answer", "firewall"},
		{inStep(&awsapi.UnreachableError{Operation: "AssumeRole", Reason: awsapi.ReasonClosed, Err: errors.New("x")}), "unreachable-closed", explain.ClassUnreachable, "no answer", "again"},
		{inStep(&awsapi.UnreachableError{Operation: "AssumeRole", Reason: awsapi.ReasonConnect, Err: errors.New("x")}), "unreachable-connect", explain.ClassUnreachable, "no answer", "endpoint"},
		{&sso.StartURLError{URL: "https://sso.example.com", Why: "cannot be looked up", Err: &awsapi.UnreachableError{Operation: "look-up", Reason: awsapi.ReasonConnect, Err: errors.New("x")}}, "unreachable-connect", explain.ClassUnreachable, "sso.example.com", "endpoint"},
		{&sso.StartURLError{URL: "https://sso.example.com", Why: "is no such host", Err: &awsapi.UnreachableError{Operation: "look-up", Reason: awsapi.ReasonDNS, Err: errors.New("x")}}, "start-url", explain.ClassConfig, "sso.example.com", "address bar"},
		{inStep(&awsapi.ResponseError{Operation: "AssumeRole", Why: "HTML"}), "not-aws", explain.ClassUnreachable, "not an AWS response", "AWS_ENDPOINT_URL"},
		{inStep(&awsapi.CABundleError{Path: "/b", Origin: file, Err: errors.New("x")}), "ca-bundle", explain.ClassConfig, "/b", "PEM"},
		{inStep(&awsapi.InputError{Operation: "AssumeRole", Why: "bad"}), "input", explain.ClassConfig, "bad", "correct"},
	}
	for _, tt := range tests {
		f := explain.Error(tt.err)
		if f.Code != tt.code || f.Class != tt.class || !strings.Contains(f.What, tt.what) {
			t.Errorf("%v: code %q, class %q, what %q; want %q, %q, …%s…", tt.err, f.Code, f.Class, f.What, tt.code, tt.class, tt.what)
		}
		if tt.fix == "" && f.Fix != "" || !strings.Contains(f.Fix, tt.fix) {
			t.Errorf("%v: fix %q, want %q", tt.err, f.Fix, tt.fix)
		}
	}
}

// TestRefusals holds that each answer of AWS that is known gets the reason of
// its own, by the texts of credential-sources section 8.
func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct{ code, message, want string }{
		{"AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ", "mfa-code-refused"},
		{"AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.", "mfa-serial-refused"},
		{"AccessDenied", "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.", "mfa-incomplete"},
		{"AccessDenied", "Cannot call GetSessionToken with session credentials", "session-of-session"},
		{"ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.", "chained-duration"},
		{"ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", "role-duration"},
		{"AccessDenied", "Roles may not be assumed by root accounts.", "root"},
		{"AccessDenied", "User: U is not authorized to perform: sts:AssumeRole on resource: R with an explicit deny in a service control policy", "explicit-deny"},
		{"AccessDenied", "User: U is not authorized to perform: sts:AssumeRole on resource: R", "assume-role-denied"},
		{"InvalidClientTokenId", "The security token included in the request is invalid.", "key-unknown"},
		{"SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", "secret-wrong"},
		{"IncompleteSignature", "not a valid key=value pair", "signature-malformed"},
		{"ExpiredToken", "The security token included in the request is expired", "expired"},
		{"ExpiredTokenException", "Token expired: current date/time …", "expired"},
		{"RegionDisabledException", "STS is not activated in this region for account:1", "region-disabled"},
		{"InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://x", "oidc-provider"},
		{"InvalidIdentityToken", "Incorrect token audience", "oidc-audience"},
		{"InvalidIdentityToken", "Couldn't retrieve verification key", "oidc-token"},
		{"AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "web-identity-denied"},
		{"PackedPolicyTooLarge", "Packed policy consumes 120% of allotted space", "policy-too-large"},
		{"MalformedPolicyDocument", "Syntax errors in policy.", "policy-malformed"},
		{"ForbiddenException", "No access", "role-not-assigned"},
		{"SignatureDoesNotMatch", "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)", "clock"},
		{"SomethingNew", "never seen", "aws-somethingnew"},
	}
	for _, tt := range tests {
		f := explain.Error(refused(tt.code, tt.message))
		line := 3 // the role's
		if strings.HasPrefix(tt.want, "mfa-") {
			line = 4 // the device's
		}
		if f.Code != tt.want || f.Class != explain.ClassRefused || (f.Where == nil || f.Where.Line != line) && tt.want != "clock" {
			t.Errorf("%s %q: code %q, class %q, where %v; want %q at line %d", tt.code, tt.message, f.Code, f.Class, f.Where, tt.want, line)
		}
		if f.Why == "" || f.Fix == "" {
			t.Errorf("%s: why %q, fix %q", tt.want, f.Why, f.Fix)
		}
	}
	selected := explain.Error(&chain.SelectionError{Selected: origin.Value{Text: "x", Origin: origin.Env("AWS_PROFILE")}, Err: &profile.NotFoundError{Kind: "profile", Name: "x"}})
	if !strings.HasSuffix(selected.Why, "; $AWS_PROFILE names the profile") {
		t.Errorf("selected by the environment: why %q", selected.Why)
	}
	busy := explain.Error(inStep(&awsapi.APIError{Code: "Throttling", Status: 400, Attempts: 3}))
	if busy.Class != explain.ClassUnreachable || !strings.Contains(busy.Why, "3 requests") {
		t.Errorf("throttled: %+v", busy)
	}
	slow := explain.Error(inStep(&awsapi.APIError{Code: "SignatureDoesNotMatch", Status: 403, Skew: time.Hour}))
	if slow.Code != "clock" || !strings.Contains(slow.Why, "1h0m0s behind") {
		t.Errorf("skewed: %+v", slow)
	}
}

// TestAnswers holds the answers of AWS, by every code and operation that is known of
// them, against the rules: errors of latchkey's own calls, where no text is searched.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const someone = "User: U is not "
	for _, tt := range []struct{ want, codes, operation, message string }{
		{"key-unknown", "InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId", "", "x"},
		{"key-unknown", "AuthFailure", "", "AWS was not able to validate the provided access credentials"},
		{"aws-authfailure", "AuthFailure", "", "x"},
		{"secret-wrong", "SignatureDoesNotMatch InvalidSignatureException", "", "x"},
		{"signature-malformed", "IncompleteSignature IncompleteSignatureException", "", "x"},
		{"expired", "ExpiredToken ExpiredTokenException RequestExpired", "", "x"},
		{"permission-missing", "AccessDenied AccessDeniedException UnauthorizedOperation AccessDeniedFault", "", someone + "authorized to perform: s3:ListBuckets"},
		{"aws-accessdenied", "AccessDenied", "", "x"},
		{"assume-role-denied", "AccessDenied AccessDeniedException", "", someone + "authorized to perform: sts:AssumeRole on resource: R"},
		{"explicit-deny", "AccessDenied AccessDeniedException", "", someone + "authorized to perform: sts:AssumeRole on resource: R with an explicit deny"},
		{"root", "AccessDenied AccessDeniedException", "", "Roles may not be assumed by root accounts."},
		{"session-of-session", "AccessDenied AccessDeniedException", "", "Cannot call GetFederationToken with session credentials"},
		{"role-duration", "ValidationError", "", "exceeds the MaxSessionDuration set"},
		{"chained-duration", "ValidationError", "", "by role chaining"},
		{"aws-validationerror", "ValidationError", "", "x"},
		{"policy-too-large", "PackedPolicyTooLarge PackedPolicyTooLargeException", "", "x"},
		{"policy-malformed", "MalformedPolicyDocument MalformedPolicyDocumentException", "", "x"},
		{"mfa-code-refused", "AccessDenied AccessDeniedException", "", "with invalid MFA one time pass code"},
		{"mfa-serial-refused", "AccessDenied AccessDeniedException", "", "unable to validate MFA code"},
		{"mfa-incomplete", "AccessDenied AccessDeniedException", "", "must provide both MFA serial number and one time pass code"},
		{"mfa-half-enrolled", "AccessDenied AccessDeniedException", "", someone + "authorized to perform: iam:DeleteVirtualMFADevice on resource: D with an explicit deny"},
		{"mfa-half-enrolled", "AccessDenied", "", someone + "authorized to perform: iam:DeleteVirtualMFADevice on resource: D"},
		{"role-not-assigned", "ForbiddenException", "", "No access"},
		{"role-not-assigned", "ForbiddenException", "GetRoleCredentials", "x"},
		{"role-not-assigned", "ForbiddenException", "ListAccountRoles", "x"},
		{"role-not-assigned", "ForbiddenException", "ListAccounts", "x"},
		{"aws-forbiddenexception", "ForbiddenException", "", "x"},
		{"start-url", "InvalidRequestException", "StartDeviceAuthorization", "x"},
		{"start-url", "InvalidRequestException", "RegisterClient", "x"},
		{"sign-in-grant", "InvalidGrantException InvalidRequestException InvalidClientException", "CreateToken", "x"},
		{"aws-invalidrequestexception", "InvalidRequestException", "", "x"},
		{"imds-role", "AssumeRoleUnauthorizedAccess", "", "x"},
		{"oidc-provider", "InvalidIdentityToken InvalidIdentityTokenException", "", "No OpenIDConnect provider found"},
		{"oidc-audience", "InvalidIdentityToken InvalidIdentityTokenException", "", "Incorrect token audience"},
		{"oidc-token", "InvalidIdentityToken InvalidIdentityTokenException", "", "x"},
		{"web-identity-denied", "AccessDenied AccessDeniedException", "", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		{"federation-denied", "AccessDenied AccessDeniedException", "", someone + "authorized to perform: sts:GetFederationToken on resource: R"},
		{"region-disabled", "RegionDisabledException RegionDisabled", "", "x"},
		{"key-limit", "LimitExceeded LimitExceededException", "", "Cannot exceed quota for AccessKeysPerUser: 2"},
		{"aws-limitexceeded", "LimitExceeded", "", "Cannot exceed quota for UsersPerAccount"},
		{"clock", "SignatureDoesNotMatch InvalidSignatureException", "", "Signature expired: A is now earlier than B"},
		{"clock", "SignatureDoesNotMatch", "", "Signature not yet current: A is still later than B"},
		{"clock", "RequestTimeTooSkewed", "", "x"},
	} {
		for code := range strings.FieldsSeq(tt.codes) {
			err := inStep(&awsapi.APIError{Code: code, Operation: tt.operation, Message: tt.message, Status: 403})
			f := explain.Error(err)
			if rules := explain.Matching(err); f.Code != tt.want || len(rules) != 1 {
				t.Errorf("%s %s %q: %s, of %v, want %s", code, tt.operation, tt.message, f.Code, rules, tt.want)
			}
			if blames := !strings.Contains(" clock imds-role key-limit start-url sign-in-grant ", " "+tt.want+" "); blames != (f.Where != nil) {
				t.Errorf("%s: at %v", tt.want, f.Where)
			}
		}
	}
	over := explain.Error(inStep(&awsapi.APIError{Code: "ExpiredTokenException", Operation: "AssumeRoleWithWebIdentity", Message: "x", Status: 400}))
	words := explain.Error(inStep(&awsapi.APIError{Code: "ExpiredTokenException", Message: "Token expired: now", Status: 400}))
	other := explain.Error(inStep(&awsapi.APIError{Code: "ExpiredTokenException", Message: "x", Status: 400}))
	if over.Why != words.Why || over.Why == other.Why || over.Fix != words.Fix || over.Fix == other.Fix {
		t.Errorf("of a token: %q and %q; of a session %q", over.Why, words.Why, other.Why)
	}
	for code, status := range map[string]int{"Throttling": 400, "TooManyRequestsException": 400, "RequestLimitExceeded": 503, "SlowDown": 400, "X": 500, "Y": 429} {
		if f := explain.Error(inStep(&awsapi.APIError{Code: code, Status: status})); f.Class != explain.ClassUnreachable || !strings.Contains(f.Fix, "again") {
			t.Errorf("%s: %+v", code, f)
		}
	}
}

// TestClean: nothing of a finding reaches a terminal as it came.
func TestClean(t *testing.T) {
	t.Parallel()
	evil := "a\x1b[31m\u202eb\x00" + strings.Repeat("x", 5000)
	f := explain.Error(&chain.ConfigError{Profile: evil, Origin: origin.File(evil, 1, evil), Message: evil, Why: evil, Fix: evil})
	for _, text := range []string{f.What, f.Why, f.Fix, f.Profile, f.Where.String()} {
		if strings.ContainsAny(text, "\x1b\x00\u202e") || len(text) > 2000 {
			t.Errorf("not clean: %.80q (%d bytes)", text, len(text))
		}
	}
}

func TestDoesAndNext(t *testing.T) {
	t.Parallel()
	step := func(kind chain.Kind, inputs ...string) chain.Step {
		s := chain.Step{Kind: kind}
		for i := 0; i < len(inputs); i += 2 {
			s.Inputs = append(s.Inputs, chain.Input{Name: inputs[i], Value: inputs[i+1]})
		}
		return s
	}
	tests := []struct {
		step chain.Step
		does string
		next string
	}{
		{step(chain.KindStatic), "takes the keys of the profile", "without a network call"},
		{step(chain.KindEnvironment, chain.InputSessionToken, ""), "environment, with a session token", "without a network call"},
		{step(chain.KindProcess), "runs the command", "without a network call"},
		{step(chain.KindSSO, chain.InputSSORole, "R", chain.InputSSOAccount, "1"), "role R in account 1", "nobody is prompted for a code"},
		{step(chain.KindLogin), "console sign-in", "nobody is prompted for a code"},
		{step(chain.KindWebIdentity, chain.InputRoleARN, "arn"), "assumes arn", "nobody is prompted for a code"},
		{step(chain.KindContainer), "container", "nobody is prompted for a code"},
		{step(chain.KindIMDS), "1.5 s at most", "nobody is prompted for a code"},
		{step(chain.KindIMDS, chain.InputAsked, "true"), "asks the instance metadata service", "nobody is prompted for a code"},
		{step(chain.KindCustom, chain.InputName, "mine"), "provider mine", "without a network call"},
		{step(chain.KindSessionToken, chain.InputMFASerial, "dev"), "MFA session", "a code of dev"},
		{step(chain.KindAssumeRole, chain.InputRoleARN, "arn", chain.InputDuration, "5400"), "assumes arn for 1h30m", "nobody is prompted for a code"},
		{step(chain.KindAssumeRole, chain.InputRoleARN, "arn", chain.InputDuration, "3600", chain.InputMFASerial, "dev"), "for 1h, with a code", "a code of dev"},
	}
	for _, tt := range tests {
		if got := explain.Does(tt.step); !strings.Contains(got, tt.does) {
			t.Errorf("%s: %q, want %q", tt.step.Kind, got, tt.does)
		}
		if got := explain.Next(&chain.Plan{Steps: []chain.Step{tt.step}}, nil, nil); !strings.Contains(got, tt.next) {
			t.Errorf("%s: next %q, want %q", tt.step.Kind, got, tt.next)
		}
	}
}

// TestNextKept leaves out what a kept session spares.
func TestNextKept(t *testing.T) {
	t.Parallel()
	plan := &chain.Plan{Steps: []chain.Step{
		{Kind: chain.KindVault, Key: "v"},
		{Kind: chain.KindSessionToken, Key: "m", Inputs: []chain.Input{{Name: chain.InputMFASerial, Value: "dev"}}},
		{Kind: chain.KindAssumeRole, Key: "r"},
	}}
	for kept, want := range map[string]string{
		"":   "opens the vault and needs a code of dev: ",
		"v":  "needs a code of dev: ",
		"m":  "asks AWS, with the session that is kept; nobody is prompted for a code",
		"r":  "hands out the session that is kept; nobody is prompted and AWS is not asked",
		"mr": "hands out the session that is kept; nobody is prompted and AWS is not asked",
	} {
		got := explain.Next(plan, func(s chain.Step) bool { return strings.Contains(kept, s.Key) }, nil)
		if !strings.HasPrefix(got, want) {
			t.Errorf("kept %q: next %q, want %q", kept, got, want)
		}
	}
}

// TestWord holds names to a form that a shell takes for one argument.
func TestWord(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"work": "work", "team/dev@x": "team/dev@x", "my prod": `"my prod"`, "": `""`, "a;b": `"a;b"`, "a$(b)": "'a$(b)'", `a"b'c`: `'a"b'\''c'`,
	} {
		if got := explain.Word(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
