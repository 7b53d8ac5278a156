package awsapi

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// reply is a complete answer.
type reply struct {
	status         int
	header         http.Header
	body           []byte
	sent, received time.Time
}

// trouble is an attempt without a complete answer.
type trouble struct {
	err    error
	again  bool // may pass
	unsent bool // the server cannot have seen the request
	sent   int  // connections that the request was tried on
}

// dialKey carries an attempt's limits to the transport's dial and proxy functions.
type dialKey struct{}

// exchange makes one attempt: it sends req and reads the whole answer.
func (c *Client) exchange(ctx context.Context, req *http.Request, label string, lim Limits, secrets []string) (reply, *trouble) {
	ctx, cancel := context.WithTimeout(ctx, lim.Attempt)
	defer cancel()
	var connections atomic.Int32
	ctx = context.WithValue(ctx, dialKey{}, lim)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connections.Add(1) },
	})
	req = req.WithContext(ctx)
	send, err := c.sender(req, lim)
	if err != nil {
		return reply{}, &trouble{err: err, unsent: true}
	}
	cause := failure{label: label, endpoint: bareURL(req.URL.String()), lim: lim, secrets: secrets, own: c.custom == nil}
	if proxy, _ := c.proxyOf(req); c.custom == nil && proxy != nil {
		cause.proxy = c.proxyVariable(req.URL.Scheme).name
	}
	r := reply{sent: c.now()}
	res, err := send(req)
	if err != nil {
		cause.connected = connections.Load() > 0
		c.CloseIdle() // ends a dial that nobody waits for any more
		t := cause.trouble(err)
		t.sent = int(connections.Load())
		return reply{}, t
	}
	defer res.Body.Close() //nolint:errcheck // read only
	r.received = c.now()
	r.status, r.header = res.StatusCode, res.Header
	if r.status == http.StatusProxyAuthRequired && cause.proxy != "" {
		return reply{}, cause.trouble(refusal(cause.proxy, r.status, req.Host))
	}
	most := lim.body
	if most == 0 {
		most = maxBody
	}
	r.body, err = io.ReadAll(io.LimitReader(res.Body, int64(most)+1))
	if err != nil {
		cause.connected = true
		return reply{}, cause.trouble(err)
	}
	if len(r.body) > most {
		return reply{}, &trouble{err: cause.response(r, "body of more than "+strconv.Itoa(most>>20)+" MiB")}
	}
	return r, nil
}

// sender returns the function that sends req, and fails if the CA bundle that
// req needs cannot be used.
func (c *Client) sender(req *http.Request, lim Limits) (func(*http.Request) (*http.Response, error), error) {
	if c.custom != nil {
		return c.custom.Do, nil
	}
	secure := req.URL.Scheme == "https"
	if !secure && !lim.Direct {
		proxy, err := c.proxyFor(req.URL)
		secure = err == nil && proxy != nil && proxy.Scheme == "https"
	}
	t, err := c.transport(secure)
	if err != nil {
		return nil, err
	}
	return t.RoundTrip, nil // and no http.Client: no redirects, no cookies
}

func withoutRedirects(hc *http.Client) *http.Client {
	copied := *hc
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// response returns the error for an answer that AWS does not give.
func (f failure) response(r reply, why string) *ResponseError {
	return &ResponseError{
		Operation: f.label, Endpoint: f.endpoint, Status: r.status, Why: why,
		ContentType: display.Text(redact(r.header.Get("Content-Type"), f.secrets), maxName),
		Excerpt:     excerpt(r.body, f.secrets),
	}
}

// redirect says where a 3xx answer points, by host only: the rest of a
// captive portal's URL may repeat ours.
func redirect(r reply) string {
	u, err := url.Parse(r.header.Get("Location"))
	if err != nil || u.Host == "" {
		return "redirect"
	}
	return "redirect to " + display.Text(strings.ToLower(u.Host), maxName)
}
