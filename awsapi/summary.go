package awsapi

import (
	"errors"
	"net/http"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// Refused reports whether err is AWS's final no: an answer with a 4xx status,
// which asking again does not change. 408, 429 and throttling, which the query
// services answer with 400, are none.
func Refused(err error) bool {
	var api *APIError
	return errors.As(err, &api) && api.Status >= 400 && api.Status < 500 &&
		api.Status != http.StatusRequestTimeout && api.Status != http.StatusTooManyRequests && !throttled(api)
}

// MayHaveRun reports whether AWS may have done what a call asked for although
// the call failed: a lost connection, a timeout, a cancellation and an error of
// the server leave that open.
func MayHaveRun(err error) bool {
	var (
		api         *APIError
		unreachable *UnreachableError
		input       *InputError
		bundle      *CABundleError
	)
	switch {
	case err == nil, errors.As(err, &input), errors.As(err, &bundle):
		return false
	case errors.As(err, &api):
		return !Refused(err) && api.Status != http.StatusTooManyRequests && !throttled(api)
	case errors.As(err, &unreachable):
		switch unreachable.Reason {
		case ReasonDNS, ReasonConnect, ReasonProxy:
			return false
		}
	}
	return true
}

// Summary returns what is worth recording of a failed call: AWS's code and
// words; of a call without an answer the [Reason] and the endpoint; of anything
// else "response" and the error's text. It holds no secret and fits a terminal.
func Summary(err error) (code, text string) {
	var api *APIError
	var unreachable *UnreachableError
	switch {
	case errors.As(err, &api):
		return display.Text(api.Code, maxName), display.Text(api.Message, maxExcerpt)
	case errors.As(err, &unreachable):
		return string(unreachable.Reason), display.Text(unreachable.Endpoint, maxExcerpt)
	}
	return "response", display.Text(err.Error(), maxExcerpt)
}

// FromSummary is the error of a call that another process made without getting
// an answer; code is what Summary said there, err what brought it here.
func FromSummary(operation string, e Endpoint, code string, err error) *UnreachableError {
	return &UnreachableError{Operation: operation, Endpoint: e.URL, Reason: Reason(code), Attempts: 1, Err: err}
}
