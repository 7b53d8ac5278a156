package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// A Failure goes wrong on demand: it says which requests it meets, when, and
// what becomes of them. The zero value of every field means "any" or "none"; what
// is needed is at least one field that changes something. What it does not say is
// as without it: alone, Delay, Trickle and Cut spoil the true answer.
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
	// Garbage is an answer that no client should believe or choke on: "html", a
	// page as of a captive portal; "control", NUL, escape and other control bytes;
	// "nested", 100,000 levels; "empty", nothing; and of the true answer "truncated",
	// its first half, and "mislabeled", all of it as text/html.
	Garbage string `yaml:"garbage" json:"garbage,omitempty"`
	// Huge is an answer of so many bytes, 1 TiB at most, that are made as they are
	// sent; with Gzip they are compressed, about a thousandfold.
	Huge int64 `yaml:"huge" json:"huge,omitempty"`
	Gzip bool  `yaml:"gzip" json:"gzip,omitempty"`
	// Trickle sends the answer slowly: so many bytes a second.
	Trickle int `yaml:"trickle" json:"trickle,omitempty"`
	// Cut ends the connection after so many bytes of the answer's body, of which
	// Content-Length has promised more.
	Cut int `yaml:"cut" json:"cut,omitempty"`
	// Close ends the connection without an answer, Reset does it with a TCP
	// reset, and Hang says nothing until the client goes or the server closes.
	Close bool `yaml:"close" json:"close,omitempty"`
	Reset bool `yaml:"reset" json:"reset,omitempty"`
	Hang  bool `yaml:"hang" json:"hang,omitempty"`

	// Lifetime is that of the credentials that the answer hands out, from -24h to
	// 36h; below zero they have ended when they arrive. In JSON it is written like
	// "70s". These four meet only operations that hand out credentials.
	Lifetime time.Duration `yaml:"lifetime" json:"lifetime,omitempty" sign:"±"`
	// Rotate ends the credentials that the same identity was given before.
	Rotate bool `yaml:"rotate" json:"rotate,omitempty"`
	// Drop leaves members of the credentials out, Empty leaves them there without a
	// value: access_key_id, secret_access_key, session_token, expiration.
	Drop  []string `yaml:"drop" json:"drop,omitempty"`
	Empty []string `yaml:"empty" json:"empty,omitempty"`
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
		Delay    *string `json:"delay"`
		Lifetime *string `json:"lifetime"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return fmt.Errorf("%s is not %s", wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:], kindOf(wrong.Type))
		}
		return err
	}
	out := Failure(in.plainFailure)
	for _, d := range []struct {
		key  string
		text *string
		to   *time.Duration
	}{{"delay", in.Delay, &out.Delay}, {"lifetime", in.Lifetime, &out.Lifetime}} {
		if d.text == nil {
			continue
		}
		var err error
		if *d.to, err = time.ParseDuration(*d.text); err != nil {
			return fmt.Errorf("%s %q is not one like 2s or 1m30s", d.key, clip(*d.text))
		}
	}
	if in.Lifetime != nil && out.Lifetime == 0 {
		return errors.New(`lifetime is 0: write "-1s" for credentials that have ended`)
	}
	if len(out.Drop) == 0 {
		out.Drop = nil
	}
	if len(out.Empty) == 0 {
		out.Empty = nil
	}
	*f = out
	return nil
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Slice:
		return "a list of texts"
	}
	return "a text"
}

// MarshalJSON writes durations as text.
func (f Failure) MarshalJSON() ([]byte, error) {
	out := struct {
		plainFailure
		Delay    string `json:"delay,omitempty"`
		Lifetime string `json:"lifetime,omitempty"`
	}{plainFailure: plainFailure(f)}
	if f.Delay != 0 {
		out.Delay = f.Delay.String()
	}
	if f.Lifetime != 0 {
		out.Lifetime = f.Lifetime.String()
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
