package sandbox_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

const identity = "Action=GetCallerIdentity&Version=2011-06-15"

// TestGarbage has answers that are none.
func TestGarbage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failure, method, path, kind string
		status                      int
		begins, holds               string
		size                        int
	}{
		{`{"garbage":"html"}`, "GET", "/assignment/accounts", "text/html; charset=utf-8", 200, "<!DOCTYPE html>", "Network login", 0},
		{`{"garbage":"html","status":511}`, "POST", "/", "text/html; charset=utf-8", 511, "<!DOCTYPE html>", "", 0},
		{`{"garbage":"control"}`, "POST", "/token", "application/json", 200, "\x00\x1b]0;title\a", "\x1b[2J", 0},
		{`{"garbage":"control","status":400}`, "POST", "/", "text/xml", 400, "\x00", "\u202e", 0},
		{`{"garbage":"nested"}`, "POST", "/v1/token", "application/json", 200, `{"a":[{"a":[`, "", 300_000},
		{`{"garbage":"nested"}`, "POST", "/", "text/xml", 200, `<a><a>`, "", 300_000},
		{`{"garbage":"empty"}`, "GET", "/container/credentials", "application/json", 200, "", "", 0},
		{`{"garbage":"empty","status":500}`, "POST", "/", "text/xml", 500, "", "", 0},
		{`{"garbage":"mislabeled"}`, "GET", "/container/credentials", "text/html", 200, `{"RoleArn":"`, `"AccountId":"444455556666"}`, 0},
		{`{"garbage":"truncated"}`, "GET", "/container/credentials", "application/json", 200, `{"RoleArn":"`, "", 0},
		{`{"garbage":"truncated","after":true}`, "GET", "/container/credentials", "application/json", 200, `{"RoleArn":"`, "", 0},
	} {
		b := newBench(t)
		b.fail(c.failure)
		body := ""
		if c.path == "/" {
			body = identity
		}
		status, got, header := b.send(c.method, c.path, body, "Authorization", b.Ready().ContainerToken)
		if status != c.status || header.Get("Content-Type") != c.kind || !strings.HasPrefix(got, c.begins) || !strings.Contains(got, c.holds) ||
			c.size != 0 && len(got) != c.size || c.begins == "" && got != "" {
			t.Errorf("%s: %d %s, %d bytes: %.200q", c.failure, status, header.Get("Content-Type"), len(got), got)
		}
		if strings.Contains(c.failure, "truncated") && json.Valid([]byte(got)) {
			t.Errorf("whole: %s", got)
		}
		if last := b.last(); !last.Injected || last.Status != c.status || last.Code != "" {
			t.Errorf("%s: recorded %+v", c.failure, last)
		}
	}
}

// get sends a request whose answer may not come whole, and returns what came.
func (b *bench) get(path string) (*http.Response, string, error) {
	b.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	r := b.request("GET", path, "")
	r.Header.Set("Authorization", b.Ready().ContainerToken)
	resp, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp, string(text), err
}

// TestCut ends answers in their middle.
func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failure string
		status  int
		want    string
		length  int64 // promised
	}{
		{`{"cut":12}`, 200, `{"RoleArn":"`, 0},
		{`{"cut":12,"after":true}`, 200, `{"RoleArn":"`, 0},
		{`{"cut":3,"body":"abcdef"}`, 200, "abc", 6},
		{`{"cut":6,"body":"abcdef"}`, 200, "abcdef", 7},
		{`{"cut":99,"body":"abcdef"}`, 200, "abcdef", 100},
		{`{"cut":4,"status":500,"message":"x"}`, 500, `{"co`, 0},
		{`{"cut":4,"garbage":"html"}`, 200, `<!DO`, 0},
		{`{"cut":14,"huge":1099511627776}`, 200, `{"message":"aa`, 1099511627776},
		{`{"cut":8,"trickle":40,"body":"0123456789"}`, 200, `01234567`, 10},
	} {
		b := newBench(t)
		b.fail(c.failure)
		resp, got, err := b.get("/container/credentials")
		if !errors.Is(err, io.ErrUnexpectedEOF) || resp.StatusCode != c.status || got != c.want || c.length != 0 && resp.ContentLength != c.length {
			t.Errorf("%s: %d, %d promised, %q, %v", c.failure, resp.StatusCode, resp.ContentLength, got, err)
		}
	}
}

// TestTrickle is slow, and whole.
func TestTrickle(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail(`{"trickle":100,"body":"` + strings.Repeat("x", 50) + `","times":1}`)
	b.fail(`{"trickle":2000}`)
	for _, c := range []struct {
		least time.Duration
		want  string
	}{{500 * time.Millisecond, "xxxx"}, {100 * time.Millisecond, `{"RoleArn":"`}} {
		began := time.Now()
		resp, got, err := b.get("/container/credentials")
		if took := time.Since(began); err != nil || took < c.least || !strings.HasPrefix(got, c.want) || resp.ContentLength != int64(len(got)) {
			t.Errorf("%s: %v after %s: %s", c.want, err, took, got)
		}
	}
}

// TestHuge sends much, and keeps none of it.
func TestHuge(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	b := newBench(t)
	b.fail(`{"huge":67108864,"times":1}`)
	b.fail(`{"huge":67108864,"gzip":true,"times":1}`)
	b.fail(`{"huge":1099511627776}`)
	get := func() *http.Response {
		r := b.request("GET", "/assignment/accounts", "")
		resp, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	resp := get()
	n, err := io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if err != nil || n != size || resp.ContentLength != size {
		t.Errorf("plain: %d, %v", n, err)
	}
	resp = get()
	packed := &counter{from: resp.Body}
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	n, err = io.Copy(io.Discard, unpacked)
	resp.Body.Close()
	if err != nil || n != size || packed.n > size/400 || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("packed: %d of %d, %v", n, packed.n, err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > size/4 {
		t.Errorf("the heap grew by %d", grown)
	}
	// Neither who goes away nor who stays keeps the server from closing.
	resp = get()
	resp.Body.Close()
	resp = get()
	defer resp.Body.Close()
	began := time.Now()
	if err := b.Close(); err != nil || time.Since(began) > 3*time.Second {
		t.Errorf("closed after %s: %v", time.Since(began), err)
	}
}

// counter counts what is read.
type counter struct {
	from io.Reader
	n    int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}
