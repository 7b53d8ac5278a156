package awsapi

import (
	"encoding/json"
	"errors"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// record is a failed call as one process tells another of it: exactly one
// member is set.
type record struct {
	API         *APIError          `json:",omitempty"`
	Response    *ResponseError     `json:",omitempty"`
	Unreachable *unreachableRecord `json:",omitempty"`
}

type unreachableRecord struct {
	Operation, Endpoint string
	Reason              Reason
	Attempts            int
	Cause               string
}

// maxCause is how much of the text of a cause is recorded, in characters.
const maxCause = 500

// Record writes the failure of a call as text for another process of this user,
// which makes the same error of it with [FromRecord]. It holds no secret. It is
// false for errors that are not this package's answer or lack of one.
func Record(err error) (string, bool) {
	var r record
	var unreachable *UnreachableError
	switch {
	case errors.As(err, &r.API), errors.As(err, &r.Response):
	case errors.As(err, &unreachable):
		r.Unreachable = &unreachableRecord{unreachable.Operation, unreachable.Endpoint, unreachable.Reason, unreachable.Attempts,
			display.Text(unreachable.Err.Error(), maxCause)}
	default:
		return "", false
	}
	text, err := json.Marshal(r)
	return string(text), err == nil
}

// FromRecord returns the error that [Record] wrote: an *[APIError],
// *[ResponseError] or *[UnreachableError], whose cause is only a text.
func FromRecord(text string) (error, bool) {
	var r record
	if json.Unmarshal([]byte(text), &r) != nil {
		return nil, false
	}
	switch {
	case r.API != nil:
		return r.API, true
	case r.Response != nil:
		return r.Response, true
	case r.Unreachable != nil:
		u := r.Unreachable
		return &UnreachableError{Operation: u.Operation, Endpoint: u.Endpoint, Reason: u.Reason, Attempts: u.Attempts, Err: errors.New(u.Cause)}, true
	}
	return nil, false
}
