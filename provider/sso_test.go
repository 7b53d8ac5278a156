package provider_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
)

type portal struct {
	in  awsapi.RoleCredentialsInput
	out awsapi.SessionOutput
	err error
}

func (p *portal) GetRoleCredentials(_ context.Context, _ awsapi.Endpoint, in awsapi.RoleCredentialsInput) (awsapi.SessionOutput, error) {
	p.in = in
	return p.out, p.err
}

var errEnded = errors.New("ended")

type tokens struct{ err error }

func (s tokens) AccessToken(context.Context) (secret.Text, time.Time, error) {
	return secret.New("canary-access"), noon.Add(time.Hour), s.err
}

func (tokens) Ended(_ secret.Text, cause error) error { return errors.Join(errEnded, cause) }

func TestSSO(t *testing.T) {
	t.Parallel()
	api := &portal{out: awsapi.SessionOutput{Credentials: aws.Credentials{
		AccessKeyID: "ASIA1", SecretAccessKey: "canary-secret", SessionToken: "canary-token", CanExpire: true, Expires: noon.Add(time.Hour),
	}}}
	options := provider.SSOOptions{Tokens: tokens{}, API: api, AccountID: "123456789012", RoleName: "Admin", Now: now}
	got, err := provider.NewSSO(options).Retrieve(t.Context())
	want := api.out.Credentials
	want.Source, want.AccountID = "sso", "123456789012"
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if api.in.AccountID != "123456789012" || api.in.RoleName != "Admin" || api.in.AccessToken.Reveal() != "canary-access" {
		t.Errorf("asked %+v", api.in)
	}
	unauthorized := &awsapi.APIError{Code: "UnauthorizedException", Status: 401}
	forbidden := &awsapi.APIError{Code: "ForbiddenException", Status: 403, Message: "No access"}
	signIn := errors.New("sign in")
	for _, tt := range []struct {
		portal, tokens, want error
		ended                bool
	}{{unauthorized, nil, unauthorized, true}, {forbidden, nil, forbidden, false}, {nil, signIn, signIn, false}} {
		options.API, options.Tokens = &portal{err: tt.portal}, tokens{tt.tokens}
		_, err := provider.NewSSO(options).Retrieve(t.Context())
		if !errors.Is(err, tt.want) || errors.Is(err, errEnded) != tt.ended {
			t.Errorf("%v, %v: got %v", tt.portal, tt.tokens, err)
		}
	}
}
