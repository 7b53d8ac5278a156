package server

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/loopback"
)

// maxBody bounds the body of a request, in bytes. No request needs one.
const maxBody = 64 << 10

// exchange is one request being answered.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	route  string // pattern, for the log
	status int
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{w: w, r: r}
	if s.seen == nil {
		s.serve(x)
		return
	}
	began := s.now()
	s.serve(x)
	s.seen(Request{Method: methodName(r.Method), Route: x.route, Status: x.status, Took: s.now().Sub(began)})
}

// serve refuses what no SDK sends, before anything is looked at, and routes the
// rest.
func (s *Server) serve(x *exchange) {
	isMetadata := s.metadata != nil && strings.HasPrefix(x.r.URL.Path, metadataPath)
	switch {
	case !s.hosts[x.r.Host] && !(isMetadata && s.metaHosts[x.r.Host]):
		// A name that was made to resolve to this machine (DNS rebinding).
		x.refuse(http.StatusMisdirectedRequest)
	case x.r.Method == http.MethodOptions, loopback.Browsed(x.r.Header), loopback.Proxied(x.r.Header):
		// A preflight, a page's script or form, a proxy on the way from elsewhere.
		x.refuse(http.StatusForbidden)
	case !x.bodyFits():
		x.refuse(http.StatusRequestEntityTooLarge)
	case isMetadata:
		s.metadata.serve(x, s.now())
	case x.r.URL.Path == solePath, strings.HasPrefix(x.r.URL.Path, containerPath):
		s.container.serve(x)
	default:
		x.refuse(http.StatusNotFound)
	}
}

// bodyFits reads what a request brings along.
func (x *exchange) bodyFits() bool {
	if x.r.ContentLength == 0 {
		return true
	}
	_, err := io.Copy(io.Discard, http.MaxBytesReader(x.w, x.r.Body, maxBody))
	return err == nil
}

// only answers 405 unless the request's method is the one given.
func (x *exchange) only(method string) bool {
	if x.r.Method == method {
		return true
	}
	x.w.Header().Set("Allow", method)
	x.refuse(http.StatusMethodNotAllowed)
	return false
}

// refuse answers whom this is not for.
func (x *exchange) refuse(status int) {
	x.part()
	x.empty(status)
}

// part ends the connection with this answer. There are not many, and who goes on
// with what is refused has to stand in line again for one.
func (x *exchange) part() { x.w.Header().Set("Connection", "close") }

func (x *exchange) empty(status int) { x.write(status, "", nil) }

func (x *exchange) write(status int, contentType string, body []byte) {
	h := x.w.Header()
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	x.status = status
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // the client may be gone; there is nobody to tell
}

func (x *exchange) json(status int, body []byte) { x.write(status, "application/json", body) }

// methodName keeps what a stranger calls a method out of a log.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// seconds is a time as the headers want it, at least one.
func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }
