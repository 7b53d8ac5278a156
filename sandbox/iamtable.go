package sandbox

import "strings"

// how says what a call of IAM is about.
type how uint8

const (
	named     how = iota // something that a parameter names
	orCaller             // the same, or the caller where it names nobody
	theCaller            // the caller, whatever is named
	fresh                // something that is to be made
	all                  // everything of its kind below a path
	ofAccount            // the account
	byKey                // the user who has an access key
)

// iamOperation is one operation of IAM: what it is about, which parameters it
// has beside that one's name ("!": required), and what it does.
type iamOperation struct {
	name   string
	kind   entityKind
	how    how
	params string
	run    func(*iamCall) (markup, *stsError)
}

// reads reports whether the operation changes nothing.
func (o iamOperation) reads() bool {
	return strings.HasPrefix(o.name, "Get") || strings.HasPrefix(o.name, "List")
}

// iamOperations are all that there are. Names, parameters and answers are those of
// the service's model in botocore.
func iamOperations() []iamOperation {
	list := peopleOperations()
	list = append(list, roleOperations()...)
	list = append(list, signInOperations()...)
	return append(list, belongingOperations()...)
}

// peopleOperations are about users, groups and what they may do.
func peopleOperations() []iamOperation {
	return []iamOperation{
		{"CreateUser", aUser, fresh, "PermissionsBoundary Tags", createUser},
		{"GetUser", aUser, orCaller, "", getUser},
		{"ListUsers", aUser, all, "", listUsers},
		{"UpdateUser", aUser, named, "NewUserName NewPath", updateUser},
		{"DeleteUser", aUser, named, "", deleteUser},
		{"TagUser", aUser, named, "Tags", addEntityTags},
		{"UntagUser", aUser, named, "", removeEntityTags},
		{"ListUserTags", aUser, named, "", listEntityTags},
		{"PutUserPermissionsBoundary", aUser, named, "PermissionsBoundary!", putBoundary},
		{"DeleteUserPermissionsBoundary", aUser, named, "", deleteBoundary},
		{"PutUserPolicy", aUser, named, "PolicyName! PolicyDocument!", putInline},
		{"GetUserPolicy", aUser, named, "PolicyName!", getInline},
		{"ListUserPolicies", aUser, named, "", listInline},
		{"DeleteUserPolicy", aUser, named, "PolicyName!", deleteInline},
		{"AttachUserPolicy", aUser, named, "PolicyArn!", attachPolicy},
		{"DetachUserPolicy", aUser, named, "PolicyArn!", detachPolicy},
		{"ListAttachedUserPolicies", aUser, named, "PathPrefix", listAttached},
		{"ListGroupsForUser", aUser, named, "", listGroupsForUser},

		{"CreateGroup", aGroup, fresh, "", createGroup},
		{"GetGroup", aGroup, named, "", getGroup},
		{"ListGroups", aGroup, all, "", listGroups},
		{"DeleteGroup", aGroup, named, "", deleteGroup},
		{"AddUserToGroup", aGroup, named, "UserName!", addUserToGroup},
		{"RemoveUserFromGroup", aGroup, named, "UserName!", removeUserFromGroup},
		{"PutGroupPolicy", aGroup, named, "PolicyName! PolicyDocument!", putInline},
		{"GetGroupPolicy", aGroup, named, "PolicyName!", getInline},
		{"ListGroupPolicies", aGroup, named, "", listInline},
		{"DeleteGroupPolicy", aGroup, named, "PolicyName!", deleteInline},
		{"AttachGroupPolicy", aGroup, named, "PolicyArn!", attachPolicy},
		{"DetachGroupPolicy", aGroup, named, "PolicyArn!", detachPolicy},
		{"ListAttachedGroupPolicies", aGroup, named, "PathPrefix", listAttached},
	}
}

// roleOperations are about roles and managed policies.
func roleOperations() []iamOperation {
	return []iamOperation{
		{"CreateRole", aRole, fresh, "AssumeRolePolicyDocument! Description MaxSessionDuration PermissionsBoundary Tags", createRole},
		{"GetRole", aRole, named, "", getRole},
		{"ListRoles", aRole, all, "", listRoles},
		{"UpdateRole", aRole, named, "Description MaxSessionDuration", updateRole},
		{"UpdateAssumeRolePolicy", aRole, named, "PolicyDocument!", updateTrust},
		{"DeleteRole", aRole, named, "", deleteRole},
		{"TagRole", aRole, named, "Tags", addEntityTags},
		{"UntagRole", aRole, named, "", removeEntityTags},
		{"ListRoleTags", aRole, named, "", listEntityTags},
		{"PutRolePermissionsBoundary", aRole, named, "PermissionsBoundary!", putBoundary},
		{"DeleteRolePermissionsBoundary", aRole, named, "", deleteBoundary},
		{"PutRolePolicy", aRole, named, "PolicyName! PolicyDocument!", putInline},
		{"GetRolePolicy", aRole, named, "PolicyName!", getInline},
		{"ListRolePolicies", aRole, named, "", listInline},
		{"DeleteRolePolicy", aRole, named, "PolicyName!", deleteInline},
		{"AttachRolePolicy", aRole, named, "PolicyArn!", attachPolicy},
		{"DetachRolePolicy", aRole, named, "PolicyArn!", detachPolicy},
		{"ListAttachedRolePolicies", aRole, named, "PathPrefix", listAttached},

		{"CreatePolicy", aPolicy, fresh, "PolicyDocument! Description Tags", createPolicy},
		{"GetPolicy", aPolicy, named, "", getPolicy},
		{"GetPolicyVersion", aPolicy, named, "VersionId!", getPolicyVersion},
		{"ListPolicyVersions", aPolicy, named, "", listPolicyVersions},
		{"ListPolicies", aPolicy, all, "Scope OnlyAttached", listPolicies},
		{"ListEntitiesForPolicy", aPolicy, named, "", listEntitiesForPolicy},
		{"DeletePolicy", aPolicy, named, "", deletePolicy},
	}
}

// signInOperations are about passwords and devices.
func signInOperations() []iamOperation {
	return []iamOperation{
		{"CreateLoginProfile", aUser, orCaller, "Password! PasswordResetRequired", createLoginProfile},
		{"GetLoginProfile", aUser, orCaller, "", getLoginProfile},
		{"UpdateLoginProfile", aUser, named, "Password PasswordResetRequired", updateLoginProfile},
		{"DeleteLoginProfile", aUser, orCaller, "", deleteLoginProfile},
		{"ChangePassword", aUser, theCaller, "OldPassword! NewPassword!", changePassword},
		{"GetAccountPasswordPolicy", anAccount, ofAccount, "", getPasswordPolicy},
		{"UpdateAccountPasswordPolicy", anAccount, ofAccount, "MinimumPasswordLength RequireSymbols RequireNumbers RequireUppercaseCharacters " +
			"RequireLowercaseCharacters AllowUsersToChangePassword MaxPasswordAge PasswordReusePrevention HardExpiry", updatePasswordPolicy},
		{"DeleteAccountPasswordPolicy", anAccount, ofAccount, "", deletePasswordPolicy},

		{"CreateVirtualMFADevice", aDevice, fresh, "Tags", createDevice},
		{"EnableMFADevice", aUser, named, "SerialNumber! AuthenticationCode1! AuthenticationCode2!", enableDevice},
		{"ResyncMFADevice", aUser, named, "SerialNumber! AuthenticationCode1! AuthenticationCode2!", resyncDevice},
		{"DeactivateMFADevice", aUser, orCaller, "SerialNumber!", deactivateDevice},
		{"DeleteVirtualMFADevice", aDevice, named, "", deleteDevice},
		{"ListMFADevices", aUser, orCaller, "", listDevices},
		{"ListVirtualMFADevices", aDevice, all, "AssignmentStatus", listVirtualDevices},
		{"TagMFADevice", aDevice, named, "Tags", addEntityTags},
		{"UntagMFADevice", aDevice, named, "", removeEntityTags},
		{"ListMFADeviceTags", aDevice, named, "", listEntityTags},
	}
}

// belongingOperations are about keys and the like, and about the account.
func belongingOperations() []iamOperation {
	return []iamOperation{
		{"CreateAccessKey", aUser, orCaller, "", createAccessKey},
		{"ListAccessKeys", aUser, orCaller, "", listBelongings},
		{"UpdateAccessKey", aUser, orCaller, "AccessKeyId! Status!", updateBelonging},
		{"DeleteAccessKey", aUser, orCaller, "AccessKeyId!", deleteBelonging},
		{"GetAccessKeyLastUsed", aUser, byKey, "AccessKeyId!", getAccessKeyLastUsed},
		{"UploadSigningCertificate", aUser, orCaller, "CertificateBody!", uploadCertificate},
		{"ListSigningCertificates", aUser, orCaller, "", listBelongings},
		{"UpdateSigningCertificate", aUser, orCaller, "CertificateId! Status!", updateBelonging},
		{"DeleteSigningCertificate", aUser, orCaller, "CertificateId!", deleteBelonging},
		{"UploadSSHPublicKey", aUser, named, "SSHPublicKeyBody!", uploadSSHKey},
		{"ListSSHPublicKeys", aUser, orCaller, "", listBelongings},
		{"UpdateSSHPublicKey", aUser, named, "SSHPublicKeyId! Status!", updateBelonging},
		{"DeleteSSHPublicKey", aUser, named, "SSHPublicKeyId!", deleteBelonging},
		{"CreateServiceSpecificCredential", aUser, named, "ServiceName!", createServiceCredential},
		{"ListServiceSpecificCredentials", aUser, orCaller, "ServiceName", listBelongings},
		{"UpdateServiceSpecificCredential", aUser, orCaller, "ServiceSpecificCredentialId! Status!", updateBelonging},
		{"ResetServiceSpecificCredential", aUser, orCaller, "ServiceSpecificCredentialId!", resetServiceCredential},
		{"DeleteServiceSpecificCredential", aUser, orCaller, "ServiceSpecificCredentialId!", deleteBelonging},

		{"GetAccountSummary", anAccount, ofAccount, "", getAccountSummary},
		{"GenerateCredentialReport", anAccount, ofAccount, "", generateReport},
		{"GetCredentialReport", anAccount, ofAccount, "", getReport},
	}
}

func iamOperationOf(name string) (iamOperation, bool) {
	for _, op := range iamOperations() {
		if op.name == name {
			return op, true
		}
	}
	return iamOperation{}, false
}

func iamNames() []string {
	list := iamOperations()
	out := make([]string, len(list))
	for i, op := range list {
		out[i] = op.name
	}
	return out
}
