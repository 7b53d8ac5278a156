package awsapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
)

// GetSigninToken trades a session for a token that opens the web console, once
// and within 15 minutes. The endpoint's URL is the one above /federation. duration
// is how long the console is to stay open, in whole seconds; 0 leaves it to AWS,
// which ends it with the session. The session is sent in the body of a POST: a
// query would be kept by the logs of proxies.
//
// AWS refuses with a bare 400, which comes back as a [*ResponseError].
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
func (c *Client) GetSigninToken(ctx context.Context, e Endpoint, from aws.Credentials, duration time.Duration) (secret.Text, error) {
	session, secrets := encodeJSON([]pair{
		{"sessionId", from.AccessKeyID, secret.Text{}},
		{"sessionKey", "", secret.New(from.SecretAccessKey)},
		{"sessionToken", "", secret.New(from.SessionToken)},
	})
	f := &form{secrets: secrets}
	f.body.WriteString("Action=getSigninToken")
	f.seconds("SessionDuration", duration)
	f.put("Session", string(session))
	k := call{
		service: SignIn, operation: "GetSigninToken", endpoint: e, method: http.MethodPost, path: "/federation",
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}},
		body:   []byte(f.body.String()), secrets: append(f.secrets, url.QueryEscape(string(session))), format: formatJSON,
	}
	d, err := c.do(ctx, k)
	if err != nil {
		return secret.Text{}, err
	}
	token := secret.New(d.token("SigninToken"))
	if token.Empty() {
		return token, k.lacks("SigninToken")
	}
	return token, nil
}
