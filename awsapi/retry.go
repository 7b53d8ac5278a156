package awsapi

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	backoffBase   = 100 * time.Millisecond
	backoffMax    = 2 * time.Second
	maxRetryAfter = 5 * time.Second
)

// outcome is how one attempt ended.
type outcome struct {
	err   error
	again bool
	wait  time.Duration // at least, before the next
	// sent is how many requests were made: net/http repeats one by itself that
	// met a kept connection which the server has closed. 0 is 1.
	sent int
}

// retry runs attempt until it succeeds, must not be repeated, or the limits are
// reached, and returns its last error with the number of attempts in it.
func (c *Client) retry(ctx context.Context, label string, lim Limits, attempt func(context.Context) outcome) error {
	total, cancel := context.WithTimeout(ctx, lim.Total)
	defer cancel()
	for n := 0; ; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%s: %w", label, err)
		}
		o := attempt(total)
		n += max(o.sent, 1)
		if o.err == nil {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%s: %w", label, err)
		}
		if !o.again || n >= lim.Attempts || total.Err() != nil {
			return counted(o.err, n)
		}
		if err := c.sleep(total, max(backoff(n), o.wait)); err != nil {
			if ctxErr := ctx.Err(); ctxErr != nil {
				return fmt.Errorf("%s: %w", label, ctxErr)
			}
			return counted(o.err, n)
		}
	}
}

func counted(err error, n int) error {
	switch e := err.(type) { //nolint:errorlint // our own errors, not wrapped yet
	case *APIError:
		e.Attempts = n
	case *UnreachableError:
		e.Attempts = n
	case *ResponseError:
		e.Attempts = n
	}
	return err
}

// backoff returns the wait after the nth failure: about 100 ms, 200 ms, 400 ms …
// with half of it random, so that processes which failed together do not return
// together.
func backoff(n int) time.Duration {
	d := min(backoffBase<<min(n-1, 10), backoffMax)
	return d/2 + rand.N(d/2+1)
}

// retryAfter reads the Retry-After header: seconds or a date (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0).Round(time.Second)
	}
	return 0
}

// refused reports whether the service says that it did not do the work, so that
// even a request with a code used once can be resent.
func refused(status int) bool {
	return status == 429 || status == 500 || status == 502 || status == 503
}

// transient reports whether an answer asks to try again.
func transient(status int, e *APIError) bool {
	if refused(status) || status == 504 {
		return true
	}
	return e != nil && (throttled(e) || e.HasCode("IDPCommunicationError", "InvalidIdentityToken"))
}

// throttled knows the codes by which AWS services ask for less; the list is the
// SDKs' default.
func throttled(e *APIError) bool {
	return e.HasCode("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
		"RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "TooManyRequestsError",
		"BandwidthLimitExceeded", "LimitExceededException", "PriorRequestNotComplete",
		"ProvisionedThroughputExceededException", "TransactionInProgressException", "EC2ThrottledException", "SlowDown")
}
