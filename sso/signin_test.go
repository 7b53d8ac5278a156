package sso_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/sso"
)

// desk stands in for the OIDC service: what it is not told to answer goes well.
type desk struct {
	mu  sync.Mutex
	log []string // operation and endpoint of each call

	register func(n int, e awsapi.Endpoint) error
	start    func(n int, e awsapi.Endpoint, out *awsapi.DeviceAuthorizationOutput) error
	token    func(n int, e awsapi.Endpoint, out *awsapi.TokenOutput) error
	fetch    func(awsapi.Request) (awsapi.Response, error)

	registered []awsapi.RegisterClientInput
	started    []awsapi.DeviceAuthorizationInput
	asked      []awsapi.CreateTokenInput
}

func (d *desk) enter(operation string, e awsapi.Endpoint) func() {
	d.mu.Lock()
	d.log = append(d.log, operation+" "+e.URL)
	return d.mu.Unlock
}

func (d *desk) RegisterClient(_ context.Context, e awsapi.Endpoint, in awsapi.RegisterClientInput) (awsapi.RegisterClientOutput, error) {
	defer d.enter("register", e)()
	d.registered = append(d.registered, in)
	if d.register != nil {
		if err := d.register(len(d.registered), e); err != nil {
			return awsapi.RegisterClientOutput{}, err
		}
	}
	return awsapi.RegisterClientOutput{ClientID: "cid", ClientSecret: secret.New("canary-cs"), Expires: noon.Add(90 * 24 * time.Hour)}, nil
}

func (d *desk) StartDeviceAuthorization(_ context.Context, e awsapi.Endpoint, in awsapi.DeviceAuthorizationInput) (awsapi.DeviceAuthorizationOutput, error) {
	defer d.enter("start", e)()
	d.started = append(d.started, in)
	out := awsapi.DeviceAuthorizationOutput{
		DeviceCode: secret.New("canary-dc"), UserCode: "ABCD-EFGH", VerificationURI: "https://device.sso.us-east-1.amazonaws.com/",
		VerificationURIComplete: "https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH", ExpiresIn: 10 * time.Minute, Interval: time.Second,
	}
	if d.start != nil {
		if err := d.start(len(d.started), e, &out); err != nil {
			return awsapi.DeviceAuthorizationOutput{}, err
		}
	}
	return out, nil
}

func (d *desk) CreateToken(_ context.Context, e awsapi.Endpoint, in awsapi.CreateTokenInput) (awsapi.TokenOutput, error) {
	defer d.enter("token", e)()
	d.asked = append(d.asked, in)
	out := awsapi.TokenOutput{AccessToken: secret.New("canary-at"), RefreshToken: secret.New("canary-rt"), ExpiresIn: 8 * time.Hour}
	if d.token != nil {
		if err := d.token(len(d.asked), e, &out); err != nil {
			return awsapi.TokenOutput{}, err
		}
	}
	return out, nil
}

func (d *desk) Fetch(_ context.Context, r awsapi.Request, _ awsapi.Limits) (awsapi.Response, error) {
	if d.fetch == nil {
		return awsapi.Response{}, errors.New("nothing is to be looked up")
	}
	return d.fetch(r)
}

func (d *desk) calls() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.log, ", ")
}

// trial is one sign-in on a clock that only waiting moves.
type trial struct {
	config sso.Config
	o      sso.SignInOptions
	desk   *desk

	mu     sync.Mutex
	now    time.Time
	waits  []time.Duration
	visits []sso.Visit
}

func newTrial(t *testing.T, session string, flow sso.Flow) *trial {
	t.Helper()
	folder := t.TempDir()
	c := &trial{now: noon, desk: &desk{}}
	c.config = sso.Config{
		StartURL: startURL, Region: "us-east-1", SessionName: session, CacheDir: filepath.Join(folder, "cache"),
		LockDir: filepath.Join(folder, "locks"), Endpoint: endpointOf("us-east-1"), Now: func() time.Time {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.now
		},
	}
	c.o = sso.SignInOptions{
		API: c.desk, Flow: flow, Visit: c.visit(url.Values{"code": {"canary-code"}}),
		Sleep: func(ctx context.Context, d time.Duration) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.waits, c.now = append(c.waits, d), c.now.Add(d)
			return ctx.Err()
		},
	}
	return c
}

func endpointOf(region string) awsapi.Endpoint {
	return awsapi.Endpoint{URL: "https://oidc." + region + ".amazonaws.com", SigningRegion: region}
}

// visit is a person with a browser, whom the service sends back with answer.
func (c *trial) visit(answer url.Values) func(context.Context, sso.Visit) error {
	return func(ctx context.Context, v sso.Visit) error {
		c.mu.Lock()
		c.visits = append(c.visits, v)
		c.mu.Unlock()
		if v.Flow == sso.FlowBrowser {
			return sendBack(ctx, v.URL, answer)
		}
		return nil
	}
}

// sendBack does what the authorization page's redirect has a browser do.
func sendBack(ctx context.Context, page string, answer url.Values) error {
	u, err := url.Parse(page)
	if err != nil {
		return err
	}
	q := url.Values{"state": {u.Query().Get("state")}}
	for name, values := range answer {
		q[name] = values
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Query().Get("redirect_uri")+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res.Body.Close()
}

func (c *trial) signIn(t *testing.T) (sso.SignedIn, error) {
	t.Helper()
	out, err := sso.NewTokens(c.config, c.desk).SignIn(t.Context(), c.o)
	if err != nil && strings.Contains(err.Error(), "canary") {
		t.Errorf("secret in %v", err)
	}
	return out, err
}

// read returns the only file of the cache with that name.
func (c *trial) read(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(c.config.CacheDir, name+".json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v", path, info.Mode())
	}
	return string(data)
}

func (c *trial) put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(c.config.CacheDir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.config.CacheDir, name+".json"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func refusal(code, oauth string) *awsapi.APIError {
	return &awsapi.APIError{Service: awsapi.SSOOIDC, Operation: "X", Code: code, OAuth: oauth, Status: 400, Message: "so it is"}
}
