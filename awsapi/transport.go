package awsapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// transport returns the own transport, made at its first use. Only the secure
// one needs the CA bundle: a broken bundle does not keep anybody from IMDS.
func (c *Client) transport(secure bool) (*http.Transport, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := &c.plain
	if secure {
		at = &c.secure
	}
	if *at != nil {
		return *at, nil
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, Time: c.now}
	if secure && c.bundle.Set() {
		roots, err := readBundle(c.bundle.Text)
		if err != nil {
			return nil, &CABundleError{Path: c.bundle.Text, Origin: c.bundle.Origin, Err: err}
		}
		conf.RootCAs = roots
	}
	*at = &http.Transport{
		Proxy:                  c.proxyOf,
		OnProxyConnectResponse: c.checkConnect,
		DialContext:            dial,
		TLSClientConfig:        conf,
		TLSHandshakeTimeout:    c.limits.TLS,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true, // and no HTTP/2: it gains one small request nothing
		MaxIdleConnsPerHost:    8,    // the accounts of Identity Center are asked for eight at a time
		IdleConnTimeout:        30 * time.Second,
	}
	return *at, nil
}

func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	lim, _ := ctx.Value(dialKey{}).(Limits)
	d := net.Dialer{Timeout: lim.Connect}
	return d.DialContext(ctx, network, addr)
}

// readBundle reads certificates that replace the system's roots, as in the SDKs.
func readBundle(path string) (*x509.CertPool, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, pathless(err)
	}
	defer f.Close() //nolint:errcheck // read only
	pem, err := io.ReadAll(io.LimitReader(f, maxBundle+1))
	switch {
	case err != nil:
		return nil, pathless(err)
	case len(pem) > maxBundle:
		return nil, errors.New("more than 16 MiB")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("holds no PEM certificate")
	}
	return roots, nil
}

func pathless(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// proxyOf is the transport's Proxy function.
func (c *Client) proxyOf(req *http.Request) (*url.URL, error) {
	if lim, _ := req.Context().Value(dialKey{}).(Limits); lim.Direct {
		return nil, nil
	}
	return c.proxyFor(req.URL)
}

// checkConnect turns a proxy's refusal of CONNECT into a typed error; net/http
// would pass on the proxy's words alone.
func (c *Client) checkConnect(_ context.Context, _ *url.URL, req *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return refusal(c.proxyVariable("https").name, res.StatusCode, req.Host)
}
