package cli

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/browser"
	"github.com/latchkey-aws/latchkey/secret"
)

const consoleTestLink = "https://signin.aws.amazon.com/federation?SigninToken=CANARY"

func relaying(t *testing.T) *relay {
	t.Helper()
	h, err := newRelay(secret.New(consoleTestLink))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	return h
}

// comes asks for a page as a browser or another program would; 0 is no answer.
func comes(t *testing.T, method, page, host string, header ...string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	if req.Host = req.URL.Host; host != "" {
		req.Host = host
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(req)
	if err != nil {
		return 0, nil, ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, string(body)
}

// TestRelay: who is not the person's browser gets nothing and spoils nothing;
// the browser gets the link, once.
func TestRelay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method, path, host string
		header             []string
		status             int
	}{
		"root":            {path: "/", status: 404},
		"icon":            {path: "/favicon.ico", status: 404},
		"guess":           {path: "/" + strings.Repeat("A", 43), status: 404},
		"below":           {path: "SAME/", status: 404},
		"slashes":         {path: "/SAME", status: 404},
		"with a query":    {path: "SAME?x", status: 404},
		"HEAD":            {method: "HEAD", path: "SAME", status: 404},
		"POST":            {method: "POST", path: "SAME", status: 404},
		"OPTIONS":         {method: "OPTIONS", path: "SAME", status: 404},
		"origin":          {path: "SAME", header: []string{"Origin", "https://evil.test"}, status: 404},
		"origin null":     {path: "SAME", header: []string{"Origin", "null"}, status: 404},
		"fetch":           {path: "SAME", header: []string{"Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, status: 404},
		"worker":          {path: "SAME", header: []string{"Sec-Fetch-Mode", "same-origin"}, status: 404},
		"image":           {path: "SAME", header: []string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, status: 404},
		"frame":           {path: "SAME", header: []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, status: 404},
		"another's link":  {path: "SAME", header: []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "cross-site"}, status: 404},
		"a port's link":   {path: "SAME", header: []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "same-site"}, status: 404},
		"proxied":         {path: "SAME", header: []string{"X-Forwarded-For", "192.0.2.1"}, status: 404},
		"prefetched":      {path: "SAME", header: []string{"Sec-Purpose", "prefetch"}, status: 503},
		"other host":      {path: "SAME", host: "evil.test", status: 421},
		"other name":      {path: "SAME", host: "localhost.evil.test:1", status: 421},
		"headers too big": {path: "SAME", header: []string{"Cookie", strings.Repeat("x", 40<<10)}, status: 431},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := relaying(t)
			u, err := url.Parse(h.url)
			if err != nil || u.Hostname() != "127.0.0.1" || len(u.Path) != 44 {
				t.Fatalf("%s, %v", h.url, err)
			}
			method := tt.method
			if method == "" {
				method = "GET"
			}
			status, header, body := comes(t, method, "http://"+u.Host+strings.Replace(tt.path, "SAME", u.Path, 1), tt.host, tt.header...)
			if status != tt.status || header.Get("Location") != "" || strings.Contains(body, "CANARY") || h.isGiven() {
				t.Errorf("%d %v %s", status, header, body)
			}
			status, header, body = comes(t, "GET", h.url, "", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none", "Cookie", strings.Repeat("x", 20<<10))
			if status != 303 || header.Get("Location") != consoleTestLink || body != "" || !h.isGiven() {
				t.Errorf("then: %d %v %s", status, header, body)
			}
			for key, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
				if header.Get(key) != want {
					t.Errorf("%s: %q", key, header.Get(key))
				}
			}
			if status, header, _ = comes(t, "GET", h.url, ""); status != 404 || header.Get("Location") != "" {
				t.Errorf("a second time: %d %v", status, header)
			}
			h.close()
			if status, _, _ = comes(t, "GET", h.url, ""); status != 0 {
				t.Errorf("after the end: %d", status)
			}
		})
	}
}

// TestRelayOnce: of many at once, one gets the link.
func TestRelayOnce(t *testing.T) {
	t.Parallel()
	h := relaying(t)
	var wins atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if status, _, _ := comes(t, "GET", h.url, ""); status == 303 {
				wins.Add(1)
			}
		})
	}
	all.Wait()
	if wins.Load() != 1 {
		t.Errorf("%d got it", wins.Load())
	}
}

// TestOpenLink: a browser that comes, one that fails, one that never comes, and a
// person who does not wait for it.
func TestOpenLink(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the browsers are scripts")
	}
	folder := t.TempDir()
	opener := func(script string) *opener {
		path := filepath.Join(folder, strings.ReplaceAll(t.Name(), "/", "-")+"-"+script[:3])
		if err := os.WriteFile(path, []byte(script+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return &opener{sys: &Sys{Args: []string{"console", "x"}}, browser: browser.Options{Environ: []string{"PATH=" + os.Getenv("PATH")}, Command: "/bin/sh '" + path + "'"}, patience: 20 * time.Second}
	}
	var exit *exitError
	b := opener("exit 3")
	if err := b.open(t.Context(), consoleTestLink); !errors.As(err, &exit) || exit.code != exitFailed || !strings.Contains(err.Error(), "exit status 3") ||
		!strings.Contains(exit.fix, "latchkey console x --print") || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("one that fails: %v", err)
	}
	b = opener("sleep 0.1")
	b.patience = 300 * time.Millisecond
	if err := b.open(t.Context(), consoleTestLink); !errors.As(err, &exit) || !strings.Contains(err.Error(), "has not come") || !strings.Contains(exit.fix, "--print") {
		t.Errorf("one that never comes: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if err := opener("true").open(ctx, consoleTestLink); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits: %v", err)
	}
}
