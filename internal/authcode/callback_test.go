package authcode_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/authcode"
)

// TestStrayRequests holds that whatever is not the answer leaves the sign-in as
// it was: a good callback after it still counts.
func TestStrayRequests(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 20<<10)
	for name, tt := range map[string]struct {
		request
		status int
	}{
		"root":                   {request{path: "/"}, 404},
		"favicon":                {request{path: "/favicon.ico"}, 404},
		"slash at the end":       {request{path: "/oauth/callback/", query: good}, 404},
		"path below":             {request{path: "/oauth/callback/x", query: good}, 404},
		"path above":             {request{path: "/oauth", query: good}, 404},
		"other spelling":         {request{path: "/OAuth/callback", query: good}, 404},
		"escaped":                {request{path: "/oauth%2Fcallback", query: good}, 404},
		"double slash":           {request{path: "//oauth/callback", query: good}, 404},
		"dots":                   {request{path: "/x/../oauth/callback", query: good}, 404},
		"HEAD":                   {request{method: "HEAD", query: good}, 405},
		"POST":                   {request{method: "POST", query: good}, 405},
		"PUT":                    {request{method: "PUT", query: good}, 405},
		"other method":           {request{method: "LATCHKEY", query: good}, 405},
		"preflight":              {request{method: "OPTIONS", query: good, header: map[string]string{"Origin": "https://x.test", "Access-Control-Request-Private-Network": "true"}}, 403},
		"prefetch":               {request{query: good, header: map[string]string{"Sec-Purpose": "prefetch"}}, 503},
		"prerender":              {request{query: good, header: map[string]string{"Sec-Purpose": "prefetch;prerender"}}, 503},
		"prefetch, old":          {request{query: good, header: map[string]string{"Purpose": "prefetch"}}, 503},
		"prefetch, Firefox":      {request{query: good, header: map[string]string{"X-Moz": "Prefetch"}}, 503},
		"nothing":                {request{}, 400},
		"no state":               {request{query: "code=" + canary}, 400},
		"empty state":            {request{query: "state=&code=" + canary}, 400},
		"wrong state":            {request{query: "state=the-wrong-state&code=" + canary}, 400},
		"state of other case":    {request{query: "state=THE-right-state&code=" + canary}, 400},
		"state cut":              {request{query: "state=the-right-stat&code=" + canary}, 400},
		"state and more":         {request{query: "state=the-right-state2&code=" + canary}, 400},
		"error, no state":        {request{query: "error=access_denied"}, 400},
		"error, wrong state":     {request{query: "error=access_denied&state=x"}, 400},
		"state alone":            {request{query: "state=" + state}, 400},
		"empty code":             {request{query: "code=&state=" + state}, 400},
		"empty error":            {request{query: "error=&state=" + state}, 400},
		"code and error":         {request{query: good + "&error=access_denied"}, 400},
		"two codes":              {request{query: good + "&code=" + canary}, 400},
		"two states":             {request{query: good + "&state=" + state}, 400},
		"two states, one wrong":  {request{query: good + "&state=x"}, 400},
		"two of another":         {request{query: good + "&iss=a&iss=b"}, 400},
		"semicolons":             {request{query: "code=" + canary + ";state=" + state}, 400},
		"bad escape":             {request{query: good + "&x=%zz"}, 400},
		"other host":             {request{query: good, host: "evil.test"}, 421},
		"other host, right port": {request{query: good, host: "evil.test:PORT"}, 421},
		"no port":                {request{query: good, host: "127.0.0.1"}, 421},
		"other port":             {request{query: good, host: "127.0.0.1:1"}, 421},
		"other address":          {request{query: good, host: "0.0.0.0:PORT"}, 421},
		"subdomain":              {request{query: good, host: "localhost.evil.test:PORT"}, 421},
		"dot":                    {request{query: good, host: "localhost.:PORT"}, 421},
		"IPv6 and more":          {request{query: good, host: "[::1]x:PORT"}, 421},
		"headers too long":       {request{query: good, header: map[string]string{"Cookie": long + long}}, 431},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t)
			tt.host = strings.ReplaceAll(tt.host, "PORT", port(l))
			status, header, body := ask(t, l, tt.request)
			if status != tt.status {
				t.Errorf("status %d, want %d", status, tt.status)
			}
			if status == 405 && header.Get("Allow") != "GET" {
				t.Errorf("Allow %q", header.Get("Allow"))
			}
			if strings.Contains(body, canary) || strings.Contains(body, "signed-in") {
				t.Errorf("page %s", body)
			}
			for name := range header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("header %s", name)
				}
			}
			wantCode(t, l)
		})
	}
}

// TestWelcomeRequests are what browsers and people's set-ups add.
func TestWelcomeRequests(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]request{
		"plain":          {query: good},
		"other order":    {query: "state=" + state + "&code=" + canary},
		"more in it":     {query: good + "&iss=https%3A%2F%2Fx.test&session_state=1"},
		"localhost":      {query: good, host: "localhost:PORT"},
		"IPv6":           {query: good, host: "[::1]:PORT"},
		"from elsewhere": {query: good, header: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Referer": "https://x.test/", "Origin": "null"}},
		"many cookies":   {query: good, header: map[string]string{"Cookie": strings.Repeat("x", 24<<10)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listen(t)
			tt.host = strings.ReplaceAll(tt.host, "PORT", port(l))
			if status, _, body := ask(t, l, tt); status != 200 || !strings.Contains(body, `id="signed-in"`) {
				t.Errorf("%d %s", status, body)
			}
			if code, err := l.Wait(t.Context()); err != nil || code.Reveal() != canary {
				t.Errorf("%q, %v", code.Reveal(), err)
			}
		})
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"error=access_denied&state=" + state:                                        "sign-in refused in the browser: access_denied",
		"error=access_denied&error_description=Not+today&state=" + state:            "sign-in refused in the browser: access_denied (Not today)",
		"error=a%1b%5B31mb&error_description=c%0Ad%E2%80%AEe%9B&state=" + state:     "sign-in refused in the browser: a[31mb (c de)",
		"error=x&error_description=" + strings.Repeat("y", 400) + "&state=" + state: "sign-in refused in the browser: x (" + strings.Repeat("y", 299) + "…)",
	} {
		l := listen(t)
		status, _, body := ask(t, l, request{query: query})
		if status != 200 || !strings.Contains(body, `id="not-signed-in"`) {
			t.Errorf("%s: %d %s", query, status, body)
		}
		_, err := l.Wait(t.Context())
		var denied *authcode.DeniedError
		if !errors.As(err, &denied) || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", query, err, want)
		}
	}
}

// TestOneSuccess: of many callbacks at once one counts, the code of which Wait
// returns, and nobody answers after it.
func TestOneSuccess(t *testing.T) {
	t.Parallel()
	l := listen(t)
	var group sync.WaitGroup
	var won atomic.Value
	var wins, others atomic.Int32
	for _, code := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		group.Go(func() {
			status, _, _ := ask(t, l, request{query: "state=" + state + "&code=" + code})
			if status == 200 {
				won.Store(code)
				wins.Add(1)
			} else if status == 400 {
				others.Add(1)
			}
		})
	}
	group.Wait()
	code, err := l.Wait(t.Context())
	if err != nil || wins.Load() != 1 || others.Load() != 7 || code.Reveal() != won.Load() {
		t.Errorf("%d successes, %d refused, code %q, %v", wins.Load(), others.Load(), code.Reveal(), err)
	}
	if status, _, _ := ask(t, l, request{query: good}); status != 0 {
		t.Errorf("answered %d after the end", status)
	}
}

// TestPage holds what all pages have in common, and that nothing of the request
// comes back in them.
func TestPage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		request
		status int
		id     string
	}{
		"signed in":     {request{query: good}, 200, "signed-in"},
		"not signed in": {request{query: "error=" + canary + "&error_description=" + canary + "&state=" + state}, 200, "not-signed-in"},
		"wrong state":   {request{query: "code=" + canary + "&state=" + canary}, 400, "nothing"},
		"not found":     {request{path: "/" + canary}, 404, "nothing"},
		"wrong host":    {request{host: canary}, 421, "nothing"},
	} {
		l := listen(t)
		status, header, body := ask(t, l, tt.request)
		if status != tt.status || !strings.Contains(body, `<main id="`+tt.id+`">`) || !strings.HasSuffix(body, "</html>\n") {
			t.Errorf("%s: %d %s", name, status, body)
		}
		for _, bad := range []string{canary, "<script", "http:", "https:", "style=", "src=", "href="} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %s in the page", name, bad)
			}
		}
		_, rest, _ := strings.Cut(body, "<style>")
		style, _, _ := strings.Cut(rest, "</style>")
		sum := sha256.Sum256([]byte(style))
		for key, want := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
				"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
			"Location": "",
		} {
			if got := header.Get(key); got != want {
				t.Errorf("%s: %s: %q, want %q", name, key, got, want)
			}
		}
	}
}

// TestGuessesAreSlowedDown: a page that floods the listener learns nothing
// faster, and the real callback is not held up.
func TestGuessesAreSlowedDown(t *testing.T) {
	t.Parallel()
	l := listen(t)
	wrong := request{query: "code=x&state=y"}
	for range authcode.MaxMisses {
		ask(t, l, wrong)
	}
	begun := time.Now()
	if status, _, _ := ask(t, l, wrong); status != 400 || time.Since(begun) < authcode.MissDelay {
		t.Errorf("%d after %v", status, time.Since(begun))
	}
	wantCode(t, l)
}

// FuzzCallback holds that no query without the state ends the wait, and none
// comes back in the page.
func FuzzCallback(f *testing.F) {
	for _, seed := range []string{good, "code=a&state=b", "error=x&state=", "state=" + state + "&state=" + state, "%", ";", "code=a&code=b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		l := listen(t)
		code, denied, taken := l.Take(query)
		if taken && !strings.Contains(query, "stat") && !strings.Contains(query, "%") {
			t.Errorf("%q counts", query)
		}
		if taken && (code == "") == (denied == nil) {
			t.Errorf("%q: code %q, denied %v", query, code, denied)
		}
	})
}
