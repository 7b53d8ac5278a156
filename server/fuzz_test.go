package server_test

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/server"
)

// seeds are requests in which HOST, TOKEN and META stand for what is right.
func seeds() []string {
	const end = " HTTP/1.1\r\nHost: HOST\r\n"
	return []string{
		"GET /v1/credentials/dev" + end + "Authorization: TOKEN\r\n\r\n",
		"GET /v1/credentials/prod" + end + "Authorization: TOKEN\r\n\r\n",
		"GET http://HOST/v1/credentials/dev HTTP/1.1\r\nHost: evil.test\r\nAuthorization: TOKEN\r\n\r\n",
		"GET /v1/credentials/dev HTTP/1.0\r\nAuthorization: TOKEN\r\n\r\n",
		"GET /v1/credentials/d%65v?TOKEN" + end + "Authorization: x\r\nAuthorization: TOKEN\r\n\r\n",
		"GET /v1/credentials/dev" + end + "Authorization: TOKEN\r\nsec-fetch-site: none\r\n\r\n",
		"POST /v1/credentials/dev" + end + "Authorization: TOKEN\r\nContent-Length: 3\r\n\r\nabc",
		"GET /v1/credentials/dev" + end + "Authorization: TOKEN\r\nTransfer-Encoding: chunked\r\nTrailer: Origin\r\n\r\n3\r\nabc\r\n0\r\nOrigin: x\r\n\r\n",
		"PUT /latest/api/token" + end + "X-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n",
		"PUT /latest/api/token" + end + "X-aws-ec2-metadata-token-ttl-seconds: 60\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
		"GET /latest/meta-data/iam/security-credentials/dev" + end + "X-aws-ec2-metadata-token: META\r\n\r\n",
		"GET /latest/meta-data/iam/security-credentials/dev HTTP/1.1\r\nHost: 169.254.169.254\r\nX-aws-ec2-metadata-token: META\r\n\r\n",
		"GET /latest/../v1/credentials/dev" + end + "X-aws-ec2-metadata-token: META\r\n\r\n",
		"GET /latest/dynamic/instance-identity/document" + end + "X-aws-ec2-metadata-token: META\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.test\r\n\r\n",
		"CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: HOST\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
		"\x16\x03\x01", "", "GET", "GET / HTTP/1.1\r\nHost: a\r\nHost: HOST\r\n\r\n",
	}
}

// FuzzRequest: whatever a request says, the answer is one of ours, and holds a
// secret only where the request is as it must be.
func FuzzRequest(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	l, err := server.Listen("")
	if err != nil {
		f.Fatal(err)
	}
	s, err := server.Start(l, server.Options{
		Now: time.Now, Metadata: "dev",
		Sources: []server.Source{{Name: "dev", Provider: &source{life: 24 * time.Hour}, Region: "eu-central-1"}, {Name: "prod", Provider: &source{}}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	if err := s.Fetch(context.Background()); err != nil {
		f.Fatal(err)
	}
	host, token := l.Addr().String(), s.Grant("dev").Reveal()
	_, port, _ := net.SplitHostPort(host)
	own := []string{host, "localhost:" + port, "[::1]:" + port}
	foreign := regexp.MustCompile(`^(Origin|Referer|Sec-Fetch-.*|Forwarded|Via|X-Forwarded-.*)$`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		put := httptest.NewRequest(http.MethodPut, "http://"+host+"/latest/api/token", nil)
		put.Header.Set("X-aws-ec2-metadata-token-ttl-seconds", "60")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, put)
		meta := w.Body.String()
		text := strings.NewReplacer("HOST", host, "TOKEN", token, "META", meta).Replace(string(raw))
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		gone, leave := context.WithCancel(t.Context())
		leave() // so that nobody waits for what is refused
		w = httptest.NewRecorder()
		s.ServeHTTP(w, r.WithContext(gone))
		checkAnswer(t, w.Result())
		plain := r.Method == http.MethodGet && !slices.ContainsFunc(slices.Collect(maps.Keys(r.Header)), foreign.MatchString)
		mayToken := plain && slices.Contains(own, r.Host) && r.Header.Get("Authorization") == token && r.URL.Path == "/v1/credentials/dev"
		mayMeta := plain && slices.Contains(append(own, "169.254.169.254", "169.254.169.254:80"), r.Host) && r.Header.Get("X-Aws-Ec2-Metadata-Token") == meta && strings.HasPrefix(r.URL.Path, "/latest/meta-data/iam/security-credentials")
		if strings.Contains(w.Body.String(), canary) && !mayToken && !mayMeta {
			t.Errorf("%q gets %s", text, w.Body)
		}
	})
}

// checkAnswer holds what is true of every answer of ours.
func checkAnswer(t *testing.T, a *http.Response) {
	t.Helper()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Error(err)
	}
	if !slices.Contains([]int{200, 400, 401, 403, 404, 405, 413, 421, 503}, a.StatusCode) {
		t.Errorf("status %d", a.StatusCode)
	}
	if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d with %v", a.StatusCode, a.Header)
	}
	for name := range a.Header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Location" || name == "Set-Cookie" {
			t.Errorf("%d with %s", a.StatusCode, name)
		}
	}
	if len(body) > 0 && !slices.Contains([]int{200, 403, 503}, a.StatusCode) {
		t.Errorf("%d with %q", a.StatusCode, body)
	}
}

// FuzzConnection sends bytes: net/http stands before us, and what it says itself
// holds nothing of ours.
func FuzzConnection(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := server.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		s, err := server.Start(l, server.Options{Now: time.Now, Sources: []server.Source{{Name: "dev", Provider: &source{}}}, Metadata: "dev"})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = conn.Write([]byte(strings.ReplaceAll(string(raw), "HOST", l.Addr().String()))) // it need not be read to its end
		_ = conn.(*net.TCPConn).CloseWrite()
		all, _ := io.ReadAll(conn) // a reset is an end too
		if strings.Contains(string(all), canary) {
			t.Errorf("%q gets %s", raw, all)
		}
		if bad := regexp.MustCompile(`(?m)^HTTP/1\.[01] (50[024]|3\d\d) `).FindString(string(all)); bad != "" {
			t.Errorf("%q gets %s", raw, all)
		}
	})
}

// FuzzName: any name has a path that leads to it alone, and a role that is one.
func FuzzName(f *testing.F) {
	for _, seed := range []string{"dev", "", ".", "..", "a/b", "a b", "a%2Fb", "größe", "a?b#c", "\x00", "\xff", "a\r\nHost: evil.test", "+", "/", "\u202e"} {
		f.Add(seed)
	}
	role := regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	f.Fuzz(func(t *testing.T, name string) {
		l, err := server.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		other := name + "x"
		secret := func(n int) (aws.Credentials, error) { c := good(n, 0); c.SecretAccessKey = "other"; return c, nil }
		s, err := server.Start(l, server.Options{
			Now: time.Now, Sources: []server.Source{{Name: name, Provider: &source{}}, {Name: other, Provider: &source{creds: secret}}}, Metadata: name,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		token := s.Grant(name, other).Reveal()
		ask := func(method, path, header, value string) *httptest.ResponseRecorder {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + path + " HTTP/1.1\r\nHost: " + l.Addr().String() + "\r\n" + header + ": " + value + "\r\n\r\n")))
			if err != nil {
				t.Fatalf("%q: %v", path, err)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w
		}
		for of, want := range map[string]string{name: canary, other: `"other"`} {
			if w := ask("GET", server.Path(of), "Authorization", token); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%q at %s: %d %s", of, server.Path(of), w.Code, w.Body)
			}
		}
		if name == "" {
			return // which is no metadata service
		}
		meta := ask("PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "60").Body.String()
		got := ask("GET", "/latest/meta-data/iam/security-credentials/", "X-aws-ec2-metadata-token", meta).Body.String()
		if !role.MatchString(got) {
			t.Errorf("%q has the role %q", name, got)
		}
		if w := ask("GET", "/latest/meta-data/iam/security-credentials/"+got, "X-aws-ec2-metadata-token", meta); w.Code != 200 {
			t.Errorf("%q, role %q: %d", name, got, w.Code)
		}
	})
}
