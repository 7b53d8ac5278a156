package sso

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// refresh trades the refresh token in d for new tokens. A refresh token that
// comes back replaces the old one, which is then used up.
func (t *Tokens) refresh(ctx context.Context, d *tokenfile.Document) error {
	in := awsapi.CreateTokenInput{
		ClientID:     d.Text("clientId"),
		ClientSecret: d.Secret("clientSecret"),
		GrantType:    awsapi.GrantRefreshToken,
		RefreshToken: d.Secret("refreshToken"),
	}
	out, err := t.oidc.CreateToken(ctx, t.config.Endpoint, in)
	if region, endpoint, ok := t.elsewhere(err); ok {
		if out, err = t.oidc.CreateToken(ctx, endpoint, in); err == nil {
			d.Set("region", region)
		}
	}
	if err != nil {
		return failure(err)
	}
	if out.AccessToken.Empty() || out.ExpiresIn <= 0 {
		return &tokenfile.RefreshError{
			Code: "response", Text: "no token in the answer",
			Err: errors.New("sso-oidc CreateToken: no token in the answer"),
		}
	}
	d.Set("accessToken", out.AccessToken.Reveal())
	d.Set("expiresAt", iso8601.Format(t.config.Now().Add(out.ExpiresIn)))
	if !out.RefreshToken.Empty() {
		d.Set("refreshToken", out.RefreshToken.Reveal())
	}
	return nil
}

// elsewhere returns the region that AWS's answer names for the token, and where
// that is.
func (t *Tokens) elsewhere(err error) (region string, e awsapi.Endpoint, ok bool) {
	region = namedRegion(err, t.config.Region)
	if region == "" {
		return "", awsapi.Endpoint{}, false
	}
	e, ok = regionEndpoint(err, region, t.config.Endpoint, t.config.EndpointOf)
	return region, e, ok
}

// failure sorts what went wrong: only an answer that says no means that a
// person must sign in again.
func failure(err error) error {
	f := &tokenfile.RefreshError{Refused: awsapi.Refused(err), Err: err}
	f.Code, f.Text = awsapi.Summary(err)
	var api *awsapi.APIError
	if errors.As(err, &api) && api.Region != "" {
		f.Text = "Identity Center is in region " + api.Region
	}
	return f
}

// unanswered returns the error of a refresh that got no answer. One that
// another process saw counts as this process's own: asking again would have
// made every waiter wait for the same silence.
func (t *Tokens) unanswered(f *tokenfile.RefreshError) error {
	cause := f.Err
	if cause == nil {
		cause = awsapi.FromSummary("CreateToken", t.config.Endpoint, f.Code, f)
	}
	return fmt.Errorf("sso session: the sign-in has expired and could not be renewed: %w", cause)
}
