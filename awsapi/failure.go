package awsapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// failure knows what an error of net/http needs to be told as one of ours.
type failure struct {
	label, endpoint string
	lim             Limits
	secrets         []string
	own             bool // our transport: connected is reliable
	connected       bool
	// proxy is the variable that names the proxy on the way, "" for none.
	proxy string
}

// cause is an error whose text has been sanitised, with the original behind it.
type cause struct {
	text string
	err  error
}

func (e *cause) Error() string { return e.text }
func (e *cause) Unwrap() error { return e.err }

// trouble classifies err.
func (f failure) trouble(err error) *trouble {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err // its text repeats the URL with its query
	}
	if why := notHTTP(err); why != "" {
		return &trouble{err: f.response(reply{}, why)}
	}
	reason, text, again := f.classify(err)
	text = display.Text(redact(text, f.secrets), maxExcerpt)
	return &trouble{
		err:    &UnreachableError{Operation: f.label, Endpoint: f.endpoint, Reason: reason, Err: &cause{text, err}},
		again:  again,
		unsent: !f.connected && (f.own || reason == ReasonDNS || reason == ReasonConnect || reason == ReasonProxy),
	}
}

func (f failure) classify(err error) (r Reason, text string, again bool) {
	var (
		proxy *ProxyError
		dns   *net.DNSError
		op    *net.OpError
		nerr  net.Error
	)
	text = err.Error()
	isOp := errors.As(err, &op)
	switch {
	case errors.As(err, &proxy):
		return ReasonProxy, text, proxy.Status >= 500
	case isOp && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")):
		return ReasonProxy, "proxy of " + f.proxy + ": " + op.Err.Error(), !isTLS(err)
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return ReasonDNS, "no such host: " + dns.Name, false
		}
		return ReasonDNS, text, true
	case isTLS(err):
		return ReasonTLS, tlsText(err, text), false
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &nerr) && nerr.Timeout():
		switch {
		case strings.Contains(text, "TLS handshake"):
			text = "TLS handshake not done within " + f.lim.TLS.String()
		case f.connected:
			text = "no complete answer within " + f.lim.Attempt.String()
		case isOp && op.Op == "dial":
			text = "no connection within " + min(f.lim.Connect, f.lim.Attempt).String()
		case f.proxy != "":
			text = "no connection through the proxy of " + f.proxy + " within " + f.lim.Attempt.String()
		default:
			text = "no connection within " + f.lim.Attempt.String()
		}
		return ReasonTimeout, text, true
	case !f.connected && isOp && op.Op == "dial":
		return ReasonConnect, text, true
	}
	if !f.own && !f.connected && isOp && op.Op != "read" && op.Op != "write" {
		return ReasonConnect, text, true
	}
	return ReasonClosed, "connection lost: " + text, true
}

func isTLS(err error) bool {
	var (
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		roots   x509.SystemRootsError
		record  tls.RecordHeaderError
		alert   tls.AlertError
	)
	return errors.As(err, &verify) || errors.As(err, &unknown) || errors.As(err, &host) ||
		errors.As(err, &invalid) || errors.As(err, &roots) || errors.As(err, &record) || errors.As(err, &alert) ||
		strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

func tlsText(err error, text string) string {
	var verify *tls.CertificateVerificationError
	if errors.As(err, &verify) {
		text = verify.Err.Error()
	}
	text = strings.TrimPrefix(text, "tls: ")
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		text += "; AWS_CA_BUNDLE names a file of further authorities"
	}
	return text
}

// notHTTP knows net/http's errors for answers that are none. They are untyped.
func notHTTP(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "server response headers exceeded"), strings.Contains(text, "header list larger"):
		return "header of more than 64 KiB"
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "malformed MIME"),
		strings.Contains(text, "bad Content-Length"), strings.Contains(text, "unsupported transfer encoding"),
		strings.Contains(text, "invalid byte in chunk length"), strings.Contains(text, "malformed chunked"),
		strings.Contains(text, "header line too long"):
		return "not HTTP"
	}
	return ""
}
