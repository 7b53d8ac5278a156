package awsapi

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/latchkey-aws/latchkey/internal/pause"
	"github.com/latchkey-aws/latchkey/origin"
)

// HTTPClient sends requests; *http.Client is one.
type HTTPClient interface {
	Do(*http.Request) (*http.Response, error)
}

// Env looks a variable of an environment up.
type Env func(name string) (string, bool)

// Options configures a [Client]. Only Now is required.
type Options struct {
	// HTTPClient is used for everything, in place of the own transport: then
	// proxies, CA bundle and connect limits are its affair. Of an *http.Client a
	// copy is used that follows no redirects, which could carry secrets elsewhere.
	HTTPClient HTTPClient
	// Now is the clock for signatures, skew and certificates.
	Now func() time.Time
	// Sleep waits between attempts; nil waits for real.
	Sleep func(context.Context, time.Duration) error
	// Env holds HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in both cases of letters;
	// nil means no proxy. Loopback and link-local hosts are never proxied.
	Env Env
	// CABundle is the path of a PEM file (AWS_CA_BUNDLE, ca_bundle) whose
	// certificates replace the system's; read when TLS is first needed.
	CABundle  origin.Value
	UserAgent string // "" means latchkey
	// DisableSkewCorrection signs with the clock as it is. Skew is measured still.
	DisableSkewCorrection bool
	// Limits bounds every call; its zero fields take the defaults.
	Limits Limits
}

// Limits bounds one call. A zero field takes its default, or for [Client.Fetch]
// what the client's own Limits say.
type Limits struct {
	Attempts int           // requests in all; 3
	Connect  time.Duration // name look-up and TCP connection; 3 s
	TLS      time.Duration // TLS handshake; 5 s; of Options only
	Attempt  time.Duration // one request to the end of its body; 10 s
	Total    time.Duration // all attempts and the waits between; 29.5 s
	Direct   bool          // never a proxy
	body     int           // bytes of the answer; 0: maxBody
	// Answered has [Client.Fetch] repeat what was answered with a status of
	// Retry, and not what got no answer: nobody may be there.
	Answered bool
	// Retry says which statuses [Client.Fetch] tries again; nil means none. AWS
	// calls have their own rule.
	Retry func(status int) bool
}

func (l Limits) or(d Limits) Limits {
	if l.Attempts <= 0 {
		l.Attempts = d.Attempts
	}
	for _, f := range [...]struct{ v, d *time.Duration }{
		{&l.Connect, &d.Connect}, {&l.TLS, &d.TLS}, {&l.Attempt, &d.Attempt}, {&l.Total, &d.Total},
	} {
		if *f.v <= 0 {
			*f.v = *f.d
		}
	}
	l.Direct = l.Direct || d.Direct
	return l
}

// total leaves a command the time to start and to report within 30 s.
const total = 29500 * time.Millisecond

const (
	maxBody      = 1 << 20
	maxHeader    = 64 << 10
	maxBundle    = 16 << 20
	defaultAgent = "latchkey"
)

// Client makes the calls. It is safe for concurrent use.
type Client struct {
	custom    HTTPClient // nil: own transports
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error
	env       Env
	bundle    origin.Value
	userAgent string
	fixSkew   bool
	limits    Limits

	skew  atomic.Int64 // server's clock minus ours, as last measured
	clock atomic.Bool  // it has been

	mu            sync.Mutex
	plain, secure *http.Transport // made at first use; secure knows the CA bundle
}

// New returns a client. It opens and reads nothing. It panics if Options.Now is
// missing.
func New(o Options) *Client {
	if o.Now == nil {
		panic("awsapi: Options.Now is required")
	}
	c := &Client{
		custom:    o.HTTPClient,
		now:       o.Now,
		sleep:     o.Sleep,
		env:       o.Env,
		bundle:    o.CABundle,
		userAgent: o.UserAgent,
		fixSkew:   !o.DisableSkewCorrection,
		limits: o.Limits.or(Limits{
			Attempts: 3, Connect: 3 * time.Second, TLS: 5 * time.Second,
			Attempt: 10 * time.Second, Total: total,
		}),
	}
	if hc, ok := o.HTTPClient.(*http.Client); ok {
		c.custom = withoutRedirects(hc)
	}
	if c.sleep == nil {
		c.sleep = pause.For
	}
	if c.userAgent == "" {
		c.userAgent = defaultAgent
	}
	return c
}

// Skew returns AWS's clock minus ours, as measured on the last answer that came
// from AWS; zero before the first. Expirations are in AWS's time: compare them
// with Now().Add(Skew()).
func (c *Client) Skew() time.Duration { return time.Duration(c.skew.Load()) }

// Clock is Skew, and whether it has been measured at all. It is exact to a second:
// that is what the Date of an answer tells.
func (c *Client) Clock() (skew time.Duration, known bool) { return c.Skew(), c.clock.Load() }

// CloseIdle closes connections that no request uses, and ends dials that no
// request waits for any more. The client stays usable.
func (c *Client) CloseIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range [...]*http.Transport{c.plain, c.secure} {
		if t != nil {
			t.CloseIdleConnections()
		}
	}
}
