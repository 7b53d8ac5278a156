package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A Failure goes wrong on demand: it says which requests it meets, when, and
// what becomes of them. It needs at least one of Delay, Status, Code, Body,
// Close, Reset and Hang. The zero value of every field means "any" or "none".
type Failure struct {
	// Service and Operation are as in the request log: "sso_oidc", "CreateToken".
	Service   string `yaml:"service" json:"service,omitempty"`
	Operation string `yaml:"operation" json:"operation,omitempty"`
	// Skip is how many matching requests are let through first.
	Skip int `yaml:"skip" json:"skip,omitempty"`
	// Times is how many requests fail then; 0 is all, until the failure is removed.
	Times int `yaml:"times" json:"times,omitempty"`
	// After lets the operation take effect first, so that only its answer is
	// lost: a refresh token has then been used up.
	After bool `yaml:"after" json:"after,omitempty"`

	// Delay comes before everything else; alone it is a slow success. In JSON it
	// is written like "2s".
	Delay time.Duration `yaml:"delay" json:"delay,omitempty"`
	// Status of 200 to 599; without it, what AWS answers with Code, or 200 with Body.
	Status int `yaml:"status" json:"status,omitempty"`
	// Code is AWS's error code; without it, the service's own for Status.
	Code    string `yaml:"code" json:"code,omitempty"`
	Message string `yaml:"message" json:"message,omitempty"`
	// RetryAfter is the header of that name, in seconds.
	RetryAfter int `yaml:"retry_after" json:"retry_after,omitempty"`
	// Body is the raw text of the answer instead of an error in the service's form.
	Body string `yaml:"body" json:"body,omitempty"`
	// Close ends the connection without an answer, Reset does it with a TCP
	// reset, and Hang says nothing until the client goes or the server closes.
	Close bool `yaml:"close" json:"close,omitempty"`
	Reset bool `yaml:"reset" json:"reset,omitempty"`
	Hang  bool `yaml:"hang" json:"hang,omitempty"`
}

// longestDelay bounds every delay: longer than any client waits.
const longestDelay = time.Hour

// mistake is what is wrong with one key of a failure.
type mistake struct{ key, text string }

// mistakes checks a failure.
func (f *Failure) mistakes() (out []mistake) {
	add := func(key, format string, args ...any) { out = append(out, mistake{key, fmt.Sprintf(format, args...)}) }
	services := failingServices()
	if f.Service != "" && !slices.Contains(services, f.Service) {
		add("service", "service %q is not one of %s", clip(f.Service), strings.Join(services, ", "))
	} else if known := operationsOf(f.Service); f.Operation != "" && !slices.Contains(known, f.Operation) {
		add("operation", "operation %q is not one of %s", clip(f.Operation), strings.Join(known, ", "))
	}
	for _, n := range []struct {
		key   string
		value int
	}{{"skip", f.Skip}, {"times", f.Times}, {"retry_after", f.RetryAfter}} {
		if n.value < 0 {
			add(n.key, "%s is less than 0", n.key)
		}
	}
	if f.Delay < 0 || f.Delay > longestDelay {
		add("delay", "delay %s is not 0s to 1h", f.Delay)
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		add("status", "status %d is not 200 to 599", f.Status)
	}
	if f.Code != "" && !wordy(f.Code, 1, 128, ".:-") {
		add("code", "code is not 1 to 128 of letters, digits and .:-_")
	}
	endings := f.endings()
	switch {
	case len(endings) > 1:
		add(endings[1], "%s exclude each other", strings.Join(endings, " and "))
	case len(endings) == 0 && f.Delay == 0:
		add("", "nothing fails: give delay, status, code, body, close, reset or hang")
	}
	if answered := f.Status != 0 || f.Code != ""; !answered && f.Message != "" {
		add("message", "message needs a status or a code")
	} else if !answered && f.Body == "" && f.RetryAfter != 0 {
		add("retry_after", "retry_after needs a status, a code or a body")
	}
	return out
}

// endings names the keys that say how the request ends; one is enough.
func (f *Failure) endings() (keys []string) {
	for _, e := range []struct {
		key   string
		given bool
	}{
		{"status or code", f.Code != "" || f.Status != 0 && f.Body == ""},
		{"body", f.Body != ""},
		{"close", f.Close},
		{"reset", f.Reset},
		{"hang", f.Hang},
	} {
		if e.given {
			keys = append(keys, e.key)
		}
	}
	return keys
}

// plainFailure is a Failure without its methods.
type plainFailure Failure

// UnmarshalJSON refuses keys that are not known, also in the wrong case.
func (f *Failure) UnmarshalJSON(data []byte) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil || keys == nil {
		return errors.New("a failure is a JSON object")
	}
	t := reflect.TypeFor[Failure]()
	for name := range keys {
		if _, known := fieldFor(t, name); !known {
			return fmt.Errorf("key %q is not known%s", clip(name), suggestion(t, clip(name)))
		}
	}
	var in struct {
		plainFailure
		Delay *string `json:"delay"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return fmt.Errorf("%s is not %s", wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:], kindOf(wrong.Type))
		}
		return err
	}
	if in.Delay != nil {
		d, err := time.ParseDuration(*in.Delay)
		if err != nil {
			return fmt.Errorf("delay %q is not one like 2s or 1m30s", clip(*in.Delay))
		}
		in.plainFailure.Delay = d
	}
	*f = Failure(in.plainFailure)
	return nil
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	}
	return "a text"
}

// MarshalJSON writes the delay as text.
func (f Failure) MarshalJSON() ([]byte, error) {
	out := struct {
		plainFailure
		Delay string `json:"delay,omitempty"`
	}{plainFailure: plainFailure(f)}
	if f.Delay != 0 {
		out.Delay = f.Delay.String()
	}
	return json.Marshal(out)
}

// parseFailure reads the body of a request to the control API.
func parseFailure(body []byte) (Failure, error) {
	body = bytes.TrimSpace(body)
	if !json.Valid(body) {
		return Failure{}, errors.New("the body is not JSON")
	}
	var f Failure
	err := json.Unmarshal(body, &f)
	return f, err
}
