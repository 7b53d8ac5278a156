package provider

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// Portal is what [SSO] needs of the Identity Center portal; *awsapi.Client has it.
type Portal interface {
	GetRoleCredentials(context.Context, awsapi.Endpoint, awsapi.RoleCredentialsInput) (awsapi.SessionOutput, error)
}

// Tokens yields the access token of a sign-in; *sso.Tokens does. If it also has
// Ended(token secret.Text, cause error) error, that makes the error for a token
// which the portal no longer accepts.
type Tokens interface {
	AccessToken(context.Context) (secret.Text, time.Time, error)
}

// SSOOptions say which role of Identity Center is meant.
type SSOOptions struct {
	Tokens Tokens
	API    Portal
	// Endpoint is the portal's, in the region of Identity Center.
	Endpoint            awsapi.Endpoint
	AccountID, RoleName string
	Now                 func() time.Time
}

// SSO yields the credentials of an Identity Center role.
type SSO struct{ options SSOOptions }

// NewSSO returns the provider of o.
func NewSSO(o SSOOptions) *SSO { return &SSO{o} }

// Retrieve fetches the role's credentials. Errors: those of the tokens, among
// them *sso.SignInRequiredError, also when the portal says that the sign-in has
// ended (HTTP 401) and it cannot be renewed; *[awsapi.APIError], of which
// ForbiddenException says that the role is not assigned or misspelt;
// *[IncompleteError], *[ExpiredError].
func (s *SSO) Retrieve(ctx context.Context) (aws.Credentials, error) {
	o := s.options
	out, ended, err := s.fetch(ctx)
	if ended {
		// Perhaps only the access token has been ended, and can be renewed.
		if _, _, none := o.Tokens.AccessToken(ctx); none == nil {
			out, _, err = s.fetch(ctx)
		}
	}
	if err != nil {
		return aws.Credentials{}, err
	}
	out.Credentials.AccountID = o.AccountID
	return session(out, SourceSSO, o.API, o.Now)
}

// fetch makes the call with the token that there is. ended says that AWS does not
// accept that any more.
func (s *SSO) fetch(ctx context.Context) (out awsapi.SessionOutput, ended bool, err error) {
	o := s.options
	token, _, err := o.Tokens.AccessToken(ctx)
	if err != nil {
		return awsapi.SessionOutput{}, false, err
	}
	out, err = o.API.GetRoleCredentials(ctx, o.Endpoint, awsapi.RoleCredentialsInput{
		AccountID: o.AccountID, RoleName: o.RoleName, AccessToken: token,
	})
	var refused *awsapi.APIError
	if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized {
		if tokens, ok := o.Tokens.(interface {
			Ended(secret.Text, error) error
		}); ok {
			return awsapi.SessionOutput{}, true, tokens.Ended(token, err)
		}
	}
	return out, false, err
}
