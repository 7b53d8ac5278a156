package iam

import (
	"strings"
	"time"
)

// Kind is a kind of thing that hangs on a user.
type Kind string

// The kinds, in the order in which they are looked at and taken away.
const (
	KindPassword   Kind = "password" // the console's: the login profile
	KindAccessKey  Kind = "access-key"
	KindCert       Kind = "signing-certificate"
	KindSSHKey     Kind = "ssh-key"
	KindCredential Kind = "service-credential" // of CodeCommit, Keyspaces, Bedrock …
	KindDevice     Kind = "mfa-device"
	KindGroup      Kind = "group"
	KindPolicy     Kind = "policy" // managed and attached
	KindInline     Kind = "inline-policy"
	KindTag        Kind = "tag"
	// KindBoundary and KindUser are not listed: they come with the user itself.
	KindBoundary Kind = "boundary"
	KindUser     Kind = "user"
)

// Thing is one of what hangs on a user. As JSON it has neither value nor secret.
type Thing struct {
	Kind Kind `json:"kind"`
	// ID is what AWS's calls name it by: a key's id, a policy's ARN, a tag's key. ""
	// for the password.
	ID string `json:"id,omitempty"`
	// Value is a tag's value, or the document of an inline policy.
	Value string `json:"-"`
	// Status is Active, Inactive or [StatusUnassigned], "" for what has none: it is in
	// force.
	Status  string    `json:"status,omitempty"`
	Created time.Time `json:"created,omitzero"` // zero if not told
	// LastUsed is the last use of an access key or of the password, zero for never. It
	// says nothing unless UseKnown.
	LastUsed time.Time `json:"last_used,omitzero"`
	UseKnown bool      `json:"-"`
	// Reset says of a password that it must be changed at the next sign-in.
	Reset bool `json:"-"`
}

// row is how one kind is listed, deactivated and deleted. All calls take the user's
// name, and the id as the parameter of param's name.
type row struct {
	kind                 Kind
	noun                 string // for a person, of several
	list, elements       string // the call and its list
	id, created          string // fields of an element; an id of "" is the element itself
	param                string
	deactivate, removing string // calls, "" where there is none
}

// table has a line for each kind, in the order of the constants, with the fields of a
// row; "-" is none. As one text it costs a program that does not use it nothing.
const table = `password|console password|GetLoginProfile|-|-|LoginProfile/CreateDate|-|-|DeleteLoginProfile
access-key|access keys|ListAccessKeys|AccessKeyMetadata|AccessKeyId|CreateDate|AccessKeyId|UpdateAccessKey|DeleteAccessKey
signing-certificate|signing certificates|ListSigningCertificates|Certificates|CertificateId|UploadDate|CertificateId|UpdateSigningCertificate|DeleteSigningCertificate
ssh-key|SSH public keys|ListSSHPublicKeys|SSHPublicKeys|SSHPublicKeyId|UploadDate|SSHPublicKeyId|UpdateSSHPublicKey|DeleteSSHPublicKey
service-credential|service-specific credentials|ListServiceSpecificCredentials|ServiceSpecificCredentials|ServiceSpecificCredentialId|CreateDate|ServiceSpecificCredentialId|UpdateServiceSpecificCredential|DeleteServiceSpecificCredential
mfa-device|MFA devices|ListMFADevices|MFADevices|SerialNumber|EnableDate|SerialNumber|-|DeactivateMFADevice
group|groups|ListGroupsForUser|Groups|GroupName|-|GroupName|-|RemoveUserFromGroup
policy|policies|ListAttachedUserPolicies|AttachedPolicies|PolicyArn|-|PolicyArn|-|DetachUserPolicy
inline-policy|inline policies|ListUserPolicies|PolicyNames|-|-|PolicyName|-|DeleteUserPolicy
tag|tags|ListUserTags|Tags|Key|-|-|-|-`

// rows reads the table.
func rows() []*row {
	var out []*row
	for _, line := range strings.Split(table, "\n") {
		f := strings.Split(line, "|")
		for i := range f {
			f[i] = strings.TrimPrefix(f[i], "-")
		}
		out = append(out, &row{Kind(f[0]), f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8]})
	}
	return out
}

// OnboardKinds are what [PlanOnboard] has to know of a user.
func OnboardKinds() []Kind {
	return []Kind{KindPassword, KindAccessKey, KindGroup, KindPolicy, KindInline, KindTag}
}

// rowOf is the row of a kind.
//
//go:noinline
func rowOf(k Kind) *row {
	for _, r := range rows() {
		if r.kind == k {
			return r
		}
	}
	return &row{kind: k}
}

// Active reports whether somebody can get in with the thing as it is.
//
//go:noinline
func (t *Thing) Active() bool {
	return t.Kind == KindPassword || rowOf(t.Kind).deactivate != "" && t.Status != statusInactive
}

// The states of things that are not in force.
const (
	statusInactive   = "Inactive"
	StatusUnassigned = "Unassigned" // of a device: it is there, and nobody's
)

// Label names the thing to a person, with the text of AWS as it is.
//
//go:noinline
func (t *Thing) Label() string {
	switch t.Kind {
	case KindPassword:
		return "console password"
	case KindTag:
		return "tag " + t.ID + "=" + t.Value
	}
	return t.Kind.Label() + " " + t.ID
}

// Label names one of the kind to a person.
func (k Kind) Label() string {
	if k == KindBoundary {
		return "permissions boundary"
	}
	if noun := rowOf(k).noun; noun != "" {
		return strings.TrimSuffix(strings.Replace(noun, "policies", "policy", 1), "s")
	}
	return string(k)
}
