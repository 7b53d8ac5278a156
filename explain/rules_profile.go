package explain

import (
	"errors"
	"strings"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/profile"
	"github.com/latchkey-aws/latchkey/provider"
)

// profileRules are about profiles that are not there, or have nothing to give.
func profileRules() []Rule {
	return []Rule{
		{
			Code: "no-credentials", Title: "No credentials are configured", Class: ClassNotFound,
			Why: "nothing is configured for the profile that is selected: AWS_PROFILE is not exported, or its section has another name than was meant",
			Fix: "see with latchkey profiles what there is, and select one; latchkey explain PROFILE shows what a profile has",
			See: "latchkey explain", Page: "https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html",
			Texts: []Text{
				{Raw: "Unable to locate credentials", By: "boto3, AWS CLI"},
				{Raw: "failed to refresh cached credentials, no EC2 IMDS role found", By: "Go, Terraform", Why: "nothing is configured for the profile that is selected, so the SDK asked for the role of an EC2 instance as a last resort: unless this is one, the words about EC2 mean nothing"},
				{Raw: "No valid credential sources found", By: "Terraform"},
				{Raw: "NoCredentialProviders: no valid providers in chain", By: "Go v1"},
				{Raw: "the credential provider was not enabled", By: "Rust"},
				{Raw: "Could not load credentials from any providers", By: "JavaScript"},
			},
			Over:  overNetwork("the SDK was looking for an instance that is not there"),
			match: []matcher{on(noCredentials)},
		},
		{
			Code: "not-found", Title: "There is no such profile", Class: ClassNotFound,
			Why: "no file that was read has a profile of the name: a typing mistake, another home folder (sudo, CI), another AWS_CONFIG_FILE, or [NAME] in the config file where [profile NAME] is needed",
			Fix: "see with latchkey profiles which profiles there are, and in which files",
			See: "latchkey profiles", Page: "https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html",
			Texts: []Text{
				{Raw: "The config profile (*) could not be found", By: "boto3, AWS CLI"},
				{Raw: "failed to get shared config profile, *", By: "Go, Terraform"},
				{Raw: "profile `*` was not defined", By: "Rust"},
			},
			match: []matcher{on(notFound)},
		},
		{
			Code: "empty-aws-profile", Title: "AWS_PROFILE is set but empty", Class: ClassConfig,
			Why: "AWS_PROFILE is exported with nothing in it, which boto3 and the AWS CLI take for the name of a profile",
			Fix: "unset AWS_PROFILE", See: "latchkey explain",
			Texts: []Text{{Raw: "The config profile () could not be found", By: "boto3, AWS CLI"}},
			Over:  []Precedence{{"not-found", "a profile without a name is not one that is missing"}},
		},
		{
			Code: "half-pair", Title: "Half of an access key", Class: ClassConfig,
			Why: "an access key is a pair, and pairs are not joined over files or over files and variables",
			Fix: "put both halves into one place, or take out the one that is there",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html",
			Texts: []Text{
				{Raw: "Partial credentials found in env, missing: *", By: "boto3, AWS CLI", Why: "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is exported", Fix: "set both variables or unset both; latchkey env --unset prints what unsets them"},
				{Raw: "Partial credentials found in shared-credentials-file, missing: *", By: "boto3, AWS CLI"},
				{Raw: "Partial credentials found in config-file, missing: *", By: "boto3, AWS CLI"},
				{Raw: "partial credentials found for profile *", By: "Go, Terraform"},
			},
			match: []matcher{on(halfPair), on(halfEnvironment)}, Covers: []string{profile.CodePartialKeys, "half-pair-ignored"},
		},
	}
}

// fileRules are about files as a whole.
func fileRules() []Rule {
	return []Rule{
		{
			Code: "include-profile", Title: "A profile that is included cannot be read", Class: ClassConfig,
			Why: "include_profile names a profile that is not there, includes itself, or has something wrong", Fix: "correct include_profile",
			Covers: []string{profile.CodeIncludeMissing, profile.CodeIncludeLoop},
			match:  []matcher{on(included)},
		},
		{
			Code: "unreadable-file", Title: "A config or credentials file cannot be read", Class: ClassConfig,
			Why: "the file is there, and the system or its format does not let it be read", Fix: "make the file a readable UTF-8 text file",
			Covers: []string{profile.CodeFileUnreadable, "default-unreadable"},
			match:  []matcher{on(unreadable)},
		},
		{
			Code: "cannot-edit", Title: "A file is not edited, because no edit would be safe", Class: ClassConfig,
			Why: "what is to be written could not be read back by all AWS SDKs as the same", Fix: "edit the file by hand",
			match: []matcher{on(func(e *profile.EditError, f *Finding) bool {
				f.Where, f.Why, f.Fix = at(e.Origin), "", e.Fix
				return true
			})},
		},
		{
			Code: "file-changed", Title: "Another program changed the file meanwhile", Class: ClassConfig,
			Why: "what was read is not there any more, and nothing is written over it", Fix: "run the command again: it reads the file anew",
			match: []matcher{on(func(e *profile.ChangedError, f *Finding) bool {
				f.Where, f.Why = at(origin.File(e.Path, 0, "")), ""
				return true
			})},
		},
	}
}

func included(e *profile.IncludeError, f *Finding) bool {
	var syntax *profile.SyntaxError
	if errors.As(e, &syntax) {
		return false // the line that is wrong is what to look at
	}
	f.Profile, f.Where, f.Why = e.Profile, at(e.Hop.Origin), ""
	f.Fix = "correct include_profile at " + e.Hop.Origin.Position()
	return true
}

func unreadable(e *profile.FileError, f *Finding) bool {
	variable := "AWS_CONFIG_FILE"
	if e.What == "credentials" {
		variable = "AWS_SHARED_CREDENTIALS_FILE"
	}
	f.Where, f.Why, f.Fix = at(e.Origin), "", "make "+e.Path+" readable, or point "+variable+" at another file"
	return true
}

func halfPair(e *profile.PartialKeysError, f *Finding) bool {
	f.Profile, f.Why = e.Profile, "an access key is a pair, and pairs are not joined over files"
	f.Fix = "add " + strings.Join(e.Missing, " and ") + " to the same section"
	if len(e.Present) > 0 {
		f.Where = at(e.Present[0])
	}
	return true
}

// noCredentials says what was looked at, and gives a selected profile credentials.
func noCredentials(e *chain.NoCredentialsError, f *Finding) bool {
	f.Profile, f.What = e.Profile.Text, e.Error()
	looked := e.Looked
	var away *provider.NotAvailableError
	if errors.As(e.Last, &away) {
		looked = append(looked[:len(looked):len(looked)], away.Error())
	}
	f.Why = strings.Join(looked, "; ")
	f.Fix = "name a profile that has credentials (latchkey profiles lists them), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	if e.Profile.Set() {
		f.Where = at(e.Profile.Origin)
		f.Fix = "give profile " + e.Profile.Text + " credentials: keys, role_arn with source_profile, sso_session, or credential_process"
	}
	return true
}

func notFound(e *profile.NotFoundError, f *Finding) bool {
	f.What = e.Kind + " " + e.Name + ": not found"
	config := e.Locations.Config
	if e.Kind == "profile" && e.Locations.Credentials != "" {
		config += " and " + e.Locations.Credentials
	}
	f.Why = "looked in " + config
	if config == "" {
		f.Why = "no home folder is known: HOME is not set"
	}
	switch {
	case len(e.Reasons) > 0:
		r := e.Reasons[0]
		f.Why += "; " + r.Origin.Position() + ": " + r.Message
		f.Where, f.Fix = at(r.Origin), r.Fix
		if r.Code == profile.CodeMissingPrefix {
			f.Fix = "write [profile " + e.Name + "] at " + r.Origin.Position()
		}
	case len(e.Near) > 0:
		f.Fix = "did you mean " + strings.Join(e.Near, " or ") + "?"
	default:
		f.Fix = "latchkey profiles lists what there is"
	}
	if f.Where == nil && e.Locations.Config != "" {
		f.Where = at(origin.File(e.Locations.Config, 0, ""))
	}
	return true
}
