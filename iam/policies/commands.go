package policies

import "strings"

// need is what one command of latchkey asks of AWS.
type need struct {
	name, does string
	grants     []grant
	note       string // what to know beside that
}

// grant is a statement: actions, separated by blanks, those of IAM without "iam:".
type grant struct {
	on      target
	actions string
}

// target says on what an action is allowed.
type target string

const (
	onAll       target = "*"
	onSelf      target = "self"  // the user who asks
	onDevices   target = "mfa/*" // virtual devices: the names are the user's to choose
	onUsers     target = "user/*"
	onGroups    target = "group/*"
	onPolicies  target = "policy/*"
	onRoles     target = "roles" // those given
	onFederated target = "federated"
	onClients   target = "clients" // programs that people sign in to
)

// The sid of a statement by its target: AWS takes letters and digits alone.
func (t target) sid() string {
	switch t {
	case onSelf:
		return "OwnUser"
	case onDevices:
		return "Devices"
	case onUsers:
		return "Users"
	case onGroups:
		return "Groups"
	case onPolicies:
		return "Policies"
	case onRoles:
		return "Roles"
	case onFederated:
		return "ConsoleSession"
	case onClients:
		return "SignIn"
	}
	return "Account"
}

const (
	rotateActions = "CreateAccessKey DeleteAccessKey GetAccessKeyLastUsed ListAccessKeys UpdateAccessKey"
	enrolSelf     = "EnableMFADevice GetMFADevice GetUser ListMFADevices ResyncMFADevice"
	oneAdmin      = "Who has this can give any user any policy, the own one too: treat it as administrator's."
)

// needs lists the commands that call AWS with credentials whose policies count.
// sts:GetCallerIdentity and sts:GetSessionToken need no permission.
func needs() []need {
	return []need{
		{"login", "What latchkey login needs", []grant{{onClients, "signin:AuthorizeOAuth2Access signin:CreateOAuth2Token"}, {onSelf, "ListMFADevices"}},
			"For the console's sign-in, and for MFA sessions of profiles without mfa_serial. Identity Center asks no IAM policy."},
		{"exec", "What latchkey exec, env, credentials and serve need: profiles with a role", []grant{{onRoles, "sts:AssumeRole"}, {onSelf, "ListMFADevices"}},
			"Profiles of access keys alone need nothing. ListMFADevices is for profiles without mfa_serial."},
		{"whoami", "What latchkey whoami needs: profiles without a role", []grant{{onAll, "sts:GetCallerIdentity"}}, "AWS answers GetCallerIdentity without any permission too."},
		{"explain", "What latchkey explain --try needs", []grant{{onRoles, "GetRole sts:AssumeRole"}, {onSelf, "ListMFADevices"}},
			"GetRole reads the trust policy of a role that was refused; explain does without where it may not."},
		{"doctor", "What latchkey doctor --online needs", []grant{{onSelf, "ListAccessKeys ListMFADevices"}}, ""},
		{"console", "What latchkey console needs: profiles of a user's access key", []grant{{onFederated, "sts:GetFederationToken"}},
			"The console then shows what the user may do. Profiles with a role need what exec needs."},
		{"vault-add", "What latchkey vault add and import need", []grant{{onSelf, "ListMFADevices"}}, ""},
		{"vault-rotate", "What latchkey vault rotate needs", []grant{{onSelf, rotateActions + " ListMFADevices"}}, ""},
		{"mfa-devices", "What latchkey mfa devices needs", []grant{{onSelf, "ListMFADevices"}}, ""},
		{"mfa-resync", "What latchkey mfa resync needs", []grant{{onSelf, "ListMFADevices ResyncMFADevice"}}, ""},
		{"mfa-enroll", "What latchkey mfa enroll needs", []grant{{onSelf, enrolSelf}, {onDevices, "CreateVirtualMFADevice"}, {onAll, "ListVirtualMFADevices"}},
			"It allows without MFA too; self-service does not."},
		{"iam-enroll", "What latchkey iam enroll needs", []grant{
			{onSelf, "ChangePassword GetLoginProfile " + enrolSelf + " " + rotateActions},
			{onDevices, "CreateVirtualMFADevice"}, {onAll, "GetAccountPasswordPolicy ListVirtualMFADevices"},
		}, "It allows without MFA too; self-service does not."},
		{"iam-onboard", "What latchkey iam onboard needs", []grant{
			{onUsers, "CreateUser GetUser TagUser UntagUser ListUserTags CreateLoginProfile GetLoginProfile UpdateLoginProfile ListGroupsForUser PutUserPolicy GetUserPolicy " +
				"ListUserPolicies ListAttachedUserPolicies PutUserPermissionsBoundary CreateAccessKey DeleteAccessKey GetAccessKeyLastUsed ListAccessKeys"},
			{onGroups, "AddUserToGroup GetGroup"}, {onAll, "GetAccountPasswordPolicy GetRole ListAccountAliases"},
		}, oneAdmin},
		{"iam-offboard", "What latchkey iam offboard needs", []grant{
			{onUsers, "GetUser ListAccessKeys UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed GetLoginProfile DeleteLoginProfile ListMFADevices DeactivateMFADevice " +
				"ListSigningCertificates UpdateSigningCertificate DeleteSigningCertificate ListSSHPublicKeys UpdateSSHPublicKey DeleteSSHPublicKey " +
				"ListServiceSpecificCredentials UpdateServiceSpecificCredential DeleteServiceSpecificCredential ListGroupsForUser GetUserPolicy ListUserPolicies PutUserPolicy " +
				"DeleteUserPolicy ListAttachedUserPolicies DetachUserPolicy ListUserTags DeleteUser"},
			{onDevices, "DeleteVirtualMFADevice"}, {onGroups, "RemoveUserFromGroup"}, {onAll, "ListVirtualMFADevices"},
		}, oneAdmin},
		{"iam-report", "What latchkey iam report needs", []grant{{onAll, "GenerateCredentialReport GetAccountSummary GetCredentialReport ListAccountAliases"}}, ""},
	}
}

func commandPatterns() []Pattern {
	var list []Pattern
	for _, n := range needs() {
		p := Pattern{
			Name: n.name, Title: n.does,
			Allows:   strings.TrimSpace("what it takes, and no more. " + n.note),
			Forbids:  "nothing; what is not listed stays as other policies have it.",
			AttachTo: "users, groups or roles", make: n.document,
		}
		for _, g := range n.grants {
			if g.on == onRoles {
				p.Takes = []Input{InputRole, InputSessionTags, InputSourceIdentity}
			}
		}
		list = append(list, p)
	}
	return list
}

func (n need) document(in Inputs) (Document, error) {
	var d Document
	for _, g := range n.grants {
		s := statement{sid: g.on.sid(), resources: []string{string(g.on)}}
		for _, action := range strings.Fields(g.actions) {
			if !strings.Contains(action, ":") {
				action = "iam:" + action
			}
			s.actions = append(s.actions, action)
		}
		switch g.on {
		case onAll:
		case onSelf:
			s.resources = ownUser(in.Partition)
		case onFederated:
			s.resources = []string{"arn:" + orAWS(in.Partition) + ":sts::*:federated-user/*"}
		case onClients:
			s.resources = []string{"arn:" + orAWS(in.Partition) + ":signin:*:*:oauth2/public-client/*"}
		case onRoles:
			roles, err := AssumeRoles(in.Roles, in.AssumeOptions)
			if err != nil {
				return d, err
			}
			s.resources = roles.statements[0].resources
			s.actions = append(s.actions, in.actions()[1:]...)
		default:
			s.resources = []string{arn(in.Partition, string(g.on))}
		}
		d.statements = append(d.statements, s)
	}
	return d, nil
}
