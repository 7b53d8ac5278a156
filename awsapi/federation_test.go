package awsapi_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// TestGetSigninToken holds the request against the IAM user guide, and that the
// session is nowhere but in its body.
func TestGetSigninToken(t *testing.T) {
	t.Parallel()
	from := aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "sEcReT/+<", SessionToken: "tOkEn=&"}
	for _, tt := range []struct {
		duration time.Duration
		sent     string
	}{{0, ""}, {15 * time.Minute, "900"}, {12 * time.Hour, "43200"}} {
		var got *http.Request
		var form url.Values
		e, n := server(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = r
			form, _ = url.ParseQuery(string(body))
			answer(200, jsonType, `{"SigninToken":"st-1_x"}`)(w, r)
		})
		token, err := newClient(t, nil).GetSigninToken(t.Context(), e, from, tt.duration)
		if err != nil || token.Reveal() != "st-1_x" || n.Load() != 1 {
			t.Fatalf("%q, %v after %d requests", token.Reveal(), err, n.Load())
		}
		if got.Method != "POST" || got.RequestURI != "/federation" || got.Header.Get("Authorization") != "" || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
			t.Errorf("%s %s %v", got.Method, got.RequestURI, got.Header)
		}
		var session map[string]string
		if err := json.Unmarshal([]byte(form.Get("Session")), &session); err != nil {
			t.Fatal(err)
		}
		if len(session) != 3 || session["sessionId"] != from.AccessKeyID || session["sessionKey"] != from.SecretAccessKey || session["sessionToken"] != from.SessionToken {
			t.Errorf("session %v", session)
		}
		if _, there := form["SessionDuration"]; there != (tt.sent != "") || form.Get("SessionDuration") != tt.sent || form.Get("Action") != "getSigninToken" {
			t.Errorf("%s: form %v", tt.duration, form)
		}
	}
}

// TestGetSigninTokenAnswers: a bare page is how the endpoint refuses, and what it
// calls its JSON does not matter.
func TestGetSigninTokenAnswers(t *testing.T) {
	t.Parallel()
	page := "<!doctype html><title>400</title>Invalid Credentials Parameter"
	for _, tt := range []struct {
		name, contentType, body string
		status, requests        int
		lacks                   string // "": a token
	}{
		{"as HTML", "text/html;charset=UTF-8", ` {"SigninToken":"t"}`, 200, 1, ""},
		{"refused", "text/html", page, 400, 1, "no error that AWS would send"},
		{"refused without a word", "", "", 400, 1, "no error that AWS would send"},
		{"in trouble", "text/html", page, 503, 3, "no error that AWS would send"},
		{"portal", "text/html", page, 200, 1, "content is not JSON"},
		{"no token", jsonType, `{"SigninToken":""}`, 200, 1, "SigninToken"},
		{"token of another kind", jsonType, `{"SigninToken":1}`, 200, 1, "SigninToken"},
		{"two tokens", jsonType, `{"SigninToken":"a","SigninToken":"b"}`, 200, 1, "no whole JSON"},
		{"cut", jsonType, `{"SigninToken":"CANARY`, 200, 1, "no whole JSON"},
	} {
		e, n := server(t, answer(tt.status, tt.contentType, tt.body))
		token, err := newClient(t, nil).GetSigninToken(t.Context(), e, keys(), 0)
		if tt.lacks == "" {
			if err != nil || token.Reveal() != "t" {
				t.Errorf("%s: %q, %v", tt.name, token.Reveal(), err)
			}
			continue
		}
		var re *awsapi.ResponseError
		if !errors.As(err, &re) || re.Status != tt.status || !strings.Contains(re.Why, tt.lacks) || !token.Empty() || strings.Contains(err.Error(), "CANARY") || int(n.Load()) != tt.requests {
			t.Errorf("%s: %v after %d requests", tt.name, err, n.Load())
		}
	}
}
