package awsapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// errStatus repeats an attempt whose status Limits.Retry names; the last answer
// is returned all the same.
var errStatus = errors.New("status to be tried again")

// Request is one plain HTTP request, to IMDS or a container's endpoint.
type Request struct {
	Method, URL string
	Header      http.Header
	Body        []byte
	Operation   string // for errors
}

// Response is a complete answer of any status, its body at most 1 MiB.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// RetryAfter is how long the server asks to be left alone, zero if it does not.
	RetryAfter time.Duration
}

// Fetch sends req within lim and returns the answer, whatever its status:
// redirects too, none is followed. It fails with an [*UnreachableError], with a
// [*ResponseError] for an oversized answer or one that is not HTTP, or with the
// context's error. Lost connections, and the statuses that lim.Retry names, are
// tried again, after the wait that Retry-After asks for unless it is longer than
// 5 s or an attempt. Clock skew is neither measured nor corrected here.
func (c *Client) Fetch(ctx context.Context, req Request, lim Limits) (Response, error) {
	lim = lim.or(c.limits)
	var secrets []string
	for name, values := range req.Header {
		if name != "Host" && name != "Accept" { // may stand in every error
			secrets = append(secrets, values...)
		}
		if !headerValue(strings.Join(values, "")) {
			return Response{}, &InputError{req.Operation, "value of header " + name + " holds a control character"}
		}
	}
	var out Response
	var got bool
	err := c.retry(ctx, req.Operation, lim, func(ctx context.Context) outcome {
		r, err := http.NewRequestWithContext(ctx, req.Method, req.URL, nil)
		if err != nil {
			return outcome{err: &InputError{req.Operation, "not a URL or method"}}
		}
		for name, values := range req.Header {
			r.Header[name] = values
		}
		// net/http takes the host from the URL unless it is set beside the headers.
		r.Host = r.Header.Get("Host")
		c.finish(r, req.Body)
		got = false
		rep, trouble := c.exchange(ctx, r, req.Operation, lim, secrets)
		if trouble != nil {
			return outcome{err: trouble.err, again: trouble.again && !lim.Answered, sent: trouble.sent}
		}
		got, out = true, Response{Status: rep.status, Header: rep.header, Body: rep.body}
		if lim.Retry != nil && lim.Retry(rep.status) {
			out.RetryAfter = retryAfter(rep.header, rep.received)
			return outcome{err: errStatus, again: out.RetryAfter <= min(maxRetryAfter, lim.Attempt), wait: out.RetryAfter}
		}
		return outcome{}
	})
	if err != nil && !(got && errors.Is(err, errStatus)) {
		return Response{}, err
	}
	return out, nil
}
