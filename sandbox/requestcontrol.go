package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// requestFilter picks requests of the log; the zero value picks all.
type requestFilter struct {
	service, operation string
	code               *string // nil: any; "": success
	status             int     // 0: any
}

// of returns the requests that the filter picks, never nil.
func (f requestFilter) of(list []Recorded) []Recorded {
	out := []Recorded{}
	for _, r := range list {
		if (f.service == "" || f.service == r.Service) && (f.operation == "" || f.operation == r.Operation) &&
			(f.code == nil || *f.code == r.Code) && (f.status == 0 || f.status == r.Status) {
			out = append(out, r)
		}
	}
	return out
}

// parseFilter reads a query. Names that nothing ever has are refused: a test that
// counts them would find none, and pass.
func parseFilter(query string) (f requestFilter, err error) {
	values, readable := single(query)
	if !readable {
		return f, errors.New("the query cannot be read, or names a filter twice")
	}
	for name, value := range values {
		switch name {
		case "service":
			known := append(failingServices(), "unknown", "refused")
			if f.service = value; !slices.Contains(known, value) {
				return f, fmt.Errorf("service %q is not one of %s", clip(value), strings.Join(known, ", "))
			}
		case "operation":
			known := append(operationsOf(values["service"]), "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
			if f.operation = value; !slices.Contains(known, value) {
				return f, fmt.Errorf("operation %q is not one of %s", clip(value), strings.Join(known, ", "))
			}
		case "code":
			f.code = &value
		case "status":
			if f.status, err = strconv.Atoi(value); err != nil || f.status < 100 || f.status > 599 {
				return f, fmt.Errorf("status %q is not 100 to 599", clip(value))
			}
		default:
			return f, fmt.Errorf("filter %q is not one of service, operation, code, status", clip(name))
		}
	}
	return f, nil
}

// serveRequests is /_sandbox/requests: GET lists, DELETE forgets.
func (s *Server) serveRequests(x *exchange) {
	switch x.r.Method {
	case http.MethodGet:
		if list, ok := s.filtered(x); ok {
			x.write(http.StatusOK, "application/json", []byte(toJSON(list)+"\n"))
		}
	case http.MethodDelete:
		s.ClearRequests()
		x.empty(http.StatusNoContent)
	default:
		x.w.Header().Set("Allow", "GET, DELETE")
		x.empty(http.StatusMethodNotAllowed)
	}
}

// serveRequestCount is /_sandbox/requests/count: a number, for a shell to read.
func (s *Server) serveRequestCount(x *exchange) {
	if !x.method(http.MethodGet) {
		return
	}
	if list, ok := s.filtered(x); ok {
		x.write(http.StatusOK, "text/plain; charset=utf-8", []byte(strconv.Itoa(len(list))+"\n"))
	}
}

// filtered answers itself if the query is wrong.
func (s *Server) filtered(x *exchange) ([]Recorded, bool) {
	filter, err := parseFilter(x.r.URL.RawQuery)
	if err != nil {
		x.badRequest(err)
		return nil, false
	}
	return filter.of(s.Requests()), true
}

// badRequest is how the control API says what is wrong.
func (x *exchange) badRequest(err error) {
	x.rec.Code = "BadRequest"
	x.write(http.StatusBadRequest, "text/plain; charset=utf-8", []byte(err.Error()+"\n"))
}
