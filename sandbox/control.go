package sandbox

import (
	"errors"
	"math"
	"net/http"
	"strconv"
)

// serveControl is the sandbox's own API, under /_sandbox/. Like everything else
// it answers neither browsers nor proxies nor other users.
func (s *Server) serveControl(x *exchange) {
	x.rec.Service = "control"
	switch x.r.URL.Path {
	case "/_sandbox/ready":
		if x.method(http.MethodGet) {
			x.write(http.StatusOK, "application/json", []byte(toJSON(s.Ready())+"\n"))
		}
	case "/_sandbox/requests":
		s.serveRequests(x)
	case "/_sandbox/requests/count":
		s.serveRequestCount(x)
	case "/_sandbox/clock":
		s.serveClock(x)
	case "/_sandbox/failures":
		s.serveFailures(x)
	case "/_sandbox/revoke":
		if x.method(http.MethodPost) {
			x.write(http.StatusOK, "application/json", []byte(toJSON(map[string]int{"revoked": s.RevokeSessions()})+"\n"))
		}
	case "/_sandbox/mfa-code":
		if x.method(http.MethodPost) {
			code, err := s.MFACode(x.r.URL.Query().Get("user"))
			x.text(code, err)
		}
	case "/_sandbox/web-identity-token":
		if x.method(http.MethodPost) {
			token, err := s.WebIdentityToken(x.r.URL.Query().Get("identity"), 0)
			x.text(token, err)
		}
	default:
		x.empty(http.StatusNotFound)
	}
}

// text answers with one line for a shell to read, or with what is wrong.
func (x *exchange) text(line string, err error) {
	if err == nil {
		x.write(http.StatusOK, "text/plain; charset=utf-8", []byte(line+"\n"))
		return
	}
	status := http.StatusNotFound
	var wait *NoCodeError
	if errors.As(err, &wait) {
		status = http.StatusTooManyRequests
		x.w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.After.Seconds()))))
	}
	x.rec.Code = "NotAvailable"
	x.write(status, "text/plain; charset=utf-8", []byte(clip(err.Error())+"\n"))
}
