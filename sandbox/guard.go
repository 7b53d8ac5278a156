package sandbox

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 64 << 10

// exchange is one request being answered.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	sent   *http.Request // as it was sent, for what is signed: r without /region/REGION
	region string        // that REGION; "" for none
	now    time.Time
	body   []byte
	id     string // request id
	rec    Recorded
	issue  issue // what a failure makes of the credentials that are handed out
}

// serve is the whole server: the checks that hold for every path, the route,
// and the record.
func (s *Server) serve(w http.ResponseWriter, sent *http.Request) {
	r, region := inRegion(sent)
	x := &exchange{w: w, r: r, sent: sent, region: region, now: s.now(), id: requestID()}
	x.rec = Recorded{Time: x.now, Operation: r.Method}
	h := w.Header()
	h.Set("Date", x.now.UTC().Format(http.TimeFormat))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Amzn-Requestid", x.id)
	defer func() {
		if x.rec.Service != "control" {
			s.log.add(x.rec)
		}
	}()
	if status := s.refuse(r); status != 0 {
		x.rec.Service = "refused"
		x.empty(status)
		return
	}
	var err error
	if x.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		x.rec.Service = "refused"
		x.empty(http.StatusRequestEntityTooLarge)
		return
	}
	s.answer(x)
}

// refuse returns the status for a request that no AWS client sends: one for
// another host (DNS rebinding), one of a browser or through a proxy, OPTIONS.
// The pages are for browsers, and only for a person who opens them there.
func (s *Server) refuse(r *http.Request) int {
	isMetadata := strings.HasPrefix(r.URL.Path, "/latest/")
	linkLocal := r.Host == "169.254.169.254" || r.Host == "169.254.169.254:80"
	switch {
	case !s.hosts[r.Host] && !(isMetadata && linkLocal):
		return http.StatusMisdirectedRequest
	case r.Method == http.MethodOptions, loopback.Proxied(r.Header):
		return http.StatusForbidden
	case !opened(r), !isPage(r.URL) && loopback.Browsed(r.Header):
		return http.StatusForbidden
	}
	return 0
}

// opened reports whether a browser, if it is one, asks as for a person: for the
// document of a tab, from anywhere, or by a form of our own pages. Scripts,
// frames and forms of other sites are refused; so is a sandboxed frame, whose
// origin is "null".
func opened(r *http.Request) bool {
	only := func(name string, allowed ...string) bool {
		values := r.Header.Values(name)
		return len(values) == 0 || len(values) == 1 && slices.Contains(allowed, values[0])
	}
	return only("Origin", "http://"+r.Host) && only("Sec-Fetch-Mode", "navigate") && only("Sec-Fetch-Dest", "document") &&
		(r.Method == http.MethodGet || only("Sec-Fetch-Site", "same-origin"))
}

// route finds the service by its path; the services' paths do not overlap.
func (s *Server) route(x *exchange) {
	path := x.r.URL.Path
	switch {
	case path == "/" || path == "":
		s.serveQuery(x)
	case strings.HasPrefix(path, "/latest/"):
		s.serveMetadata(x)
	case path == containerPath:
		s.serveContainer(x)
	case path == "/federation/credentials", path == "/assignment/accounts",
		path == "/assignment/roles", path == "/logout":
		s.servePortal(x)
	case path == "/token", path == "/client/register", path == "/device_authorization":
		s.serveOIDC(x)
	case path == "/authorize", path == "/v1/authorize":
		s.serveAuthorize(x)
	case path == devicePath:
		s.serveDevice(x)
	case path == confirmationPath:
		s.serveConfirmation(x)
	case strings.HasPrefix(path, pagesPath):
		s.servePages(x)
	case path == "/v1/token":
		s.serveSignIn(x)
	case path == federationPath:
		s.serveFederation(x)
	case path == oauthPath:
		s.serveOAuth(x)
	case path == switchRolePath:
		s.serveSwitchRole(x)
	case strings.HasPrefix(path, "/_sandbox/"):
		s.serveControl(x)
	default:
		x.rec.Service = "unknown"
		x.empty(http.StatusNotFound)
	}
}

func (x *exchange) empty(status int) { x.write(status, "", nil) }

func (x *exchange) write(status int, contentType string, body []byte) {
	x.rec.Status = status
	if contentType != "" {
		x.w.Header().Set("Content-Type", contentType)
	}
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // the client may be gone; there is nobody to tell
}

// method answers 405 unless the request's method is the one given.
func (x *exchange) method(want string) bool {
	if x.r.Method == want {
		return true
	}
	x.w.Header().Set("Allow", want)
	x.empty(http.StatusMethodNotAllowed)
	return false
}
