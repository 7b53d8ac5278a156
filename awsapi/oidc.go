package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
)

// CreateTokenInput is what the OIDC service's CreateToken takes, for any of the
// grants device code, authorization code and refresh token. Empty fields are
// not sent.
// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
type CreateTokenInput struct {
	ClientID                 string
	ClientSecret             secret.Text
	GrantType                string
	RefreshToken, DeviceCode secret.Text
	Code, CodeVerifier       secret.Text
	RedirectURI              string
}

// TokenOutput is an Identity Center token. RefreshToken, where given, replaces
// the one that was used.
type TokenOutput struct {
	AccessToken, RefreshToken secret.Text
	TokenType                 string
	ExpiresIn                 time.Duration
}

// CreateToken exchanges a grant for an Identity Center token. A device code may
// be sent again and again, but no sooner than the service allows, so that only the
// caller does it; an authorization code is used once. A refresh token
// is used once too, and sent again when the answer is lost: if the service has
// not seen it that saves the sign-in, and else nothing more is lost.
func (c *Client) CreateToken(ctx context.Context, e Endpoint, in CreateTokenInput) (TokenOutput, error) {
	body, secrets := encodeJSON([]pair{
		{"clientId", in.ClientID, secret.Text{}},
		{"clientSecret", "", in.ClientSecret},
		{"grantType", in.GrantType, secret.Text{}},
		{"refreshToken", "", in.RefreshToken},
		{"deviceCode", "", in.DeviceCode},
		{"code", "", in.Code},
		{"codeVerifier", "", in.CodeVerifier},
		{"redirectUri", in.RedirectURI, secret.Text{}},
	})
	k := call{
		service: SSOOIDC, operation: "CreateToken", endpoint: e, method: http.MethodPost, path: "/token",
		header: http.Header{"Content-Type": {"application/json"}}, body: body, secrets: secrets,
		once: !in.Code.Empty(), paced: !in.DeviceCode.Empty(), format: formatJSON,
	}
	d, err := c.do(ctx, k)
	if err != nil {
		return TokenOutput{}, err
	}
	out := TokenOutput{
		AccessToken:  secret.New(d.token("accessToken")),
		RefreshToken: secret.New(d.token("refreshToken")),
		TokenType:    d.name("tokenType"),
	}
	if out.AccessToken.Empty() {
		return TokenOutput{}, k.lacks("accessToken")
	}
	if out.ExpiresIn = d.lifetime("expiresIn"); out.ExpiresIn == 0 {
		return TokenOutput{}, k.lacks("expiresIn")
	}
	return out, nil
}

// lifetime reads seconds; 0 is none that makes sense.
func (d document) lifetime(path string) time.Duration {
	const year = 366 * 24 * 60 * 60
	n, ok := d.integer(path)
	if !ok || n <= 0 || n > 10*year {
		return 0
	}
	return time.Duration(n) * time.Second
}

// pair is one string of a JSON body, secret or not; an empty one is left out.
type pair struct {
	name, text string
	secret     secret.Text
}

// encodeJSON returns the object and the secrets in it. Characters such as < are
// written as they are: the default escapes of encoding/json are for HTML.
func encodeJSON(pairs []pair) (body []byte, secrets []string) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, p := range pairs {
		text := p.text
		if !p.secret.Empty() {
			text = p.secret.Reveal()
			secrets = append(secrets, text)
		}
		if text == "" {
			continue
		}
		if b.Len() == 0 {
			b.WriteByte('{')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(`"` + p.name + `":`)
		_ = enc.Encode(text)    // a string always encodes
		b.Truncate(b.Len() - 1) // the newline that Encode adds
	}
	if b.Len() == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), secrets
}

// oidcException returns the exception's name for an "error" value, which is all
// that some answers have.
func oidcException(code string) string {
	switch code {
	case "":
		return ""
	case "expired_token":
		return "ExpiredTokenException"
	case "server_error":
		return "InternalServerException"
	}
	var b strings.Builder
	for word := range strings.SplitSeq(code, "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String() + "Exception"
}
