package awsapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// result wraps credentials as operation answers them.
func result(operation, inner string) string {
	return "<" + operation + "Response><" + operation + "Result>" + inner + "</" + operation + "Result></" + operation + "Response>"
}

func TestSessionCalls(t *testing.T) {
	t.Parallel()
	expires := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	session := aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "sEcReT/+", SessionToken: "tOkEn==", CanExpire: true, Expires: expires}
	withAccount := session
	withAccount.AccountID = "012345678901"
	tests := []struct {
		name, answer string
		call         func(context.Context, *awsapi.Client, awsapi.Endpoint) (awsapi.SessionOutput, error)
		signed       bool
		body         url.Values
		want         awsapi.SessionOutput
	}{
		{
			"AssumeRole", assumeRoleXML,
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (awsapi.SessionOutput, error) {
				return c.AssumeRole(ctx, e, keys(), awsapi.AssumeRoleInput{
					RoleARN: "arn:aws:iam::012345678901:role/r", SessionName: "me@x", ExternalID: "ext:/1", Duration: 90 * time.Minute,
					SerialNumber: "arn:aws:iam::1:mfa/m", TokenCode: secret.New("123456"), Policy: `{"a":"<&> +"}`,
					PolicyARNs: []string{"arn:p1", "arn:p2"}, Tags: []awsapi.Tag{{"k 1", "v+1"}, {"k2", ""}},
					TransitiveTagKeys: []string{"k 1", "k2"}, SourceIdentity: "alice",
				})
			}, true,
			url.Values{
				"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::012345678901:role/r"}, "RoleSessionName": {"me@x"},
				"ExternalId": {"ext:/1"}, "DurationSeconds": {"5400"}, "SerialNumber": {"arn:aws:iam::1:mfa/m"}, "TokenCode": {"123456"},
				"Policy": {`{"a":"<&> +"}`}, "PolicyArns.member.1.arn": {"arn:p1"}, "PolicyArns.member.2.arn": {"arn:p2"},
				"Tags.member.1.Key": {"k 1"}, "Tags.member.1.Value": {"v+1"}, "Tags.member.2.Key": {"k2"}, "Tags.member.2.Value": {""},
				"TransitiveTagKeys.member.1": {"k 1"}, "TransitiveTagKeys.member.2": {"k2"}, "SourceIdentity": {"alice"},
			},
			awsapi.SessionOutput{Credentials: withAccount, AssumedRoleARN: "arn:aws:sts::012345678901:assumed-role/r/me", PackedPolicySize: 42, SourceIdentity: "alice"},
		},
		{
			"AssumeRoleWithWebIdentity", result("AssumeRoleWithWebIdentity", credentialsXML+"<AssumedRoleUser><Arn>arn:aws:sts::012345678901:assumed-role/r/w</Arn></AssumedRoleUser>"),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (awsapi.SessionOutput, error) {
				return c.AssumeRoleWithWebIdentity(ctx, e, awsapi.WebIdentityInput{RoleARN: "arn:r", SessionName: "w", Token: secret.New("a.b-c_d"), Duration: 900*time.Second - 1})
			}, false,
			url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:r"}, "RoleSessionName": {"w"}, "WebIdentityToken": {"a.b-c_d"}, "DurationSeconds": {"900"}},
			awsapi.SessionOutput{Credentials: withAccount, AssumedRoleARN: "arn:aws:sts::012345678901:assumed-role/r/w"},
		},
		{
			"GetSessionToken", result("GetSessionToken", credentialsXML),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (awsapi.SessionOutput, error) {
				return c.GetSessionToken(ctx, e, keys(), awsapi.SessionTokenInput{Duration: 12 * time.Hour, SerialNumber: "s", TokenCode: secret.New("654321")})
			}, true,
			url.Values{"Action": {"GetSessionToken"}, "Version": {"2011-06-15"}, "DurationSeconds": {"43200"}, "SerialNumber": {"s"}, "TokenCode": {"654321"}},
			awsapi.SessionOutput{Credentials: session},
		},
		{
			"GetFederationToken", result("GetFederationToken", credentialsXML+"<FederatedUser><Arn>arn:aws:sts::012345678901:federated-user/bob</Arn></FederatedUser>"),
			func(ctx context.Context, c *awsapi.Client, e awsapi.Endpoint) (awsapi.SessionOutput, error) {
				return c.GetFederationToken(ctx, e, keys(), awsapi.FederationTokenInput{Name: "bob", PolicyARNs: []string{"arn:p"}, Tags: []awsapi.Tag{{"k", "v"}}})
			}, true,
			url.Values{"Action": {"GetFederationToken"}, "Version": {"2011-06-15"}, "Name": {"bob"}, "PolicyArns.member.1.arn": {"arn:p"}, "Tags.member.1.Key": {"k"}, "Tags.member.1.Value": {"v"}},
			awsapi.SessionOutput{Credentials: withAccount, AssumedRoleARN: "arn:aws:sts::012345678901:federated-user/bob"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var body, auth string
			e, n := server(t, func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				body, auth = string(b), r.Header.Get("Authorization")
				answer(200, xmlType, tt.answer)(w, r)
			})
			got, err := tt.call(t.Context(), newClient(t, nil), e)
			if err != nil || !reflect.DeepEqual(got, tt.want) || n.Load() != 1 {
				t.Errorf("got %+v, %v after %d requests; want %+v", got, err, n.Load(), tt.want)
			}
			if form, err := url.ParseQuery(body); err != nil || !reflect.DeepEqual(form, tt.body) {
				t.Errorf("body %v, %v; want %v", form, err, tt.body)
			}
			if (auth != "") != tt.signed {
				t.Errorf("Authorization %q, signed %v", auth, tt.signed)
			}
		})
	}
}

func TestGetCallerIdentity(t *testing.T) {
	t.Parallel()
	full := "<Arn>arn:aws:iam::1:user/x</Arn><UserId>AIDAX</UserId><Account>000000000001</Account>"
	tests := []struct {
		inner, lacks string
		want         awsapi.CallerIdentity
	}{
		{full, "", awsapi.CallerIdentity{Account: "000000000001", ARN: "arn:aws:iam::1:user/x", UserID: "AIDAX"}},
		{strings.Replace(full, "AIDAX", "", 1), "UserId", awsapi.CallerIdentity{}},
		{strings.Replace(full, "<Account>000000000001</Account>", "", 1), "Account", awsapi.CallerIdentity{}},
		{full + "<Arn>arn:aws:iam::1:user/y</Arn>", "Arn", awsapi.CallerIdentity{}},
		{strings.Replace(full, "user/x", "user/&#x9b;31m", 1), "Arn", awsapi.CallerIdentity{}},
	}
	for _, tt := range tests {
		e, _ := server(t, answer(200, xmlType, result("GetCallerIdentity", tt.inner)))
		got, err := newClient(t, nil).GetCallerIdentity(t.Context(), e, keys())
		if got != tt.want {
			t.Errorf("%s: got %+v", tt.inner, got)
		}
		checkLacks(t, tt.inner, err, tt.lacks)
	}
}

func checkLacks(t *testing.T, in string, err error, field string) {
	t.Helper()
	if field == "" {
		if err != nil {
			t.Errorf("%s: %v", in, err)
		}
		return
	}
	var re *awsapi.ResponseError
	if !errors.As(err, &re) || re.Why != "no usable "+field+" in the answer" || re.Excerpt != "" {
		t.Errorf("%s: %v, want the lack of %s", in, err, field)
	}
}

// TestIncompleteCredentials: nothing half-filled is ever returned, and the
// error names the part and no value.
func TestIncompleteCredentials(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, from, to, field string }{
		{"key id missing", "<AccessKeyId>ASIAEXAMPLE</AccessKeyId>", "", "AccessKeyId"},
		{"key id empty", "ASIAEXAMPLE", "", "AccessKeyId"},
		{"key id twice", "<AccessKeyId>", "<AccessKeyId>A</AccessKeyId><AccessKeyId>", "AccessKeyId"},
		{"secret blank", "sEcReT/+", " \n", "SecretAccessKey"},
		{"secret with a line break", "sEcReT/+", "sEcReT&#10;X-Evil: 1", "SecretAccessKey"},
		{"secret nested", "sEcReT/+", "<b>sEcReT</b>", "SecretAccessKey"},
		{"token missing", "<SessionToken>tOkEn==</SessionToken>", "", "SessionToken"},
		{"token not ASCII", "tOkEn==", "tOkEn\u202e", "SessionToken"},
		{"expiration missing", "<Expiration>2026-01-02T03:04:05Z</Expiration>", "", "Expiration"},
		{"expiration empty", "2026-01-02T03:04:05Z", "", "Expiration"},
		{"expiration malformed", "2026-01-02T03:04:05Z", "tomorrow", "Expiration"},
		{"expiration without zone", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05", "Expiration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(assumeRoleXML, tt.from, tt.to, 1)
			if body == assumeRoleXML {
				t.Fatal("nothing replaced")
			}
			e, n := server(t, answer(200, xmlType, body))
			got, err := newClient(t, nil).AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
			checkLacks(t, tt.name, err, tt.field)
			if got != (awsapi.SessionOutput{}) || n.Load() != 1 {
				t.Errorf("got %+v after %d requests", got, n.Load())
			}
			if err != nil && (strings.Contains(err.Error(), "sEcReT") || strings.Contains(err.Error(), "tOkEn")) {
				t.Errorf("error shows a value: %v", err)
			}
		})
	}
}

func TestUnsendable(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(o *awsapi.Options) {
		o.HTTPClient = roundTrip(func(*http.Request) (*http.Response, error) { return nil, errNoNetwork })
	})
	e := awsapi.Endpoint{URL: "https://sts.example", SigningRegion: "us-east-1"}
	for name, tt := range map[string]struct {
		change func(*aws.Credentials)
		why    string
	}{
		"no id":      {func(c *aws.Credentials) { c.AccessKeyID = "" }, "without access key id"},
		"no secret":  {func(c *aws.Credentials) { c.SecretAccessKey = "" }, "without secret access key"},
		"id break":   {func(c *aws.Credentials) { c.AccessKeyID += "CANARY\n" }, "access key id holds a control character"},
		"token null": {func(c *aws.Credentials) { c.SessionToken = "CANARY\x00" }, "session token holds a control character"},
	} {
		from := keys()
		tt.change(&from)
		_, err := c.GetCallerIdentity(t.Context(), e, from)
		var ie *awsapi.InputError
		if !errors.As(err, &ie) || !strings.Contains(err.Error(), tt.why) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := c.GetRoleCredentials(t.Context(), e, awsapi.RoleCredentialsInput{AccessToken: secret.New("CANARY\r\nX: y")})
	var ie *awsapi.InputError
	if !errors.As(err, &ie) || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("bearer token with a line break: %v", err)
	}
}
