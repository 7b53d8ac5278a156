package signin

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/internal/tokenfile"
)

// refresh trades the refresh token in d for new credentials. It sets what the
// answer brings and leaves idToken, clientId, dpopKey and accountId, which no
// renewal brings again.
func (c *Credentials) refresh(ctx context.Context, d *tokenfile.Document) error {
	key, err := parseKey(d.Secret("dpopKey"))
	if err != nil {
		return &tokenfile.RefreshError{Refused: true, Code: "dpopKey", Text: err.Error(), Err: err}
	}
	out, err := c.ask(ctx, key, awsapi.SignInTokenInput{
		ClientID:     d.Text("clientId"),
		GrantType:    "refresh_token",
		RefreshToken: d.Secret("refreshToken"),
	})
	if err != nil {
		return failure(err)
	}
	token, ok := d.Object("accessToken")
	if !ok || !out.Credentials.HasKeys() || out.Credentials.SessionToken == "" || out.ExpiresIn <= 0 {
		err := errors.New("signin CreateOAuth2Token: no whole credentials in the answer")
		return &tokenfile.RefreshError{Code: "response", Text: "no whole credentials in the answer", Err: err}
	}
	token.Set("accessKeyId", out.Credentials.AccessKeyID)
	token.Set("secretAccessKey", out.Credentials.SecretAccessKey)
	token.Set("sessionToken", out.Credentials.SessionToken)
	token.Set("expiresAt", iso8601.Format(c.config.Now().Add(out.ExpiresIn)))
	if out.TokenType != "" {
		d.Set("tokenType", out.TokenType)
	}
	if !out.RefreshToken.Empty() {
		d.Set("refreshToken", out.RefreshToken.Reveal())
	}
	return nil
}

// maxSkew is how far apart the clocks may be before that is why a proof is
// refused. Services take proofs of some minutes ago.
const maxSkew = 2 * time.Minute

// ask calls the service with proofs of key. A refusal that a wrong clock of ours
// explains is answered with the time that came with it: a proof is checked
// before anything that is good once.
func (c *Credentials) ask(ctx context.Context, key *ecdsa.PrivateKey, in awsapi.SignInTokenInput) (awsapi.SignInTokenOutput, error) {
	in.Proof = func(url string) (string, error) { return c.proof(key, url) }
	out, err := c.api.CreateSignInToken(ctx, c.config.Endpoint, in)
	var api *awsapi.APIError
	if errors.As(err, &api) && api.HasCode("INVALID_REQUEST") && api.Skew.Abs() > maxSkew {
		return c.api.CreateSignInToken(ctx, c.config.Endpoint, in)
	}
	return out, err
}

// failure sorts what went wrong: only an answer that says no ends the sign-in.
func failure(err error) error {
	f := &tokenfile.RefreshError{Refused: awsapi.Refused(err), Err: err}
	f.Code, f.Text = awsapi.Summary(err)
	var api *awsapi.APIError
	if errors.As(err, &api) {
		// The value of "error" decides here, wherever the answer has it.
		for _, known := range [...]string{"TOKEN_EXPIRED", "AUTHCODE_EXPIRED", "USER_CREDENTIALS_CHANGED", "INSUFFICIENT_PERMISSIONS"} {
			if api.HasCode(known) {
				f.Code = known
			}
		}
	}
	return f
}

// unanswered returns the error of a renewal that got no answer. One that
// another process saw counts as this process's own: asking again would have
// made every waiter wait for the same silence.
func (c *Credentials) unanswered(f *tokenfile.RefreshError) error {
	cause := f.Err
	if cause == nil {
		cause = awsapi.FromSummary("CreateOAuth2Token", c.config.Endpoint, f.Code, f)
	}
	return fmt.Errorf("login session: the credentials could not be renewed: %w", cause)
}
