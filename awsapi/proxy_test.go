package awsapi_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/awsapi"
)

func env(pairs ...string) awsapi.Env {
	return func(name string) (string, bool) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// nowhere is not a domain name, so that no name server is asked for it.
const nowhere = "sts..test.invalid"

func viaProxy(t *testing.T, pairs ...string) *awsapi.Client {
	t.Helper()
	return newClient(t, func(o *awsapi.Options) { o.Env = env(pairs...) })
}

// TestProxy sends to names that do not exist: only the proxy can answer.
func TestProxy(t *testing.T) {
	t.Parallel()
	proxy, n := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != nowhere {
			w.WriteHeader(502)
			return
		}
		answer(200, xmlType, assumeRoleXML)(w, r)
	})
	address := strings.TrimPrefix(proxy.URL, "http://")
	e := awsapi.Endpoint{URL: "http://" + nowhere, SigningRegion: "us-east-1"}
	for _, vars := range [][]string{
		{"HTTP_PROXY", proxy.URL}, {"http_proxy", proxy.URL}, {"http_proxy", address}, {"http_proxy", proxy.URL, "HTTP_PROXY", "http://127.0.0.1:1"},
		{"HTTP_PROXY", " " + proxy.URL + "\n"}, {"http_proxy", proxy.URL, "REQUEST_METHOD", "GET"}, {"http_proxy", proxy.URL, "NO_PROXY", "other.invalid"},
	} {
		before := n.Load()
		if _, err := viaProxy(t, vars...).AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{}); err != nil || n.Load() != before+1 {
			t.Errorf("%v: %v, %d requests at the proxy", vars, err, n.Load()-before)
		}
	}
	before := n.Load()
	for _, vars := range [][]string{
		{"HTTPS_PROXY", proxy.URL}, {"HTTP_PROXY", proxy.URL, "REQUEST_METHOD", "GET"}, {"http_proxy", proxy.URL, "no_proxy", ".invalid"}, {"http_proxy", proxy.URL, "NO_PROXY", "*"}, {"http_proxy", ""},
	} {
		_, err := viaProxy(t, vars...).AssumeRole(t.Context(), e, keys(), awsapi.AssumeRoleInput{})
		if err == nil || n.Load() != before {
			t.Errorf("%v: %v, %d requests at the proxy", vars, err, n.Load()-before)
		}
	}
}

// TestNeverProxied: credentials of this machine stay on it.
func TestNeverProxied(t *testing.T) {
	t.Parallel()
	const proxy = "http://proxy.test:3128"
	c := viaProxy(t, "HTTP_PROXY", proxy, "https_proxy", proxy, "NO_PROXY", "example.com")
	for _, scheme := range []string{"http://", "https://"} {
		for _, host := range []string{
			"127.0.0.1", "127.0.0.2:1", "127.255.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "169.254.169.254", "169.254.170.2", "169.254.170.23:1",
			"[fe80::1]:1", "[fe80::1%25eth0]", "[fd00:ec2::254]", "[fd00:ec2::23]:1", "localhost", "LOCALHOST:1", "localhost.:1", "a.localhost:1", "0.0.0.0:1",
			"example.com", "sts.example.com",
		} {
			if got, err := c.TestOnlyProxyFor(scheme + host + "/x"); got != "" || err != nil {
				t.Errorf("%s%s goes through %q, %v", scheme, host, got, err)
			}
		}
		for _, host := range []string{"fd00-ec2.invalid", "[fd00:ec3::254]:1", "169.253.1.1:1", "localhost.invalid", "xlocalhost", "sts.amazonaws.com"} {
			if got, err := c.TestOnlyProxyFor(scheme + host + "/x"); got != proxy || err != nil {
				t.Errorf("%s%s goes through %q, %v", scheme, host, got, err)
			}
		}
	}
	direct, n := server(t, answer(200, xmlType, assumeRoleXML))
	if _, err := c.AssumeRole(t.Context(), direct, keys(), awsapi.AssumeRoleInput{}); err != nil || n.Load() != 1 {
		t.Errorf("a call to loopback: %v", err)
	}
}

func TestDirectFetch(t *testing.T) {
	t.Parallel()
	proxy, hits := server(t, answer(200, "", ""))
	c := viaProxy(t, "HTTP_PROXY", proxy.URL)
	req := awsapi.Request{Method: "GET", URL: "http://" + nowhere, Operation: "x"}
	if _, err := c.Fetch(t.Context(), req, awsapi.Limits{}); err != nil || hits.Load() != 1 {
		t.Errorf("%d requests at the proxy, %v", hits.Load(), err)
	}
	if _, err := c.Fetch(t.Context(), req, awsapi.Limits{Direct: true}); err == nil || hits.Load() != 1 {
		t.Errorf("%d requests at the proxy, %v", hits.Load(), err)
	}
}

func TestProxyFailures(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	says := func(status int) string {
		e, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Proxy-Authenticate", "Basic realm=\"CANARY\"")
			w.WriteHeader(status)
		})
		return strings.Replace(e.URL, "http://", "http://user:CANARYPW@", 1)
	}
	hang := listener(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	tests := []struct {
		name, scheme, proxy string
		reason              awsapi.Reason
		status, attempts    int
		text                string
	}{
		{"refused", "http", "http://user:CANARYPW@" + l.Addr().String(), awsapi.ReasonProxy, 0, 3, "connection refused"},
		{"refused", "https", "http://user:CANARYPW@" + l.Addr().String(), awsapi.ReasonProxy, 0, 3, "proxy of HTTPS_PROXY: dial tcp"},
		{"wants a password", "http", says(407), awsapi.ReasonProxy, 407, 1, "proxy of HTTP_PROXY: asks for a user name and password (HTTP 407)"},
		{"wants a password", "https", says(407), awsapi.ReasonProxy, 407, 1, "proxy of HTTPS_PROXY: asks for a user name and password (HTTP 407)"},
		{"forbids", "https", says(403), awsapi.ReasonProxy, 403, 1, "refuses to connect to sts..test.invalid:443 (HTTP 403)"},
		{"cannot reach", "https", says(503), awsapi.ReasonProxy, 503, 3, "refuses to connect to sts..test.invalid:443 (HTTP 503)"},
		{"hangs", "https", hang.URL, awsapi.ReasonTimeout, 0, 3, "no connection through the proxy of HTTPS_PROXY within"},
		{"hangs", "http", hang.URL, awsapi.ReasonTimeout, 0, 3, "no complete answer within"},
		{"not a URL", "https", "http://user:CANARYPW@x y:80", awsapi.ReasonProxy, 0, 1, "proxy of HTTPS_PROXY: not a URL"},
		{"bad port", "http", "http://user:CANARYPW@x:yz", awsapi.ReasonProxy, 0, 1, "proxy of HTTP_PROXY: not a URL"},
		{"no host", "http", "http://", awsapi.ReasonProxy, 0, 1, "proxy of HTTP_PROXY: not a URL"},
		{"scheme", "http", "ftp://user:CANARYPW@x", awsapi.ReasonProxy, 0, 1, "proxy of HTTP_PROXY: not an http, https or socks5 URL"},
		{"socks", "http", "socks5://user:CANARYPW@" + l.Addr().String(), awsapi.ReasonProxy, 0, 3, "connection refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.scheme, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, func(o *awsapi.Options) {
				o.Env = env("HTTP_PROXY", tt.proxy, "HTTPS_PROXY", tt.proxy)
				short(o)
				o.Limits.Total = 0
			})
			_, err := c.AssumeRole(t.Context(), awsapi.Endpoint{URL: tt.scheme + "://" + nowhere, SigningRegion: "us-east-1"}, keys(), awsapi.AssumeRoleInput{})
			var ue *awsapi.UnreachableError
			if !errors.As(err, &ue) || ue.Reason != tt.reason || ue.Attempts != tt.attempts || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("got %v", err)
			}
			var pe *awsapi.ProxyError
			if errors.As(err, &pe) && pe.Status != tt.status || pe == nil && tt.status != 0 {
				t.Errorf("proxy error %+v", pe)
			}
			if strings.Contains(err.Error(), "CANARY") {
				t.Errorf("password in %v", err)
			}
		})
	}
}
