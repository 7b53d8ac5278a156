package awsapi_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/origin"
)

func tlsServer(t *testing.T, conf *tls.Config, h http.HandlerFunc) (awsapi.Endpoint, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = conf
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	path := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(path, append([]byte("# my CA\n"), block...), 0o600); err != nil {
		t.Fatal(err)
	}
	return awsapi.Endpoint{URL: s.URL, SigningRegion: "us-east-1"}, path
}

func withBundle(path string) func(*awsapi.Options) {
	return func(o *awsapi.Options) {
		o.CABundle = origin.Value{Text: path, Origin: origin.Env("AWS_CA_BUNDLE")}
	}
}

func TestCABundle(t *testing.T) {
	t.Parallel()
	proto := ""
	e, path := tlsServer(t, nil, func(w http.ResponseWriter, r *http.Request) {
		proto = r.Proto
		answer(200, xmlType, assumeRoleXML)(w, r)
	})
	c := newClient(t, withBundle(path))
	for range 2 {
		if _, err := c.AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{}); err != nil || proto != "HTTP/1.1" {
			t.Errorf("over %s: %v", proto, err)
		}
	}
	_, err := newClient(t, nil).AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
	var ue *awsapi.UnreachableError
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &ue) || ue.Reason != awsapi.ReasonTLS || !errors.As(err, &unknown) || ue.Attempts != 1 ||
		!strings.Contains(err.Error(), "unknown authority") || !strings.Contains(err.Error(), "AWS_CA_BUNDLE") {
		t.Errorf("without the bundle: %v", err)
	}
}

func TestTLSFailures(t *testing.T) {
	t.Parallel()
	good := answer(200, xmlType, assumeRoleXML)
	e, path := tlsServer(t, nil, good)
	old, oldPath := tlsServer(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, good) //nolint:gosec // the point
	demanding, demandingPath := tlsServer(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}, good)
	plain, _ := server(t, good)
	silent := listener(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	closing := listener(t, func(c net.Conn) { readRequest(c) })
	https := func(e awsapi.Endpoint) string { return strings.Replace(e.URL, "http://", "https://", 1) }
	tests := []struct {
		name, url, bundle string
		now               time.Time
		reason            awsapi.Reason
		text              string
	}{
		{"host name", strings.Replace(e.URL, "127.0.0.1", "localhost", 1), path, time.Time{}, awsapi.ReasonTLS, "localhost"},
		{"expired", e.URL, path, time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), awsapi.ReasonTLS, "expired"},
		{"TLS 1.1", old.URL, oldPath, time.Time{}, awsapi.ReasonTLS, "version"},
		{"client certificate", demanding.URL, demandingPath, time.Time{}, awsapi.ReasonTLS, "certificate required"},
		{"no TLS", https(plain), "", time.Time{}, awsapi.ReasonTLS, "does not look like a TLS handshake"},
		{"silence", https(silent), "", time.Time{}, awsapi.ReasonTimeout, "TLS handshake"},
		{"closed", https(closing), "", time.Time{}, awsapi.ReasonClosed, "connection lost"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, func(o *awsapi.Options) {
				withBundle(tt.bundle)(o)
				if !tt.now.IsZero() {
					o.Now = func() time.Time { return tt.now }
				}
				o.Limits = awsapi.Limits{Attempts: 1, TLS: 500 * time.Millisecond}
			})
			_, err := c.AssumeRole(t.Context(), awsapi.Endpoint{URL: tt.url, SigningRegion: "us-east-1"}, keys(), awsapi.AssumeRoleInput{})
			var ue *awsapi.UnreachableError
			if !errors.As(err, &ue) || ue.Reason != tt.reason || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestBadCABundle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate CANARY"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.pem")
	plain, _ := server(t, answer(200, xmlType, assumeRoleXML))
	for path, text := range map[string]string{empty: "holds no PEM certificate", missing: "no such file", dir: "is a directory"} {
		c := newClient(t, withBundle(path))
		_, err := c.AssumeRole(t.Context(), awsapi.Endpoint{URL: "https://127.0.0.1:1", SigningRegion: "us-east-1"}, keys(), awsapi.AssumeRoleInput{})
		var be *awsapi.CABundleError
		if !errors.As(err, &be) || be.Path != path || be.Origin != origin.Env("AWS_CA_BUNDLE") || err.Error() != "$AWS_CA_BUNDLE: CA bundle "+path+": "+be.Err.Error() ||
			!strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := c.AssumeRole(t.Context(), plain, keys(), awsapi.AssumeRoleInput{}); err != nil {
			t.Errorf("%s over plain HTTP: %v", path, err)
		}
	}
	if _, err := newClient(t, withBundle(missing)).AssumeRole(t.Context(), awsapi.Endpoint{URL: "https://127.0.0.1:1"}, keys(), awsapi.AssumeRoleInput{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("cause is not kept: %v", err)
	}
}
