package awsapi

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/origin"
)

// APIError is an answer in which AWS refuses a call.
type APIError struct {
	Service   Service
	Operation string
	// Code is the service's own: AccessDenied, UnauthorizedException. For
	// [SSOOIDC] it is the exception's name, for [SignIn] the value of "error",
	// such as TOKEN_EXPIRED. Compare with [APIError.HasCode].
	Code string
	// Type is the exception's name where the answer gives one, in JSON services.
	Type string
	// OAuth is the "error" value of the OIDC and sign-in services (RFC 6749,
	// section 5.2): invalid_grant, authorization_pending.
	OAuth string
	// Message is sanitised and at most 2,000 characters long. Error shows 200.
	Message   string
	RequestID string
	Endpoint  string // URL without query
	Status    int    // HTTP
	// ServerTime is the Date of the answer, zero if it had none.
	ServerTime time.Time
	// Skew is the server's clock minus ours as measured on this answer, zero
	// if it could not be.
	Skew time.Duration
	// Region and RegionEndpoint are what InvalidRequestRegionException names:
	// where the Identity Center instance is.
	Region, RegionEndpoint string
	// RetryAfter is how long the service asks to be left alone, zero if it does not.
	RetryAfter time.Duration
	Attempts   int // requests made
}

// Error gives operation, code, message, HTTP status and request id, and the
// endpoint of a server that is in trouble or throttles.
func (e *APIError) Error() string {
	var b strings.Builder
	b.WriteString(label(e.Service, e.Operation) + ": " + e.Code)
	if e.Message != "" {
		b.WriteString(": " + elide(e.Message, maxExcerpt))
	}
	b.WriteString(" (HTTP " + strconv.Itoa(e.Status))
	if e.Status == 429 || e.Status >= 500 { // not a word on the call: who says so matters
		b.WriteString(" from " + e.Endpoint)
	}
	if e.Type != "" && e.Type != e.Code {
		b.WriteString(", " + e.Type)
	}
	if e.RequestID != "" {
		b.WriteString(", request id " + e.RequestID)
	}
	if e.RetryAfter > 0 {
		b.WriteString(", retry after " + e.RetryAfter.String())
	}
	return b.String() + ")"
}

// HasCode reports whether Code, Type or OAuth is one of codes.
//
//go:noinline
func (e *APIError) HasCode(codes ...string) bool {
	for _, c := range codes {
		if c != "" && (c == e.Code || c == e.Type || c == e.OAuth) {
			return true
		}
	}
	return false
}

// Reason says at which point a server could not be reached.
type Reason string

// The reasons.
const (
	ReasonDNS     Reason = "dns"     // the name has no address
	ReasonConnect Reason = "connect" // refused, or no route
	ReasonTimeout Reason = "timeout" // no connection or no answer in time
	ReasonTLS     Reason = "tls"     // handshake or certificate
	ReasonProxy   Reason = "proxy"   // refused by, or no connection to, the proxy
	ReasonClosed  Reason = "closed"  // connection lost before the answer was complete
)

// UnreachableError is a call that got no answer. The caller's own cancellation
// is not one: it comes back as the context's error, wrapped.
type UnreachableError struct {
	Operation string
	Endpoint  string // URL without query
	Reason    Reason
	Attempts  int // requests tried
	// Err is the cause; its text is sanitised. Behind it lie the errors of net,
	// crypto/tls and crypto/x509 for errors.As, or a [ProxyError].
	Err error
}

// Error names the operation, the endpoint, the reason and the cause.
func (e *UnreachableError) Error() string {
	s := fmt.Sprintf("%s: no answer from %s: %s: %v", e.Operation, e.Endpoint, e.Reason, e.Err)
	if e.Attempts > 1 {
		s += " (" + strconv.Itoa(e.Attempts) + " attempts)"
	}
	return s
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// ResponseError is an answer that AWS does not give: a captive portal's page,
// a truncated or oversized body, credentials that lack a part.
type ResponseError struct {
	Operation   string
	Endpoint    string // URL without query
	Status      int    // HTTP; 0 where the answer is not even HTTP
	ContentType string // sanitised
	// Excerpt is the sanitised beginning of the body, at most 200 characters;
	// empty where the body may hold credentials.
	Excerpt string
	Why     string
	// RetryAfter is how long the server asks to be left alone, zero if it does not.
	RetryAfter time.Duration
	Attempts   int // requests made; 0 for a success that lacks a part
}

// Error says what is wrong with the answer and shows how it begins.
func (e *ResponseError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: not an AWS response from %s: %s", e.Operation, e.Endpoint, e.Why)
	if e.Status > 0 {
		b.WriteString(" (HTTP " + strconv.Itoa(e.Status))
		if e.ContentType != "" {
			b.WriteString(", " + e.ContentType)
		}
		if e.RetryAfter > 0 {
			b.WriteString(", retry after " + e.RetryAfter.String())
		}
		b.WriteByte(')')
	}
	if e.Excerpt != "" {
		b.WriteString(": " + strconv.Quote(e.Excerpt))
	}
	return b.String()
}

// InputError is a call that cannot be sent as asked.
type InputError struct {
	Operation string
	Why       string // names the input, never its value
}

// Error names the operation and the input.
func (e *InputError) Error() string { return e.Operation + ": " + e.Why }

// ProxyError is a proxy that cannot be used. It names the variable, whose value
// may hold a password, and never the value.
type ProxyError struct {
	Variable string
	Status   int // HTTP status the proxy answered with, 0 if it did not
	Why      string
}

// Error names the variable and what is wrong.
func (e *ProxyError) Error() string {
	if e.Variable == "" {
		return e.Why
	}
	return "proxy of " + e.Variable + ": " + e.Why
}

// CABundleError is a file of certificates that cannot be used.
type CABundleError struct {
	Path   string
	Origin origin.Origin
	Err    error
}

// Error names where the path was set, the path, and the cause.
func (e *CABundleError) Error() string {
	return fmt.Sprintf("%s: CA bundle %s: %v", e.Origin, e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *CABundleError) Unwrap() error { return e.Err }

// EndpointError is an endpoint that cannot be built.
type EndpointError struct {
	Service Service
	Why     string
}

// Error names the service and the reason.
func (e *EndpointError) Error() string { return string(e.Service) + " endpoint: " + e.Why }

func label(s Service, operation string) string {
	if s == "" {
		return operation
	}
	return string(s) + " " + operation
}
