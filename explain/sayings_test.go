package explain_test

import (
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/explain"
)

// saying is a text of the failure catalogue, as programs print it.
type saying struct {
	row  int
	code string
	text string
}

// TestSayings reads the texts of the catalogue: each is of one rule alone.
func TestSayings(t *testing.T) {
	t.Parallel()
	for _, s := range sayings() {
		for name, shown := range showings(s.text) {
			r := explain.FromText(shown, nil)
			var codes []string
			for _, f := range r.Findings {
				codes = append(codes, f.Code)
				if f.Title == "" || f.Why == "" || f.Fix == "" || f.What == "" || len(f.Docs) == 0 || f.Class == "" {
					t.Errorf("row %d: %+v", s.row, f)
				}
			}
			if len(codes) != 1 || codes[0] != s.code {
				t.Errorf("row %d, %s: rules %v, want %s: %q", s.row, name, codes, s.code, shown)
			}
		}
	}
}

// TestTexts: the text of each rule is of it alone.
func TestTexts(t *testing.T) {
	t.Parallel()
	for _, r := range explain.Rules() {
		for _, text := range r.Texts {
			read := explain.FromText(strings.ReplaceAll(text.Raw, "*", "any"), nil)
			if len(read.Findings) != 1 || read.Findings[0].Code != r.Code {
				t.Errorf("%q of %s is %+v", text.Raw, r.Code, read.Findings)
			}
		}
	}
}

// TestPrecedences: where a program says two things, the rule that says why counts.
func TestPrecedences(t *testing.T) {
	t.Parallel()
	texts := map[string][]string{}
	for _, r := range explain.Rules() {
		for _, text := range r.Texts {
			if !text.Weak {
				texts[r.Code] = append(texts[r.Code], strings.ReplaceAll(text.Raw, "*", "any"))
			}
		}
	}
	for winner, losers := range map[string]string{
		"clock":                  "secret-wrong signature-malformed expired key-unknown permission-missing",
		"container-refused":      "unreachable-dns unreachable-timeout unreachable-closed not-available",
		"explicit-deny":          "assume-role-denied permission-missing",
		"federation-denied":      "explicit-deny permission-missing",
		"imds-role":              "not-available",
		"mfa-half-enrolled":      "explicit-deny permission-missing",
		"no-credentials":         "unreachable-dns unreachable-timeout unreachable-closed",
		"not-available":          "unreachable-dns unreachable-timeout unreachable-closed no-credentials",
		"oidc-audience":          "oidc-token",
		"oidc-provider":          "oidc-token",
		"process-missing-field":  "process-exit-status",
		"process-not-found":      "process-exit-status",
		"process-wrong-version":  "process-exit-status",
		"source-profile-missing": "not-found",
		"empty-aws-profile":      "not-found",
		"sso-sign-in":            "token-file expired",
		"token-file":             "process-not-found",
		"unreachable-tls":        "unreachable-dns unreachable-timeout unreachable-closed unreachable-proxy",
		"web-identity-denied":    "permission-missing",
		"assume-role-denied":     "permission-missing",
		"aws-busy":               "secret-wrong permission-missing expired",
	} {
		for loser := range strings.FieldsSeq(losers) {
			if len(texts[winner]) == 0 || len(texts[loser]) == 0 {
				t.Errorf("%s over %s: no texts", winner, loser)
			}
			for _, first := range texts[winner] {
				for _, second := range texts[loser] {
					for _, f := range explain.FromText(first+"\n"+second, nil).Findings {
						if f.Code == loser {
							t.Errorf("%s is told of beside %s: %q, %q", loser, winner, first, second)
						}
					}
				}
			}
		}
	}
}

// showings are the ways in which a text comes to a person.
func showings(text string) map[string]string {
	wrapped := func(prefix string, width int) string {
		var b strings.Builder
		b.WriteString(prefix)
		n := 0
		for _, word := range strings.SplitAfter(text, " ") {
			if n += len(word); n > width {
				b.WriteString("\n" + prefix)
				n = len(word)
			}
			b.WriteString(word)
		}
		return b.String()
	}
	broken := ""
	for i, r := range text { // as a terminal of 33 columns does, in the middle of words
		if i > 0 && i%33 == 0 {
			broken += "\n"
		}
		broken += string(r)
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text)
	return map[string]string{
		"plain":             text,
		"AWS CLI":           "\naws: [ERROR]: " + text + "\n",
		"coloured":          "\x1b[31m\x1b[1mError:\x1b[0m " + strings.ReplaceAll(text, " ", " \x1b[0m") + "\x1b[0m",
		"Terraform":         "╷\n│ Error: configuring Terraform AWS Provider\n│ \n" + wrapped("│ ", 60) + "\n│ \n│   with provider[\"registry.terraform.io/hashicorp/aws\"],\n│   on main.tf line 3, in provider \"aws\":\n│    3: provider \"aws\" {\n╵",
		"terminal":          broken,
		"JSON log":          `{"time":"2026-01-02T03:04:05Z","level":"error","msg":"` + quoted + `","n":1}`,
		"JSON log of a log": `{"log":"{\"level\":\"error\",\"msg\":\"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(quoted) + `\"}\n","stream":"stderr"}`,
		"long log":          strings.Repeat("2026-01-02T03:04:05Z INFO request 200 in 3ms\n", 300) + text + "\n" + strings.Repeat("exit status 1\n", 50),
		"CI log":            "2026-01-02T03:04:05.1234567Z ##[error]" + text + "\r\n2026-01-02T03:04:05.2Z ##[error]Process completed with exit code 254.\r\n",
	}
}

func sayings() []saying {
	cli := func(code, operation, message string) string {
		return "An error occurred (" + code + ") when calling the " + operation + " operation: " + message
	}
	golang := func(service, operation, code, message string) string {
		return "operation error " + service + ": " + operation + ", https response error StatusCode: 403, RequestID: 9a1b2c3d-0000-1111-2222-333344445555, api error " + code + ": " + message
	}
	const denied = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/Prod"
	const invalid = "The security token included in the request is invalid."
	const oneTime = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
	return []saying{
		{1, "no-credentials", "Unable to locate credentials"},
		{1, "no-credentials", `Unable to locate credentials. You can configure credentials by running "aws login".`},
		{1, "no-credentials", `Unable to locate credentials. You can configure credentials by running "aws configure".`},
		{2, "no-credentials", "failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded"},
		{2, "no-credentials", `failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, exceeded maximum number of attempts, 3, request send failed, Get "http://169.254.169.254/latest/meta-data/iam/security-credentials/": dial tcp 169.254.169.254:80: connect: connection refused`},
		{3, "not-found", "The config profile (prdo) could not be found"},
		{3, "not-found", "failed to get shared config profile, prdo"},
		{4, "empty-aws-profile", "The config profile () could not be found"},
		{5, "config-file", "Unable to parse config file: /home/alice/.aws/config"},
		{6, "half-pair", "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY"},
		{7, "half-pair", "Partial credentials found in shared-credentials-file, missing: aws_secret_access_key"},
		{7, "half-pair", "partial credentials found for profile dev"},
		{8, "role-without-source", "Partial credentials found in assume-role, missing: source_profile or credential_source"},
		{10, "key-unknown", cli("InvalidClientTokenId", "GetCallerIdentity", invalid)},
		{10, "key-unknown", cli("UnrecognizedClientException", "ListTables", invalid)},
		{10, "key-unknown", cli("InvalidAccessKeyId", "ListBuckets", "The AWS Access Key Id you provided does not exist in our records.")},
		{10, "key-unknown", cli("AuthFailure", "DescribeInstances", "AWS was not able to validate the provided access credentials")},
		{10, "key-unknown", golang("STS", "GetCallerIdentity", "InvalidClientTokenId", invalid)},
		{10, "key-unknown", `unhandled error (InvalidClientTokenId): Error { code: "InvalidClientTokenId", message: "` + invalid + `", aws_request_id: "9a1b2c3d-0000-1111-2222-333344445555" }`},
		{10, "key-unknown", "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>" + invalid + "</Message></Error></ErrorResponse>"},
		{11, "secret-wrong", cli("SignatureDoesNotMatch", "GetCallerIdentity", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")},
		{12, "signature-malformed", cli("IncompleteSignature", "GetCallerIdentity", "'AKIA\\n/20260102/us-east-1/sts/aws4_request' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential=AKIA'.")},
		{13, "clock", cli("SignatureDoesNotMatch", "GetCallerIdentity", "Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)")},
		{13, "clock", cli("InvalidSignatureException", "ListTables", "Signature not yet current: 20220127T031427Z is still later than 20220127T014428Z (20220127T015928Z + 5 min.)")},
		{13, "clock", cli("RequestTimeTooSkewed", "ListBuckets", "The difference between the request time and the current time is too large.")},
		{14, "expired", cli("ExpiredToken", "GetCallerIdentity", "The security token included in the request is expired")},
		{14, "expired", cli("ExpiredToken", "ListObjectsV2", "The provided token has expired.")},
		{14, "expired", cli("RequestExpired", "DescribeInstances", "Request has expired.")},
		{14, "expired", golang("S3", "ListBuckets", "ExpiredToken", "The provided token has expired.")},
		{15, "expired", "Credentials were refreshed, but the refreshed credentials are still expired."},
		{16, "assume-role-denied", cli("AccessDenied", "AssumeRole", denied)},
		{16, "assume-role-denied", "failed to refresh cached credentials, " + golang("STS", "AssumeRole", "AccessDenied", denied)},
		{17, "explicit-deny", cli("AccessDenied", "AssumeRole", denied+" with an explicit deny in a service control policy")},
		{17, "explicit-deny", cli("AccessDeniedException", "ListTables", "User: arn:aws:sts::111122223333:assumed-role/R/s is not authorized to perform: dynamodb:ListTables on resource: * with an explicit deny in a permissions boundary")},
		{18, "role-duration", cli("ValidationError", "AssumeRole", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")},
		{19, "chained-duration", cli("ValidationError", "AssumeRole", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")},
		{20, "mfa-code-refused", cli("AccessDenied", "AssumeRole", oneTime)},
		{20, "mfa-code-refused", golang("STS", "GetSessionToken", "AccessDenied", oneTime)},
		{21, "mfa-serial-refused", cli("AccessDenied", "GetSessionToken", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")},
		{22, "mfa-required", "Cannot refresh credentials: MFA token required."},
		{23, "mfa-required", "assume role with MFA enabled, but AssumeRoleTokenProvider session option not set."},
		{24, "session-of-session", cli("AccessDenied", "GetSessionToken", "Cannot call GetSessionToken with session credentials")},
		{24, "session-of-session", cli("AccessDenied", "GetFederationToken", "Cannot call GetFederationToken with session credentials")},
		{25, "explicit-deny", cli("AccessDenied", "ListUsers", "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::111122223333:user/ with an explicit deny in an identity-based policy")},
		{26, "sso-sign-in", "Error loading SSO Token: Token for https://corp.awsapps.com/start does not exist"},
		{26, "sso-sign-in", "failed to refresh cached credentials, failed to read cached SSO token file, open /home/alice/.aws/sso/cache/da07b71ee4e1cd8a3ca6ed7a7a5ef4b5a94a6d4d.json: no such file or directory"},
		{27, "sso-sign-in", "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile."},
		{27, "sso-sign-in", "Error when retrieving token from sso: Token has expired and refresh failed"},
		{27, "sso-sign-in", "failed to refresh cached credentials, the SSO session has expired or is invalid"},
		{28, "sso-sign-in", cli("UnauthorizedException", "GetRoleCredentials", "Session token not found or invalid")},
		{29, "role-not-assigned", cli("ForbiddenException", "GetRoleCredentials", "No access")},
		{29, "role-not-assigned", golang("SSO", "GetRoleCredentials", "ForbiddenException", "No access")},
		{30, "sso-incomplete", `The profile "s" is configured to use SSO but is missing required configuration: sso_start_url, sso_region`},
		{30, "sso-session-missing", `The specified sso-session does not exist: "q"`},
		{30, "sso-differs", "The value for sso_region is inconsistent between profile (us-east-1) and sso-session (eu-west-1)."},
		{31, "start-url", cli("InvalidRequestException", "StartDeviceAuthorization", "")},
		{31, "sign-in-grant", cli("InvalidGrantException", "CreateToken", "")},
		{32, "sign-in-late", "The pending authorization to retrieve an SSO token has expired. The authorization flow to retrieve an SSO token must be restarted."},
		{33, "console-sign-in", "Your session has expired or credentials have changed. Please reauthenticate using 'aws login'."},
		{33, "console-sign-in", "Your session has expired. Please reauthenticate using 'aws login'."},
		{33, "console-sign-in", "Unable to refresh credentials because of a change in your password. Please reauthenticate with your new password."},
		{34, "needs-crt", `Missing Dependency: Using the login credential provider requires an additional dependency. You will need to pip install "botocore[crt]" before proceeding.`},
		{35, "process-exit-status", "Error when retrieving credentials from custom-process: op: not signed in"},
		{35, "process-exit-status", "process provider error: error in credential_process: exit status 3"},
		{35, "process-not-found", "process provider error: error in credential_process: exit status 127"},
		{36, "process-not-JSON", "Expecting value: line 1 column 1 (char 0)"},
		{36, "process-not-JSON", "process provider error: parse failed of process output: hello\n, error: invalid character 'h' looking for beginning of value"},
		{37, "process-wrong-version", "Error when retrieving credentials from custom-process: Unsupported version '<Version key not provided>' for credential process provider, supported versions: 1"},
		{37, "process-wrong-version", "process provider error: wrong version in process output (not 1)"},
		{38, "container-host", "Unsupported host 'example.com'.  Can only retrieve metadata from a loopback address or one of these hosts: 169.254.170.2, 169.254.170.23, fd00:ec2::23, localhost"},
		{38, "container-host", "failed to refresh cached credentials, invalid endpoint host, \"example.com\", only loopback/ecs/eks hosts are allowed"},
		{39, "container-refused", "Error when retrieving credentials from container-role: Error retrieving metadata: Received non 200 response 403 from container metadata: AccessDenied"},
		{39, "malformed", "Auth token value is not a legal header value"},
		{40, "not-available", "Unable to retrieve token for use in IMDSv2 call and IMDSv1 has been disabled"},
		{41, "imds-role", `{"Code" : "AssumeRoleUnauthorizedAccess", "Message" : "EC2 cannot assume the role Role. Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc."}`},
		{42, "oidc-provider", cli("InvalidIdentityToken", "AssumeRoleWithWebIdentity", "No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com")},
		{43, "oidc-audience", cli("InvalidIdentityToken", "AssumeRoleWithWebIdentity", "Incorrect token audience")},
		{44, "web-identity-denied", cli("AccessDenied", "AssumeRoleWithWebIdentity", "Not authorized to perform sts:AssumeRoleWithWebIdentity")},
		{44, "web-identity-denied", golang("STS", "AssumeRoleWithWebIdentity", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")},
		{45, "expired", cli("ExpiredTokenException", "AssumeRoleWithWebIdentity", "Token expired: current date/time 1700000000 must be before the expiration date/time 1690000000")},
		{46, "token-file", "[Errno 2] No such file or directory: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'"},
		{46, "token-file", "failed to retrieve jwt from provide source, unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token: open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: no such file or directory"},
		{47, "no-region", "Invalid Configuration: Missing Region"},
		{47, "no-region", `You must specify a region. You can also configure your region by running "aws configure".`},
		{48, "unreachable-dns", `Could not connect to the endpoint URL: "https://sts.us-esat-1.amazonaws.com/"`},
		{48, "unreachable-dns", `operation error STS: GetCallerIdentity, https response error StatusCode: 0, RequestID: , request send failed, Post "https://sts.us-esat-1.amazonaws.com/": dial tcp: lookup sts.us-esat-1.amazonaws.com on 10.0.0.2:53: no such host`},
		{49, "region-disabled", cli("RegionDisabledException", "AssumeRole", "STS is not activated in this region for account:111122223333. Your account administrator can activate STS in this region using the IAM Console.")},
		{50, "unreachable-tls", "SSL validation failed for https://sts.eu-west-1.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)"},
		{50, "unreachable-tls", `operation error STS: GetCallerIdentity, https response error StatusCode: 0, RequestID: , request send failed, Post "https://sts.eu-west-1.amazonaws.com/": tls: failed to verify certificate: x509: certificate signed by unknown authority`},
		{51, "source-profile-loop", "Infinite loop in credential configuration detected. Attempting to load from profile l which has already been visited. Visited profiles: ['l', 'm']"},
		{51, "source-profile-loop", "failed to load assume role arn:aws:iam::111122223333:role/A, of profile l, <nil>"},
		{52, "console-refused", "urllib.error.HTTPError: HTTP Error 400: Bad Request for https://signin.aws.amazon.com/federation?Action=getSigninToken"},
		{53, "key-limit", cli("LimitExceeded", "CreateAccessKey", "Cannot exceed quota for AccessKeysPerUser: 2")},
		{54, "mfa-half-enrolled", cli("AccessDenied", "DeleteVirtualMFADevice", "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:DeleteVirtualMFADevice on resource: arn:aws:iam::111122223333:mfa/alice with an explicit deny in an identity-based policy")},
		{55, "fips-endpoint", "Invalid Configuration: FIPS and custom endpoint are not supported"},
		{56, "root", cli("AccessDenied", "AssumeRole", "Roles may not be assumed by root accounts.")},
	}
}
