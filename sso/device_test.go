package sso_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/sso"
)

func TestDevice(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", sso.FlowDevice)
	if _, err := c.signIn(t); err != nil {
		t.Fatal(err)
	}
	want := sso.Visit{
		Flow: sso.FlowDevice, URL: "https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH", Host: "device.sso.us-east-1.amazonaws.com",
		UserCode: "ABCD-EFGH", Page: "https://device.sso.us-east-1.amazonaws.com/", Region: "us-east-1", Expires: noon.Add(10 * time.Minute),
	}
	if len(c.visits) != 1 || c.visits[0] != want {
		t.Errorf("visits %+v", c.visits)
	}
	if in := c.desk.started[0]; in.ClientID != "cid" || in.ClientSecret.Reveal() != "canary-cs" || in.StartURL != startURL {
		t.Errorf("began with %+v", in)
	}
	in := c.desk.asked[0]
	if in.ClientID != "cid" || in.ClientSecret.Reveal() != "canary-cs" || in.GrantType != "urn:ietf:params:oauth:grant-type:device_code" ||
		in.DeviceCode.Reveal() != "canary-dc" || in.RedirectURI != "" || !in.Code.Empty() {
		t.Errorf("asked with %+v", in)
	}
	const at = "https://oidc.us-east-1.amazonaws.com"
	if got := c.desk.calls(); got != "register "+at+", start "+at+", token "+at {
		t.Errorf("calls %s", got)
	}
}

// TestPacing holds the intervals of RFC 8628 for every order of answers.
func TestPacing(t *testing.T) {
	t.Parallel()
	pending, slow := refusal("AuthorizationPendingException", "authorization_pending"), refusal("SlowDownException", "slow_down")
	lost := &awsapi.UnreachableError{Operation: "o", Endpoint: "e", Reason: awsapi.ReasonTimeout, Err: errors.New("lost")}
	busy := &awsapi.APIError{Code: "TooManyRequestsException", Status: 429}
	broken := &awsapi.APIError{Code: "InternalServerException", Status: 500}
	portal := &awsapi.ResponseError{Operation: "o", Why: "a captive portal"}
	bare := &awsapi.APIError{Code: "X", OAuth: "authorization_pending", Status: 400}
	for _, tt := range []struct {
		name     string
		interval time.Duration
		answers  []error
		seconds  []int
	}{
		{"at once", time.Second, nil, []int{1}},
		{"no interval named", 0, []error{pending}, []int{5, 5}},
		{"as named", 7 * time.Second, []error{pending, pending}, []int{7, 7, 7}},
		{"by the OAuth code alone", time.Second, []error{bare}, []int{1, 1}},
		{"slow down adds 5 s for good", time.Second, []error{slow, pending, slow, pending}, []int{1, 6, 6, 11, 11}},
		{"no answer: back off, then as before", 5 * time.Second, []error{lost, lost, lost, lost, pending}, []int{5, 10, 20, 30, 30, 5}},
		{"trouble of every kind", time.Second, []error{busy, broken, portal, pending}, []int{1, 2, 4, 8, 1}},
		{"a long interval stays", 40 * time.Second, []error{lost, slow}, []int{40, 40, 45}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newTrial(t, "corp", sso.FlowDevice)
			c.desk.start = func(_ int, _ awsapi.Endpoint, out *awsapi.DeviceAuthorizationOutput) error {
				out.Interval = tt.interval
				return nil
			}
			c.desk.token = func(n int, _ awsapi.Endpoint, _ *awsapi.TokenOutput) error {
				if n <= len(tt.answers) {
					return tt.answers[n-1]
				}
				return nil
			}
			_, err := c.signIn(t)
			var got []int
			for _, w := range c.waits {
				got = append(got, int(w/time.Second))
			}
			if err != nil || !reflect.DeepEqual(got, tt.seconds) {
				t.Errorf("waited %v s, want %v; %v", got, tt.seconds, err)
			}
		})
	}
}

func TestDeviceEnds(t *testing.T) {
	t.Parallel()
	lost := &awsapi.UnreachableError{Operation: "o", Endpoint: "e", Reason: awsapi.ReasonTimeout, Err: errors.New("no route")}
	for name, tt := range map[string]struct {
		answer error
		life   time.Duration
		asked  int // at most
		wanted any
		words  string
	}{
		"denied":               {refusal("AccessDeniedException", "access_denied"), time.Minute, 1, new(*sso.DeniedError), "sso sign-in: refused: access_denied (so it is)"},
		"expired, it says":     {refusal("ExpiredTokenException", "expired_token"), time.Minute, 1, new(*sso.CodeExpiredError), "not completed in time: "},
		"expired, by us":       {refusal("AuthorizationPendingException", ""), 10 * time.Second, 9, new(*sso.CodeExpiredError), "not completed in time"},
		"never an answer":      {lost, time.Minute, 6, new(*sso.CodeExpiredError), "not completed in time: o: no answer from e: timeout: no route"},
		"an endless code":      {refusal("AuthorizationPendingException", ""), 1000 * time.Hour, 1800, new(*sso.CodeExpiredError), "not completed in time"},
		"unknown code":         {refusal("InvalidGrantException", "invalid_grant"), time.Minute, 1, new(*awsapi.APIError), "InvalidGrantException: so it is"},
		"cannot be asked":      {&awsapi.InputError{Operation: "o", Why: "w"}, time.Minute, 1, new(*awsapi.InputError), "o: w"},
		"shorter than a pause": {nil, time.Second, 0, new(*sso.CodeExpiredError), "not completed in time"},
	} {
		c := newTrial(t, "corp", sso.FlowDevice)
		c.desk.start = func(_ int, _ awsapi.Endpoint, out *awsapi.DeviceAuthorizationOutput) error {
			out.ExpiresIn = tt.life
			return nil
		}
		c.desk.token = func(int, awsapi.Endpoint, *awsapi.TokenOutput) error { return tt.answer }
		_, err := c.signIn(t)
		if !errors.As(err, tt.wanted) || !strings.Contains(err.Error(), tt.words) || strings.Count(err.Error(), "sso sign-in") != 1 || len(c.desk.asked) > tt.asked || len(c.desk.asked) < min(tt.asked, 1) {
			t.Errorf("%s: %v after %d questions", name, err, len(c.desk.asked))
		}
	}
}

// TestHostileDeviceAnswers: whatever the service sends, nothing of it reaches a
// terminal or a browser that should not.
func TestHostileDeviceAnswers(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"https://device.sso.us-east-1.amazonaws.com.evil.example/", "http://device.sso.us-east-1.amazonaws.com/", "javascript:alert(1)",
		"file:///etc/passwd", "https://me@device.sso.us-east-1.amazonaws.com/", "https://bucket.s3.amazonaws.com/", "-x",
	} {
		for _, complete := range []bool{true, false} {
			c := newTrial(t, "corp", sso.FlowDevice)
			c.desk.start = func(_ int, _ awsapi.Endpoint, out *awsapi.DeviceAuthorizationOutput) error {
				if complete {
					out.VerificationURIComplete = uri
				} else {
					out.VerificationURI = uri
				}
				return nil
			}
			var unsafe *sso.UnsafeURLError
			if _, err := c.signIn(t); !errors.As(err, &unsafe) || err.Error() != unsafe.Error() || unsafe.URL != uri || len(c.visits)+len(c.desk.asked) != 0 {
				t.Errorf("%s: %v", uri, err)
			}
		}
	}
	c := newTrial(t, "corp", sso.FlowDevice)
	c.desk.start = func(_ int, _ awsapi.Endpoint, out *awsapi.DeviceAuthorizationOutput) error {
		out.UserCode, out.VerificationURIComplete = "AB\x1b[2JCD\u202e", ""
		return nil
	}
	if _, err := c.signIn(t); err != nil || c.visits[0].UserCode != "AB[2JCD" || c.visits[0].URL != c.visits[0].Page {
		t.Errorf("got %+v, %v", c.visits, err)
	}
}

// TestVanityPage: the page may be at the customer's own address.
func TestVanityPage(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", sso.FlowDevice)
	c.config.StartURL = "https://aws.corp.example/start"
	c.desk.fetch = redirectTo("https://corp.awsapps.com/start/")
	c.desk.start = func(_ int, _ awsapi.Endpoint, out *awsapi.DeviceAuthorizationOutput) error {
		out.VerificationURI, out.VerificationURIComplete = "https://aws.corp.example/#/device", "https://AWS.corp.example:443/#/device?user_code=X"
		return nil
	}
	if _, err := c.signIn(t); err != nil || c.desk.started[0].StartURL != startURL {
		t.Fatalf("got %v, began with %+v", err, c.desk.started)
	}
	if got := c.read(t, fileCorp); !strings.HasPrefix(got, `{"startUrl": "https://aws.corp.example/start", `) {
		t.Errorf("file %s", got)
	}
	c.read(t, strings.TrimSuffix(sso.RegistrationFile("", "us-east-1", "corp", "https://aws.corp.example/start", nil), ".json"))
}

func redirectTo(location string) func(awsapi.Request) (awsapi.Response, error) {
	return func(awsapi.Request) (awsapi.Response, error) {
		return awsapi.Response{Status: 302, Header: map[string][]string{"Location": {location}}}, nil
	}
}

func TestSleepEnds(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", sso.FlowDevice)
	failure := errors.New("asleep")
	c.o.Sleep = func(context.Context, time.Duration) error { return failure }
	if _, err := c.signIn(t); !errors.Is(err, failure) || len(c.desk.asked) != 0 {
		t.Errorf("got %v", err)
	}
}
