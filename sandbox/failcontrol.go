package sandbox

import "net/http"

// serveFailures is /_sandbox/failures: GET lists, POST adds, DELETE removes all.
func (s *Server) serveFailures(x *exchange) {
	switch x.r.Method {
	case http.MethodGet:
		x.write(http.StatusOK, "application/json", []byte(toJSON(s.Failures())+"\n"))
	case http.MethodPost:
		f, err := parseFailure(x.body)
		if err == nil {
			err = s.Fail(f)
		}
		if err != nil {
			x.badRequest(err)
			return
		}
		x.write(http.StatusOK, "application/json", []byte(toJSON(f)+"\n"))
	case http.MethodDelete:
		s.ClearFailures()
		x.empty(http.StatusNoContent)
	default:
		x.w.Header().Set("Allow", "GET, POST, DELETE")
		x.empty(http.StatusMethodNotAllowed)
	}
}
