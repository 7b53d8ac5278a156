package sandbox

import "strings"

const managedPrefix = "arn:aws:iam::aws:policy/"

// managedDocuments are those of AWS's own policies that a sandbox has a use for,
// as far as they speak of IAM, STS and signing in; by the end of their ARN.
// Source: the AWS managed policy reference.
func managedDocuments() []struct{ name, statements string } {
	return []struct{ name, statements string }{
		{"AdministratorAccess", `{"Effect":"Allow","Action":"*","Resource":"*"}`},
		{"IAMFullAccess", `{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:ListPolicies"],"Resource":"*"}`},
		{"IAMReadOnlyAccess", `{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}`},
		{"IAMUserChangePassword", `{"Effect":"Allow","Action":["iam:ChangePassword"],"Resource":["arn:aws:iam::*:user/${aws:username}"]},{"Effect":"Allow","Action":["iam:GetAccountPasswordPolicy"],"Resource":"*"}`},
		{"IAMUserSSHKeys", `{"Effect":"Allow","Action":["iam:DeleteSSHPublicKey","iam:GetSSHPublicKey","iam:ListSSHPublicKeys","iam:UpdateSSHPublicKey","iam:UploadSSHPublicKey"],"Resource":"arn:aws:iam::*:user/${aws:username}"}`},
		{"IAMSelfManageServiceSpecificCredentials", `{"Effect":"Allow","Action":["iam:CreateServiceSpecificCredential","iam:ListServiceSpecificCredentials","iam:UpdateServiceSpecificCredential","iam:DeleteServiceSpecificCredential","iam:ResetServiceSpecificCredential"],"Resource":"arn:aws:iam::*:user/${aws:username}"}`},
		{"PowerUserAccess", `{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization","account:ListRegions","account:GetAccountInformation"],"Resource":"*"}`},
		{"ReadOnlyAccess", `{"Effect":"Allow","Action":["iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken"],"Resource":"*"}`},
		{"SecurityAudit", `{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}`},
		{"SignInLocalDevelopmentAccess", `{"Effect":"Allow","Action":["signin:AuthorizeOAuth2Access","signin:CreateOAuth2Token"],"Resource":"arn:aws:signin:*:*:oauth2/public-client/*"}`},
		{"job-function/ViewOnlyAccess", `{"Effect":"Allow","Action":["iam:List*","iam:GetAccountSummary","iam:GetLoginProfile"],"Resource":"*"}`},
	}
}

// managedPolicy is one of AWS's own policies; nil for one that is not there.
func managedPolicy(arn string) *entity {
	rest := strings.TrimPrefix(arn, managedPrefix)
	for _, d := range managedDocuments() {
		if d.name != rest {
			continue
		}
		at := strings.LastIndexByte(rest, '/') + 1
		return &entity{
			kind: aPolicy, path: "/" + rest[:at], name: rest[at:], id: uniqueID("ANPA", arn),
			document: `{"Version":"2012-10-17","Statement":[` + d.statements + `]}`,
		}
	}
	return nil
}
