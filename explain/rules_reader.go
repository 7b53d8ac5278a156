package explain

import (
	"github.com/latchkey-aws/latchkey/profile"
)

// readerRules are about the text of the files, and about settings that not every
// SDK takes the same way. Most are no errors here but findings of a plan.
func readerRules() []Rule {
	return []Rule{
		{
			Code: "config-file", Title: "A line of the files that tools read differently", Class: ClassConfig,
			Why: "boto3 and the AWS CLI refuse a whole file for one line that others pass over: a section or key that is there twice, a byte order mark, a stray line, a key before the first section",
			Fix: "correct the lines that latchkey explain PROFILE lists: it names each, and who reads it differently",
			See: "latchkey explain PROFILE", Page: "https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html",
			Texts: []Text{
				{Raw: "Unable to parse config file: *", By: "boto3, AWS CLI"},
				{Raw: "failed to load shared config file, *", By: "Go, Terraform"},
				{Raw: "error parsing * on line *", By: "Rust"},
			},
			Covers: readerCodes(),
			match: []matcher{on(func(e *profile.SyntaxError, f *Finding) bool {
				f.Code, f.Where, f.Fix = e.Code, at(e.Origin), e.Fix
				f.Why = "a line that cannot be read may be the one that matters, so the profile is not used"
				return true
			})},
		},
		{
			Code: "environment-over-profile", Title: "Another identity than the one that was meant", Class: ClassConfig,
			Why: "of several sources that are configured, each tool takes one without a word: keys in the environment win over AWS_PROFILE, and inside a profile SDKs differ in what wins",
			Fix: "leave one source: latchkey env --unset prints what clears the environment, and latchkey explain PROFILE lists what else is there",
			See: "latchkey whoami PROFILE", Page: "https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html",
			Covers: []string{
				"two-profile-variables", "old-profile-variable", "sso-over-others", "login-over-process", "role-over-process", "source-has-role", "login-as-source",
				"web-identity-over-profile", "web-identity-over-source", "web-identity-over-static", "credential-source-over-static",
				"static-over-sso", "static-over-login", "static-over-process", "static-over-web-identity", "two-container-uris",
				"security-token", "environment-keys-unused", profile.CodeSecurityToken, profile.CodeKeysInBothFiles, profile.CodeStrayToken,
			},
		},
		{
			Code: "setting-differs", Title: "A setting that not every SDK takes the same way", Class: ClassConfig,
			Why: "latchkey takes it as it was most likely meant; the finding says who does not", Fix: "write it in the form that all of them read alike, which the finding names",
			See: "latchkey explain PROFILE",
			Covers: []string{
				"credential-source-case", "duration-capped", "duration-odd", "mfa-each-session", "not-for-web-identity", "process-calls-itself", "process-needs-shell",
				"blank-variable", "empty-container-uri", "not-boolean", "blanks-around-key",
				profile.CodeNameCase, profile.CodeLostInCredentials,
			},
		},
	}
}

// readerCodes are the codes of what the reader notices in a file's text.
func readerCodes() []string {
	return []string{
		profile.CodeNoHome, profile.CodeLocationMissing, profile.CodeLocationBlank, profile.CodeLocationTilde, profile.CodeLocationNotExpanded,
		profile.CodeBOM, profile.CodeMoreFindings, profile.CodeMissingBracket, profile.CodeEmptyHeader, profile.CodeLongName, profile.CodeControlCharacter,
		profile.CodeDEFAULT, profile.CodeSectionCase, profile.CodeMissingPrefix, profile.CodePrefixInCredentials, profile.CodeKindInCredentials,
		profile.CodeUnknownSection, profile.CodePaddedHeader, profile.CodeIndentedHeader, profile.CodeQuotedName, profile.CodeSpacesInName,
		profile.CodeNameCharacters, profile.CodeTextAfterHeader, profile.CodeDuplicateSection, profile.CodeDefaultTwice, profile.CodeBeforeSection,
		profile.CodeNoDelimiter, profile.CodeNoName, profile.CodeNestedLine, profile.CodeNestedNoName, profile.CodeOrphanContinuation,
		profile.CodeCarriageReturn, profile.CodeInvalidUTF8, profile.CodeInvalidUTF8Comment, profile.CodeTooManyLines, profile.CodeColon,
		profile.CodeInlineComment, profile.CodeQuotedValue, profile.CodeQuotedCommand, profile.CodeDuplicateKey, profile.CodeKeyCharacters,
		profile.CodeUnknownKey, profile.CodeIndentedAssignment, profile.CodeIndentedProperty, profile.CodeBlankValue,
	}
}
