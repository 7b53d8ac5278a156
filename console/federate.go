package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// The limits of a console session: what SessionDuration may ask for, and after
// which time every one ends (IAM user guide, as for [NewSite]).
const (
	MinDuration = 15 * time.Minute
	MaxDuration = 12 * time.Hour
)

// LinkLife is how long a link that signs in waits for its browser. It serves once.
const LinkLife = 15 * time.Minute

// API is what signing in asks of AWS; *awsapi.Client has it.
type API interface {
	GetSigninToken(ctx context.Context, e awsapi.Endpoint, from aws.Credentials, duration time.Duration) (secret.Text, error)
}

// Visit says where a sign-in leads.
type Visit struct {
	Destination string // a URL of [Site.Destination]
	// Issuer is where the console sends people to sign in again, "" for nowhere.
	Issuer string
	// SignOut ends the browser's other sessions first.
	SignOut bool
	// Duration is how long the console is to stay open; 0: until the session ends.
	Duration time.Duration
}

// SignIn makes the link that signs a session in. AWS refuses a duration for some
// sessions, without a word: then the link is made without one, and lasting is
// false. Errors are those of the API; see [Refused].
func (s Site) SignIn(ctx context.Context, api API, session aws.Credentials, v Visit) (link secret.Text, lasting bool, err error) {
	token, err := api.GetSigninToken(ctx, s.endpoint(), session, v.Duration)
	lasting = v.Duration > 0 && err == nil
	if v.Duration > 0 && Refused(err) {
		token, err = api.GetSigninToken(ctx, s.endpoint(), session, 0)
	}
	if err != nil {
		return secret.Text{}, false, err
	}
	query := "?Action=login"
	if v.Issuer != "" {
		query += "&Issuer=" + url.QueryEscape(v.Issuer)
	}
	login := s.Base + "/federation" + query + "&Destination=" + url.QueryEscape(v.Destination) + "&SigninToken=" + url.QueryEscape(token.Reveal())
	if v.SignOut {
		login = s.logout + "/oauth?Action=logout&redirect_uri=" + url.QueryEscape(login)
	}
	return secret.New(login), lasting, nil
}

// Refused reports whether the federation endpoint has said no to a session or a
// duration: it has one answer to both.
func Refused(err error) bool {
	var page *awsapi.ResponseError
	var said *awsapi.APIError
	return errors.As(err, &page) && page.Status == http.StatusBadRequest || errors.As(err, &said) && said.Status == http.StatusBadRequest
}
