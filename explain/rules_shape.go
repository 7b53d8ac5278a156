package explain

import (
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/profile"
)

// shape makes the matcher of what the planner says of a profile in these words.
func shape(words ...string) matcher {
	return on(func(e *chain.ConfigError, f *Finding) bool {
		for _, w := range words {
			if strings.Contains(e.Message, w) {
				return configured(e, f)
			}
		}
		return false
	})
}

// configured takes over what the planner knows: it has seen the lines.
func configured(e *chain.ConfigError, f *Finding) bool {
	f.Profile, f.Where, f.Why, f.Fix = e.Profile, at(e.Origin), e.Why, e.Fix
	return true
}

func halfEnvironment(e *chain.ConfigError, f *Finding) bool {
	return strings.Contains(e.Why, "half a key pair") && configured(e, f)
}

const anyConfig = "config"

const rolePage = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html"

// shapeRules are about profiles whose keys do not go together.
func shapeRules() []Rule {
	return []Rule{
		{
			Code: anyConfig, Title: "A setting is wrong", Class: ClassConfig,
			Why: "a line, a variable or a flag says what cannot be done", Fix: "correct the setting that the error names",
			See:   "latchkey explain PROFILE",
			match: []matcher{on(configured)}, rest: true,
		},
		{
			Code: "role-without-source", Title: "A role without credentials to assume it with", Class: ClassConfig,
			Why: "nothing says whose credentials assume the role", Fix: "add source_profile (another profile's name) or credential_source to the profile with role_arn",
			See: "latchkey explain PROFILE", Page: rolePage,
			Texts: []Text{{Raw: "Partial credentials found in assume-role, missing: source_profile or credential_source", By: "boto3, AWS CLI"}},
			match: []matcher{shape("role_arn without source_profile")},
		},
		{
			Code: "source-profile-loop", Title: "Profiles name each other as their source", Class: ClassConfig,
			Why: "no profile of the loop has credentials to begin with", Fix: "let one of them name a profile with credentials as its source_profile",
			See: "latchkey explain PROFILE", Page: rolePage, Covers: []string{profile.CodeSourceSelf},
			Texts: []Text{
				{Raw: "Infinite loop in credential configuration detected", By: "boto3, AWS CLI"},
				{Raw: "failed to load assume role *, of profile *, <nil>", By: "Go, Terraform", Why: "the source profiles name each other, or a source profile signs in with login_session, which the Go SDK does not take"},
				{Raw: "profile formed an infinite loop", By: "Rust"},
			},
			match: []matcher{shape("source_profile loop")},
		},
		{
			Code: "source-profile-missing", Title: "The source profile is not there, or has nothing", Class: ClassConfig,
			Why: "source_profile names a profile that does not exist, or has no credentials of its own", Fix: "correct source_profile, or give the profile that it names credentials",
			See: "latchkey explain PROFILE", Page: rolePage,
			Texts: []Text{
				{Raw: "The source_profile * referenced in the profile * does not exist", By: "boto3, AWS CLI"},
				{Raw: "The source profile * must have credentials", By: "boto3, AWS CLI"},
				{Raw: "failed to load assume role *, of profile *, failed to get shared config profile", By: "Go, Terraform"},
			},
			Over:  []Precedence{{"not-found", "it is the source that is not found"}},
			match: []matcher{shape("does not exist", "names it as source_profile")},
		},
	}
}

// misfits are shapes that no SDK has a text of its own for.
func misfits() []Rule {
	var list []Rule
	for _, r := range [...]struct{ codes, title, why, fix, words string }{
		{"source-without-role credential-source-without-role", "Somebody to assume a role, but no role", "source_profile, credential_source and a web identity token are only good for assuming a role, and role_arn (AWS_ROLE_ARN) is missing", "add role_arn, or use the source itself", "without role_arn|but AWS_ROLE_ARN is not"},
		{"credential-source", "credential_source has nothing to give", "it is none of Environment, Ec2InstanceMetadata and EcsContainer, or what it names is not there; and a profile has it or source_profile, not both", "write one of the three, or use source_profile", "unknown credential_source|has nothing to offer|both source_profile and credential_source|metadata service is switched off"},
		{"duration-seconds", "duration_seconds is not a time that AWS takes", "it is a number of seconds from 900 to 43200, without a unit", "write a number such as 3600", "duration_seconds is not"},
		{"endpoint-url " + profile.CodeServicesMissing, "The address for calls cannot be used", "endpoint_url is not an http or https address, or services names a section that is not there", "correct it, or remove it if AWS is meant", " endpoint: |no section [services"},
		{"process-loop", "Commands that give credentials call each other", "the command of credential_process asks for the profile that runs it, or the chain of commands is longer than four", "let the command name another profile, or the last one directly", "credential_process loop|call each other"},
		{"vault-entry-missing", "The vault lacks the key of a profile", "the profile's credential_process is latchkey itself, which keeps the key in the vault", "put it there: latchkey vault add PROFILE", "the vault has no entry for this profile"},
	} {
		codes := strings.Fields(r.codes)
		list = append(list, Rule{Code: codes[0], Covers: codes[1:], Title: r.title, Class: ClassConfig, Why: r.why, Fix: r.fix, See: seeExplain, match: []matcher{shape(strings.Split(r.words, "|")...)}})
	}
	return list
}

// centerRules are about the settings of Identity Center, and those of regions and endpoints.
func centerRules() []Rule {
	return []Rule{
		{
			Code: "sso-session-missing", Title: "The sso-session section is not there", Class: ClassConfig,
			Why: "sso_session names a section [sso-session NAME] that the config file does not have", Fix: "add the section, or correct the name",
			See: "latchkey explain PROFILE", Page: ssoPage,
			Texts: []Text{
				{Raw: "The specified sso-session does not exist: *", By: "boto3, AWS CLI"},
				{Raw: "failed to find SSO session section, *", By: "Go, Terraform"},
			},
			match: []matcher{shape("there is no section [sso-session")},
		},
		{
			Code: "sso-incomplete", Title: "Settings of Identity Center are missing", Class: ClassConfig,
			Why: "credentials take four settings: sso_start_url and sso_region (in the sso-session), sso_account_id and sso_role_name", Fix: "add those that are missing",
			See: "latchkey explain PROFILE", Page: ssoPage, Covers: []string{"sso-session-incomplete", "sso-unfinished"},
			Texts: []Text{
				{Raw: "is configured to use SSO but is missing required configuration", By: "boto3, AWS CLI"},
				{Raw: "is configured to use SSO but is missing required configuration: *", By: "Go, Terraform"},
			},
			match: []matcher{shape("for Identity Center but lacks", "is a token-only profile", "has Identity Center settings but lacks", "] lacks sso_")},
		},
		{
			Code: "sso-differs", Title: "The profile contradicts its sso-session", Class: ClassConfig,
			Why: "the start URL or the region in the profile is another than in its sso-session", Fix: "remove sso_start_url and sso_region from the profile",
			See: "latchkey explain PROFILE", Page: ssoPage, Covers: []string{"sso-repeated"},
			Texts: []Text{{Raw: "is inconsistent between profile (*) and sso-session (*)", By: "boto3, AWS CLI"}},
			match: []matcher{shape("differs between the profile and its sso-session")},
		},
		{
			Code: "no-region", Title: "No region is configured", Class: ClassConfig,
			Why: "neither the profile nor the environment names a region; boto3 reads AWS_DEFAULT_REGION and not AWS_REGION, others both", Fix: "set region in the profile, or both AWS_REGION and AWS_DEFAULT_REGION",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html", Covers: []string{"aws-region-variable"},
			Texts: []Text{
				{Raw: "You must specify a region", By: "boto3, AWS CLI"},
				{Raw: "Invalid endpoint: https://*..amazonaws.com", By: "boto3, AWS CLI", Why: "AWS_DEFAULT_REGION is set but empty", Fix: "unset it, or set it to a region"},
				{Raw: "Invalid Configuration: Missing Region", By: "Go, Terraform"},
				{Raw: "Missing region in config", By: "JavaScript"},
				{Raw: "A region must be set when sending requests", By: "Rust"},
			},
			match: []matcher{shape("region is not set")},
		},
		{
			Code: "fips-endpoint", Title: "A FIPS or dual-stack endpoint together with one of your own", Class: ClassConfig,
			Why: "use_fips_endpoint and use_dualstack_endpoint choose among AWS's endpoints, and endpoint_url names another", Fix: "remove endpoint_url (AWS_ENDPOINT_URL), or use_fips_endpoint and use_dualstack_endpoint",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html",
			Texts: []Text{
				{Raw: "Invalid Configuration: FIPS and custom endpoint are not supported", By: "all SDKs"},
				{Raw: "Invalid Configuration: Dualstack and custom endpoint are not supported", By: "all SDKs"},
			},
			match: []matcher{shape("FIPS")}, Over: []Precedence{{"endpoint-url", "the message says which settings"}},
		},
	}
}
