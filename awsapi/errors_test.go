package awsapi_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
)

// refuse makes the call of a service whose errors are looked at.
func refuse(t *testing.T, s awsapi.Service, h http.HandlerFunc) (int32, error) {
	t.Helper()
	e, n := server(t, h)
	c := newClient(t, nil)
	var err error
	switch s {
	case awsapi.STS:
		_, err = c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
	case awsapi.SSO:
		_, err = c.GetRoleCredentials(t.Context(), e, awsapi.RoleCredentialsInput{AccessToken: secret.New("bearer-1")})
	case awsapi.SSOOIDC:
		_, err = c.CreateToken(t.Context(), e, awsapi.CreateTokenInput{DeviceCode: secret.New("device")})
	case awsapi.SignIn:
		_, err = c.CreateSignInToken(t.Context(), e, awsapi.SignInTokenInput{RefreshToken: secret.New("refresh")})
	}
	return n.Load(), err
}

func TestAPIErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                     string
		service                  awsapi.Service
		status                   int
		typ, body                string
		code, exception, oauth   string
		message, id, region, url string
		text                     string
	}{
		{"sts", awsapi.STS, 403, "", errorXML("AccessDenied", "User: x is not\n\tauthorized"), "AccessDenied", "", "", "User: x is not  authorized", "req-1", "", "",
			"sts AssumeRole: AccessDenied: User: x is not  authorized (HTTP 403, request id req-1)"},
		{"sts without namespace", awsapi.STS, 400, "", strings.Replace(errorXML("ValidationError", "m"), ` xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`, "", 1), "ValidationError", "", "", "m", "req-1", "", "",
			"sts AssumeRole: ValidationError: m (HTTP 400, request id req-1)"},
		{"sts with prolog and BOM", awsapi.STS, 403, "", "\ufeff<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + errorXML("ExpiredToken", "m"), "ExpiredToken", "", "", "m", "req-1", "", "",
			"sts AssumeRole: ExpiredToken: m (HTTP 403, request id req-1)"},
		{"ec2", awsapi.STS, 401, "", `<Response><Errors><Error><Code>AuthFailure</Code><Message>m</Message></Error></Errors><RequestID>r</RequestID></Response>`, "AuthFailure", "", "", "m", "r", "", "",
			"sts AssumeRole: AuthFailure: m (HTTP 401, request id r)"},
		{"s3", awsapi.STS, 403, "", `<Error><Code>InvalidAccessKeyId</Code><Message>m</Message><RequestId>r</RequestId></Error>`, "InvalidAccessKeyId", "", "", "m", "r", "", "",
			"sts AssumeRole: InvalidAccessKeyId: m (HTTP 403, request id r)"},
		{"sts no message", awsapi.STS, 403, "", `<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>`, "X", "", "", "", "hdr-1", "", "",
			"sts AssumeRole: X (HTTP 403, request id hdr-1)"},
		{"control characters", awsapi.STS, 403, "", errorXML("X", "a&#x9b;31mb\u202ec&#x7f;"), "X", "", "", "a31mbc", "req-1", "", "",
			"sts AssumeRole: X: a31mbc (HTTP 403, request id req-1)"},
		{"portal", awsapi.SSO, 401, "UnauthorizedException", `{"message":"Session token not found or invalid"}`, "UnauthorizedException", "UnauthorizedException", "", "Session token not found or invalid", "hdr-1", "", "",
			"sso GetRoleCredentials: UnauthorizedException: Session token not found or invalid (HTTP 401, request id hdr-1)"},
		{"portal type in body", awsapi.SSO, 403, "", `{"__type":"com.amazonaws.switchboard.portal#ForbiddenException","message":"No access"}`, "ForbiddenException", "ForbiddenException", "", "No access", "hdr-1", "", "",
			"sso GetRoleCredentials: ForbiddenException: No access (HTTP 403, request id hdr-1)"},
		{"type with a URL", awsapi.SSO, 404, "ResourceNotFoundException:http://internal.amazon.com/coral/", `{"Message":"m"}`, "ResourceNotFoundException", "ResourceNotFoundException", "", "m", "hdr-1", "", "",
			"sso GetRoleCredentials: ResourceNotFoundException: m (HTTP 404, request id hdr-1)"},
		{"header alone", awsapi.SSO, 403, "ForbiddenException", ``, "ForbiddenException", "ForbiddenException", "", "", "hdr-1", "", "",
			"sso GetRoleCredentials: ForbiddenException (HTTP 403, request id hdr-1)"},
		{"oidc", awsapi.SSOOIDC, 400, "AuthorizationPendingException", `{"error":"authorization_pending","error_description":"wait"}`, "AuthorizationPendingException", "AuthorizationPendingException", "authorization_pending", "wait", "hdr-1", "", "",
			"sso_oidc CreateToken: AuthorizationPendingException: wait (HTTP 400, request id hdr-1)"},
		{"oidc without type", awsapi.SSOOIDC, 401, "", `{"error":"invalid_client","error_description":null}`, "InvalidClientException", "", "invalid_client", "", "hdr-1", "", "",
			"sso_oidc CreateToken: InvalidClientException (HTTP 401, request id hdr-1)"},
		{"oidc expired", awsapi.SSOOIDC, 400, "", `{"error":"expired_token"}`, "ExpiredTokenException", "", "expired_token", "", "hdr-1", "", "",
			"sso_oidc CreateToken: ExpiredTokenException (HTTP 400, request id hdr-1)"},
		{"oidc other region", awsapi.SSOOIDC, 400, "InvalidRequestRegionException", `{"error":"invalid_request","error_description":"m","region":"eu-west-1","endpoint":"https://oidc.eu-west-1.amazonaws.com/?x=1"}`,
			"InvalidRequestRegionException", "InvalidRequestRegionException", "invalid_request", "m", "hdr-1", "eu-west-1", "https://oidc.eu-west-1.amazonaws.com/",
			"sso_oidc CreateToken: InvalidRequestRegionException: m (HTTP 400, request id hdr-1)"},
		{"sign-in", awsapi.SignIn, 401, "AccessDeniedException", `{"error":"TOKEN_EXPIRED","message":"m"}`, "TOKEN_EXPIRED", "AccessDeniedException", "TOKEN_EXPIRED", "m", "hdr-1", "", "",
			"signin CreateOAuth2Token: TOKEN_EXPIRED: m (HTTP 401, AccessDeniedException, request id hdr-1)"},
		{"sign-in without error", awsapi.SignIn, 404, "ResourceNotFoundException", `{"message":"m"}`, "ResourceNotFoundException", "ResourceNotFoundException", "", "m", "hdr-1", "", "",
			"signin CreateOAuth2Token: ResourceNotFoundException: m (HTTP 404, request id hdr-1)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, err := refuse(t, tt.service, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Amzn-RequestId", "hdr-1")
				if tt.typ != "" {
					w.Header().Set("X-Amzn-ErrorType", tt.typ)
				}
				answer(tt.status, "", tt.body)(w, r)
			})
			var e *awsapi.APIError
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Service != tt.service || e.Status != tt.status || e.Code != tt.code || e.Type != tt.exception || e.OAuth != tt.oauth ||
				e.Message != tt.message || e.RequestID != tt.id || e.Region != tt.region || e.RegionEndpoint != tt.url || e.Attempts != 1 || n != 1 {
				t.Errorf("%d requests, got %+v", n, e)
			}
			if e.Error() != tt.text {
				t.Errorf("text %q, want %q", e.Error(), tt.text)
			}
			if !e.HasCode("zzz", tt.code) || e.HasCode("zzz", "") || tt.oauth != "" && !e.HasCode(tt.oauth) {
				t.Error("HasCode")
			}
			if e.ServerTime.IsZero() || !strings.HasPrefix(e.Endpoint, "http://127.0.0.1:") || strings.Contains(e.Endpoint, "?") {
				t.Errorf("server time %v, endpoint %q", e.ServerTime, e.Endpoint)
			}
		})
	}
}

// TestLongMessage: 200 characters are shown, the end of the message among them.
func TestLongMessage(t *testing.T) {
	t.Parallel()
	long := "User: " + strings.Repeat("ü", 600) + " with an explicit deny in a service control policy"
	_, err := refuse(t, awsapi.STS, answer(403, xmlType, errorXML("AccessDenied", long)))
	var e *awsapi.APIError
	if !errors.As(err, &e) || e.Message != long {
		t.Fatalf("got %v", err)
	}
	shown := strings.TrimSuffix(strings.TrimPrefix(e.Error(), "sts AssumeRole: AccessDenied: "), " (HTTP 403, request id req-1)")
	if n := len([]rune(shown)); n != 200 || !strings.HasSuffix(shown, " deny in a service control policy") || !strings.HasPrefix(shown, "User: ü") {
		t.Errorf("%d characters: %s", n, shown)
	}
}

// TestPortalUnauthorized: that a sign-in has ended must be understood even
// without a code.
func TestPortalUnauthorized(t *testing.T) {
	t.Parallel()
	_, err := refuse(t, awsapi.SSO, answer(401, jsonType, `{"message":"Session token not found or invalid"}`))
	var e *awsapi.APIError
	if !errors.As(err, &e) || e.Code != "UnauthorizedException" || e.Message != "Session token not found or invalid" {
		t.Errorf("got %v", err)
	}
}

func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	html := "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please\n\n <b>pay</b>\x1b[31m</body></html>"
	var many string
	for i := range 12_000 {
		many += "<a" + strconv.Itoa(i) + "/>"
	}
	tests := []struct {
		name, contentType, body string
		status                  int
		services                string
		why, excerpt            string
	}{
		{"captive portal", "text/html", html, 200, "sts sso sso_oidc signin", "content is not", "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please <b>pay</b>[31m</body></html>"},
		{"captive portal as XML", "text/xml", html, 200, "sts", "no whole XML document", "<!DOCTYPE html>"},
		{"error page", "text/html", html, 403, "sts sso", "no error that AWS would send", "Please <b>pay</b>[31m"},
		{"garbage", "", "\x00\x01\xff\x1b]0;x\x07", 200, "sts sso sso_oidc signin", "no whole", "]0;x"},
		{"garbage error", "", "\x00\x01\xff\x1b]0;x\x07", 418, "sts sso_oidc", "no error that AWS would send", "]0;x"},
		{"empty", xmlType, "", 200, "sts", "no whole XML document", ""},
		{"empty", jsonType, "", 200, "sso sso_oidc signin", "no whole JSON document", ""},
		{"truncated", xmlType, assumeRoleXML[:300], 200, "sts", "no whole XML document", ""},
		{"truncated", jsonType, portalJSON[:100], 200, "sso sso_oidc signin", "no whole JSON document", ""},
		{"truncated error", xmlType, errorXML("AccessDenied", "m")[:90], 403, "sts", "no error that AWS would send", "<ErrorResponse xmlns"},
		{"JSON at an XML service", jsonType, "{}", 200, "sts", "no whole XML document", "{}"},
		{"XML at a JSON service", xmlType, assumeRoleXML, 200, "sso sso_oidc signin", "no whole JSON document", ""},
		{"called HTML", "text/HTML; charset=utf-8", assumeRoleXML, 200, "sts", "content is not XML", ""},
		{"other operation", xmlType, strings.ReplaceAll(assumeRoleXML, "AssumeRole", "GetSessionToken"), 200, "sts", "not an answer to AssumeRole", ""},
		{"deep", xmlType, strings.Repeat("<a>", 100_000), 200, "sts", "no whole XML document", "<a><a>"},
		{"deep", jsonType, strings.Repeat(`{"a":`, 100_000), 200, "sso signin", "no whole JSON document", `{"a":{`},
		{"deep array", jsonType, `{"a":` + strings.Repeat(`[`, 500_000), 200, "sso signin", "no whole JSON document", `{"a":[[[`},
		{"deep though whole", xmlType, strings.Replace(assumeRoleXML, "<Credentials>", strings.Repeat("<a>", 16)+strings.Repeat("</a>", 16)+"<Credentials>", 1), 200, "sts", "no whole XML document", ""},
		{"deep though whole", jsonType, strings.Replace(portalJSON, "{", `{"a":`+strings.Repeat("[", 17)+strings.Repeat("]", 17)+",", 1), 200, "sso", "no whole JSON document", ""},
		{"many", xmlType, "<AssumeRoleResponse>" + many + "</AssumeRoleResponse>", 200, "sts", "no whole XML document", "<AssumeRoleResponse><a0/>"},
		{"twice", jsonType, `{"x":1,"x":2}`, 200, "sso sso_oidc signin", "no whole JSON document", `{"x":1,"x":2}`},
		{"entity", xmlType, `<!DOCTYPE a [<!ENTITY b "c">]><AssumeRoleResponse>&b;</AssumeRoleResponse>`, 200, "sts", "no whole XML document", "<!DOCTYPE a"},
		{"document type", xmlType, `<!DOCTYPE a>` + strings.TrimPrefix(assumeRoleXML, `<?xml version="1.0"?>`), 200, "sts", "no whole XML document", ""},
		{"more after the end", jsonType, `{} {}`, 200, "sso", "no whole JSON document", "{} {}"},
		{"more after the end", xmlType, assumeRoleXML + "x", 200, "sts", "no whole XML document", ""},
		{"two roots", xmlType, "<a/><b/>", 200, "sts", "no whole XML document", "<a/><b/>"},
		{"array", jsonType, `[]`, 200, "sso", "no whole JSON document", "[]"},
		{"raw NUL", jsonType, "{\"message\":\"\x00\"}", 400, "sso", "no error that AWS would send", `{"message":""}`},
		{"error without code", jsonType, `{"message":"Forbidden"}`, 403, "sso sso_oidc signin", "no error that AWS would send", `{"message":"Forbidden"}`},
		{"huge", xmlType, strings.Repeat(" ", 1<<20+1), 200, "sts", "more than 1 MiB", ""},
		{"huge error", jsonType, strings.Repeat("a", 1<<20+1), 400, "sso", "more than 1 MiB", "aaa"},
	}
	for _, tt := range tests {
		for s := range strings.FieldsSeq(tt.services) {
			t.Run(tt.name+" "+s, func(t *testing.T) {
				t.Parallel()
				n, err := refuse(t, awsapi.Service(s), answer(tt.status, tt.contentType, tt.body))
				var e *awsapi.ResponseError
				if !errors.As(err, &e) {
					t.Fatalf("got %v", err)
				}
				if !strings.Contains(e.Why, tt.why) || !strings.Contains(e.Excerpt, tt.excerpt) || tt.excerpt == "" && e.Excerpt != "" || e.Status != tt.status || n != 1 || e.Attempts != 1 {
					t.Errorf("%d requests, got %+v", n, e)
				}
				if !strings.Contains(err.Error(), "not an AWS response") || strings.ContainsAny(err.Error(), "\x00\x1b\n") || len([]rune(e.Excerpt)) > 200 {
					t.Errorf("text %q", err)
				}
			})
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, custom := range []bool{false, true} {
		target, hits := server(t, answer(200, xmlType, assumeRoleXML))
		e, n := server(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target.URL+"/login?session=CANARY", http.StatusTemporaryRedirect)
		})
		c := newClient(t, func(o *awsapi.Options) {
			if custom {
				o.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			}
		})
		_, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
		var re *awsapi.ResponseError
		if !errors.As(err, &re) || re.Why != "redirect to "+strings.TrimPrefix(target.URL, "http://") || re.Status != 307 || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("custom client %v: %v", custom, err)
		}
		if n.Load() != 1 || hits.Load() != 0 {
			t.Errorf("custom client %v: %d requests, %d at the redirect's target", custom, n.Load(), hits.Load())
		}
	}
}
