package sandbox

import (
	"strconv"
	"strings"
)

// parameter names the thing that a call is about.
func (k entityKind) parameter(fresh bool) string {
	switch k {
	case aUser:
		return "UserName"
	case aGroup:
		return "GroupName"
	case aRole:
		return "RoleName"
	case aPolicy:
		if fresh {
			return "PolicyName"
		}
		return "PolicyArn"
	case aDevice:
		if fresh {
			return "VirtualMFADeviceName"
		}
		return "SerialNumber"
	}
	return ""
}

// about lists the parameters that say what a call is about.
func (o iamOperation) about() string {
	name := o.kind.parameter(o.how == fresh)
	switch o.how {
	case named:
		return name + "! "
	case orCaller:
		return name + " "
	case fresh:
		return name + "! Path "
	case all:
		return "PathPrefix "
	}
	return ""
}

// parameterRules says what the parameters of IAM must be, which is the same
// wherever the model has the name: names, shortest and longest, and a kind: w, a
// word with these characters besides; d, digits; p, a path; s, a secret; e, one of
// these; n, a number.
const parameterRules = `
UserName GroupName PolicyName 1 128 w+=,.@-
NewUserName RoleName 1 64 w+=,.@-
VirtualMFADeviceName 1 226 w+=,.@-
Path NewPath 1 512 p
PathPrefix 1 512 -
PolicyArn PermissionsBoundary 20 2048 -
PolicyDocument AssumeRolePolicyDocument 1 131072 -
SerialNumber 9 256 w+=/:,.@-
AuthenticationCode1 AuthenticationCode2 6 6 d
Password OldPassword NewPassword 1 128 s
AccessKeyId 16 128 w
CertificateId 24 128 w
SSHPublicKeyId ServiceSpecificCredentialId 20 128 w
CertificateBody SSHPublicKeyBody 1 16384 -
Status 0 0 eActive,Inactive
AssignmentStatus 0 0 eAssigned,Unassigned,Any
Scope 0 0 eAll,AWS,Local
MaxSessionDuration 3600 43200 n
MinimumPasswordLength 6 128 n
MaxPasswordAge 1 1095 n
PasswordReusePrevention 1 24 n
PasswordResetRequired RequireSymbols RequireNumbers RequireUppercaseCharacters RequireLowercaseCharacters AllowUsersToChangePassword HardExpiry OnlyAttached 0 0 etrue,false
`

// parameterRule finds the rule of a parameter.
func parameterRule(name string) rule {
	for line := range strings.Lines(parameterRules) {
		f := strings.Fields(line)
		n := len(f) - 3
		if n < 1 || !has(f[:n], name) {
			continue
		}
		least, _ := strconv.Atoi(f[n])
		most, _ := strconv.Atoi(f[n+1])
		r := rule{shortest: least, longest: most}
		switch kind, text := f[n+2][0], f[n+2][1:]; kind {
		case 'w':
			r.extra, r.pattern = text+"_", `[\w`+text+`]+`
		case 'd':
			r.digits, r.pattern = true, `[\d]+`
		case 'p':
			r.path, r.pattern = true, `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`
		case 's':
			r.sensitive = true
		case 'e':
			r = rule{enum: strings.ReplaceAll(text, ",", ", ")}
		case 'n':
			r = rule{least: least, most: most}
		}
		return r
	}
	return rule{longest: 1000}
}
