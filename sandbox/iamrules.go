package sandbox

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

// parameterRule is what a parameter of IAM must be, by its name: the model says
// the same wherever it has the name.
func parameterRule(name string) rule {
	word := rule{shortest: 1, longest: 128, extra: "+=,.@-", pattern: `[\w+=,.@-]+`}
	switch name {
	case "UserName", "GroupName", "PolicyName":
		return word
	case "NewUserName", "RoleName":
		word.longest = 64
		return word
	case "VirtualMFADeviceName":
		word.longest = 226
		return word
	case "Path", "NewPath":
		return rule{shortest: 1, longest: 512, path: true, pattern: `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`}
	case "PathPrefix":
		return rule{shortest: 1, longest: 512}
	case "PolicyArn", "PermissionsBoundary", "PolicySourceArn":
		return rule{shortest: 20, longest: 2048}
	case "PolicyDocument", "AssumeRolePolicyDocument":
		return rule{shortest: 1, longest: 131072}
	case "SerialNumber":
		return rule{shortest: 9, longest: 256, extra: "+=/:,.@-", pattern: `[\w+=/:,.@-]+`}
	case "AuthenticationCode1", "AuthenticationCode2":
		return rule{shortest: 6, longest: 6, digits: true, pattern: `[\d]+`}
	case "Password", "OldPassword", "NewPassword":
		return rule{shortest: 1, longest: 128, sensitive: true}
	case "AccessKeyId":
		return rule{shortest: 16, longest: 128, extra: "_", pattern: `[\w]+`}
	case "CertificateId":
		return rule{shortest: 24, longest: 128, extra: "_", pattern: `[\w]+`}
	case "SSHPublicKeyId", "ServiceSpecificCredentialId":
		return rule{shortest: 20, longest: 128, extra: "_", pattern: `[\w]+`}
	case "CertificateBody", "SSHPublicKeyBody":
		return rule{shortest: 1, longest: 16384}
	case "Status":
		return rule{enum: "Active, Inactive"}
	case "AssignmentStatus":
		return rule{enum: "Assigned, Unassigned, Any"}
	case "Scope":
		return rule{enum: "All, AWS, Local"}
	case "MaxSessionDuration":
		return rule{least: 3600, most: 43200}
	case "MinimumPasswordLength":
		return rule{least: 6, most: 128}
	case "MaxPasswordAge":
		return rule{least: 1, most: 1095}
	case "PasswordReusePrevention":
		return rule{least: 1, most: 24}
	case "PasswordResetRequired", "RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters", "RequireLowercaseCharacters",
		"AllowUsersToChangePassword", "HardExpiry", "OnlyAttached":
		return rule{enum: "true, false"}
	}
	return rule{longest: 1000}
}
