package sso_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/sso"
)

func wrongRegion(actual string) error {
	return &awsapi.APIError{
		Service: awsapi.SSOOIDC, Code: "InvalidRequestRegionException", OAuth: "invalid_request", Status: 400, Message: "not here",
		Region: actual, RegionEndpoint: "https://evil.example",
	}
}

func endpointIn(region string) (awsapi.Endpoint, error) { return endpointOf(region), nil }

// TestRegionRepair: whichever call says that Identity Center is elsewhere, the
// sign-in goes on there, and the files say so.
func TestRegionRepair(t *testing.T) {
	t.Parallel()
	east := endpointOf("us-east-1").URL
	for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
		for _, operation := range []string{"register", "start", "token"} {
			if flow == sso.FlowBrowser && operation == "start" {
				continue
			}
			c := newTrial(t, "corp", flow)
			c.config.EndpointOf = endpointIn
			answer := func(call string, e awsapi.Endpoint) error {
				return unless(call != operation || e.URL != east, wrongRegion("eu-west-1"))
			}
			c.desk.register = func(_ int, e awsapi.Endpoint) error { return answer("register", e) }
			c.desk.start = func(_ int, e awsapi.Endpoint, _ *awsapi.DeviceAuthorizationOutput) error { return answer("start", e) }
			c.desk.token = func(_ int, e awsapi.Endpoint, _ *awsapi.TokenOutput) error { return answer("token", e) }
			out, err := c.signIn(t)
			if err != nil || out.Region != "eu-west-1" {
				t.Errorf("%s, %s: %+v, %v after %s", flow, operation, out, err, c.desk.calls())
				continue
			}
			if got := c.read(t, fileCorp); !strings.Contains(got, `"region": "eu-west-1", `) {
				t.Errorf("%s, %s: file %s", flow, operation, got)
			}
			if _, err := os.Stat(sso.RegistrationFile(c.config.CacheDir, "eu-west-1", "corp", startURL, nil)); err != nil {
				t.Errorf("%s, %s: %v", flow, operation, err)
			}
			if last := c.visits[len(c.visits)-1]; flow == sso.FlowBrowser && last.Host != "oidc.eu-west-1.amazonaws.com" {
				t.Errorf("%s, %s: opened %s", flow, operation, last.URL)
			}
			if strings.Contains(c.desk.calls(), "evil") {
				t.Errorf("%s, %s: asked %s", flow, operation, c.desk.calls())
			}
		}
	}
}

// TestNoRegionRepair: what cannot be the region of this Identity Center is not
// gone to, and nothing is repaired twice.
func TestNoRegionRepair(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, actual string
		endpointOf   func(string) (awsapi.Endpoint, error)
		region       string // of the *RegionError; "": another error
		calls        int
	}{
		{"no way to", "eu-west-1", nil, "eu-west-1", 1},
		{"no endpoint", "eu-west-1", func(string) (awsapi.Endpoint, error) { return awsapi.Endpoint{}, errors.New("FIPS") }, "eu-west-1", 1},
		{"and there again", "eu-west-1", endpointIn, "", 2},
		{"the same", "us-east-1", endpointIn, "", 1},
		{"another partition", "cn-north-1", endpointIn, "", 1},
		{"not a region", "evil.example/", endpointIn, "", 1},
		{"a host", "us-east-1.evil-1", endpointIn, "", 1},
		{"nothing", "", endpointIn, "", 1},
	} {
		c := newTrial(t, "corp", sso.FlowDevice)
		c.config.EndpointOf = tt.endpointOf
		c.desk.register = func(int, awsapi.Endpoint) error { return wrongRegion(tt.actual) }
		_, err := c.signIn(t)
		var region *sso.RegionError
		var api *awsapi.APIError
		if errors.As(err, &region) != (tt.region != "") || !errors.As(err, &api) || len(c.desk.log) != tt.calls {
			t.Errorf("%s: %v after %s", tt.name, err, c.desk.calls())
		}
		if region != nil && (region.Configured != "us-east-1" || region.Actual != tt.region) {
			t.Errorf("%s: %+v", tt.name, region)
		}
	}
	// Nobody wants it any more.
	c := newTrial(t, "corp", sso.FlowDevice)
	c.config.EndpointOf = endpointIn
	ctx, cancel := context.WithCancel(t.Context())
	c.desk.register = func(int, awsapi.Endpoint) error { cancel(); return wrongRegion("eu-west-1") }
	if _, err := sso.NewTokens(c.config, c.desk).SignIn(ctx, c.o); err == nil || len(c.desk.log) != 1 {
		t.Errorf("cancelled: %v after %s", err, c.desk.calls())
	}
	// To and fro.
	c = newTrial(t, "corp", sso.FlowDevice)
	c.config.EndpointOf = endpointIn
	c.desk.register = func(_ int, e awsapi.Endpoint) error {
		if e == endpointOf("us-east-1") {
			return wrongRegion("eu-west-1")
		}
		return wrongRegion("us-east-1")
	}
	var region *sso.RegionError
	if _, err := c.signIn(t); !errors.As(err, &region) || len(c.desk.log) != 2 {
		t.Errorf("to and fro: %v after %s", err, c.desk.calls())
	}
}

// TestRefreshInAnotherRegion: a file of a repaired sign-in is refreshed although
// the config still says otherwise.
func TestRefreshInAnotherRegion(t *testing.T) {
	t.Parallel()
	for _, way := range []bool{true, false} {
		f, d := newFixture(t, "corp", file(noon.Add(-time.Hour))), &desk{}
		f.config.Endpoint = endpointOf("us-east-1")
		if way {
			f.config.EndpointOf = endpointIn
		}
		d.token = func(_ int, e awsapi.Endpoint, _ *awsapi.TokenOutput) error {
			return unless(e == endpointOf("eu-west-1"), wrongRegion("eu-west-1"))
		}
		token, _, err := sso.NewTokens(f.config, d).AccessToken(t.Context())
		var required *sso.SignInRequiredError
		if way && (err != nil || token.Reveal() != "canary-at" || len(d.log) != 2) || !way && (!errors.As(err, &required) || len(d.log) != 1) {
			t.Errorf("%v: %v after %s", way, err, d.calls())
		}
		data, _ := os.ReadFile(f.path)
		if strings.Contains(string(data), `"region": "eu-west-1"`) != way {
			t.Errorf("%v: file %s", way, data)
		}
	}
}

func TestLasting(t *testing.T) {
	t.Parallel()
	minutes := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	lost := &awsapi.UnreachableError{Operation: "o", Endpoint: "e", Reason: awsapi.ReasonDNS, Err: errors.New("no such host")}
	for _, tt := range []struct {
		name, session, content string
		least                  time.Duration
		answer                 error
		life                   time.Duration // of a new token
		expires                time.Time
		reason                 sso.Reason
		calls                  int
	}{
		{"long enough", "corp", file(minutes(60)), 15 * time.Minute, nil, 0, minutes(60), "", 0},
		{"just long enough", "", file(minutes(15)), 15 * time.Minute, nil, 0, minutes(15), "", 0},
		{"refreshed", "corp", file(minutes(14)), 15 * time.Minute, nil, time.Hour, minutes(60), "", 1},
		{"refreshed, dead", "corp", file(minutes(-1)), 0, nil, time.Hour, minutes(60), "", 1},
		{"0 is alive", "", file(minutes(1)), 0, nil, 0, minutes(1), "", 0},
		{"refreshed, all there is", "corp", file(minutes(14)), 2 * time.Hour, nil, 20 * time.Minute, minutes(20), "", 1},
		{"renews itself", "corp", file(minutes(31)), 2 * time.Hour, nil, 0, minutes(31), "", 0},
		{"does not renew itself", "", file(minutes(31)), 2 * time.Hour, nil, 0, time.Time{}, sso.ReasonExpiring, 0},
		{"refused, lives", "corp", file(minutes(14)), 15 * time.Minute, refusal("InvalidGrantException", ""), 0, time.Time{}, sso.ReasonExpiring, 1},
		{"no answer, lives", "corp", file(minutes(14)), 15 * time.Minute, lost, 0, time.Time{}, sso.ReasonExpiring, 1},
		{"legacy", "", file(minutes(14)), 15 * time.Minute, nil, 0, time.Time{}, sso.ReasonExpiring, 0},
		{"dead", "", file(minutes(-1)), 15 * time.Minute, nil, 0, time.Time{}, sso.ReasonExpired, 0},
		{"refused, dead", "corp", file(minutes(-1)), 15 * time.Minute, refusal("InvalidGrantException", ""), 0, time.Time{}, sso.ReasonRefused, 1},
		{"missing", "corp", "", 15 * time.Minute, nil, 0, time.Time{}, sso.ReasonMissing, 0},
		{"damaged", "corp", "{", 15 * time.Minute, nil, 0, time.Time{}, sso.ReasonDamaged, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, d := newFixture(t, tt.session, tt.content), &desk{}
			d.token = func(_ int, _ awsapi.Endpoint, out *awsapi.TokenOutput) error {
				out.ExpiresIn = tt.life
				return tt.answer
			}
			got, err := sso.NewTokens(f.config, d).Lasting(t.Context(), tt.least)
			var required *sso.SignInRequiredError
			var reason sso.Reason
			if errors.As(err, &required) {
				reason = required.Reason
			}
			if !got.Expires.Equal(tt.expires) || reason != tt.reason || (err == nil) != (tt.reason == "") || len(d.log) != tt.calls {
				t.Errorf("got %s, %v after %d calls", iso8601.Format(got.Expires), err, len(d.log))
			}
		})
	}
	f := newFixture(t, "corp", file(noon.Add(14*time.Minute)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sso.NewTokens(f.config, &desk{}).Lasting(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
