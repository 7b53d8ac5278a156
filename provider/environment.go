package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/secret"
)

// EnvironmentOptions are the values of the environment's variables, raw.
type EnvironmentOptions struct {
	AccessKeyID   string      // AWS_ACCESS_KEY_ID
	Secret, Token secret.Text // AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
	AccountID     string      // AWS_ACCOUNT_ID
	// Expires is AWS_CREDENTIAL_EXPIRATION, RFC 3339; "" is none.
	Expires string
	Now     func() time.Time
}

// Environment yields the credentials of the environment.
type Environment struct{ options EnvironmentOptions }

// NewEnvironment returns the provider of o.
func NewEnvironment(o EnvironmentOptions) *Environment { return &Environment{o} }

// Retrieve returns the credentials. They expire if the environment says so.
// Errors: *[IncompleteError] naming the variables, *[MalformedError], *[ExpiredError].
func (e *Environment) Retrieve(context.Context) (aws.Credentials, error) {
	o := e.options
	creds := aws.Credentials{
		AccessKeyID: o.AccessKeyID, SecretAccessKey: o.Secret.Reveal(), SessionToken: o.Token.Reveal(), AccountID: o.AccountID,
	}
	if o.Expires != "" {
		at, err := iso8601.Parse(o.Expires)
		if err != nil {
			why := fmt.Sprintf("is %q, which is %v", display.Text(o.Expires, 40), err)
			return aws.Credentials{}, &MalformedError{SourceEnvironment, "AWS_CREDENTIAL_EXPIRATION", why}
		}
		creds.CanExpire, creds.Expires = true, at
	}
	creds, err := accept(creds, SourceEnvironment, o.Now(), 0)
	var incomplete *IncompleteError
	if errors.As(err, &incomplete) {
		for i, name := range incomplete.Missing {
			incomplete.Missing[i] = variable(name)
		}
	}
	var bad *MalformedError
	if errors.As(err, &bad) {
		bad.Field = variable(bad.Field)
	}
	return creds, err
}

// variable returns the environment's name of a part of credentials.
func variable(field string) string {
	switch field {
	case "AccessKeyId":
		return "AWS_ACCESS_KEY_ID"
	case "SecretAccessKey":
		return "AWS_SECRET_ACCESS_KEY"
	case "SessionToken":
		return "AWS_SESSION_TOKEN"
	case "AccountId":
		return "AWS_ACCOUNT_ID"
	}
	return "AWS_CREDENTIAL_EXPIRATION"
}
