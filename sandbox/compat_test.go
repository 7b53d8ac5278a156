package sandbox_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestRusoto compares the whole answers with credential_service_mock's.
func TestRusoto(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.WithCompat(sandbox.CompatRusoto))
	const creds = `{"Code":"Success","LastUpdated":"2015-08-04T00:09:23Z","Type":"AWS-HMAC","AccessKeyId":"Access_key_id_value","SecretAccessKey":"Secret_access_key_value","Token":"AAAAA","Expiration":"2015-08-04T06:32:37Z"}`
	ok := func(body, length string) string {
		return "HTTP/1.1 200 OK\r\nDate: Wed, 04 Mar 2026 05:06:07 GMT\r\nContent-Length: " + length + "\r\n\r\n" + body
	}
	const unsupported = "HTTP/1.1 400 Bad Request\r\nDate: Wed, 04 Mar 2026 05:06:07 GMT\r\nContent-Length: 11\r\n\r\nunsupported"
	host := strings.TrimPrefix(b.URL(), "http://")
	for _, c := range []struct{ request, want string }{
		{"GET " + credsPath, ok("testrole", "8")},
		{"GET " + credsPath + "?x=y", ok("testrole", "8")},
		{"GET " + credsPath + "testrole", ok(creds, "205")},
		{"GET " + strings.TrimSuffix(credsPath, "/"), unsupported},
		{"GET " + credsPath + "testrole/", unsupported},
		{"GET " + credsPath + "%74estrole", unsupported},
		{"POST " + credsPath, unsupported},
		{"PUT /latest/api/token", unsupported},
		{"GET /", unsupported},
		{"GET /_sandbox/ready", unsupported},
		{"DELETE /container/credentials", unsupported},
	} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, c.request+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(c.want))
		if _, err := io.ReadFull(bufio.NewReader(conn), got); err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n got %q\nwant %q", c.request, err, got, c.want)
		}
		conn.Close()
	}
	for _, c := range []struct {
		header, value string
		want          int
	}{{"Host", "evil.example", 421}, {"Origin", "null", 403}, {"X-Forwarded-For", "10.0.0.1", 403}} {
		if status, body, _ := b.send(http.MethodGet, credsPath, "", c.header, c.value); status != c.want || body != "" {
			t.Errorf("%s: %s: %d %s", c.header, c.value, status, body)
		}
	}
	if log := b.Requests(); len(log) != 14 || log[2].Operation != "GetCredentials" || log[3].Code != "unsupported" || log[3].Status != 400 || log[13].Service != "refused" {
		t.Errorf("recorded %+v", log)
	}
	if _, err := sandbox.New(sandbox.Options{Now: start, Compat: "moto"}); err == nil || err.Error() != `sandbox: compat "moto" is not rusoto` {
		t.Errorf("moto: %v", err)
	}
}
