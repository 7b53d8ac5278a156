package awsapi_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/awsapi"
)

// TestFetchErrorNamesHost: the Host header is not taken for a secret.
func TestFetchErrorNamesHost(t *testing.T) {
	t.Parallel()
	client := awsapi.New(awsapi.Options{Now: time.Now, HTTPClient: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "credentials.example", IsNotFound: true}
	})})
	header := http.Header{"Host": {"credentials.example"}, "Authorization": {"canary-token"}}
	request := awsapi.Request{Method: http.MethodGet, URL: "http://credentials.example/", Operation: "test", Header: header}
	_, err := client.Fetch(t.Context(), request, awsapi.Limits{Attempts: 1})
	if err == nil || !strings.HasSuffix(err.Error(), "no such host: credentials.example") {
		t.Errorf("got %v", err)
	}
}

// TestFetchHeedsRetryAfter: a short wait is taken, a long one is the caller's.
func TestFetchHeedsRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]struct {
		requests int
		wait     time.Duration
	}{"1": {3, time.Second}, "3": {1, 3 * time.Second}, "3600": {1, time.Hour}, "soon": {3, 0}} {
		e, n := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		var waits naps
		client := newClient(t, func(o *awsapi.Options) { o.Sleep = waits.sleep })
		busy := func(status int) bool { return status == http.StatusServiceUnavailable }
		got, err := client.Fetch(t.Context(), awsapi.Request{Method: http.MethodGet, URL: e.URL}, awsapi.Limits{Attempt: 2 * time.Second, Retry: busy})
		if err != nil || got.Status != 503 || got.RetryAfter != want.wait || int(n.Load()) != want.requests || len(waits.list) != want.requests-1 {
			t.Errorf("%s: %+v, %v after %d requests and %v", header, got, err, n.Load(), waits.list)
		}
		if len(waits.list) > 0 && waits.list[0] < want.wait {
			t.Errorf("%s: waited %v", header, waits.list)
		}
	}
}

// TestFetchHost: a Host header names the server, though the connection goes to
// the address of the URL.
func TestFetchHost(t *testing.T) {
	t.Parallel()
	var host string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host = r.Host }))
	t.Cleanup(server.Close)
	client := awsapi.New(awsapi.Options{Now: time.Now})
	t.Cleanup(client.CloseIdle)
	for _, want := range []string{"credentials.example:80", ""} {
		request := awsapi.Request{Method: http.MethodGet, URL: server.URL, Operation: "test", Header: http.Header{}}
		if want != "" {
			request.Header.Set("Host", want)
		} else {
			want = server.Listener.Addr().String()
		}
		if _, err := client.Fetch(t.Context(), request, awsapi.Limits{Direct: true}); err != nil || host != want {
			t.Errorf("host %q, %v; want %q", host, err, want)
		}
	}
}
