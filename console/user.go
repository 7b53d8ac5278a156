package console

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// Bounds narrow the session of an IAM user. The session may do what the user may
// and the bounds allow too; the zero Bounds are the managed policy
// AdministratorAccess, since a session without any policy may do nothing.
type Bounds struct {
	Policy     string // JSON
	PolicyARNs []string
	// ReadOnly adds the managed policy ReadOnlyAccess.
	ReadOnly bool
}

// Empty reports whether nothing narrows.
func (b Bounds) Empty() bool { return b.Policy == "" && len(b.PolicyARNs) == 0 && !b.ReadOnly }

// UserAPI is what an IAM user's session asks of AWS; *awsapi.Client has it.
type UserAPI interface {
	GetFederationToken(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, in awsapi.FederationTokenInput) (awsapi.SessionOutput, error)
}

// UserSession trades an IAM user's key for the session of a federated user, which
// the console takes. duration 0 is AWS's default, twelve hours. It returns the ARNs
// of the managed policies too that the session is bound by.
func (s Site) UserSession(ctx context.Context, api UserAPI, at awsapi.Endpoint, key aws.Credentials, user string, b Bounds, duration time.Duration) (aws.Credentials, []string, error) {
	managed := func(name string) string { return "arn:" + s.Partition + ":iam::aws:policy/" + name }
	policies := b.PolicyARNs
	switch {
	case b.Empty():
		policies = []string{managed("AdministratorAccess")}
	case b.ReadOnly:
		policies = append(policies[:len(policies):len(policies)], managed("ReadOnlyAccess"))
	}
	out, err := api.GetFederationToken(ctx, at, key, awsapi.FederationTokenInput{Name: FederatedName(user), Duration: duration, Policy: b.Policy, PolicyARNs: policies})
	return out.Credentials, policies, err
}
