package server_test

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/server"
)

// TestSlowAndLarge: half requests, headers of 10 MiB and bodies of 500 MiB are
// ended within ten seconds, cost no memory to speak of, and disturb nobody.
func TestSlowAndLarge(t *testing.T) { //nolint:paralleltest // looks at all memory
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	s := start(t, server.Options{Metadata: "dev"})
	token := s.Grant("dev").Reveal()
	address := strings.TrimPrefix(s.URL(), "http://")
	const limit = 10 * time.Second
	line := "GET " + server.Path("dev") + " HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: " + token + "\r\n"
	var bad, good sync.WaitGroup
	var mu sync.Mutex
	var sent int64
	var longest time.Duration
	bear := func(head, part string, body int) {
		took, n := pour(t, address, head, part, body, limit)
		mu.Lock()
		defer mu.Unlock()
		sent, longest = sent+n, max(longest, took)
	}
	for i := range 500 {
		bad.Go(func() {
			switch i % 10 {
			case 0: // a long header
				bear(line+"X-Long: ", "", 10<<20)
			case 1: // a long body, by its own account or in parts
				bear(line+"Content-Length: 524288000\r\n\r\n", "", 500<<20)
			case 2:
				bear(line+"Transfer-Encoding: chunked\r\n\r\n", "8000\r\n", 500<<20)
			case 3: // a body that does not come
				bear(line+"Content-Length: 10\r\n\r\n", "", 0)
			case 4: // nothing
				bear("", "", 0)
			default:
				bear(line[:20+i%60], "", 0)
			}
		})
	}
	over := make(chan struct{})
	var slowest time.Duration
	var answers int
	var most uint64
	good.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(20 * time.Millisecond):
			}
			began := time.Now()
			if a := send(t, s, request{path: server.Path("dev"), token: token}); a.status != 200 {
				t.Errorf("a good client gets %d", a.status)
			}
			slowest, answers = max(slowest, time.Since(began)), answers+1
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
		}
	})
	bad.Wait()
	close(over)
	good.Wait()
	if most > 64<<20 || answers == 0 {
		t.Errorf("%d MiB of memory, %d good answers", most>>20, answers)
	}
	t.Logf("the last was ended after %v; %d good answers meanwhile, the slowest after %v", longest, answers, slowest)
	t.Logf("%d MiB sent of 50,000; %d MiB of memory, clients included", sent>>20, most>>20)
}

// pour sends head, and then body, each 32 KiB of it after part, until the server
// has had enough. It returns how long that took, and how much was sent.
func pour(t *testing.T, address, head, part string, body int, limit time.Duration) (took time.Duration, sent int64) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return 0, 0
	}
	defer conn.Close()
	began := time.Now()
	// A machine with other work may be as late again.
	_ = conn.SetDeadline(began.Add(2 * limit))
	_, err = io.WriteString(conn, head)
	block := []byte(part + strings.Repeat("x", 32<<10))
	if part != "" {
		block = append(block, "\r\n"...)
	}
	for n := 0; err == nil && n < body; {
		var m int
		m, err = conn.Write(block)
		n, sent = n+m, sent+int64(m)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, conn)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%.100q… is held for %v", head, time.Since(began))
	}
	return time.Since(began), sent
}
