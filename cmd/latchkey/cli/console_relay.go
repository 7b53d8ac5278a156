package cli

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	// relayHeader has room for the cookies of everything else that was ever
	// served from 127.0.0.1: browsers do not keep those apart by port.
	relayHeader = 32 << 10
	// relayDrain is how long the answer has to reach the browser.
	relayDrain = time.Second
)

// relay is a page of 127.0.0.1 that sends a browser on to a link: once, and only
// who knows its random path. A browser gets its address as an argument, which every
// user of the machine can read; this one is worth nothing when it is read.
type relay struct {
	url    string
	given  chan struct{} // closed when the link is on its way
	link   secret.Text
	path   loopback.Token
	hosts  loopback.Hosts
	tries  loopback.Tries
	taken  atomic.Bool
	server *loopback.Server
}

// newRelay begins to answer.
func newRelay(link secret.Text) (*relay, error) {
	l, err := loopback.Listen("")
	if err != nil {
		return nil, err
	}
	path, token := loopback.NewToken()
	h := &relay{url: "http://" + l.Addr().String() + "/" + path.Reveal(), given: make(chan struct{}), link: link, path: token, hosts: loopback.HostsOf(l.Addr())}
	h.server = loopback.Serve(l, loopback.Options{Handler: h, Peers: loopback.OwnOrRoot, MaxHeader: relayHeader, Single: true, Drain: relayDrain})
	return h, nil
}

// isGiven reports whether a browser has the link.
func (h *relay) isGiven() bool {
	select {
	case <-h.given:
		return true
	default:
		return false
	}
}

// close ends the page; nothing of it runs when it returns.
func (h *relay) close() { _ = h.server.Close() }

// ServeHTTP implements http.Handler.
func (h *relay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to := w.Header()
	to.Set("Cache-Control", "no-store")
	to.Set("Referrer-Policy", "no-referrer")
	to.Set("X-Content-Type-Options", "nosniff")
	switch {
	case !h.hosts[r.Host]: // a page whose name was made to resolve to 127.0.0.1
		w.WriteHeader(http.StatusMisdirectedRequest)
	case !h.path.Is(strings.TrimPrefix(r.URL.EscapedPath(), "/")) || r.URL.RawQuery != "":
		h.tries.Refused(r.Context())
		w.WriteHeader(http.StatusNotFound)
	case r.Method != http.MethodGet || !navigates(r.Header) || loopback.Proxied(r.Header):
		w.WriteHeader(http.StatusNotFound)
	case loopback.Prefetched(r.Header): // nobody sees the answer; the browser asks again
		w.WriteHeader(http.StatusServiceUnavailable)
	case !h.taken.CompareAndSwap(false, true):
		w.WriteHeader(http.StatusNotFound)
	default:
		to.Set("Location", h.link.Reveal())
		w.WriteHeader(http.StatusSeeOther)
		close(h.given)
	}
}

// navigates reports whether a person's browser goes to the page, as far as it tells,
// and no other page has a part in it. The address of a new tab has no origin.
func navigates(h http.Header) bool {
	is := func(name, want string) bool { return h.Get(name) == "" || h.Get(name) == want }
	return h.Get("Origin") == "" && is("Sec-Fetch-Mode", "navigate") && is("Sec-Fetch-Dest", "document") && h.Get("Sec-Fetch-Site") != "cross-site" && h.Get("Sec-Fetch-Site") != "same-site"
}
