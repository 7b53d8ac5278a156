//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// fetcher is a program that asks its endpoint again and again, and prints what
// changes, until its input ends.
func fetcher() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	last := ""
	for ; ; time.Sleep(200 * time.Millisecond) {
		r, err := http.NewRequest(http.MethodGet, os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI"), nil)
		if err != nil {
			os.Exit(8)
		}
		r.Header.Set("Authorization", os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN"))
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			os.Exit(9)
		}
		var answer struct {
			AccessKeyID, Code, Message string
			Expiration                 time.Time
		}
		err = json.NewDecoder(response.Body).Decode(&answer)
		_ = response.Body.Close()
		if err != nil || answer.AccessKeyID != "" && time.Until(answer.Expiration) < 59*time.Second {
			os.Exit(10)
		}
		line := fmt.Sprint(response.StatusCode, " ", answer.AccessKeyID, answer.Code, " ", answer.Message)
		if line != last {
			fmt.Println(line)
		}
		last = line
	}
}

// gathering is a writer that a test reads while it is written to.
type gathering struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *gathering) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(p)
}

func (g *gathering) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}

// await waits until what was written has the text n times.
func (g *gathering) await(t *testing.T, text string, n int) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); strings.Count(g.String(), text) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q did not come %d times:\n%s", text, n, g)
		}
	}
}

// TestServeRenews follows a command through renewals, the end of the sign-in that
// they rest on, and a sign-in elsewhere.
func TestServeRenews(t *testing.T) {
	t.Parallel()
	world := sandbox.Example()
	world.Settings.PermissionSet = 66 * time.Second
	g := asGuest(t, "", sandbox.WithWorld(world))
	g.runs(0, "latchkey", "login", "sso-dev")
	cmd := exec.Command("latchkey", "exec", "sso-dev", "--serve", "--", "fetcher")
	var stdout, stderr gathering
	cmd.Env, cmd.Stdout, cmd.Stderr = g.environ, &stdout, &stderr
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	stdout.await(t, "200 ASIA", 3)
	g.runs(0, "latchkey", "logout", "sso-dev")
	if err := os.RemoveAll(filepath.Join(g.dir, ".cache")); err != nil {
		t.Fatal(err)
	}
	stdout.await(t, "503 PersonNeeded the credentials of sso-dev wait for a person; run: latchkey login sso-dev\n", 1)
	stderr.await(t, "in another terminal, run: latchkey login sso-dev\n", 1)
	g.runs(0, "latchkey", "login", "sso-dev")
	before := strings.Count(stdout.String(), "200 ASIA")
	stdout.await(t, "200 ASIA", before+1)
	stderr.await(t, "latchkey: the credentials of sso-dev are renewed again\n", 1)
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s\n%s", err, &stdout, &stderr)
	}
	if n := strings.Count(stderr.String(), "\n"); n != 2 {
		t.Errorf("%d lines on standard error:\n%s", n, &stderr)
	}
}
