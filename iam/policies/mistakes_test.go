package policies_test

import "strings"

// mark stands in the documents below in front of what a finding is about.
const mark = "@`"

// permit puts statements into a document.
func permit(statements ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ",\n  ") + `]}`
}

// identity is a document with one statement for a user.
func identity(effect, rest string) string {
	return permit(`{"Effect": "` + effect + `", ` + rest + `}`)
}

// trusts is a trust policy with one statement.
func trusts(principal, rest string) string {
	return permit(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": ` + principal + rest + `}`)
}

// cond is a condition on one key, marked at its operator.
func cond(operator, key, value string) string {
	return `, "Condition": {` + mark + `"` + operator + `": {"` + key + `": ` + value + `}}`
}

const (
	present = "aws:MultiFactorAuthPresent"
	age     = "aws:MultiFactorAuthAge"
	noMFA   = `, "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}`
	s3All   = `"Action": "s3:Get*", "Resource": "*"`
	account = `{"AWS": "arn:aws:iam::111122223333:root"}`
	saml    = `{"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}`
	github  = `{"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}`
)

// A mistake is a document with one mistake, marked, and its code; without a code
// there is nothing wrong.
type mistake struct{ code, text string }

func mistakes() []mistake {
	var all []mistake
	for _, list := range [][]mistake{mfaMistakes(), trustMistakes(), actionMistakes(), resourceMistakes(), conditionMistakes(), tagMistakes(), formMistakes()} {
		all = append(all, list...)
	}
	return all
}

// allBut denies without MFA all that is not in a list.
func allBut(list string) string {
	return identity("Deny", `"Resource": "*", "NotAction": [`+list+`]`+noMFA)
}

func mfaMistakes() []mistake {
	allow := func(operator, key, value string) string { return identity("Allow", s3All+cond(operator, key, value)) }
	deny := func(operator, key, value string) string { return identity("Deny", s3All+cond(operator, key, value)) }
	aged := func(value string) string {
		return trusts(account, `, "Condition": {"NumericLessThan": {"`+age+`": `+mark+value+`}}`)
	}
	return []mistake{
		{"mfa-allow-if-exists", allow("BoolIfExists", present, `"true"`)},
		{"mfa-allow-if-exists", allow("BoolIfExists", "aws:multifactorauthpresent", `true`)},
		{"mfa-allow-if-exists", trusts(account, cond("BoolIfExists", present, `["true"]`))},
		{"mfa-allow-if-exists", allow("NumericLessThanIfExists", age, `"3600"`)},
		{"", allow("Bool", present, `"true"`)},
		{"", deny("BoolIfExists", present, `"false"`)},
		{"mfa-deny-bool", deny("Bool", present, `"false"`)},
		{"mfa-null", deny("Null", present, `"true"`)},
		{"mfa-null", allow("Null", present, `"false"`)},
		{"", deny("Null", age, `"true"`)},
		{"", identity("Allow", s3All+`, "Condition": {"Null": {"`+present+`": "false"}, "Bool": {"`+present+`": "true"}}`)},
		{"mfa-upside-down", deny("BoolIfExists", present, `"true"`)},
		{"mfa-upside-down", allow("Bool", present, `"false"`)},
		{"mfa-upside-down", allow("Null", present, `"true"`)},
		{"mfa-upside-down", deny("Null", present, `"false"`)},
		{"mfa-upside-down", allow("NumericGreaterThan", age, `"3600"`)},
		{"mfa-deny-age", deny("NumericGreaterThan", age, `"3600"`)},
		{"", deny("NumericGreaterThanIfExists", age, `"3600"`)},
		{"", permit(`{"Effect": "Deny", `+s3All+`, "Condition": {"NumericGreaterThan": {"`+age+`": "3600"}}}`, `{"Effect": "Deny", `+s3All+noMFA+`}`)},
		{"mfa-removal", allBut(mark + `"iam:DeactivateMFADevice", "sts:GetSessionToken"`)},
		{"mfa-removal", allBut(`"sts:GetSessionToken", ` + mark + `"iam:DeleteVirtualMFADevice"`)},
		{"mfa-removal", allBut(`"sts:*", ` + mark + `"iam:*"`)},
		{"mfa-removal", allBut(`"sts:*", ` + mark + `"iam:*MFA*"`)},
		{"", allBut(`"sts:GetSessionToken", "iam:CreateVirtualMFADevice", "iam:*able*", "iam:List*"`)},
		{"mfa-shut-out", identity("Deny", `"Resource": "*", `+mark+`"NotAction": "iam:ListMFADevices"`+noMFA)},
		{"mfa-shut-out", identity("Deny", mark+`"Action": "*", "Resource": "*"`+noMFA)},
		{"mfa-federated", permit(`{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Principal": ` + saml + cond("Bool", present, `"true"`) + `}`)},
		{"mfa-federated", trusts(`{"Service": "ec2.amazonaws.com"}`, cond("Bool", present, `"true"`))},
		{"mfa-chained", trusts(`{"AWS": "arn:aws:iam::111122223333:role/ci"}`, cond("Bool", present, `"true"`))},
		{"mfa-chained", trusts(`{"AWS": "arn:aws:sts::111122223333:assumed-role/ci/x"}`, cond("NumericLessThan", age, `"600"`))},
		{"mfa-age", aged(`"1"`)},
		{"mfa-age", aged(`3600000`)},
		{"", trusts(account, cond("NumericLessThan", age, `3600`))},
		{"value", aged(`"1h"`)},
		{"operator-key", trusts(account, cond("Bool", age, `"true"`))},
	}
}

func trustMistakes() []mistake {
	web := func(principal, condition string) string {
		return permit(`{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": ` + principal + condition + `}`)
	}
	aws := func(name string) string { return trusts(`{"AWS": `+mark+name+`}`, "") }
	return []mistake{
		{"everybody", trusts(mark+`"*"`, "")},
		{"everybody", aws(`"*"`)},
		{"everybody", trusts(`{"AWS": [`+mark+`"*"]}`, `, "Condition": {"StringLike": {"aws:PrincipalArn": "*"}}`)},
		{"everybody", trusts(`{"AWS": [`+mark+`"*"]}`, `, "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"}}`)},
		{"everybody", trusts(mark+`"*"`, `, "Condition": {"Bool": {"aws:SecureTransport": "true"}}`)},
		{"", trusts(`"*"`, cond("StringEquals", "aws:PrincipalOrgID", `"o-abc"`))},
		{"everybody", permit(`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Principal": ` + mark + `"*"}`)},
		{"trust-account", aws(`"111122223333"`)},
		{"principal-account", trusts(`{"AWS": ["111122223333", `+mark+`"`+alice+`"]}`, `, "Condition": {"Bool": {"`+present+`": "true"}}`)},
		{"principal", aws(`"arn:aws:iam::111122223333:user/*"`)},
		{"principal", aws(`"arn:aws:iam::111122223333:group/admins"`)},
		{"principal", aws(`"alice"`)},
		{"principal", trusts(mark+`"`+alice+`"`, "")},
		{"principal", trusts(`{"Service": `+mark+`"lambda"}`, "")},
		{"principal-gone", aws(`"AIDAEXAMPLEEXAMPLEEXA"`)},
		{"account-number", aws(`111122223333`)},
		{"unknown-element", trusts(`{`+mark+`"Aws": "`+alice+`"}`, "")},
		{"allow-not-principal", permit(`{"Effect": "Allow", "Action": "sts:AssumeRole", ` + mark + `"NotPrincipal": {"AWS": "` + bob + `"}}`)},
		{"", trusts(`{"AWS": "`+alice+`"}`, "")},
		{"external-id", trusts(account, cond("StringEqualsIfExists", "sts:ExternalId", `"x1"`))},
		{"federated-all", web(strings.Replace(github, `"arn`, mark+`"arn`, 1), `, "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}`)},
		{"federated-all", web(github, `, "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": `+mark+`"*"}}`)},
		{"federated-all", web(github, `, "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": `+mark+`"repo:*"}}`)},
		{"federated-all", web(github, `, "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": ["repo:o/*", `+mark+`"repo:o*/r:*"]}}`)},
		{"", web(github, `, "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*", "token.actions.githubusercontent.com:job_workflow_ref": "o/r/*"}}`)},
		{"", web(github, `, "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": ["repo:o/*", "repo:o/r:*"]}}`)},
		{"principal-action", permit(`{"Effect": "Allow", "Action": ` + mark + `"sts:AssumeRole", "Principal": ` + saml + `}`)},
		{"principal-action", permit(`{"Effect": "Allow", "Action": ` + mark + `"sts:AssumeRoleWithSAML", "Principal": {"AWS": "` + alice + `"}}`)},
		{"trust-action", permit(`{"Effect": "Allow", "Action": ["sts:AssumeRole", ` + mark + `"s3:GetObject"], "Principal": {"AWS": "` + alice + `"}}`)},
		{"trust-resource", permit(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "` + alice + `"}, ` + mark + `"Resource": "*"}`)},
		{"variable-place", aws(`"arn:aws:iam::111122223333:user/${aws:username}"`)},
	}
}

func actionMistakes() []mistake {
	action := func(name string) string { return identity("Allow", `"Action": `+mark+`"`+name+`", "Resource": "*"`) }
	return []mistake{
		{"action-typo", action("iam:GetUsr")},
		{"action-typo", action("iam:EnableMFADevices")},
		{"action-typo", action("iam:GetCallerIdentity")},
		{"action-typo", action("aim:ListUsers")},
		{"action-typo", action("signin:AuthoriseOAuth2Access")},
		{"action-typo", allBut(mark + `"sts:GetSesionToken", "sts:GetSessionToken"`)},
		{"action-unknown", action("iam:MakeEverythingFine")},
		{"action-nothing", action("iam:Ennable*")},
		{"action-form", action("GetUser")},
		{"action-form", action("sts.AssumeRole")},
		{"action-form", action("*:GetUser")},
		{"action-form", action("s3:Get Object")},
		{"", identity("Allow", `"Action": ["IAM:getuser", "iam:List*", "newservice:AnyThing", "im:AnyThing", "sts:TagSession", "iam:?etUser"], "Resource": "*"`)},
		{"allow-all", action("*")},
		{"", identity("Deny", `"Action": "*", "Resource": "*"`)},
		{"allow-iam", action("iam:*")},
		{"pass-any-role", identity("Allow", `"Action": `+mark+`"iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/*"`)},
		{"", identity("Allow", `"Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}`)},
		{"assume-any-role", action("sts:AssumeRole")},
		{"", identity("Allow", `"Action": "sts:AssumeRole", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceOrgID": "o-1"}}`)},
		{"allow-not-action", identity("Allow", mark+`"NotAction": "iam:*", "Resource": "*"`)},
		{"allow-not-resource", identity("Allow", `"Action": "s3:GetObject", `+mark+`"NotResource": "arn:aws:s3:::secret/*"`)},
	}
}

func resourceMistakes() []mistake {
	on := func(action, resource string) string {
		return identity("Allow", `"Action": "`+action+`", "Resource": `+mark+`"`+resource+`"`)
	}
	about := func(action, resource string) string {
		return identity("Allow", `"Action": `+mark+`"`+action+`", "Resource": "`+resource+`"`)
	}
	return []mistake{
		{"resource-form", on("s3:GetObject", "bucket/*")},
		{"resource-form", on("s3:GetObject", "arn:aws:s3::bucket")},
		{"resource-never", on("iam:GetUser", "arn:aws:iam:us-east-1:111122223333:user/alice")},
		{"resource-never", on("iam:GetUser", "arn:aws:iam::1111222233334:user/alice")},
		{"resource-never", on("iam:GetUser", "arn:aws:iam:::user/alice")},
		{"resource-never", on("iam:TagUser", "arn:aws:iam::111122223333:usr/alice")},
		{"resource-never", on("iam:TagUser", "arn:aws:iam::111122223333:user")},
		{"resource-kind", identity("Allow", `"Action": [`+mark+`"iam:EnableMFADevice", "iam:CreateVirtualMFADevice"], "Resource": "arn:aws:iam::*:mfa/${aws:username}"`)},
		{"resource-kind", about("iam:CreateVirtualMFADevice", "arn:aws:iam::*:user/${aws:username}")},
		{"resource-kind", about("sts:AssumeRole", "arn:aws:sts::111122223333:assumed-role/x/y")},
		{"resource-kind", about("iam:GetAccountSummary", "arn:aws:iam::*:user/alice")},
		{"", identity("Allow", `"Action": ["iam:EnableMFADevice", "iam:CreateVirtualMFADevice"], "Resource": ["arn:aws:iam::*:mfa/*", "arn:aws:iam::*:user/x"]`)},
		{"", identity("Allow", `"Action": ["iam:EnableMFADevice", "iam:GetAccountSummary"], "Resource": ["*", "arn:aws:iam::aws:policy/x"]`)},
		{"variable", on("iam:GetUser", "arn:aws:iam::*:user/${aws:usrname}")},
		{"variable", on("iam:GetUser", "arn:aws:iam::*:user/${username}")},
		{"variable-form", on("iam:GetUser", "arn:aws:iam::*:user/$${aws:username}")},
		{"variable-form", on("iam:GetUser", "arn:aws:iam::*:user/${aws:username")},
		{"variable-form", on("iam:GetUser", "arn:aws:iam::*:user/{aws:username}")},
		{"variable-form", on("iam:GetUser", "arn:aws:iam::*:user/$(aws:username)")},
		{"", identity("Allow", `"Action": "iam:GetUser", "Resource": "arn:aws:iam::*:user/${aws:PrincipalTag/team, 'none'}${*}"`)},
	}
}

func conditionMistakes() []mistake {
	with := func(operator, key, value string) string { return identity("Allow", s3All+cond(operator, key, value)) }
	key := func(operator, name, value string) string {
		return identity("Allow", s3All+`, "Condition": {"`+operator+`": {`+mark+`"`+name+`": `+value+`}}`)
	}
	value := func(operator, name, value string) string {
		return identity("Allow", s3All+`, "Condition": {"`+operator+`": {"`+name+`": `+mark+value+`}}`)
	}
	return []mistake{
		{"operator", with("StringEqual", "aws:userid", `"x"`)},
		{"operator", with("bool", present, `"true"`)},
		{"operator", with("NullIfExists", "aws:userid", `"true"`)},
		{"operator", with("Matches", "aws:userid", `"true"`)},
		{"key", key("Bool", "aws:MultiFactorAuthPresnt", `"true"`)},
		{"key", key("Bool", "MultiFactorAuthPresent", `"true"`)},
		{"key", key("StringEquals", "aws:ExternalId", `"x"`)},
		{"key", trusts(account, `, "Condition": {"StringEquals": {`+mark+`"sts:ExternalID2": "x"}}`)},
		{"", with("StringEquals", "s3:anything", `"x"`)},
		{"", with("StringEquals", "sts:SomethingNewAltogether", `"x"`)},
		{"operator-key", with("StringEquals", "aws:SourceIp", `"203.0.113.1"`)},
		{"operator-key", with("StringLike", "aws:CurrentTime", `"2026*"`)},
		{"operator-key", with("NumericEquals", "aws:PrincipalTag/level", `"7"`)},
		{"value", value("DateLessThan", "aws:CurrentTime", `"01/02/2026"`)},
		{"value", value("DateLessThan", "aws:CurrentTime", `"2026-1-1T00:00:00Z"`)},
		{"", with("DateLessThan", "aws:CurrentTime", `["2026-01-01T00:00:00Z", "1767225600", "2026-01-01"]`)},
		{"value", value("IpAddress", "aws:SourceIp", `"203.0.113.0/99"`)},
		{"", with("IpAddress", "aws:SourceIp", `["203.0.113.0/24", "2001:db8::/32", "203.0.113.7"]`)},
		{"value", value("Bool", "aws:SecureTransport", `"yes"`)},
		{"value", value("ArnLike", "aws:PrincipalArn", `"alice"`)},
		{"equals-wildcard", value("StringEquals", "aws:PrincipalTag/team", `"a*"`)},
		{"like-plain", with("StringLike", "aws:PrincipalTag/team", `"a"`)},
		{"", with("StringLike", "aws:PrincipalTag/team", `["a", "b*"]`)},
		{"all-values", with("ForAllValues:StringEquals", "aws:CalledVia", `"x"`)},
		{"all-values-tags", with("ForAllValues:StringEquals", "aws:TagKeys", `"x"`)},
		{"", identity("Allow", s3All+`, "Condition": {"ForAllValues:StringEquals": {"aws:CalledVia": "x"}, "Null": {"aws:CalledVia": "false"}}`)},
		{"", identity("Deny", s3All+cond("ForAllValues:StringEquals", "aws:CalledVia", `"x"`))},
		{"set-single", identity("Deny", s3All+cond("ForAnyValue:StringEquals", "aws:userid", `"x"`))},
	}
}

func tagMistakes() []mistake {
	requested := `{"StringEquals": {"aws:RequestTag/owner": "x"}}`
	return []mistake{
		{"request-tag", identity("Allow", `"Action": "ec2:TerminateInstances", "Resource": "*", "Condition": {"StringEquals": {`+mark+`"aws:RequestTag/owner": "${aws:username}"}}`)},
		{"resource-tag", identity("Allow", `"Action": `+mark+`"ec2:CreateTags", "Resource": "*", "Condition": `+requested)},
		{"resource-tag", identity("Allow", `"Action": ["iam:CreateUser", `+mark+`"iam:TagUser"], "Resource": "arn:aws:iam::*:user/*", "Condition": `+requested)},
		{"", identity("Allow", `"Action": "ec2:CreateTags", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/owner": "x", "aws:ResourceTag/owner": "x"}}`)},
		{"", identity("Allow", `"Action": "ec2:RunInstances", "Resource": "*", "Condition": `+requested)},
		{"resource-tag", permit(`{"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/owner": "x"}}}`, `{"Effect": "Allow", "Action": `+mark+`"ec2:*", "Resource": "*"}`)},
		{"", permit(`{"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/owner": "x"}}}`, `{"Effect": "Allow", "Action": "ec2:DescribeTags", "Resource": "*"}`)},
	}
}

func formMistakes() []mistake {
	whole := `{"Effect": "Deny", ` + s3All + `}`
	long := func(n int) string {
		return mark + identity("Allow", `"Action": "s3:GetObject", "Resource": [`+strings.Repeat(`"arn:aws:s3:::bucket/folder/*",`, n)+`"arn:aws:s3:::x"]`)
	}
	return []mistake{
		{"twice", permit(`{"Effect": "Deny", "Action": "s3:Get*", ` + mark + `"Action": "s3:Put*", "Resource": "*"}`)},
		{"unknown-element", identity("Allow", s3All+", "+mark+`"Actions": "x:y"`)},
		{"unknown-element", strings.Replace(permit(whole), `"Statement"`, mark+`"Version2": "x", "Statement"`, 1)},
		{"unknown-element", strings.Replace(permit(whole), `"Statement"`, mark+`"statement"`, 1)},
		{"effect", permit(`{"Effect": ` + mark + `"allow", ` + s3All + `}`)},
		{"effect", permit(`{"Effect": ` + mark + `"Permit", ` + s3All + `}`)},
		{"missing", permit(mark + `{"Action": "s3:Get*", "Resource": "*"}`)},
		{"missing", permit(mark + `{"Effect": "Allow", "Resource": "*"}`)},
		{"missing", permit(mark + `{"Effect": "Allow", "Action": "s3:Get*"}`)},
		{"both", identity("Deny", s3All+", "+mark+`"NotAction": "s3:Put*"`)},
		{"empty", `{"Version": "2012-10-17", "Statement": ` + mark + `[]}`},
		{"empty", identity("Allow", `"Action": `+mark+`[], "Resource": "*"`)},
		{"empty", identity("Allow", s3All+`, "Condition": {"StringEquals": {"aws:userid": `+mark+`[]}}`)},
		{"empty", identity("Allow", s3All+`, "Condition": {`+mark+`"StringEquals": {}}`)},
		{"wrong-type", identity("Allow", `"Action": `+mark+`7, "Resource": "*"`)},
		{"wrong-type", identity("Allow", `"Action": [`+mark+`{"x": 1}], "Resource": "*"`)},
		{"wrong-type", identity("Allow", s3All+`, "Condition": {"Bool": `+mark+`"true"}`)},
		{"wrong-type", permit(mark+`"x"`, whole)},
		{"version", strings.Replace(permit(whole), `"2012-10-17"`, mark+`"2012-10-18"`, 1)},
		{"version-missing", mark + strings.Replace(permit(whole), `"Version": "2012-10-17", `, "", 1)},
		{"sid", identity("Allow", `"Sid": `+mark+`"my statement", `+s3All)},
		{"", permit(`{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "` + alice + `"}}`)},
		{"sid", permit(`{"Sid": ` + mark + `"For people", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "` + alice + `"}}`)},
		{"sid-twice", permit(`{"Sid": "A", "Effect": "Allow", `+s3All+`}`, `{"Sid": `+mark+`"A", "Effect": "Deny", `+s3All+`}`)},
		{"long", long(210)},
		{"too-long", long(400)},
		{"", strings.TrimPrefix(long(180), mark)},
		{"not-json", `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", ` + mark + `}]}`},
		{"not-json", mark + `Version: "2012-10-17"` + "\nStatement: []\n"},
		{"not-json", mark + `resource "aws_iam_policy" "x" {}`},
		{"not-json", "{\n  " + mark + "// comment\n}"},
		{"not-json", "{\n\"ä\": 1\n " + mark + "\"b\": 2}"},
		{"not-json", `{"Statement": [` + mark},
		{"not-json", mark + "\ufeff{}"},
		{"not-json", mark + "\xff\xfe{\x00}\x00"},
		{"not-json", permit(whole) + " " + mark + "{}"},
		{"no-document", mark + `{"a": [1, "x"]}`},
	}
}
