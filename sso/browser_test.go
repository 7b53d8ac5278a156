package sso_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/internal/authcode"
	"github.com/latchkey-aws/latchkey/sso"
)

func giveUp(context.Context, sso.Visit) error { return fmt.Errorf("the person: %w", context.Canceled) }

// TestBrowser looks at every byte of what the browser and the service are asked.
func TestBrowser(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", sso.FlowBrowser)
	c.o.Scopes = []string{"sso:account:access", "x:y z"}
	if _, err := c.signIn(t); err != nil {
		t.Fatal(err)
	}
	in, v := c.desk.asked[0], c.visits[0]
	if v.Flow != sso.FlowBrowser || v.Host != "oidc.us-east-1.amazonaws.com" || v.UserCode != "" || v.Page != "" || !v.Expires.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("visit %+v", v)
	}
	digest := sha256.Sum256([]byte(in.CodeVerifier.Reveal()))
	want := `^https://oidc\.us-east-1\.amazonaws\.com/authorize\?response_type=code&client_id=cid&redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A(\d+)%2Foauth%2Fcallback` +
		`&state=[A-Za-z0-9_-]{43}&code_challenge_method=S256&scopes=sso%3Aaccount%3Aaccess%20x%3Ay%20z&code_challenge=` +
		regexp.QuoteMeta(base64.RawURLEncoding.EncodeToString(digest[:])) + `$`
	parts := regexp.MustCompile(want).FindStringSubmatch(v.URL)
	if parts == nil {
		t.Fatalf("page %s\nwant %s", v.URL, want)
	}
	if in.ClientID != "cid" || in.ClientSecret.Reveal() != "canary-cs" || in.GrantType != "authorization_code" || in.Code.Reveal() != "canary-code" ||
		in.RedirectURI != "http://127.0.0.1:"+parts[1]+"/oauth/callback" || !in.RefreshToken.Empty() || !in.DeviceCode.Empty() {
		t.Errorf("asked with %+v", in)
	}
	if got := c.desk.calls(); got != "register https://oidc.us-east-1.amazonaws.com, token https://oidc.us-east-1.amazonaws.com" {
		t.Errorf("calls %s", got)
	}
	if conn, err := net.Dial("tcp", "127.0.0.1:"+parts[1]); err == nil {
		_ = conn.Close()
		t.Error("the listener still runs")
	}
}

func TestBrowserPort(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	c := newTrial(t, "corp", sso.FlowBrowser)
	c.o.Port = busy.Addr().(*net.TCPAddr).Port
	var port *authcode.PortError
	if _, err := c.signIn(t); !errors.As(err, &port) || port.Port != c.o.Port || len(c.visits)+len(c.desk.log) != 0 {
		t.Errorf("got %v after %s", err, c.desk.calls())
	}
}

func TestBrowserRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		answer      url.Values
		code, words string
	}{
		{url.Values{"error": {"access_denied"}}, "access_denied", ""},
		{url.Values{"error": {"access_denied"}, "error_description": {"no\x1b]0;x\x07t for you"}}, "access_denied", "no]0;xt for you"},
		{url.Values{"error": {"invalid_scope"}}, "invalid_scope", ""},
	} {
		c := newTrial(t, "corp", sso.FlowBrowser)
		c.o.Visit = c.visit(tt.answer)
		_, err := c.signIn(t)
		var denied *sso.DeniedError
		if !errors.As(err, &denied) || denied.Code != tt.code || denied.Description != tt.words || len(c.desk.asked) != 0 {
			t.Errorf("%v: %v", tt.answer, err)
		}
	}
	for code, wanted := range map[string]any{
		"AccessDeniedException": new(*sso.DeniedError), "ExpiredTokenException": new(*sso.CodeExpiredError), "InvalidGrantException": new(*awsapi.APIError),
	} {
		c := newTrial(t, "corp", sso.FlowBrowser)
		c.desk.token = func(int, awsapi.Endpoint, *awsapi.TokenOutput) error { return refusal(code, "") }
		if _, err := c.signIn(t); !errors.As(err, wanted) || len(c.desk.asked) != 1 || !strings.Contains(err.Error(), "so it is") {
			t.Errorf("%s: %v after %d questions", code, err, len(c.desk.asked))
		}
		if _, err := os.Stat(sso.TokenFile(c.config.CacheDir, "corp", "")); err == nil {
			t.Errorf("%s: a token file was written", code)
		}
	}
}

// TestStrangersAreIgnored: who does not know the state neither ends the sign-in
// nor smuggles a code in.
func TestStrangersAreIgnored(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", sso.FlowBrowser)
	person := c.o.Visit
	c.o.Visit = func(ctx context.Context, v sso.Visit) error {
		for _, answer := range []url.Values{
			{"state": {"wrong"}, "code": {"evil"}}, {"state": {"wrong"}, "error": {"access_denied"}}, {"code": {"evil"}, "state": nil},
		} {
			if err := sendBack(ctx, v.URL, answer); err != nil {
				t.Errorf("%v: %v", answer, err)
			}
		}
		return person(ctx, v)
	}
	if _, err := c.signIn(t); err != nil || c.desk.asked[0].Code.Reveal() != "canary-code" {
		t.Errorf("got %v", err)
	}
}

// TestVisitErrors: only that nobody goes there ends the sign-in, because the
// person may open the page by hand.
func TestVisitErrors(t *testing.T) {
	t.Parallel()
	for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
		for _, harmless := range []error{errors.New("no browser here"), context.DeadlineExceeded} {
			c := newTrial(t, "corp", flow)
			person := c.o.Visit
			c.o.Visit = func(ctx context.Context, v sso.Visit) error {
				_ = person(ctx, v)
				return harmless
			}
			if _, err := c.signIn(t); err != nil {
				t.Errorf("%s: %v", flow, err)
			}
		}
		c := newTrial(t, "corp", flow)
		c.o.Visit = func(context.Context, sso.Visit) error { return fmt.Errorf("asking: %w", context.Canceled) }
		c.o.Sleep = func(ctx context.Context, _ time.Duration) error { <-ctx.Done(); return ctx.Err() }
		if _, err := c.signIn(t); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "asking: ") {
			t.Errorf("%s: got %v", flow, err)
		}
	}
}

// TestVisitEndsWithTheSignIn: a browser command that goes on is waited for only
// until it has been told that all is over.
func TestVisitEndsWithTheSignIn(t *testing.T) {
	t.Parallel()
	for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
		c := newTrial(t, "corp", flow)
		person, ended := c.o.Visit, false
		c.o.Visit = func(ctx context.Context, v sso.Visit) error {
			_ = person(ctx, v)
			<-ctx.Done()
			time.Sleep(30 * time.Millisecond)
			ended = true
			return ctx.Err()
		}
		if _, err := c.signIn(t); err != nil || !ended {
			t.Errorf("%s: %v, the visit has ended: %v", flow, err, ended)
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
		c := newTrial(t, "corp", flow)
		ctx, cancel := context.WithCancel(t.Context())
		c.o.Sleep = func(ctx context.Context, _ time.Duration) error { <-ctx.Done(); return ctx.Err() }
		var at time.Time
		c.o.Visit = func(ctx context.Context, _ sso.Visit) error {
			at = time.Now()
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		_, err := sso.NewTokens(c.config, c.desk).SignIn(ctx, c.o)
		if took := time.Since(at); !errors.Is(err, context.Canceled) || took > 5*time.Second {
			t.Errorf("%s: %v after %v", flow, err, took)
		}
	}
}

// TestTokenIsKeptAfterCancellation: what was granted is not thrown away.
func TestTokenIsKeptAfterCancellation(t *testing.T) {
	t.Parallel()
	for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
		c := newTrial(t, "corp", flow)
		ctx, cancel := context.WithCancel(t.Context())
		c.desk.token = func(int, awsapi.Endpoint, *awsapi.TokenOutput) error { cancel(); return nil }
		if _, err := sso.NewTokens(c.config, c.desk).SignIn(ctx, c.o); err != nil {
			t.Errorf("%s: %v", flow, err)
		}
		if got := c.read(t, fileCorp); !strings.Contains(got, "canary-at") {
			t.Errorf("%s: file %s", flow, got)
		}
	}
}

// TestUnknownClientInBrowser: the service may say by a redirect that it does not
// know the registration.
func TestUnknownClientInBrowser(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "bare", sso.FlowBrowser)
	c.put(t, clientBare, cachedClient(sso.FlowBrowser))
	person, refused := c.o.Visit, c.visit(url.Values{"error": {"unauthorized_client"}})
	c.o.Visit = func(ctx context.Context, v sso.Visit) error {
		if strings.Contains(v.URL, "client_id=cached") {
			return refused(ctx, v)
		}
		return person(ctx, v)
	}
	if _, err := c.signIn(t); err != nil || len(c.visits) != 2 || len(c.desk.registered) != 1 {
		t.Errorf("got %v after %d visits", err, len(c.visits))
	}
}

// TestEndpointThatIsNotOpened: a page is not opened on an endpoint that could be
// anybody's, whoever configured it.
func TestEndpointThatIsNotOpened(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"https://oidc.example.com", "http://oidc.us-east-1.amazonaws.com", "http://192.0.2.1:8080"} {
		c := newTrial(t, "corp", sso.FlowBrowser)
		c.config.Endpoint.URL = endpoint
		var unsafe *sso.UnsafeURLError
		if _, err := c.signIn(t); !errors.As(err, &unsafe) || len(c.visits) != 0 {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	c := newTrial(t, "corp", sso.FlowBrowser)
	c.config.Endpoint.URL = "http://127.0.0.1:1/region/us-east-1"
	if _, err := c.signIn(t); err != nil || !strings.HasPrefix(c.visits[0].URL, "http://127.0.0.1:1/region/us-east-1/authorize?") || c.visits[0].Host != "127.0.0.1:1" {
		t.Errorf("a stand-in: %v", err)
	}
}

// TestListenerAnswersBeforeAnybodyIsSent would hang if it did not.
func TestListenerAnswersBeforeAnybodyIsSent(t *testing.T) {
	t.Parallel()
	c := newTrial(t, "corp", sso.FlowBrowser)
	c.o.Visit = func(ctx context.Context, v sso.Visit) error {
		u, err := url.Parse(v.URL)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Query().Get("redirect_uri"), nil)
		if err != nil {
			return err
		}
		transport := &http.Transport{DisableKeepAlives: true}
		res, err := transport.RoundTrip(req)
		if err != nil || res.StatusCode != http.StatusBadRequest {
			t.Errorf("without a state: %v", err)
		}
		if err == nil {
			_ = res.Body.Close()
		}
		return sendBack(ctx, v.URL, url.Values{"code": {"canary-code"}})
	}
	if _, err := c.signIn(t); err != nil {
		t.Error(err)
	}
}
