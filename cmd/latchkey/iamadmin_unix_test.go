//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestOnboardTyped: the password is shown on the terminal and nowhere else, a deletion
// is confirmed by the user's name.
func TestOnboardTyped(t *testing.T) {
	t.Parallel()
	environ, _ := adminHome(t, offices())
	dir := t.TempDir()
	into := func(line string) string { // what is printed goes to files, and what is asked to the terminal
		return "umask 077; " + line + " > " + filepath.Join(dir, "out") + " 2> " + filepath.Join(dir, "err")
	}
	ty := inTerminal(t, environ, "sh", "-c", into("latchkey iam onboard zoe --group developers --access-key"))
	ty.await("Make these changes to user zoe of account 111122223333?", 1)
	ty.typed("y\n")
	screen := ty.ends(0)
	secrets := regexp.MustCompile(`(?m)^(?:temporary password|secret access key): +(\S+)$`).FindAllStringSubmatch(screen, -1)
	if len(secrets) != 2 {
		t.Fatalf("secrets on the terminal: %q\n%s", secrets, screen)
	}
	for _, s := range secrets {
		for _, place := range []string{dir, strings.TrimPrefix(environ[0], "HOME="), strings.TrimPrefix(environ[2], "TMPDIR=")} {
			searchFiles(t, place, map[string]string{"the new secret": s[1]})
		}
	}
	if out, _ := os.ReadFile(filepath.Join(dir, "out")); !strings.Contains(string(out), "To be sent to zoe:") {
		t.Errorf("printed: %s", out)
	}
	// Who says no changes nothing.
	ty = inTerminal(t, environ, "latchkey", "iam", "onboard", "yan")
	ty.await("Make these changes", 1)
	ty.typed("n\n")
	if screen := ty.ends(0); !strings.Contains(screen, "nothing was changed") || strings.Contains(screen, "temporary password:") {
		t.Errorf("declined: %s", screen)
	}
	ty = inTerminal(t, environ, "latchkey", "iam", "offboard", "zoe", "--delete")
	ty.await("Type the name of the user to be deleted", 1)
	ty.typed("zoo\n")
	if screen := ty.ends(0); !strings.Contains(screen, "that is not zoe") || !strings.Contains(screen, "nothing was changed") {
		t.Errorf("mistyped: %s", screen)
	}
	ty = inTerminal(t, environ, "latchkey", "iam", "offboard", "zoe", "--delete")
	ty.await("Type the name of the user to be deleted", 1)
	ty.typed("zoe\n")
	if screen := ty.ends(0); !strings.Contains(screen, "user zoe is deleted: AWS knows no such user (NoSuchEntity)") {
		t.Errorf("deleted: %s", screen)
	}
}

// reaper is a way to AWS on which a program is killed at its nth call that changes
// something: before AWS hears of it, or before the program hears the answer.
type reaper struct {
	mu      sync.Mutex
	calls   int
	nth     int // 0: never
	after   bool
	program *exec.Cmd
	to      string
}

// forward makes a call of the administrator's own: the signature of the one that came is
// for another host.
func (r *reaper) forward(body []byte) (*http.Response, error) {
	req, err := http.NewRequest(http.MethodPost, r.to+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	service := "iam"
	if bytes.Contains(body, []byte("Version=2011-06-15")) {
		service = "sts"
	}
	sum := sha256.Sum256(body)
	dana := aws.Credentials{AccessKeyID: "AKIADANA00001EXAMPLE", SecretAccessKey: "dana/Sandbox+Secret/00001/bPxREXAMPLEKEY"}
	if err := v4.NewSigner().SignHTTP(req.Context(), dana, req, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}

func (r *reaper) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	form, _ := url.ParseQuery(string(body))
	r.mu.Lock()
	defer r.mu.Unlock()
	action := form.Get("Action")
	if !strings.HasPrefix(action, "Get") && !strings.HasPrefix(action, "List") {
		r.calls++
		if r.nth > 0 && r.calls >= r.nth {
			if r.after && r.calls == r.nth {
				if res, err := r.forward(body); err == nil {
					_ = res.Body.Close()
				}
			}
			_ = r.program.Process.Kill()
			panic(http.ErrAbortHandler)
		}
	}
	res, err := r.forward(body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer res.Body.Close()
	w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}

// TestAdminKilled: onboard and offboard are killed at each of their changes, and the
// same command ends what was begun. After that each key that works is in the file.
func TestAdminKilled(t *testing.T) {
	t.Parallel()
	environ, server := adminHome(t, offices())
	reap := &reaper{to: server.URL()}
	way := httptest.NewServer(reap)
	t.Cleanup(way.Close)
	environ = append(slices.Clone(environ), "AWS_ENDPOINT_URL="+way.URL)
	dir := t.TempDir()
	run := func(nth int, after bool, args ...string) (killed bool, out string) {
		cmd := exec.Command("latchkey", append([]string{"iam"}, args...)...)
		var text bytes.Buffer
		cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = environ, dir, &text, &text
		reap.mu.Lock()
		reap.calls, reap.nth, reap.after, reap.program = 0, nth, after, cmd
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		reap.mu.Unlock()
		err := cmd.Wait()
		if killed = cmd.ProcessState.ExitCode() == -1; err != nil && !killed {
			t.Fatalf("%q: %v\n%s", args, err, text.String())
		}
		return killed, text.String()
	}
	for nth := 1; ; nth++ {
		user := fmt.Sprintf("zoe%d", nth)
		after := nth%2 == 0
		onboard := []string{"onboard", user, "--group", "developers", "--tag", "a=b", "--access-key", "--yes", "--out", user + ".txt"}
		killed, _ := run(nth, after, onboard...)
		_, out := run(0, false, onboard...)
		file, err := os.ReadFile(filepath.Join(dir, user+".txt"))
		if err != nil || strings.Count(string(file), "\n") != 4 {
			t.Fatalf("change %d: the file has %q, %v\n%s", nth, file, err, out)
		}
		_, report := run(0, false, "onboard", user, "--json", "--group", "developers", "--tag", "a=b", "--access-key")
		key := regexp.MustCompile(`access key id: +(\S+)`).FindSubmatch(file)
		if !strings.Contains(report, `"changes": []`) || strings.Count(report, "access key AKIA") != 2 || !strings.Contains(report, string(key[1])) {
			t.Fatalf("change %d: the key in the file is not the only one, or not all is done: %s\n%s", nth, key, report)
		}
		offboard := []string{"offboard", user, "--delete", "--yes"}
		gone, _ := run(nth, after, offboard...)
		if _, out := run(0, false, offboard...); !strings.Contains(out, "NoSuchEntity") {
			t.Fatalf("change %d: not deleted: %s", nth, out)
		}
		if !killed && !gone {
			if nth < 8 {
				t.Errorf("nothing was killed after %d changes", nth)
			}
			return
		}
	}
}
