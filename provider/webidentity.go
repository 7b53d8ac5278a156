package provider

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// WebIdentityOptions say which role is assumed with a token from a file.
type WebIdentityOptions struct {
	API      STS
	Endpoint awsapi.Endpoint
	// Input is the call. SessionName "" becomes latchkey-<unix seconds>. Token
	// is ignored: it is read from TokenFile.
	Input awsapi.WebIdentityInput
	// TokenFile holds the OIDC token; whoever made it renews it in place.
	TokenFile string
	Now       func() time.Time
}

// WebIdentity yields the credentials of a role that trusts an OIDC issuer.
type WebIdentity struct{ options WebIdentityOptions }

// NewWebIdentity returns the provider of o.
func NewWebIdentity(o WebIdentityOptions) *WebIdentity { return &WebIdentity{o} }

// Retrieve reads the token anew and assumes the role. ASCII whitespace around
// the token, which no JWT has, is not sent. Errors: *[TokenFileError],
// *[awsapi.APIError] and the other errors of the call, *[IncompleteError], *[ExpiredError].
func (w *WebIdentity) Retrieve(ctx context.Context) (aws.Credentials, error) {
	o, in := w.options, w.options.Input
	token, err := readToken(SourceWebIdentity, o.TokenFile)
	if err != nil {
		return aws.Credentials{}, err
	}
	trimmed := trimASCII(token)
	if trimmed == "" {
		return aws.Credentials{}, &TokenFileError{Source: SourceWebIdentity, Path: o.TokenFile, Why: "it is empty"}
	}
	in.Token = secret.New(trimmed)
	if in.SessionName == "" {
		in.SessionName = sessionName(o.Now())
	}
	out, err := o.API.AssumeRoleWithWebIdentity(ctx, o.Endpoint, in)
	if err != nil {
		return aws.Credentials{}, err
	}
	if arn, ok := awsapi.ParseARN(out.AssumedRoleARN); ok && arn.Account != "" {
		out.Credentials.AccountID = arn.Account
	}
	return session(out, SourceWebIdentity, o.API, o.Now)
}
