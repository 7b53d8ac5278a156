package awsapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

const canary = "CANARY/+x=" // with characters that encodings change

// secretCalls makes every call with canaries wherever a secret goes.
func secretCalls() map[string]func(context.Context, *awsapi.Client, awsapi.Endpoint) error {
	from := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: canary + "secret", SessionToken: canary + "token"}
	hidden := func(s string) secret.Text { return secret.New(canary + s) }
	return map[string]func(context.Context, *awsapi.Client, awsapi.Endpoint) error{
		"AssumeRole": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.AssumeRole(ctx, e, from, awsapi.AssumeRoleInput{TokenCode: hidden("code")})
			return err
		},
		"AssumeRoleWithWebIdentity": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.AssumeRoleWithWebIdentity(ctx, e, awsapi.WebIdentityInput{Token: hidden("jwt")})
			return err
		},
		"GetSessionToken": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.GetSessionToken(ctx, e, from, awsapi.SessionTokenInput{TokenCode: hidden("code")})
			return err
		},
		"ChangePassword": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			return c.ChangePassword(ctx, e, from, hidden("old"), hidden("new"))
		},
		"EnableMFADevice": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			return c.EnableMFADevice(ctx, e, from, "bob", "arn:aws:iam::1:mfa/b", hidden("code"), hidden("code2"))
		},
		"GetFederationToken": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.GetFederationToken(ctx, e, from, awsapi.FederationTokenInput{})
			return err
		},
		"GetCallerIdentity": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.GetCallerIdentity(ctx, e, from)
			return err
		},
		"CreateAccessKey": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.CreateAccessKey(ctx, e, from, "bob")
			return err
		},
		"ListMFADevices": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.ListMFADevices(ctx, e, from, "bob")
			return err
		},
		"GetRoleCredentials": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.GetRoleCredentials(ctx, e, awsapi.RoleCredentialsInput{AccessToken: hidden("bearer")})
			return err
		},
		"CreateToken": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.CreateToken(ctx, e, awsapi.CreateTokenInput{ClientSecret: hidden("1"), RefreshToken: hidden("2"), DeviceCode: hidden("3"), Code: hidden("4"), CodeVerifier: hidden("5")})
			return err
		},
		"CreateSignInToken": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.CreateSignInToken(ctx, e, awsapi.SignInTokenInput{RefreshToken: hidden("1"), Code: hidden("2"), CodeVerifier: hidden("3")})
			return err
		},
		"GetSigninToken": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.GetSigninToken(ctx, e, from, 0)
			return err
		},
		"Fetch": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.Fetch(ctx, awsapi.Request{Method: "GET", URL: e.URL + "/?q=" + url.QueryEscape(canary), Header: http.Header{"Authorization": {canary + "auth"}}, Operation: "fetch"}, awsapi.Limits{})
			return err
		},
	}
}

// echo collects everything that a request says.
func echo(r *http.Request) string {
	var b []byte
	if r.Body != nil {
		b, _ = io.ReadAll(r.Body)
	}
	s := r.RequestURI + " " + string(b)
	for name, values := range r.Header {
		s += " " + name + ": " + strings.Join(values, " ")
	}
	return s
}

// TestNoSecretInErrors: servers that repeat requests, or give credentials in
// answers that are broken, bring no secret into an error.
func TestNoSecretInErrors(t *testing.T) {
	t.Parallel()
	servers := map[string]http.HandlerFunc{
		"page": func(w http.ResponseWriter, r *http.Request) { answer(200, "text/html", "<p>"+echo(r))(w, r) },
		"XML message": func(w http.ResponseWriter, r *http.Request) {
			answer(403, xmlType, errorXML("X", html.EscapeString(echo(r))))(w, r)
		},
		"XML code": func(w http.ResponseWriter, r *http.Request) {
			answer(403, xmlType, errorXML(html.EscapeString(echo(r)), ""))(w, r)
		},
		"JSON message": func(w http.ResponseWriter, r *http.Request) {
			s := echo(r)
			b, _ := json.Marshal(map[string]string{"error": s, "error_description": s, "message": s, "region": s, "endpoint": s})
			w.Header().Set("X-Amzn-Errortype", "E")
			answer(400, jsonType, string(b))(w, r)
		},
		"headers": func(w http.ResponseWriter, r *http.Request) {
			s := strings.Join(strings.Fields(echo(r)), " ")
			w.Header().Set("X-Amzn-Requestid", s)
			w.Header().Set("X-Amzn-Errortype", s)
			w.Header().Set("Location", "http://x/?"+url.QueryEscape(s))
			answer(307, s, "{}")(w, r)
		},
		"status line": func(w http.ResponseWriter, r *http.Request) {
			s := strings.Join(strings.Fields(echo(r)), " ")
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, s+"\r\n\r\n")
				_ = conn.Close()
			}
		},
		"truncated credentials": answer(200, xmlType, strings.Replace(assumeRoleXML, "sEcReT/+", canary, 1)[:330]),
		"truncated key":         answer(200, xmlType, strings.Replace(createKeyXML, "sEcReT/+", canary, 1)[:290]),
		"truncated portal":      answer(200, jsonType, strings.Replace(portalJSON, "sEcReT/+", canary, 1)[:110]),
		"truncated token":       answer(200, jsonType, `{"accessToken":"`+canary),
		"as an error":           answer(400, jsonType, strings.Replace(signInJSON, "sEcReT/+", canary, 1)),
		"without expiration":    answer(200, xmlType, strings.Replace(strings.Replace(assumeRoleXML, "sEcReT/+", canary, 1), "2026", canary, 1)),
		"closed":                hangUp,
	}
	for name, h := range servers {
		for operation, call := range secretCalls() {
			t.Run(name+" "+operation, func(t *testing.T) {
				t.Parallel()
				e, _ := server(t, h)
				noCanary(t, call(t.Context(), newClient(t, nil), e))
			})
		}
	}
	for operation, call := range secretCalls() {
		c := newClient(t, func(o *awsapi.Options) {
			o.HTTPClient = roundTrip(func(r *http.Request) (*http.Response, error) {
				return nil, &url.Error{Op: "Post", URL: r.URL.String() + "?" + canary, Err: errors.New("cause with " + echo(r))}
			})
		})
		e := awsapi.Endpoint{URL: "https://user:" + "CANARYPW@host.example/p", SigningRegion: "us-east-1"}
		err := call(t.Context(), c, e)
		if err == nil {
			t.Errorf("%s: no error", operation)
		}
		noCanary(t, err)
	}
}

func noCanary(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	js, _ := json.Marshal(err)
	all := fmt.Sprintf("%v\n%+v\n%#v\n%q\n%s", err, err, err, err, js)
	var a *awsapi.APIError
	var u *awsapi.UnreachableError
	var r *awsapi.ResponseError
	switch {
	case errors.As(err, &a):
		all += fmt.Sprintf("%+v", *a)
	case errors.As(err, &u):
		all += fmt.Sprintf("%+v", *u)
	case errors.As(err, &r):
		all += fmt.Sprintf("%+v", *r)
	}
	if strings.Contains(all, "CANARY") {
		t.Errorf("a secret in %s", all)
	}
}
