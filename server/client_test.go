//go:build unix

package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/server"
)

// socketOf starts a server on a socket.
func socketOf(t *testing.T, o server.Options) (*server.Server, *server.Client) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := server.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, l, o), &server.Client{Socket: path, Now: time.Now}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// TestClient asks a real server, by name and without.
func TestClient(t *testing.T) {
	t.Parallel()
	odd := "über prod/eu?x#y"
	s, client := socketOf(t, server.Options{Sources: []server.Source{{Name: "dev", Provider: &source{}}, {Name: odd, Provider: &source{}}}})
	one, both := s.Grant("dev"), s.Grant("dev", odd)
	for _, tt := range []struct {
		token  secret.Text
		name   string
		status int
		says   string
	}{
		{one, "dev", 0, ""},
		{one, "", 0, ""},
		{both, odd, 0, ""},
		{both, "", 404, "the token opens several: dev, " + odd},
		{one, odd, 404, "the server has no credentials of that name"},
		{both, "none", 404, "the server has no credentials of that name"},
		{secret.New("wrong"), "dev", 403, "the authorization token is missing or wrong"},
		{secret.Text{}, "", 403, "the authorization token is missing or wrong"},
	} {
		client.Token = tt.token
		creds, err := client.Fetch(within(t, 5*time.Second), tt.name)
		if tt.status == 0 {
			want := good(1, time.Hour)
			if err != nil || creds.AccessKeyID != want.AccessKeyID || creds.SecretAccessKey != canary || creds.SessionToken != want.SessionToken ||
				creds.AccountID != want.AccountID || !creds.CanExpire || want.Expires.Sub(creds.Expires).Abs() > time.Minute {
				t.Errorf("%q: %v, %v", tt.name, creds.AccessKeyID, err)
			}
			continue
		}
		var answer *server.AnswerError
		if !errors.As(err, &answer) || answer.Status != tt.status || err.Error() != tt.says {
			t.Errorf("%q: %v, want %d %s", tt.name, err, tt.status, tt.says)
		}
	}
	client.Token = secret.New("a\r\nHost: b")
	if _, err := client.Fetch(t.Context(), "dev"); err == nil || strings.Contains(err.Error(), "Host") {
		t.Errorf("a token with a line break: %v", err)
	}
}

// TestClientWaits: while credentials are fetched the client waits, but not where a
// person is needed.
func TestClientWaits(t *testing.T) {
	t.Parallel()
	slow := &source{wait: make(chan struct{})}
	s, client := socketOf(t, server.Options{Sources: []server.Source{{Name: "dev", Provider: slow}}})
	client.Token = s.Grant("dev")
	time.AfterFunc(1500*time.Millisecond, func() { close(slow.wait) })
	if creds, err := client.Fetch(within(t, 20*time.Second), "dev"); err != nil || creds.AccessKeyID != keyA {
		t.Errorf("%s, %v", creds.AccessKeyID, err)
	}
	refused := &source{creds: func(int) (aws.Credentials, error) { return aws.Credentials{}, errPerson }}
	s, client = socketOf(t, server.Options{Sources: []server.Source{{Name: "dev", Provider: refused, Hint: "run: it",
		NeedsPerson: func(err error) bool { return errors.Is(err, errPerson) }}}})
	client.Token = s.Grant("dev")
	began := time.Now()
	_, err := client.Fetch(within(t, 20*time.Second), "dev")
	var answer *server.AnswerError
	if !errors.As(err, &answer) || answer.Code != server.CodePerson || !strings.HasSuffix(err.Error(), "; run: it") || time.Since(began) > time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// TestClientPending gives up with what was answered last.
func TestClientPending(t *testing.T) {
	t.Parallel()
	slow := &source{wait: make(chan struct{})}
	s, client := socketOf(t, server.Options{Sources: []server.Source{{Name: "dev", Provider: slow}}})
	client.Token = s.Grant("dev")
	_, err := client.Fetch(within(t, 1200*time.Millisecond), "dev")
	var answer *server.AnswerError
	if !errors.As(err, &answer) || answer.Code != server.CodePending || answer.Status != http.StatusServiceUnavailable {
		t.Errorf("%v", err)
	}
}

// TestClientUnreachable: sockets at which nobody answers.
func TestClientUnreachable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		filepath.Join(dir, "none"): fs.ErrNotExist,
		file:                       syscall.ECONNREFUSED,
		filepath.Join(dir, strings.Repeat("x", 200)): syscall.EINVAL,
		canned(t, ""):     server.ErrHungUp,
		canned(t, "wait"): context.DeadlineExceeded,
		canned(t, "HTTP/1.1 200 OK\r\nConten", "wait"):                     context.DeadlineExceeded,
		canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "wait"): context.DeadlineExceeded,
	} {
		client := &server.Client{Socket: path, Now: time.Now}
		_, err := client.Fetch(within(t, 300*time.Millisecond), "dev")
		var unreachable *server.UnreachableError
		if !errors.As(err, &unreachable) || !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

// canned is a socket that answers with the text, or only hangs up. After "wait" it stays.
func canned(t *testing.T, answers ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = http.ReadRequest(bufio.NewReader(conn))
		for _, answer := range answers {
			if answer == "wait" {
				_, _ = io.Copy(io.Discard, conn) // until the client is gone
				return
			}
			_, _ = io.WriteString(conn, answer)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return path
}

const wholeAnswer = `{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"` + canary + `","Token":"t","Expiration":"2999-01-01T00:00:00Z","AccountId":"111122223333"}`

func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// TestClientMalformed: what answers need not be a server of ours. Nothing of it is
// shown but what is fit to be.
func TestClientMalformed(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		ok(wholeAnswer):       "",
		"SSH-2.0-OpenSSH\r\n": "is not HTTP",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{":                      "ends before its end",
		"HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 65<<10):              "is longer than 64 KiB",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10) + "\r\n\r\n": "is not HTTP",
		ok(""):                "is not the JSON of credentials",
		ok("[]"):              "is not the JSON of credentials",
		ok(wholeAnswer + "{"): "is not the JSON of credentials",
		ok("{}"):              "has no AccessKeyId",
		ok(strings.Replace(wholeAnswer, "ASIAEXAMPLE", " ", 1)):                    "has no AccessKeyId",
		ok(strings.Replace(wholeAnswer, "ASIAEXAMPLE", `A\nB`, 1)):                 "has no AccessKeyId",
		ok(strings.Replace(wholeAnswer, "ASIAEXAMPLE", "\xff", 1)):                 "is not the JSON of credentials",
		ok(strings.Replace(wholeAnswer, `"`+canary+`"`, "null", 1)):                "has no SecretAccessKey",
		ok(strings.Replace(wholeAnswer, `"t"`, `""`, 1)):                           "has no Token",
		ok(strings.Replace(wholeAnswer, "2999-", "soon", 1)):                       "does not say when the credentials end",
		ok(strings.Replace(wholeAnswer, "2999", "2009", 1)):                        "has credentials that have ended",
		"HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n":                        "HTTP status 302",
		"HTTP/1.1 500 No\r\n\r\n\x1b[31m":                                          "HTTP status 500",
		"HTTP/1.1 503 No\r\n\r\n" + `{"code":"X","message":"\u001b[31mred\nline"}`: "[31mred line",
	} {
		client := &server.Client{Socket: canned(t, answer), Now: time.Now}
		creds, err := client.Fetch(within(t, 5*time.Second), "dev")
		switch {
		case want == "" && (err != nil || creds.SecretAccessKey != canary):
			t.Errorf("%.60q: %v", answer, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\x1b\n") || creds.HasKeys()):
			t.Errorf("%.60q: %v, want %s", answer, err, want)
		case want != "" && strings.Contains(err.Error(), canary):
			t.Errorf("%.60q: the error holds a secret", answer)
		}
	}
}

// FuzzAnswer: nothing but whole, unexpired credentials comes out.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{wholeAnswer, "", "{}", `{"AccessKeyId":1}`, "\xff", strings.ReplaceAll(wholeAnswer, "2999", "0000")} {
		f.Add([]byte(seed))
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body []byte) {
		creds, err := server.ParseAnswer(body, now)
		if (err == nil) != creds.HasKeys() {
			t.Fatalf("%v with %v", creds, err)
		}
		if err == nil && (!creds.CanExpire || !creds.Expires.After(now) || creds.SessionToken == "" || !utf8.ValidString(creds.SessionToken+creds.SecretAccessKey)) {
			t.Fatalf("%+v", creds)
		}
	})
}
