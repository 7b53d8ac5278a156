package awsapi

import (
	"net/http"
	"time"
)

const (
	maxRoundTrip = 15 * time.Minute // a longer one says nothing about the clock
	skewMatters  = 4 * time.Minute  // services allow 5 to 15 minutes
)

// clock is what one answer tells about the server's clock.
type clock struct {
	server time.Time // zero if there is no Date
	skew   time.Duration
	known  bool
}

// readClock measures as the SDKs do: Date against the middle of the round trip.
// An answer with an Age comes from a cache and carries somebody's older Date.
func readClock(h http.Header, sent, received time.Time) clock {
	server, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return clock{}
	}
	trip := received.Sub(sent)
	if h.Get("Age") != "" || trip > maxRoundTrip || trip < 0 {
		return clock{server: server}
	}
	return clock{server: server, skew: server.Sub(sent.Add(trip / 2)), known: true}
}

func (c *Client) remember(k clock) {
	if k.known {
		c.skew.Store(int64(k.skew))
		c.clock.Store(true)
	}
}

// signingSkew is what is added to the clock in signatures.
func (c *Client) signingSkew() time.Duration {
	if !c.fixSkew {
		return 0
	}
	return c.Skew()
}

// skewed reports whether the refusal can be cured by signing with the server's
// time: a signature is checked before anything that AWS accepts only once.
func (c *Client) skewed(e *APIError, k clock, used time.Duration) bool {
	return c.fixSkew && k.known && (used-k.skew).Abs() > skewMatters &&
		e.HasCode("InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
			"RequestTimeTooSkewed", "AccessDeniedException")
}
