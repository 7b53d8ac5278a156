package policies

import "strings"

// need is what one command of latchkey asks of AWS. Each statement is a target and its
// actions, separated by blanks, those of IAM without "iam:".
type need struct {
	name, does, note string // note: what to know beside that
	statements       [4]string
}

const (
	rotateActions = "CreateAccessKey DeleteAccessKey GetAccessKeyLastUsed ListAccessKeys UpdateAccessKey"
	enrolSelf     = "EnableMFADevice ListMFADevices"
	oneAdmin      = "Who has this can give any user any policy, the own one too: treat it as administrator's."
)

// needs lists the commands that call AWS with credentials whose policies count.
// sts:GetCallerIdentity and sts:GetSessionToken need no permission. It is an array of
// constants: nothing is made at the start.
var needs = [...]need{
	{"login", "What latchkey login needs", "For the console's sign-in, and for MFA sessions of profiles without mfa_serial. Identity Center asks no IAM policy.", [4]string{
		"clients signin:AuthorizeOAuth2Access signin:CreateOAuth2Token",
		"self ListMFADevices",
	}},
	{"exec", "What latchkey exec, env, credentials and serve need: profiles with a role", "Profiles of access keys alone need nothing. ListMFADevices is for profiles without mfa_serial.", [4]string{
		"roles sts:AssumeRole",
		"self ListMFADevices",
	}},
	{"whoami", "What latchkey whoami needs: profiles without a role", "AWS answers GetCallerIdentity without any permission too.", [4]string{
		"* sts:GetCallerIdentity",
	}},
	{"explain", "What latchkey explain --try needs", "GetRole reads the trust policy of a role that was refused; explain does without where it may not.", [4]string{
		"roles GetRole sts:AssumeRole",
		"self ListMFADevices",
	}},
	{"doctor", "What latchkey doctor --online needs", "", [4]string{
		"self ListAccessKeys ListMFADevices",
	}},
	{"console", "What latchkey console needs: profiles of a user's access key", "The console then shows what the user may do. Profiles with a role need what exec needs.", [4]string{
		"federated sts:GetFederationToken",
	}},
	{"vault-add", "What latchkey vault add and import need", "", [4]string{
		"self ListMFADevices",
	}},
	{"vault-rotate", "What latchkey vault rotate needs", "", [4]string{
		"self " + rotateActions + " ListMFADevices",
	}},
	{"mfa-devices", "What latchkey mfa devices needs", "", [4]string{
		"self ListMFADevices",
	}},
	{"mfa-resync", "What latchkey mfa resync needs", "", [4]string{
		"self ListMFADevices ResyncMFADevice",
	}},
	{"mfa-enroll", "What latchkey mfa enroll needs", "Unlike self-service it asks for no MFA. Deleting a device that was made and not enabled is left out: enroll takes another name.", [4]string{
		"self " + enrolSelf,
		"mfa/* CreateVirtualMFADevice",
	}},
	{"iam-enroll", "What latchkey iam enroll needs", "Unlike self-service it asks for no MFA. Deleting a device that was made and not enabled is left out: enroll takes another name.", [4]string{
		"self ChangePassword GetLoginProfile " + enrolSelf + " " + rotateActions,
		"mfa/* CreateVirtualMFADevice",
		"* GetAccountPasswordPolicy",
	}},
	{"iam-onboard", "What latchkey iam onboard needs", oneAdmin, [4]string{
		"user/* CreateUser GetUser TagUser UntagUser ListUserTags CreateLoginProfile GetLoginProfile UpdateLoginProfile ListGroupsForUser PutUserPolicy GetUserPolicy " +
			"ListUserPolicies ListAttachedUserPolicies PutUserPermissionsBoundary CreateAccessKey DeleteAccessKey GetAccessKeyLastUsed ListAccessKeys",
		"group/* AddUserToGroup GetGroup",
		"role/* GetRole",
		"* GetAccountPasswordPolicy ListAccountAliases",
	}},
	{"iam-offboard", "What latchkey iam offboard needs", oneAdmin, [4]string{
		"user/* GetUser ListAccessKeys UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed GetLoginProfile DeleteLoginProfile ListMFADevices DeactivateMFADevice " +
			"ListSigningCertificates UpdateSigningCertificate DeleteSigningCertificate ListSSHPublicKeys UpdateSSHPublicKey DeleteSSHPublicKey " +
			"ListServiceSpecificCredentials UpdateServiceSpecificCredential DeleteServiceSpecificCredential ListGroupsForUser GetUserPolicy ListUserPolicies PutUserPolicy " +
			"DeleteUserPolicy ListAttachedUserPolicies DetachUserPolicy ListUserTags DeleteUser",
		"mfa/* DeleteVirtualMFADevice",
		"group/* RemoveUserFromGroup",
		"* ListVirtualMFADevices",
	}},
	{"iam-report", "What latchkey iam report needs", "", [4]string{
		"* GenerateCredentialReport GetAccountSummary GetCredentialReport ListAccountAliases",
	}},
}

func commandPatterns() []Pattern {
	list := make([]Pattern, 0, len(needs))
	for i := range needs {
		n := needs[i]
		p := Pattern{
			Name: n.name, Title: n.does,
			Allows:   strings.TrimSpace("what it takes, and no more. " + n.note),
			Forbids:  "nothing; what is not listed stays as other policies have it.",
			AttachTo: "users, groups or roles", make: n.document,
		}
		if begins(n.statements[0], "roles ") {
			p.Takes = []Input{InputRole, InputSessionTags, InputSourceIdentity}
		}
		list = append(list, p)
	}
	return list
}

func (n need) document(in Inputs) (Document, error) {
	var list []string
	for _, s := range n.statements {
		on, actions, ok := cut(s, " ")
		if !ok {
			break
		}
		sid, resources := "Account", "*"
		switch on {
		case "*":
		case "self":
			sid, resources = "OwnUser", ownUser(in.Partition)
		case "federated":
			sid, resources = "ConsoleSession", "arn:"+orAWS(in.Partition)+":sts::*:federated-user/*"
		case "clients":
			sid, resources = "SignIn", "arn:"+orAWS(in.Partition)+":signin:*:*:oauth2/public-client/*"
		case "roles":
			if _, err := AssumeRoles(in.Roles, in.AssumeOptions); err != nil {
				return Document{}, err
			}
			sid, resources = "Roles", strings.Join(in.Roles, " ")
			actions += in.actions()[len("sts:AssumeRole"):]
		default: // a kind of things, and all of them
			sid, resources = "All"+strings.ToUpper(on[:1])+strings.TrimSuffix(on[1:], "/*"), arn(in.Partition, on)
		}
		list = append(list, statement(sid, "Allow", "", "Action", actions, resources))
	}
	return document(list...), nil
}
