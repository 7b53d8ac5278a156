//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// A serveRun is a latchkey serve that runs, away from any terminal.
type serveRun struct {
	t     *testing.T
	cmd   *exec.Cmd
	out   string // its first line
	ready struct {
		URL, Metadata, Socket string
		TokenFile             string `json:"token_file"`
		Profiles              []struct{ Name, Region, URI, Token string }
	}
	said gathering // on standard error
}

func (s *serveRun) says() string { return s.said.String() }

// serve starts latchkey serve with --json and waits until it is ready.
func serve(t *testing.T, environ []string, args ...string) *serveRun {
	t.Helper()
	s := &serveRun{t: t, cmd: exec.Command("latchkey", append([]string{"serve", "--json"}, args...)...)}
	s.cmd.Env, s.cmd.Dir, s.cmd.SysProcAttr = environ, t.TempDir(), &syscall.SysProcAttr{Setsid: true}
	s.cmd.Stderr = &s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	timer := time.AfterFunc(time.Minute, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	if s.out, err = bufio.NewReader(out).ReadString('\n'); err == nil {
		err = json.Unmarshal([]byte(s.out), &s.ready)
	}
	if err != nil {
		_ = s.cmd.Wait()
		t.Fatalf("it does not get ready: %v\n%s", err, s.says())
	}
	return s
}

// ends sends a signal and returns the exit code; it must not take long.
func (s *serveRun) ends(with os.Signal) int {
	s.t.Helper()
	began := time.Now()
	if err := s.cmd.Process.Signal(with); err != nil {
		s.t.Fatal(err)
	}
	timer := time.AfterFunc(30*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	_ = s.cmd.Wait()
	if took := time.Since(began); took > 3*time.Second {
		s.t.Errorf("it took %v to end", took)
	}
	return s.cmd.ProcessState.ExitCode()
}

// reply is what the container endpoint answers.
type reply struct {
	Status                    int
	Retry                     string
	AccessKeyID               string `json:"AccessKeyId"`
	Code, Message, Expiration string
}

// asks asks for the credentials of the n-th profile, with a token.
func (s *serveRun) asks(n int, token string) (r reply) {
	s.t.Helper()
	return requested(s.t, s.ready.Profiles[n].URI, token)
}

func requested(t *testing.T, url, token string) (r reply) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &r); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
	}
	r.Status, r.Retry = response.StatusCode, response.Header.Get("Retry-After")
	return r
}

// oddConfig has profiles whose names need care everywhere. One is of a role without
// MFA.
const oddConfig = `[profile "über prod/eu"]
role_arn = arn:aws:iam::444455556666:role/ReadOnly
source_profile = alice
[profile dev]
role_arn = arn:aws:iam::444455556666:role/ReadOnly
source_profile = alice
duration_seconds = 1800
`

// TestServe: each profile has a token of its own, the line of JSON is all of standard
// output, and a signal ends it well.
func TestServe(t *testing.T) {
	t.Parallel()
	p := atHome(t, oddConfig, aliceCredentials)
	for _, with := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		s := serve(t, p.environ, "über prod/eu", "dev", "--verbose")
		list := s.ready.Profiles
		if len(list) != 2 || list[0].Name != "über prod/eu" || list[0].Region != "eu-central-1" || list[0].URI != s.ready.URL+"/v1/credentials/%C3%BCber%20prod%2Feu" ||
			list[1].Name != "dev" || len(list[0].Token) != 43 || list[0].Token == list[1].Token || s.ready.Metadata != "" || s.ready.Socket != "" {
			t.Fatalf("%s", s.out)
		}
		for i := range list {
			if r := s.asks(i, list[i].Token); r.Status != 200 || !strings.HasPrefix(r.AccessKeyID, "ASIA") {
				t.Errorf("%+v", r)
			}
			if r := s.asks(i, list[1-i].Token); r.Status != 404 || r.AccessKeyID != "" {
				t.Errorf("with the other's token: %+v", r)
			}
			if r := s.asks(i, ""); r.Status != 403 {
				t.Errorf("without a token: %+v", r)
			}
		}
		if code := s.ends(with); code != 0 {
			t.Errorf("%s: exit code %d\n%s", with, code, s.says())
		}
		says := s.says()
		if !strings.Contains(says, "latchkey: serving über prod/eu, dev on http://127.0.0.1:") ||
			strings.Count(says, "latchkey: GET /v1/credentials/{name} 200 ") != 2 || strings.Count(says, "\n") != 7 || strings.Contains(says, list[0].Token) {
			t.Errorf("it says:\n%s", says)
		}
	}
}

// TestServeBusy: a port that is taken, before any code is asked for.
func TestServeBusy(t *testing.T) {
	t.Parallel()
	p := atHome(t, aliceConfig, aliceCredentials)
	s := serve(t, atHome(t, oddConfig, aliceCredentials).environ, "über prod/eu")
	out := p.runs(1, "latchkey", "serve", "dev", "--listen", strings.TrimPrefix(s.ready.URL, "http://"))
	if !strings.Contains(out, "address already in use\nfix: choose another port, or leave --listen out for a free one\n") || p.calls("GetSessionToken") != 0 {
		t.Errorf("it says:\n%s", out)
	}
}

// TestServeDefault: SDKs take a default profile first, and it says so.
func TestServeDefault(t *testing.T) {
	t.Parallel()
	p := atHome(t, oddConfig, aliceCredentials+"[default]\naws_access_key_id = AKIAALICE0001EXAMPLE\naws_secret_access_key = s\n")
	s := serve(t, p.environ, "dev", "--imds-v1", "--ecs")
	s.ends(syscall.SIGTERM)
	for _, want := range []string{"latchkey: warning: the profile default has credentials at ", "latchkey: warning: with --imds-v1 one request without a token "} {
		if !strings.Contains(s.says(), want) {
			t.Errorf("%s is not in:\n%s", want, s.says())
		}
	}
	if s.ready.Metadata != s.ready.URL || s.ready.Profiles[0].Token == "" {
		t.Errorf("%s", s.out)
	}
}

// TestServeSocket: what is beside the socket, who gets in, and that nothing stays.
func TestServeSocket(t *testing.T) {
	t.Parallel()
	p := atHome(t, oddConfig, aliceCredentials)
	path := filepath.Join(t.TempDir(), "made", "s")
	s := serve(t, p.environ, "über prod/eu", "dev", "--socket", path)
	if s.ready.Socket != path || s.ready.TokenFile != path+".token" || s.ready.URL != "" || s.ready.Profiles[0].Token != "" {
		t.Errorf("%s", s.out)
	}
	for name, mode := range map[string]fs.FileMode{path: 0o600 | fs.ModeSocket, path + ".token": 0o600, filepath.Dir(path): 0o700 | fs.ModeDir} {
		if info, err := os.Lstat(name); err != nil || info.Mode() != mode {
			t.Errorf("%v, %v", info, err)
		}
	}
	inside := []string{"PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0"}
	from := func(code int, more []string, args ...string) string {
		t.Helper()
		in := &person{t: t, environ: append(more, inside...)}
		return in.runs(code, append([]string{"latchkey", "credentials", "--from", "unix:" + path}, args...)...)
	}
	for _, name := range []string{"über prod/eu", "dev"} {
		if out := from(0, nil, name); !strings.HasPrefix(out, `{"Version":1,"AccessKeyId":"ASIA`) || !strings.Contains(out, `"Expiration":"`) {
			t.Errorf("%s", out)
		}
	}
	for _, tt := range []struct {
		code int
		name string
		env  string
		want string
	}{
		{2, "", "", "the token opens several: über prod/eu, dev\nfix: name one: latchkey credentials --from unix:"},
		{3, "none", "", "the server has no credentials of that name\nfix: name a profile that latchkey serve was given\n"},
		{5, "dev", "wrong", "the authorization token is missing or wrong\nfix: the token is that of AWS_CONTAINER_AUTHORIZATION_TOKEN"},
	} {
		args := []string{tt.name}
		if tt.name == "" {
			args = nil
		}
		if out := from(tt.code, []string{"AWS_CONTAINER_AUTHORIZATION_TOKEN=" + tt.env}, args...); !strings.Contains(out, tt.want) {
			t.Errorf("%s, want %s", out, tt.want)
		}
	}
	// Another one there, by whatever name, takes nothing away.
	before, err := os.ReadFile(path + ".token")
	if err != nil {
		t.Fatal(err)
	}
	if out := p.runs(1, "latchkey", "serve", "dev", "--socket", filepath.Dir(path)+"/../made/s"); !strings.Contains(out, "is listened on by another process") {
		t.Errorf("it says:\n%s", out)
	}
	if after, err := os.ReadFile(path + ".token"); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the token has changed: %v", err)
	}
	if code := s.ends(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d\n%s", code, s.says())
	}
	empty(t, filepath.Dir(path))
	from(6, nil, "dev")
	// What a killed one has left is replaced, and its token is of no use any more.
	s = serve(t, p.environ, "dev", "--socket", path)
	old, _ := os.ReadFile(path + ".token")
	if code := s.ends(syscall.SIGKILL); code != -1 {
		t.Errorf("exit code %d", code)
	}
	from(6, nil)
	s = serve(t, p.environ, "dev", "--socket", path)
	if out := from(0, nil); !strings.Contains(out, "ASIA") { // of the only one
		t.Errorf("%s", out)
	}
	from(5, []string{"AWS_CONTAINER_AUTHORIZATION_TOKEN=" + string(old)})
	// Another socket took its place by force: that one stays.
	if err := errors.Join(os.WriteFile(path+"2", nil, 0o600), os.Rename(path+"2", path), os.WriteFile(path+".token", []byte("other"), 0o600)); err != nil {
		t.Fatal(err)
	}
	s.ends(syscall.SIGTERM)
	for _, name := range []string{path, path + ".token"} {
		if _, err := os.Lstat(name); err != nil {
			t.Error(err)
		}
	}
}

// TestServeTwice: of many that begin at once on one socket, one serves, and its token
// is the one that is there.
func TestServeTwice(t *testing.T) {
	t.Parallel()
	p := atHome(t, oddConfig, aliceCredentials)
	path := filepath.Join(t.TempDir(), "s")
	var all []*exec.Cmd
	for range 8 {
		cmd := exec.Command("latchkey", "serve", "dev", "--socket", path)
		cmd.Env, cmd.SysProcAttr = p.environ, &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	codes := make(chan int, len(all))
	var ended sync.WaitGroup
	for _, cmd := range all {
		ended.Go(func() {
			_ = cmd.Wait()
			codes <- cmd.ProcessState.ExitCode()
		})
	}
	end := func(with os.Signal) {
		for _, cmd := range all {
			_ = cmd.Process.Signal(with)
		}
	}
	t.Cleanup(func() {
		end(os.Kill)
		ended.Wait()
	})
	timer := time.AfterFunc(time.Minute, func() { end(os.Kill) }) // more than one may serve
	defer timer.Stop()
	for range len(all) - 1 {
		if code := <-codes; code != 1 {
			t.Errorf("exit code %d", code)
		}
	}
	soon(t, "the socket is there", func() bool { _, err := os.Lstat(path); return err == nil })
	p.runs(0, "latchkey", "credentials", "--from", "unix:"+path)
	end(syscall.SIGTERM)
	if code := <-codes; code != 0 {
		t.Errorf("exit code %d", code)
	}
	empty(t, filepath.Dir(path))
}

// TestServeUnread: nobody reads what to set, and nothing stays.
func TestServeUnread(t *testing.T) {
	t.Parallel()
	p := atHome(t, oddConfig, aliceCredentials)
	path := filepath.Join(t.TempDir(), "s")
	out := p.runs(0, "bash", "-c", `(sleep 1; latchkey serve dev --socket "$0"; echo code-$? >&2) | true`, path)
	if !strings.Contains(out, "broken pipe") || !strings.Contains(out, "code-1\n") {
		t.Errorf("it says:\n%s", out)
	}
	empty(t, filepath.Dir(path))
}

// TestServeShells evaluates what is printed.
func TestServeShells(t *testing.T) {
	t.Parallel()
	p := atHome(t, oddConfig, aliceCredentials)
	for _, args := range []string{"dev", "'über prod/eu' dev", "dev --imds", "dev --imds --ecs"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			// The last variables are dev's. A default region of the shell's own stays.
			script := "export AWS_PROFILE=old AWS_ACCESS_KEY_ID=old; latchkey serve --shell sh " + args + ` >lines 2>said & until grep -qs serving said; do sleep 0.1; done
. ./lines; env | grep ^AWS_C | sort | sed 's/=.*//'; env | grep ^AWS_EC2_M | sed 's/:[0-9]*$//'; env | grep AWS_PROF; env | grep AWS_ACC; grep '^#' lines; kill $!; wait $!`
			cmd := exec.Command("bash", "-c", script)
			cmd.Dir, cmd.Env = t.TempDir(), p.environ
			out, err := cmd.CombinedOutput()
			want := map[string]string{
				"dev":                "AWS_CONFIG_FILE\nAWS_CONTAINER_AUTHORIZATION_TOKEN\nAWS_CONTAINER_CREDENTIALS_FULL_URI\n",
				"'über prod/eu' dev": "AWS_CONFIG_FILE\nAWS_CONTAINER_AUTHORIZATION_TOKEN\nAWS_CONTAINER_CREDENTIALS_FULL_URI\n# über prod/eu\n# dev\n",
				"dev --imds":         "AWS_CONFIG_FILE\nAWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1\n",
				"dev --imds --ecs":   "AWS_CONFIG_FILE\nAWS_CONTAINER_AUTHORIZATION_TOKEN\nAWS_CONTAINER_CREDENTIALS_FULL_URI\nAWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1\n",
			}[args]
			if err != nil || string(out) != want {
				t.Errorf("%v\n%s\nwant\n%s", err, out, want)
			}
		})
	}
}

// brief is the sandbox's world with credentials of the portal that are renewed after
// seconds: less than a minute of their life is never handed out.
func brief(life time.Duration) sandbox.Option {
	world := sandbox.Example()
	world.Settings.PermissionSet = life
	return sandbox.WithWorld(world)
}

// TestServeRefusesForNow: while a person is needed requests are refused at once with the command
// to run, which also stands on standard error, and a sign-in elsewhere ends that.
func TestServeRefusesForNow(t *testing.T) {
	t.Parallel()
	g := asGuest(t, "", brief(66*time.Second))
	g.runs(0, "latchkey", "login", "sso-dev")
	s := serve(t, g.environ, "sso-dev")
	path := filepath.Join(t.TempDir(), "s")
	onSocket := serve(t, g.environ, "sso-dev", "--socket", path)
	token := s.ready.Profiles[0].Token
	first := s.asks(0, token)
	if first.Status != 200 {
		t.Fatalf("%+v", first)
	}
	g.runs(0, "latchkey", "logout", "sso-dev")
	var refused reply
	soon(t, "what there is has less than a minute", func() bool { refused = s.asks(0, token); return refused.Status != 200 })
	began := time.Now()
	refused = s.asks(0, token)
	if refused.Status != 503 || refused.Retry == "" || refused.Code != "PersonNeeded" || !strings.HasSuffix(refused.Message, "run: latchkey login sso-dev") || time.Since(began) > time.Second {
		t.Errorf("%+v after %v", refused, time.Since(began))
	}
	if out := g.runs(4, "latchkey", "credentials", "--from", "unix:"+path); !strings.Contains(out, "wait for a person; run: latchkey login sso-dev\nfix: do it where latchkey serve runs, and try again\n") {
		t.Errorf("it says:\n%s", out)
	}
	const line = "; in another terminal, run: latchkey login sso-dev\n"
	soon(t, "it says what to run", func() bool { return strings.Contains(s.says(), line) && strings.Contains(onSocket.says(), line) })
	g.runs(0, "latchkey", "login", "sso-dev")
	began = time.Now()
	soon(t, "it goes on", func() bool { time.Sleep(100 * time.Millisecond); return s.asks(0, token).Status == 200 })
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("it took %v", took)
	}
	if again := s.asks(0, token); again.AccessKeyID == first.AccessKeyID {
		t.Errorf("%+v, as before", again)
	}
	soon(t, "it says that it goes on", func() bool {
		return strings.Contains(s.says(), "latchkey: the credentials of sso-dev are renewed again\n")
	})
	if n := strings.Count(s.says(), line); n != 1 {
		t.Errorf("it says %d times:\n%s", n, s.says())
	}
}
