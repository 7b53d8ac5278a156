package sandbox

import (
	"strings"
	"testing"
)

// FuzzLoopbackURI: what is taken for a loopback address is one however it is
// read, also as text, as a header and in a Content-Security-Policy.
func FuzzLoopbackURI(f *testing.F) {
	for _, uri := range []string{
		"http://127.0.0.1/oauth/callback", "http://localhost:8080/x", "http://127.0.0.1:1@evil.example/", "http://127.0.0.1.evil.example/",
		`http://127.0.0.1\@evil.example/`, "http://127.0.0.1:80;x/", "//127.0.0.1/", "http://127.0.0.1:/", "http://[::1]/x", "HTTP://127.0.0.1/%2e%2e/",
		"http://127.0.0.1:99999999999/x", "http://localhost%00.evil.example/", "http://127.0.0.1/\r\nSet-Cookie: x",
	} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if _, ok := loopbackURI(uri); !ok {
			return
		}
		_, rest, _ := strings.Cut(uri, "//")
		authority, _, found := strings.Cut(rest, "/")
		host, port, _ := strings.Cut(authority, ":")
		if !found || host != "127.0.0.1" && host != "localhost" || strings.Trim(port, "0123456789") != "" ||
			strings.ContainsAny(uri, "\r\n ?#") {
			t.Errorf("%q is taken for a loopback address", uri)
		}
		if o := origin(uri); o != "http://"+authority {
			t.Errorf("%q has the origin %q", uri, o)
		}
	})
}
