package awsapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

// fuzz feeds body to a call as the answer of a server. What comes back is
// complete credentials or one of our own errors, fit for a terminal.
func fuzz(t *testing.T, status int, contentType, body string, call func(context.Context, *awsapi.Client, awsapi.Endpoint) (bool, error)) {
	t.Helper()
	c := newClient(t, func(o *awsapi.Options) {
		o.HTTPClient = roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
	})
	complete, err := call(t.Context(), c, awsapi.Endpoint{URL: "https://x.example", SigningRegion: "us-east-1"})
	var ae *awsapi.APIError
	var re *awsapi.ResponseError
	switch {
	case err == nil && !complete:
		t.Errorf("incomplete success of %q", body)
	case err != nil && !errors.As(err, &ae) && !errors.As(err, &re):
		t.Errorf("%T %v", err, err)
	case err != nil:
		for _, r := range err.Error() {
			if unicode.IsControl(r) {
				t.Errorf("%q holds %U", err, r)
			}
		}
	}
}

func whole(out awsapi.SessionOutput) bool {
	for _, s := range []string{out.Credentials.AccessKeyID, out.Credentials.SecretAccessKey, out.Credentials.SessionToken} {
		if s == "" || strings.TrimFunc(s, func(r rune) bool { return r > ' ' && r <= '~' }) != "" {
			return false
		}
	}
	return out.Credentials.CanExpire && !out.Credentials.Expires.IsZero() && out.Credentials.Expires.Year() < 10000
}

func assumeRole(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
	out, err := c.AssumeRole(ctx, e, keys(), awsapi.AssumeRoleInput{})
	return whole(out), err
}

func FuzzSTSResponse(f *testing.F) {
	f.Add(assumeRoleXML)
	f.Add(strings.ReplaceAll(assumeRoleXML, "><", ">\n<"))
	f.Add("<!DOCTYPE a><AssumeRoleResponse/>")
	f.Add(`<AssumeRoleResponse xmlns:a="b"><a:AssumeRoleResult>` + credentialsXML + credentialsXML + `</a:AssumeRoleResult></AssumeRoleResponse>`)
	f.Fuzz(func(t *testing.T, body string) { fuzz(t, 200, xmlType, body, assumeRole) })
}

func FuzzErrorXML(f *testing.F) {
	f.Add(errorXML("AccessDenied", "m"))
	f.Add(`<Response><Errors><Error><Code>AuthFailure</Code></Error></Errors><RequestID>r</RequestID></Response>`)
	f.Add(`<Error><Code>&#x9b;</Code><Message>&#x202e;</Message></Error>`)
	f.Fuzz(func(t *testing.T, body string) { fuzz(t, 403, "", body, assumeRole) })
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		portalJSON, signInJSON, `{"accessToken":"at","expiresIn":1,"refreshToken":"rt"}`, `{"error":"invalid_grant","error_description":"\u001b"}`,
		`{"__type":"a#B:c","message":null}`, `{"SigninToken":"st"}`, `{"SigninToken":"a\u0000b"}`, `{"a":[1,[2,{"b":true}]]}`, `{"x":1,"x":2}`,
		`{"accountList":[{"accountId":"012345678901","accountName":"a\u202e"},{"accountId":"012345678902"}],"nextToken":"n"}`,
	} {
		f.Add(200, s)
		f.Add(400, s)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status != 200 {
			status = 400
		}
		fuzz(t, status, jsonType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			out, err := c.GetRoleCredentials(ctx, e, awsapi.RoleCredentialsInput{AccessToken: secret.New("bearer")})
			return whole(out), err
		})
		fuzz(t, status, jsonType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			out, err := c.CreateToken(ctx, e, awsapi.CreateTokenInput{})
			return !out.AccessToken.Empty() && out.ExpiresIn >= time.Second, err
		})
		fuzz(t, status, jsonType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			out, err := c.ListAccounts(ctx, e, awsapi.ListAccountsInput{AccessToken: secret.New("bearer")})
			for _, a := range out.Accounts {
				if len(a.ID) != 12 || display.Text(a.Name+a.Email, 1000) != a.Name+a.Email {
					return false, err
				}
			}
			return true, err
		})
		fuzz(t, status, jsonType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			out, err := c.CreateSignInToken(ctx, e, awsapi.SignInTokenInput{})
			return whole(awsapi.SessionOutput{Credentials: out.Credentials}) && !out.RefreshToken.Empty(), err
		})
		fuzz(t, status, jsonType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			token, err := c.GetSigninToken(ctx, e, keys(), 0)
			return !token.Empty() && strings.TrimFunc(token.Reveal(), func(r rune) bool { return r > ' ' && r <= '~' }) == "", err
		})
	})
}

func FuzzResolveEndpoint(f *testing.F) {
	f.Add("us-east-1", "")
	f.Add("us-east-1/x", "http://u:p@h/?q#f")
	f.Fuzz(func(t *testing.T, region, override string) {
		for _, s := range []awsapi.Service{awsapi.STS, awsapi.SSO, awsapi.SSOOIDC, awsapi.SignIn, awsapi.IAM} {
			e, err := awsapi.ResolveEndpoint(s, awsapi.EndpointOptions{Region: region, Override: override})
			if err != nil || override != "" {
				continue
			}
			host := strings.TrimPrefix(e.URL, "https://")
			if strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || !strings.Contains(host, ".") {
				t.Errorf("region %q makes %s", region, e.URL)
			}
		}
	})
}
