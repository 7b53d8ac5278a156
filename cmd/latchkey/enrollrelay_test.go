//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// A relay is in between latchkey and AWS. The signature of what comes is for another
// host, so that it signs anew: with the key that it was given, and those that AWS tells.
// It keeps the secrets that it sees, and looks at each request for those before it in
// the arguments of all processes.
type relay struct {
	*httptest.Server
	t     *testing.T
	to    string
	mu    sync.Mutex
	keys  map[string]aws.Credentials
	told  []string
	count int

	// At request at the program is killed, before AWS has seen it or when AWS has done
	// it; 0 is never.
	at   int
	done bool
	kill func()
}

func newRelay(t *testing.T, server *sandbox.Server, id, key string) *relay {
	t.Helper()
	k := &relay{t: t, to: server.URL(), keys: map[string]aws.Credentials{id: {AccessKeyID: id, SecretAccessKey: key}}}
	k.Server = httptest.NewServer(k)
	t.Cleanup(k.Close)
	return k
}

// requests is how many there were.
func (k *relay) requests() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.count
}

// secrets are those that AWS has told.
func (k *relay) secrets() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.told)
}

func (k *relay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.inArguments()
	k.mu.Lock()
	k.count++
	mine := k.count == k.at
	k.mu.Unlock()
	if mine && !k.done {
		k.kill()
		panic(http.ErrAbortHandler)
	}
	res, body, err := k.forward(r)
	if mine {
		k.kill()
	}
	if mine || err != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
	w.WriteHeader(res.StatusCode)
	_, _ = w.Write(body)
}

// forward sends a request on.
func (k *relay) forward(r *http.Request) (*http.Response, []byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, k.to+"/", bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", r.Header.Get("Content-Type"))
	if scope := regexp.MustCompile(`Credential=(\w+)/\d+/([\w-]+)/(\w+)/`).FindStringSubmatch(r.Header.Get("Authorization")); scope != nil {
		k.mu.Lock()
		key := k.keys[scope[1]]
		k.mu.Unlock()
		sum := sha256.Sum256(body)
		if err := v4.NewSigner().SignHTTP(req.Context(), key, req, hex.EncodeToString(sum[:]), scope[3], scope[2], time.Now()); err != nil {
			return nil, nil, err
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	k.learn(answer)
	return res, answer, err
}

// learn keeps the secrets of an answer.
func (k *relay) learn(answer []byte) {
	text := func(name string) string {
		found := regexp.MustCompile(`<` + name + `>([^<]+)<`).FindSubmatch(answer)
		if found == nil {
			return ""
		}
		return html.UnescapeString(string(found[1]))
	}
	key := aws.Credentials{AccessKeyID: text("AccessKeyId"), SecretAccessKey: text("SecretAccessKey"), SessionToken: text("SessionToken")}
	seed, _ := base64.StdEncoding.DecodeString(text("Base32StringSeed"))
	k.mu.Lock()
	defer k.mu.Unlock()
	if key.SecretAccessKey != "" {
		k.keys[key.AccessKeyID] = key
	}
	for _, s := range []string{key.SecretAccessKey, key.SessionToken, string(seed)} {
		if s != "" {
			k.told = append(k.told, s)
		}
	}
}

func (k *relay) inArguments() {
	list, _ := filepath.Glob("/proc/[0-9]*/cmdline") // none but on Linux
	for _, path := range list {
		line, _ := os.ReadFile(path) // of one that has ended: nothing
		for _, text := range k.secrets() {
			if bytes.Contains(line, []byte(text)) {
				k.t.Errorf("the arguments of a process are %q", line)
			}
		}
	}
}
