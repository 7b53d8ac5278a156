package provider

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// StaticOptions are keys as they stand in a file.
type StaticOptions struct {
	AccessKeyID   string
	Secret, Token secret.Text // Token may be empty
	AccountID     string      // may be empty
}

// Static yields keys that do not change.
type Static struct{ options StaticOptions }

// NewStatic returns the provider of o.
func NewStatic(o StaticOptions) *Static { return &Static{o} }

// Retrieve returns the keys, which do not expire as far as anybody knows.
// Errors: *[IncompleteError], *[MalformedError].
func (s *Static) Retrieve(context.Context) (aws.Credentials, error) {
	o := s.options
	return accept(aws.Credentials{
		AccessKeyID: o.AccessKeyID, SecretAccessKey: o.Secret.Reveal(), SessionToken: o.Token.Reveal(), AccountID: o.AccountID,
	}, SourceStatic, time.Time{}, 0)
}
