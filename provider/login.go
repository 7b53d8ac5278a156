package provider

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Login yields the credentials of a console sign-in.
type Login struct{ session aws.CredentialsProvider }

// NewLogin returns the provider of session, a *signin.Credentials, which never
// yields expired credentials.
func NewLogin(session aws.CredentialsProvider) *Login { return &Login{session} }

// Retrieve returns the sign-in's credentials. Errors: those of the session,
// among them *signin.SignInRequiredError; *[IncompleteError], *[MalformedError].
func (l *Login) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := l.session.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	// The session has compared the expiry with its own clock.
	return accept(creds, SourceLogin, time.Time{}, 0)
}
