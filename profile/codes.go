package profile

// The codes of diagnostics and syntax errors. Each is one row of the table of
// deviations; meaningOf says what it means and who breaks.
const (
	// Places and files.
	CodeNoHome              = "no-home"
	CodeLocationMissing     = "location-missing"
	CodeLocationBlank       = "location-blank"
	CodeLocationTilde       = "location-tilde"
	CodeLocationNotExpanded = "location-not-expanded"
	CodeFileUnreadable      = "file-unreadable"
	CodeBOM                 = "bom"
	CodeMoreFindings        = "more-findings"

	// Headers.
	CodeMissingBracket      = "missing-bracket"
	CodeEmptyHeader         = "empty-header"
	CodeLongName            = "long-name"
	CodeControlCharacter    = "control-character"
	CodeDEFAULT             = "default-inheritance"
	CodeSectionCase         = "section-case"
	CodeMissingPrefix       = "missing-profile-prefix"
	CodePrefixInCredentials = "profile-prefix-in-credentials"
	CodeKindInCredentials   = "section-in-credentials"
	CodeUnknownSection      = "unknown-section"
	CodePaddedHeader        = "padded-header"
	CodeIndentedHeader      = "indented-header"
	CodeQuotedName          = "quoted-name"
	CodeSpacesInName        = "spaces-in-name"
	CodeNameCharacters      = "name-characters"
	CodeTextAfterHeader     = "text-after-header"
	CodeDuplicateSection    = "duplicate-section"
	CodeDefaultTwice        = "default-twice"

	// Lines.
	CodeBeforeSection      = "property-before-section"
	CodeNoDelimiter        = "line-without-delimiter"
	CodeNoName             = "property-without-name"
	CodeNestedLine         = "nested-line"
	CodeNestedNoName       = "nested-without-name"
	CodeOrphanContinuation = "orphan-continuation"
	CodeCarriageReturn     = "carriage-return"
	CodeInvalidUTF8        = "invalid-utf8"
	CodeInvalidUTF8Comment = "invalid-utf8-comment"
	CodeTooManyLines       = "too-many-lines"
	CodeColon              = "colon-delimiter"
	CodeInlineComment      = "inline-comment"
	CodeQuotedValue        = "quoted-value"
	CodeQuotedCommand      = "quoted-command"
	CodeDuplicateKey       = "duplicate-key"
	CodeKeyCharacters      = "key-characters"
	CodeUnknownKey         = "unknown-key"
	CodeIndentedAssignment = "indented-assignment"
	CodeIndentedProperty   = "indented-property"

	// The merge of both files.
	CodeBlankValue        = "blank-value"
	CodePartialKeys       = "partial-keys"
	CodeKeysInBothFiles   = "keys-in-both-files"
	CodeStrayToken        = "stray-session-token"
	CodeSecurityToken     = "security-token-ignored"
	CodeLostInCredentials = "lost-in-credentials"
	CodeNameCase          = "name-differs-in-case"
	CodeIncludeProfile    = "include-profile"
	CodeIncludeMissing    = "include-profile-missing"
	CodeIncludeLoop       = "include-profile-loop"
	CodeSourceMissing     = "source-profile-missing"
	CodeSourceLoop        = "source-profile-loop"
	CodeSourceSelf        = "source-profile-self"
	CodeSSOSessionMissing = "sso-session-missing"
	CodeServicesMissing   = "services-missing"
)

const (
	python    = "botocore and the AWS CLI"
	pythonAll = "botocore and the AWS CLI (they reject the whole file)"
	rust      = "the AWS SDK for Rust"
	allSDKs   = "all AWS SDKs"
)

// meaning is what a code says where the finding has no text of its own.
type meaning struct {
	message, breaks, fix string
	wholeFile            bool
}

func meaningOf(code string) meaning {
	for _, of := range [...]func(string) (meaning, bool){fileMeaning, headerMeaning, badLineMeaning, lineMeaning, mergeMeaning} {
		if m, ok := of(code); ok {
			return m
		}
	}
	return meaning{message: code}
}

func fileMeaning(code string) (meaning, bool) {
	switch code {
	case CodeNoHome:
		return meaning{"no home folder is known", allSDKs, "set HOME", false}, true
	case CodeLocationMissing:
		return meaning{"the file does not exist and counts as empty", allSDKs, "correct or unset the variable", false}, true
	case CodeLocationBlank:
		return meaning{"the variable is set but empty and counts as unset", python + " (they read no file)", "unset the variable", false}, true
	case CodeLocationTilde:
		return meaning{"the path begins with a tilde, which not every SDK expands", "the AWS SDK for Go", "write the path out", false}, true
	case CodeLocationNotExpanded:
		return meaning{"the path holds a variable or the home folder of another user and is taken as it stands; botocore and the AWS CLI expand it",
			"latchkey, the AWS SDKs for Go and Rust", "write the path out", false}, true
	case CodeFileUnreadable:
		return meaning{"the file cannot be read", allSDKs, "make it a readable UTF-8 text file", true}, true
	case CodeBOM:
		return meaning{"a byte order mark stands before the section; it is skipped", "botocore and the AWS CLI (whole file), the AWS SDKs for Go and Rust (first section)",
			"save the file as UTF-8 without a byte order mark", true}, true
	case CodeMoreFindings:
		return meaning{"there are more findings", "", "correct those listed first", false}, true
	}
	return meaning{}, false
}

func headerMeaning(code string) (meaning, bool) {
	switch code {
	case CodeMissingBracket:
		return meaning{"the section header has no closing bracket", "botocore, the AWS CLI and Rust (they reject the whole file), Go (ignores the line)", "close the header with ]", true}, true
	case CodeEmptyHeader:
		return meaning{"the section header has no name; its lines belong to no profile", pythonAll, "name the section", true}, true
	case CodeLongName:
		return meaning{"the name of the section is longer than 1,024 bytes; it is ignored", "latchkey", "shorten the name", false}, true
	case CodeControlCharacter:
		return meaning{"the name of the section holds a character that does not show; it is ignored", rust, "type the header anew", false}, true
	case CodeDEFAULT:
		return meaning{"[DEFAULT] is not the default profile and is ignored: Python tools let every profile inherit its keys, Go reads it as [default], Rust ignores it",
			"every tool reads it differently", "rename it to [default], or move its keys to the profiles that need them", true}, true
	case CodeSectionCase:
		return meaning{"section names distinguish upper and lower case; the section is ignored", allSDKs, "write the word in lower case", false}, true
	case CodeMissingPrefix:
		return meaning{"in the config file a profile needs the word profile; the section is ignored", allSDKs, "write [profile NAME]", false}, true
	case CodePrefixInCredentials:
		return meaning{"in the credentials file a profile has no word profile; the section is ignored", "the AWS SDKs; botocore and the AWS CLI read it as part of the name", "write [NAME]", false}, true
	case CodeKindInCredentials:
		return meaning{"such a section belongs in the config file; here it is ignored", allSDKs, "move it to the config file", false}, true
	case CodeUnknownSection:
		return meaning{"a section of no known kind; it is ignored", allSDKs, "correct the header", false}, true
	case CodePaddedHeader:
		return meaning{"blanks stand between the brackets and the name; they are dropped", python + " (not a profile)", "remove the blanks", false}, true
	case CodeIndentedHeader:
		return meaning{"the section header is indented", "botocore, the AWS CLI and Rust (they read it as part of the value above)", "start the header in the first column", false}, true
	case CodeQuotedName:
		return meaning{"the name is quoted; the quotes are dropped", "the AWS SDKs for Go (keeps them) and Rust (ignores the section)", "use a name without quotes and blanks", false}, true
	case CodeSpacesInName:
		return meaning{"the name holds blanks", "botocore and the AWS CLI (they drop the section unless the name is quoted), Rust (ignores it)", "use a name without blanks", false}, true
	case CodeNameCharacters:
		return meaning{"the name holds other characters than letters, digits and _-/.%@:+", rust + " (ignores the section)", "use only those characters", false}, true
	case CodeTextAfterHeader:
		return meaning{"text that is no comment follows the header; it is ignored", "the AWS SDKs for Go (loses the section) and Rust (rejects the file)", "remove it, or move it to a line of its own", false}, true
	case CodeDuplicateSection:
		return meaning{"the section is there twice; both are merged and the last value of a key wins", pythonAll, "make them one section", true}, true
	case CodeDefaultTwice:
		return meaning{"[default] is ignored because there is a [profile default] as well", "botocore and the AWS CLI (they take the later one)", "keep one of them", false}, true
	}
	return meaning{}, false
}

func badLineMeaning(code string) (meaning, bool) {
	switch code {
	case CodeBeforeSection:
		return meaning{"the line stands before the first section and belongs to no profile", "botocore, the AWS CLI and Rust (they reject the whole file)", "move it below a section header", true}, true
	case CodeNoDelimiter:
		return meaning{"the line is neither a header nor a key with a value", "botocore, the AWS CLI and Rust (they reject the whole file), Go (ignores the line)", "write key = value, or make it a comment with #", true}, true
	case CodeNoName:
		return meaning{"the line has a value but no key", "botocore, the AWS CLI and Rust (they reject the whole file)", "write key = value", true}, true
	case CodeNestedLine:
		return meaning{"the indented line below a key without a value is no key with a value", "botocore, the AWS CLI and Rust (they reject the whole file), Go (ignores the line)", "write key = value", true}, true
	case CodeNestedNoName:
		return meaning{"the indented line has a value but no key", rust + " (rejects the whole file)", "write key = value", true}, true
	case CodeOrphanContinuation:
		return meaning{"the indented line continues nothing", "botocore, the AWS CLI and Rust (they reject the whole file), Go (ignores the line)", "remove it, or write key = value in the first column", true}, true
	case CodeCarriageReturn:
		return meaning{"a carriage return stands inside the line", allSDKs, "save the file with Unix or Windows line ends", false}, true
	case CodeInvalidUTF8:
		return meaning{"the line is not valid UTF-8", "botocore, the AWS CLI and Rust (they reject the whole file)", "save the file as UTF-8", true}, true
	case CodeInvalidUTF8Comment:
		return meaning{"the comment is not valid UTF-8", "botocore, the AWS CLI and Rust (they reject the whole file)", "save the file as UTF-8", true}, true
	case CodeTooManyLines:
		return meaning{"the section holds more than 65,536 properties or 1 MiB", "latchkey", "split the section", false}, true
	}
	return meaning{}, false
}

func lineMeaning(code string) (meaning, bool) {
	switch code {
	case CodeColon:
		return meaning{"a colon delimits the key and the value", rust + " (rejects the file); below a key without a value also botocore and the AWS CLI", "write an equals sign", false}, true
	case CodeInlineComment:
		return meaning{"a comment follows the value and is dropped; botocore and the AWS CLI keep it in the value", python, "move the comment to a line of its own", false}, true
	case CodeQuotedValue:
		return meaning{"the value is quoted; the quotes are dropped", "botocore, the AWS CLI and Rust (they keep them)", "remove the quotes", false}, true
	case CodeQuotedCommand:
		return meaning{"the value begins and ends with a quote and is kept as it stands; the AWS SDK for Go drops both quotes", "the AWS SDK for Go", "quote the first word only, or put the command in a script", false}, true
	case CodeDuplicateKey:
		return meaning{"the key is set twice; the last one wins", pythonAll, "remove one of the lines", true}, true
	case CodeKeyCharacters:
		return meaning{"the key holds other characters than letters, digits and _-/.%@:+", rust + " (ignores the line)", "correct the key", false}, true
	case CodeUnknownKey:
		return meaning{"a key that no SDK knows", allSDKs, "correct the key", false}, true
	case CodeIndentedAssignment:
		return meaning{"the indented line looks like a key with a value but continues the value above it", allSDKs, "start the key in the first column", false}, true
	case CodeIndentedProperty:
		return meaning{"the property is indented", rust + " (rejects the file)", "start the key in the first column", false}, true
	}
	return meaning{}, false
}

func mergeMeaning(code string) (meaning, bool) {
	switch code {
	case CodeBlankValue:
		return meaning{"the key has no value and counts as unset", python + " (they count it as set), and Go if it is half of a pair in the credentials file", "give it a value or remove the line", false}, true
	case CodePartialKeys:
		return meaning{"half a key pair", allSDKs, "put the key ID and the secret into one section", false}, true
	case CodeKeysInBothFiles:
		return meaning{"both files have a key pair for the profile; the one in the credentials file is used", "", "remove the pair from the config file", false}, true
	case CodeStrayToken:
		return meaning{"a session token without the key pair that is used; it is ignored", "the AWS SDKs for Go and Rust (they join it to the pair of the other file)", "move it next to its key pair or remove it", false}, true
	case CodeSecurityToken:
		return meaning{"aws_security_token is ignored and differs from aws_session_token", python + " (they prefer it)", "set aws_session_token only", false}, true
	case CodeLostInCredentials:
		return meaning{"the key stands in the credentials file while the profile is in the config file as well", "the AWS SDK for Go (it does not see the key)", "move it to the config file", false}, true
	case CodeNameCase:
		return meaning{"two profiles differ only in upper and lower case and are not merged", "", "use one spelling", false}, true
	case CodeIncludeProfile:
		return meaning{"keys of another profile are included; the AWS SDKs ignore include_profile", allSDKs, "repeat the keys in the profile for other tools, or let them use latchkey", false}, true
	case CodeIncludeMissing, CodeSourceMissing:
		return meaning{"names a profile that does not exist", allSDKs, "correct the name, or add the profile", false}, true
	case CodeIncludeLoop:
		return meaning{"the included profiles form a loop", "latchkey", "remove one include_profile", false}, true
	case CodeSourceLoop:
		return meaning{"the source profiles form a loop", allSDKs, "let one of them have credentials instead of a source", false}, true
	case CodeSourceSelf:
		return meaning{"the profile is its own source but has no key pair", python + ", Go", "add a key pair, or name another source", false}, true
	case CodeSSOSessionMissing:
		return meaning{"names an sso-session section that does not exist", allSDKs, "correct the name, or add the section", false}, true
	case CodeServicesMissing:
		return meaning{"names a services section that does not exist", python + ", latchkey", "correct the name, or add the section", false}, true
	}
	return meaning{}, false
}

// Breaks says which tools read a line of that code differently or not at all, ""
// for codes that are not of this package.
func Breaks(code string) string { return meaningOf(code).breaks }
