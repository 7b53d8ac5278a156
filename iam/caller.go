package iam

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// Endpoints are the two services that are spoken to.
type Endpoints struct{ STS, IAM awsapi.Endpoint }

// Key is a long-term access key.
type Key struct {
	ID     string
	Secret secret.Text
}

// credentials are the key by itself.
func (k Key) credentials() aws.Credentials {
	return aws.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret.Reveal()}
}

// Identity asks AWS who somebody is; *awsapi.Client does.
type Identity interface {
	GetCallerIdentity(context.Context, awsapi.Endpoint, aws.Credentials) (awsapi.CallerIdentity, error)
}

// User is whose credentials they are.
type User struct {
	Name    string // without path; "" for the account's root user
	Account string // 12 digits
	ARN     string
}

// Root reports whether this is the account's root user.
func (u User) Root() bool { return u.Name == "" }

// Whoami asks AWS whose the credentials are. Errors: [*NotUserError] for those of
// roles and federated users, and those of awsapi.
func Whoami(ctx context.Context, api Identity, at Endpoints, from aws.Credentials) (User, error) {
	return whoami(ctx, api, at.STS, from)
}

// whoami finds out whose credentials they are; roles and federated users have
// neither devices nor keys and are a [*NotUserError].
func whoami(ctx context.Context, api Identity, sts awsapi.Endpoint, from aws.Credentials) (User, error) {
	id, err := api.GetCallerIdentity(ctx, sts, from)
	if err != nil {
		return User{}, err
	}
	u := User{Account: id.Account, ARN: id.ARN}
	arn, ok := awsapi.ParseARN(id.ARN)
	if ok && arn.Service == "iam" && arn.Resource == "root" {
		return u, nil
	}
	path, isUser := strings.CutPrefix(arn.Resource, "user/")
	u.Name = path[strings.LastIndexByte(path, '/')+1:]
	if !ok || arn.Service != "iam" || !isUser || u.Name == "" {
		return User{}, &NotUserError{ARN: id.ARN}
	}
	return u, nil
}
