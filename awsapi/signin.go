package awsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// SignInTokenInput is what the sign-in service's CreateOAuth2Token takes.
type SignInTokenInput struct {
	ClientID, GrantType              string
	RefreshToken, Code, CodeVerifier secret.Text
	RedirectURI                      string
	// Proof makes the DPoP header (RFC 9449) for the URL that is posted to; it is
	// called for every attempt, since a proof is accepted once. nil sends none.
	Proof func(url string) (string, error)
}

// SignInTokenOutput is a console sign-in's session. Credentials.Expires is in
// our own clock's time: the time of sending plus ExpiresIn. RefreshToken
// replaces the one that was used; IDToken comes with the code grant only.
type SignInTokenOutput struct {
	Credentials           aws.Credentials
	RefreshToken, IDToken secret.Text
	TokenType             string
	ExpiresIn             time.Duration
}

// CreateSignInToken exchanges an authorization code or a refresh token for
// credentials of 15 minutes, as `aws login` does. Both are used once; a refresh
// token is sent again when the answer is lost, as by [Client.CreateToken].
func (c *Client) CreateSignInToken(ctx context.Context, e Endpoint, in SignInTokenInput) (SignInTokenOutput, error) {
	body, secrets := encodeJSON([]pair{
		{"clientId", in.ClientID, secret.Text{}},
		{"grantType", in.GrantType, secret.Text{}},
		{"refreshToken", "", in.RefreshToken},
		{"code", "", in.Code},
		{"codeVerifier", "", in.CodeVerifier},
		{"redirectUri", in.RedirectURI, secret.Text{}},
	})
	k := call{
		service: SignIn, operation: "CreateOAuth2Token", endpoint: e, method: http.MethodPost, path: "/v1/token",
		header: http.Header{"Content-Type": {"application/json"}}, body: body, secrets: secrets,
		proof: in.Proof, once: !in.Code.Empty(), format: formatJSON,
	}
	sent := c.now()
	d, err := c.do(ctx, k)
	if err != nil {
		return SignInTokenOutput{}, err
	}
	creds, missing := d.credentials("accessToken/", "accessKeyId", "secretAccessKey", "sessionToken")
	out := SignInTokenOutput{
		RefreshToken: secret.New(d.token("refreshToken")),
		IDToken:      secret.New(d.token("idToken")),
		TokenType:    d.name("tokenType"),
		ExpiresIn:    d.lifetime("expiresIn"),
	}
	switch {
	case missing != "":
		return SignInTokenOutput{}, k.lacks(missing)
	case out.ExpiresIn == 0:
		return SignInTokenOutput{}, k.lacks("expiresIn")
	case out.RefreshToken.Empty():
		return SignInTokenOutput{}, k.lacks("refreshToken")
	}
	creds.Expires = sent.Add(out.ExpiresIn).UTC().Truncate(time.Second)
	out.Credentials = creds
	return out, nil
}
