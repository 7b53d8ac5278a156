package awsapi_test

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

const portalJSON = `{"roleCredentials":{"accessKeyId":"ASIAEXAMPLE","secretAccessKey":"sEcReT/+","sessionToken":"tOkEn==","expiration":1767323045000}}`

func TestGetRoleCredentials(t *testing.T) {
	t.Parallel()
	want := awsapi.SessionOutput{Credentials: aws.Credentials{
		AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "sEcReT/+", SessionToken: "tOkEn==", AccountID: "012345678901",
		CanExpire: true, Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}}
	tests := []struct{ name, from, to, lacks string }{
		{"complete", "", "", ""},
		{"unknown fields", `{"roleCredentials"`, `{"x":{"y":[1,{"z":null}]},"roleCredentials"`, ""},
		{"no secret", `"secretAccessKey":"sEcReT/+",`, "", "secretAccessKey"},
		{"null token", `"tOkEn=="`, "null", "sessionToken"},
		{"id a number", `"ASIAEXAMPLE"`, "12", "accessKeyId"},
		{"seconds instead of milliseconds", "1767323045000", "1767323045", "expiration"},
		{"expiration missing", `,"expiration":1767323045000`, "", "expiration"},
		{"expiration a text", "1767323045000", `"soon"`, "expiration"},
		{"expiration beyond all years", "1767323045000", "9223372036854775807", "expiration"},
		{"other case is another field", "accessKeyId", "AccessKeyID", "accessKeyId"},
		{"flat key posing as a path", `{"roleCredentials":{"accessKeyId":"ASIAEXAMPLE",`, `{"roleCredentials/accessKeyId":"X","roleCredentials":{`, "accessKeyId"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var uri, bearer, auth, method string
			e, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
				uri, bearer, auth, method = r.RequestURI, r.Header.Get("x-amz-sso_bearer_token"), r.Header.Get("Authorization"), r.Method
				answer(200, jsonType, strings.Replace(portalJSON, tt.from, tt.to, 1))(w, r)
			})
			got, err := newClient(t, nil).GetRoleCredentials(t.Context(), e, awsapi.RoleCredentialsInput{AccountID: "012345678901", RoleName: "A+b/&c=d", AccessToken: secret.New("bearer-1")})
			checkLacks(t, tt.name, err, tt.lacks)
			if tt.lacks == "" && !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v", got)
			}
			if method != "GET" || uri != "/federation/credentials?account_id=012345678901&role_name=A%2Bb%2F%26c%3Dd" || bearer != "bearer-1" || auth != "" {
				t.Errorf("%s %s, bearer %q, authorization %q", method, uri, bearer, auth)
			}
		})
	}
}

// TestContentTypeDoesNotMatter: the body does. Stand-ins and gateways call
// JSON XML and the other way round.
func TestContentTypeDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "text/plain", "application/x-amz-json-1.1", "application/octet-stream", jsonType, xmlType} {
		e, _ := server(t, answer(200, contentType, portalJSON))
		if _, err := newClient(t, nil).GetRoleCredentials(t.Context(), e, awsapi.RoleCredentialsInput{AccessToken: secret.New("bearer-1")}); err != nil {
			t.Errorf("JSON as %q: %v", contentType, err)
		}
		e, _ = server(t, answer(200, contentType, assumeRoleXML))
		if _, err := newClient(t, nil).AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{}); err != nil {
			t.Errorf("XML as %q: %v", contentType, err)
		}
	}
}

func TestCreateToken(t *testing.T) {
	t.Parallel()
	var path, body, contentType string
	reply := `{"accessToken":"at","tokenType":"Bearer","expiresIn":28800,"refreshToken":"rt","idToken":null}`
	e, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		path, body, contentType = r.RequestURI, string(b), r.Header.Get("Content-Type")
		answer(200, "application/x-amz-json-1.1; charset=utf-8", reply)(w, r)
	})
	c := newClient(t, nil)
	got, err := c.CreateToken(t.Context(), e, awsapi.CreateTokenInput{
		ClientID: "id", ClientSecret: secret.New("cs<&>"), GrantType: "refresh_token", RefreshToken: secret.New(`r"\`), RedirectURI: "http://127.0.0.1:1/oauth/callback",
	})
	if err != nil || got.AccessToken.Reveal() != "at" || got.RefreshToken.Reveal() != "rt" || got.TokenType != "Bearer" || got.ExpiresIn != 8*time.Hour {
		t.Errorf("got %+v, %v", got, err)
	}
	want := `{"clientId":"id","clientSecret":"cs<&>","grantType":"refresh_token","refreshToken":"r\"\\","redirectUri":"http://127.0.0.1:1/oauth/callback"}`
	if path != "/token" || body != want || contentType != jsonType {
		t.Errorf("%s %s %s, want %s", path, contentType, body, want)
	}
	for in, lacks := range map[string]string{
		`{"expiresIn":1}`:                           "accessToken",
		`{"accessToken":"at"}`:                      "expiresIn",
		`{"accessToken":"at","expiresIn":0}`:        "expiresIn",
		`{"accessToken":"at","expiresIn":-5}`:       "expiresIn",
		`{"accessToken":"at","expiresIn":1e99}`:     "expiresIn",
		`{"accessToken":"a\u001bt","expiresIn":10}`: "accessToken",
	} {
		e, _ := server(t, answer(200, jsonType, in))
		_, err := c.CreateToken(t.Context(), e, awsapi.CreateTokenInput{})
		checkLacks(t, in, err, lacks)
	}
}

const signInJSON = `{"accessToken":{"accessKeyId":"ASIAEXAMPLE","secretAccessKey":"sEcReT/+","sessionToken":"tOkEn=="},"tokenType":"aws_sigv4","expiresIn":900,"refreshToken":"rt2","idToken":"a.b.c"}`

func TestCreateSignInToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var proofs, bodies []string
	e, _ := server(t, script(
		func(w http.ResponseWriter, r *http.Request) {
			proofs = append(proofs, r.Header.Get("DPoP"))
			w.WriteHeader(503)
		},
		func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			bodies = append(bodies, r.RequestURI+" "+string(b))
			proofs = append(proofs, r.Header.Get("DPoP"))
			answer(200, jsonType, signInJSON)(w, r)
		}))
	c := newClient(t, func(o *awsapi.Options) { o.Now = func() time.Time { return now } })
	n := 0
	got, err := c.CreateSignInToken(t.Context(), e, awsapi.SignInTokenInput{
		ClientID: "arn:aws:signin:::devtools/same-device", GrantType: "authorization_code", Code: secret.New("co"), CodeVerifier: secret.New("ve"), RedirectURI: "http://127.0.0.1:1/oauth/callback",
		Proof: func(u string) (string, error) {
			n++
			return strings.Repeat("p", n) + " " + strings.TrimPrefix(u, e.URL), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantCreds := aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "sEcReT/+", SessionToken: "tOkEn==", CanExpire: true, Expires: now.Add(15 * time.Minute)}
	if got.Credentials != wantCreds || got.RefreshToken.Reveal() != "rt2" || got.IDToken.Reveal() != "a.b.c" || got.TokenType != "aws_sigv4" || got.ExpiresIn != 15*time.Minute {
		t.Errorf("got %+v", got)
	}
	if !reflect.DeepEqual(proofs, []string{"p /v1/token", "pp /v1/token"}) {
		t.Errorf("proofs %q", proofs)
	}
	want := []string{`/v1/token {"clientId":"arn:aws:signin:::devtools/same-device","grantType":"authorization_code","code":"co","codeVerifier":"ve","redirectUri":"http://127.0.0.1:1/oauth/callback"}`}
	if !reflect.DeepEqual(bodies, want) {
		t.Errorf("bodies %q", bodies)
	}
	for _, tt := range [][3]string{
		{`"expiresIn":900`, `"expiresIn":null`, "expiresIn"}, {`"refreshToken":"rt2",`, "", "refreshToken"}, {`"sEcReT/+"`, `""`, "secretAccessKey"},
	} {
		e, _ := server(t, answer(200, jsonType, strings.Replace(signInJSON, tt[0], tt[1], 1)))
		_, err := c.CreateSignInToken(t.Context(), e, awsapi.SignInTokenInput{})
		checkLacks(t, tt[2], err, tt[2])
	}
	bad := errors.New("no key")
	if _, err := c.CreateSignInToken(t.Context(), e, awsapi.SignInTokenInput{Proof: func(string) (string, error) { return "", bad }}); !errors.Is(err, bad) {
		t.Errorf("a failing proof: %v", err)
	}
}
