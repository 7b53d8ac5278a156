package authcode_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/authcode"
)

const (
	state  = "the-right-state"
	canary = "canary-of-the-request"
)

func listen(t *testing.T) *authcode.Listener {
	t.Helper()
	l, err := authcode.Listen(authcode.Options{State: state})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// base returns the address without the path.
func base(l *authcode.Listener) string { return strings.TrimSuffix(l.RedirectURI(), "/oauth/callback") }

func address(l *authcode.Listener) string { return strings.TrimPrefix(base(l), "http://") }

func port(l *authcode.Listener) string { return strings.TrimPrefix(address(l), "127.0.0.1:") }

// request is what is not as in the browser's good request.
type request struct {
	method, path, query, host string
	header                    map[string]string
}

// ask sends one request and returns the status and the page. It does not fail
// the test when there is no answer: the status is 0 then.
func ask(t *testing.T, l *authcode.Listener, in request) (int, http.Header, string) {
	t.Helper()
	if in.method == "" {
		in.method = http.MethodGet
	}
	if in.path == "" {
		in.path = "/oauth/callback"
	}
	r, err := http.NewRequestWithContext(t.Context(), in.method, base(l)+in.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.URL.RawQuery, r.Host = in.query, in.host
	for name, value := range in.header {
		r.Header.Set(name, value)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return 0, nil, ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if (err != nil || !answer.Close) && answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%s %s: %v, or the connection is kept", in.method, in.path, err)
	}
	return answer.StatusCode, answer.Header, string(body)
}

// good is the query of a finished sign-in.
const good = "code=" + canary + "&state=" + state

// wantCode holds that the sign-in can still end well.
func wantCode(t *testing.T, l *authcode.Listener) {
	t.Helper()
	if status, _, body := ask(t, l, request{query: good}); status != 200 || !strings.Contains(body, `id="signed-in"`) {
		t.Errorf("good callback: %d %s", status, body)
	}
	code, err := l.Wait(t.Context())
	if err != nil || code.Reveal() != canary {
		t.Errorf("Wait: %q, %v", code.Reveal(), err)
	}
}
