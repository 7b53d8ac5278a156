package provider

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// AssumeRoleOptions say which role is assumed, and by whom.
type AssumeRoleOptions struct {
	// Source yields the credentials that sign the call.
	Source   aws.CredentialsProvider
	API      STS
	Endpoint awsapi.Endpoint
	// Input is the call. SessionName "" becomes latchkey-<unix seconds>.
	// SerialNumber and TokenCode are MFA's to fill in.
	Input awsapi.AssumeRoleInput
	MFA   MFA
	Now   func() time.Time
}

// AssumeRole yields the credentials of a role.
type AssumeRole struct{ options AssumeRoleOptions }

// NewAssumeRole returns the provider of o.
func NewAssumeRole(o AssumeRoleOptions) *AssumeRole { return &AssumeRole{o} }

// Retrieve assumes the role. The source is asked before the MFA code, so that
// nobody is asked for a code that could not be used, and that the code is fresh.
// Errors: those of the source, *[MFARequiredError], *[awsapi.APIError] and the
// other errors of the call, *[IncompleteError], *[ExpiredError].
func (a *AssumeRole) Retrieve(ctx context.Context) (aws.Credentials, error) {
	o, in := a.options, a.options.Input
	source, err := o.Source.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	if in.SessionName == "" {
		in.SessionName = sessionName(o.Now())
	}
	if in.SerialNumber, in.TokenCode, err = o.MFA.ask(ctx, source); err != nil {
		return aws.Credentials{}, err
	}
	out, err := o.API.AssumeRole(ctx, o.Endpoint, source, in)
	if err != nil {
		return aws.Credentials{}, err
	}
	if arn, ok := awsapi.ParseARN(out.AssumedRoleARN); ok && arn.Account != "" {
		out.Credentials.AccountID = arn.Account
	}
	return session(out, SourceAssumeRole, o.API, o.Now)
}

// sessionName is what CloudTrail shows when nobody chose a name.
func sessionName(now time.Time) string { return "latchkey-" + strconv.FormatInt(now.Unix(), 10) }
