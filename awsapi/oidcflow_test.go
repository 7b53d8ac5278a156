package awsapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	registerJSON = `{"clientId":"cid","clientSecret":"canary-cs","clientIdIssuedAt":1767225600,"clientSecretExpiresAt":1775001600,"authorizationEndpoint":null}`
	deviceJSON   = `{"deviceCode":"canary-dc","userCode":"ABCD-EFGH","verificationUri":"https://device.sso.us-east-1.amazonaws.com/",` +
		`"verificationUriComplete":"https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH","expiresIn":600,"interval":1}`
)

// recorded answers with body and keeps the request.
func recorded(t *testing.T, body string) (awsapi.Endpoint, *string) {
	t.Helper()
	got := new(string)
	e, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*got = r.Method + " " + r.RequestURI + " " + r.Header.Get("Content-Type") + " " + r.Header.Get("Authorization") + string(b)
		answer(200, jsonType, body)(w, r)
	})
	return e, got
}

func TestRegisterClient(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]awsapi.RegisterClientInput{
		`{"clientName":"n","clientType":"public"}`: {ClientName: "n"},
		`{"clientName":"n","clientType":"public","scopes":["a:b","c"],"redirectUris":["http://127.0.0.1/oauth/callback"],"grantTypes":["authorization_code","refresh_token"],"issuerUrl":"https://x.awsapps.com/start"}`: {
			ClientName: "n", Scopes: []string{"a:b", "c"}, RedirectURIs: []string{"http://127.0.0.1/oauth/callback"},
			GrantTypes: []string{awsapi.GrantAuthorizationCode, awsapi.GrantRefreshToken}, IssuerURL: "https://x.awsapps.com/start",
		},
	} {
		e, got := recorded(t, registerJSON)
		out, err := newClient(t, nil).RegisterClient(t.Context(), e, in)
		if err != nil || out.ClientID != "cid" || out.ClientSecret.Reveal() != "canary-cs" || !out.Expires.Equal(time.Unix(1775001600, 0)) || out.Expires.Location() != time.UTC {
			t.Errorf("got %+v, %v", out, err)
		}
		if *got != "POST /client/register application/json "+want {
			t.Errorf("asked %s, want %s", *got, want)
		}
	}
	for _, tt := range [][3]string{
		{`"cid"`, `""`, "clientId"},
		{`"cid"`, `"a b"`, "clientId"},
		{`"canary-cs"`, `null`, "clientSecret"},
		{"1775001600", "0", "clientSecretExpiresAt"},
		{"1775001600", "253402300800", "clientSecretExpiresAt"},
		{"1775001600", `"2026-01-01"`, "clientSecretExpiresAt"},
	} {
		e, _ := server(t, answer(200, jsonType, strings.Replace(registerJSON, tt[0], tt[1], 1)))
		_, err := newClient(t, nil).RegisterClient(t.Context(), e, awsapi.RegisterClientInput{})
		checkLacks(t, tt[1], err, tt[2])
	}
}

func TestStartDeviceAuthorization(t *testing.T) {
	t.Parallel()
	in := awsapi.DeviceAuthorizationInput{ClientID: "cid", ClientSecret: secret.New("canary-cs"), StartURL: "https://x.awsapps.com/start"}
	e, got := recorded(t, deviceJSON)
	out, err := newClient(t, nil).StartDeviceAuthorization(t.Context(), e, in)
	if err != nil || out.DeviceCode.Reveal() != "canary-dc" || out.UserCode != "ABCD-EFGH" || out.ExpiresIn != 10*time.Minute || out.Interval != time.Second ||
		out.VerificationURI != "https://device.sso.us-east-1.amazonaws.com/" || out.VerificationURIComplete != out.VerificationURI+"?user_code=ABCD-EFGH" {
		t.Errorf("got %+v, %v", out, err)
	}
	if want := `POST /device_authorization application/json {"clientId":"cid","clientSecret":"canary-cs","startUrl":"https://x.awsapps.com/start"}`; *got != want {
		t.Errorf("asked %s, want %s", *got, want)
	}
	for _, tt := range [][3]string{
		{`"canary-dc"`, `""`, "deviceCode"},
		{`"ABCD-EFGH"`, `"\u001b[2J"`, "userCode"},
		{`"ABCD-EFGH"`, `"` + strings.Repeat("A", 101) + `"`, "userCode"},
		{`"verificationUri":"https:`, `"verificationUri":"https:\u0000`, "verificationUri"},
		{`600`, `0`, "expiresIn"},
		{`"interval":1`, `"interval":-1`, ""},
		{`,"interval":1`, ``, ""},
		{`"verificationUriComplete"`, `"x"`, ""},
	} {
		e, _ := server(t, answer(200, jsonType, strings.Replace(deviceJSON, tt[0], tt[1], 1)))
		out, err := newClient(t, nil).StartDeviceAuthorization(t.Context(), e, in)
		checkLacks(t, tt[1], err, tt[2])
		if tt[2] == "" && strings.Contains(tt[0], "interval") && out.Interval != 0 {
			t.Errorf("%s: interval %v", tt[1], out.Interval)
		}
	}
}

// oidcCalls makes every call of a sign-in.
func oidcCalls() map[string]func(context.Context, *awsapi.Client, awsapi.Endpoint) error {
	device := awsapi.CreateTokenInput{ClientID: "c", ClientSecret: secret.New("canary-cs"), GrantType: awsapi.GrantDeviceCode, DeviceCode: secret.New("canary-dc")}
	code := awsapi.CreateTokenInput{ClientID: "c", ClientSecret: secret.New("canary-cs"), GrantType: awsapi.GrantAuthorizationCode, Code: secret.New("canary-code")}
	token := func(in awsapi.CreateTokenInput) func(context.Context, *awsapi.Client, awsapi.Endpoint) error {
		return func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.CreateToken(ctx, e, in)
			return err
		}
	}
	return map[string]func(context.Context, *awsapi.Client, awsapi.Endpoint) error{
		"RegisterClient": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.RegisterClient(ctx, e, awsapi.RegisterClientInput{ClientName: "n"})
			return err
		},
		"StartDeviceAuthorization": func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) error {
			_, err := c.StartDeviceAuthorization(ctx, e, awsapi.DeviceAuthorizationInput{ClientID: "c", ClientSecret: secret.New("canary-cs")})
			return err
		},
		"device code": token(device), "code": token(code),
	}
}

// TestOIDCAnswers: what an answer asks of the caller is no reason to repeat
// the request here.
func TestOIDCAnswers(t *testing.T) {
	t.Parallel()
	for name, do := range oidcCalls() {
		for shape, oauth := range map[string]string{
			"AuthorizationPendingException": "authorization_pending", "SlowDownException": "slow_down", "ExpiredTokenException": "expired_token",
			"AccessDeniedException": "access_denied", "InvalidClientException": "invalid_client", "InvalidRequestRegionException": "invalid_request",
		} {
			body := fmt.Sprintf(`{"error":%q,"error_description":"d","region":"eu-west-1","endpoint":"https://oidc.eu-west-1.amazonaws.com"}`, oauth)
			e, n := server(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Amzn-Errortype", shape)
				answer(400, jsonType, body)(w, r)
			})
			err := do(t.Context(), newClient(t, nil), e)
			var api *awsapi.APIError
			if !errors.As(err, &api) || api.Code != shape || !api.HasCode(oauth) || n.Load() != 1 {
				t.Errorf("%s, %s: %v after %d requests", name, shape, err, n.Load())
				continue
			}
			if api.Region != "eu-west-1" || api.RegionEndpoint != "https://oidc.eu-west-1.amazonaws.com" {
				t.Errorf("%s: region %q at %q", name, api.Region, api.RegionEndpoint)
			}
		}
	}
}

// TestOIDCRepeats: a lost answer is asked for again, except that of a code,
// which is good once, and of a device code, whose caller keeps the interval that
// the service has set (RFC 8628, section 3.5).
func TestOIDCRepeats(t *testing.T) {
	t.Parallel()
	for name, do := range oidcCalls() {
		for kind, h := range map[string]http.HandlerFunc{
			"lost": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"504":  answer(504, jsonType, `{}`),
			"500":  answer(500, jsonType, `{"error":"server_error"}`),
		} {
			e, n := server(t, h)
			err := do(t.Context(), newClient(t, nil), e)
			want := int32(3)
			if name == "code" && kind != "500" || name == "device code" {
				want = 1
			}
			if err == nil || n.Load() != want || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s, %s: %v after %d requests, want %d", name, kind, err, n.Load(), want)
			}
		}
	}
}

func FuzzDeviceAuthorization(f *testing.F) {
	f.Add(deviceJSON)
	f.Add(registerJSON)
	f.Add(`{"deviceCode":"d","userCode":"\u001b]0;x","verificationUri":"u","expiresIn":1e3}`)
	f.Fuzz(func(t *testing.T, body string) {
		fuzz(t, 200, jsonType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			out, err := c.StartDeviceAuthorization(ctx, e, awsapi.DeviceAuthorizationInput{})
			return !out.DeviceCode.Empty() && out.UserCode != "" && out.VerificationURI != "" && out.ExpiresIn > 0, err
		})
		fuzz(t, 200, jsonType, body, func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (bool, error) {
			out, err := c.RegisterClient(ctx, e, awsapi.RegisterClientInput{})
			return out.ClientID != "" && !out.ClientSecret.Empty() && !out.Expires.IsZero() && out.Expires.Year() < 10000, err
		})
	})
}
