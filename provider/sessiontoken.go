package provider

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// SessionTokenOptions say whose session is made.
type SessionTokenOptions struct {
	// Source yields the long-term credentials that sign the call.
	Source   aws.CredentialsProvider
	API      STS
	Endpoint awsapi.Endpoint
	// Duration of the session; 0 leaves it to AWS, which gives 12 h.
	Duration time.Duration
	MFA      MFA
	Now      func() time.Time
}

// SessionToken yields temporary credentials of the identity that asks, which
// carry its MFA code as a fact.
type SessionToken struct{ options SessionTokenOptions }

// NewSessionToken returns the provider of o.
func NewSessionToken(o SessionTokenOptions) *SessionToken { return &SessionToken{o} }

// Retrieve makes a session. Its account is the source's. Errors: as
// [AssumeRole.Retrieve].
func (s *SessionToken) Retrieve(ctx context.Context) (aws.Credentials, error) {
	o, in := s.options, awsapi.SessionTokenInput{Duration: s.options.Duration}
	source, err := o.Source.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	if in.SerialNumber, in.TokenCode, err = o.MFA.ask(ctx, source); err != nil {
		return aws.Credentials{}, err
	}
	out, err := o.API.GetSessionToken(ctx, o.Endpoint, source, in)
	if err != nil {
		return aws.Credentials{}, err
	}
	if out.Credentials.AccountID == "" {
		out.Credentials.AccountID = source.AccountID
	}
	return session(out, SourceSessionToken, o.API, o.Now)
}
