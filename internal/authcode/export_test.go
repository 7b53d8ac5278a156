package authcode

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"
)

// The limits of every listener, which package loopback holds.
const (
	MaxConnections = 1024
	MaxMisses      = 100
	HeaderTimeout  = 5 * time.Second
	MissDelay      = time.Second
)

// SetPatience is for tests that cannot wait for ten minutes.
func (l *Listener) SetPatience(d time.Duration) { l.patience = d }

// Patience is how long it waits.
func (l *Listener) Patience() time.Duration { return l.patience }

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

// SentFirst tells whether the page of a good callback has left the process
// before Wait could return.
func (l *Listener) SentFirst(query string) bool {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path, RawQuery: query}, Host: "127.0.0.1:" + l.port}
	w := &watched{ResponseRecorder: httptest.NewRecorder(), l: l}
	l.handle(w, r)
	return w.first
}

type watched struct {
	*httptest.ResponseRecorder
	l     *Listener
	first bool
}

func (w *watched) Flush() { w.first = w.Body.Len() > 0 && len(w.l.answer) == 0 }
