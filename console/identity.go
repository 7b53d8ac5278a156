package console

import (
	"strings"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// Kind is what the console makes a difference of.
type Kind string

// The kinds.
const (
	KindRole      Kind = "role"      // a role's session
	KindFederated Kind = "federated" // a federated user's session (GetFederationToken)
	KindUser      Kind = "user"      // an IAM user, by a key or a session of the user's own
	KindRoot      Kind = "root"
)

// Identity is whose credentials are.
type Identity struct {
	Kind Kind
	// ARN is as GetCallerIdentity tells it, or "" where nobody has asked.
	ARN, Account string
	// Name is the role's or the user's, without a path.
	Name string
}

// IdentityOf takes an ARN of GetCallerIdentity apart. What is of no known form is
// taken for a role's session, which is what AWS adds new forms of.
func IdentityOf(arn string) Identity {
	parsed, _ := awsapi.ParseARN(arn)
	id := Identity{Kind: KindRole, ARN: arn, Account: parsed.Account, Name: parsed.Resource}
	kind, rest, _ := strings.Cut(parsed.Resource, "/")
	switch {
	case parsed.Service == "iam" && parsed.Resource == "root":
		id.Kind = KindRoot
	case parsed.Service == "iam" && kind == "user":
		id.Kind, id.Name = KindUser, rest[strings.LastIndexByte(rest, '/')+1:]
	case parsed.Service == "sts" && kind == "federated-user":
		id.Kind, id.Name = KindFederated, rest
	case parsed.Service == "sts" && kind == "assumed-role":
		id.Name, _, _ = strings.Cut(rest, "/")
	}
	return id
}

// FederatedName is the name that an IAM user's federated session gets: 2 to 32 of
// the characters that names of users have (STS API reference, GetFederationToken).
func FederatedName(user string) string {
	var b strings.Builder
	for _, c := range []byte(user) {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("_+=,.@-", c) >= 0 {
			b.WriteByte(c)
		}
	}
	name := b.String()
	if len(name) < 2 {
		name = "user-" + name
	}
	return name[:min(len(name), 32)]
}
