package authcode

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"
)

// The limits, for the tests.
const (
	MaxConnections = maxConnections
	MaxMisses      = maxMisses
	HeaderTimeout  = headerTimeout
	MissDelay      = missDelay
)

// SetPatience is for tests that cannot wait for ten minutes.
func (l *Listener) SetPatience(d time.Duration) { l.patience = d }

// Server shows the limits whose effect takes too long to be waited for.
func (l *Listener) Server() *http.Server { return l.server }

// Take puts a query before the listener without a connection, and tells what it
// took from it.
func (l *Listener) Take(query string) (code string, denied error, taken bool) {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path, RawQuery: query}, Host: "127.0.0.1:" + l.port}
	l.handle(httptest.NewRecorder(), r)
	select {
	case a := <-l.answer:
		if a.denied != nil {
			denied = a.denied
		}
		return a.code.Reveal(), denied, true
	default:
		return "", nil, false
	}
}
