package sso_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/iso8601"
	"github.com/latchkey-aws/latchkey/sso"
)

func TestRegistrationFileNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		session string
		scopes  []string
		want    string
	}{
		{"corp", []string{"sso:account:access"}, clientCorp},
		{"bare", nil, clientBare},
		{"", nil, clientLegacy},
		// sha1 of what json.dumps(…, sort_keys=True) of Python 3 gives
		{"bare", []string{}, "b7026748e7609ef24afece9c460bf4b2ce5ddc96"},
		{"bür\"o\x7f", []string{"a", "b"}, "dc4e0c515e58bb478be1e9492020cd6e40803a01"},
	} {
		if got := sso.RegistrationFile("d", "us-east-1", tt.session, startURL, tt.scopes); got != filepath.Join("d", tt.want+".json") {
			t.Errorf("RegistrationFile(%q, %q) = %s, want %s", tt.session, tt.scopes, got, tt.want)
		}
	}
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	callback, grants := []string{"http://127.0.0.1/oauth/callback"}, []string{"authorization_code", "refresh_token"}
	scope := []string{"sso:account:access"}
	for _, tt := range []struct {
		session string
		flow    sso.Flow
		scopes  []string
		want    awsapi.RegisterClientInput
	}{
		{"corp", sso.FlowBrowser, nil, awsapi.RegisterClientInput{ClientName: "latchkey-corp", Scopes: scope, RedirectURIs: callback, GrantTypes: grants, IssuerURL: startURL}},
		{"corp", sso.FlowBrowser, []string{"a", "b"}, awsapi.RegisterClientInput{ClientName: "latchkey-corp", Scopes: []string{"a", "b"}, RedirectURIs: callback, GrantTypes: grants, IssuerURL: startURL}},
		{"corp", sso.FlowDevice, nil, awsapi.RegisterClientInput{ClientName: "latchkey-corp", Scopes: scope}},
		{"corp", sso.FlowDevice, []string{}, awsapi.RegisterClientInput{ClientName: "latchkey-corp", Scopes: scope}},
		{"", sso.FlowDevice, nil, awsapi.RegisterClientInput{ClientName: "latchkey"}},
	} {
		c := newTrial(t, tt.session, tt.flow)
		c.o.Scopes = tt.scopes
		if _, err := c.signIn(t); err != nil || !reflect.DeepEqual(c.desk.registered, []awsapi.RegisterClientInput{tt.want}) {
			t.Errorf("%q by %s: %+v, %v", tt.session, tt.flow, c.desk.registered, err)
		}
	}
}

// TestRegistrationReuse tells for registrations in the cache whether they serve
// each flow once more.
func TestRegistrationReuse(t *testing.T) {
	t.Parallel()
	at := func(left time.Duration) string {
		return `{"clientId": "cached", "clientSecret": "canary-cached", "expiresAt": "` + iso8601.Format(noon.Add(left)) + `"`
	}
	const scope, grants = `, "scopes": ["sso:account:access"]`, `, "grantTypes": ["authorization_code", "refresh_token"]}`
	for _, tt := range []struct {
		name, content   string
		browser, device bool
	}{
		{"browser's", at(time.Hour) + scope + grants, true, false},
		{"device's", at(time.Hour) + scope + "}", false, true},
		{"16 minutes left", at(16*time.Minute) + scope + grants, true, false},
		{"15 minutes left", at(15*time.Minute) + scope + grants, false, false},
		{"expired", at(-time.Hour) + scope + "}", false, false},
		{"without scope, as the CLI's device flow", at(time.Hour) + "}", false, false},
		{"other scopes", at(time.Hour) + `, "scopes": ["sso:account:access", "x"]` + grants, false, false},
		{"cannot refresh", at(time.Hour) + scope + `, "grantTypes": ["authorization_code"]}`, false, false},
		{"no secret", strings.Replace(at(time.Hour), "canary-cached", "", 1) + scope + grants, false, false},
		{"no id", strings.Replace(at(time.Hour), `"cached"`, "null", 1) + scope + grants, false, false},
		{"no time", strings.Replace(at(time.Hour), "expiresAt", "x", 1) + scope + grants, false, false},
		{"scopes no list", at(time.Hour) + `, "scopes": "sso:account:access"` + grants, false, false},
	} {
		for flow, reused := range map[sso.Flow]bool{sso.FlowBrowser: tt.browser, sso.FlowDevice: tt.device} {
			c := newTrial(t, "bare", flow)
			c.put(t, clientBare, tt.content)
			_, err := c.signIn(t)
			want := 1
			if reused {
				want = 0
			}
			if err != nil || len(c.desk.registered) != want {
				t.Errorf("%s, %s: %d registrations, %v", tt.name, flow, len(c.desk.registered), err)
				continue
			}
			if got := c.read(t, fileBare); strings.Contains(got, "canary-cached") != reused {
				t.Errorf("%s, %s: token file %s", tt.name, flow, got)
			}
			if got := c.read(t, clientBare); (got == tt.content) != reused {
				t.Errorf("%s, %s: registration %s", tt.name, flow, got)
			}
		}
	}
}

// TestRefusedRegistration: one from the cache that the service does not know any
// more is made anew, once; a new one is not.
func TestRefusedRegistration(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"InvalidClientException", "UnauthorizedClientException"} {
		for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
			for _, stays := range []bool{false, true} {
				c := newTrial(t, "bare", flow)
				c.put(t, clientBare, cachedClient(flow))
				if flow == sso.FlowDevice {
					c.desk.start = func(n int, _ awsapi.Endpoint, _ *awsapi.DeviceAuthorizationOutput) error {
						return unless(n > 1 && !stays, refusal(code, ""))
					}
				} else {
					c.desk.token = func(n int, _ awsapi.Endpoint, _ *awsapi.TokenOutput) error {
						return unless(n > 1 && !stays, refusal(code, ""))
					}
				}
				_, err := c.signIn(t)
				if (err == nil) == stays || len(c.desk.registered) != 1 {
					t.Errorf("%s, %s, stays %v: %v after %s", code, flow, stays, err, c.desk.calls())
				}
				if err == nil && !strings.Contains(c.read(t, fileBare), `"clientId": "cid"`) {
					t.Errorf("%s, %s: the old client is in the file", code, flow)
				}
			}
		}
	}
}

func cachedClient(flow sso.Flow) string {
	s := `{"clientId": "cached", "clientSecret": "canary-cached", "expiresAt": "2026-03-01T00:00:00Z", "scopes": ["sso:account:access"]`
	if flow == sso.FlowBrowser {
		return s + `, "grantTypes": ["authorization_code", "refresh_token"]}`
	}
	return s + "}"
}

func unless(good bool, err error) error {
	if good {
		return nil
	}
	return err
}

// TestUselessRegistrationIsForgotten: where the browser shows an error for it,
// nobody tells us, and the person gives up. The next sign-in must not meet it again.
func TestUselessRegistrationIsForgotten(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "bare", sso.FlowBrowser)
	c.put(t, clientBare, cachedClient(sso.FlowBrowser))
	c.o.Visit = giveUp
	if _, err := c.signIn(t); err == nil || len(c.desk.registered) != 0 {
		t.Errorf("got %v after %s", err, c.desk.calls())
	}
	if _, err := os.Stat(filepath.Join(c.config.CacheDir, clientBare+".json")); !os.IsNotExist(err) {
		t.Errorf("the registration is still there: %v", err)
	}
}
