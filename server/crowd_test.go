package server_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/server"
)

// TestFlood: who is refused has to stand in line again. As many connections as
// there are places, all guessing tokens or asking for nothing that there is, do not
// keep the right token out.
func TestFlood(t *testing.T) {
	t.Parallel()
	const places = 1024
	for name, flood := range map[string]string{
		"guesses":       "GET /v1/credentials/dev HTTP/1.1\r\nHost: HOST\r\nAuthorization: wrong\r\n\r\n",
		"no token":      "GET /latest/meta-data HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"another host":  "GET /v1/credentials/dev HTTP/1.1\r\nHost: evil.test\r\n\r\n",
		"a page":        "GET /v1/credentials/dev HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.test\r\n\r\n",
		"nothing there": "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n",
	} {
		s := start(t, server.Options{Metadata: "dev"})
		address := strings.TrimPrefix(s.URL(), "http://")
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range places {
			all.Go(func() {
				for ctx.Err() == nil {
					guess(ctx, address, strings.ReplaceAll(flood, "HOST", address))
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		began := time.Now()
		a := send(t, s, request{path: server.Path("dev"), token: s.Grant("dev").Reveal()})
		if took := time.Since(began); a.status != 200 || took > 10*time.Second {
			t.Errorf("%s: %d after %v", name, a.status, took)
		}
		stop()
		all.Wait()
	}
}

// guess sends the request again and again on one connection, as long as there is
// an answer.
func guess(ctx context.Context, address, request string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	for r := bufio.NewReader(conn); ; {
		if _, err := io.WriteString(conn, request); err != nil {
			return
		}
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return
		}
	}
}
