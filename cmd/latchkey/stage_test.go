//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

const (
	aliceKey    = "AKIAALICE0001EXAMPLE"
	aliceSecret = "CanarySecret+alice/wJalrXUtnFEMI/EXAMPLE"
	aliceSeed   = "MNQW4YLSPFZWKZLEMNQW4YLSPFZWKZLE"
	aliceDevice = "arn:aws:iam::111122223333:mfa/alice"
	stageRoles  = 20
)

// longTests reports whether the tests that take minutes are wanted.
func longTests() bool { return os.Getenv("LATCHKEY_TEST_LONG") == "1" }

// A stage is a sandbox with a user, an MFA device and twenty roles that want it,
// a slow way there, and a home folder of its own.
type stage struct {
	t      *testing.T
	server *sandbox.Server
	way    *slowWay
	home   string
	env    []string
}

// stageWorld is the sandbox's world: without a delay of new keys, because a
// rotation waits for them.
func stageWorld(t *testing.T) *sandbox.World {
	t.Helper()
	text := `
region: eu-central-1
accounts:
  - id: "111122223333"
    name: base
    users:
      - name: alice
        access_keys: [{id: ` + aliceKey + `, secret: ` + aliceSecret + `}]
        mfa_devices: [{name: alice, seed: ` + aliceSeed + `}]
  - id: "444455556666"
    name: dev
    roles:
`
	for i := range stageRoles + 1 {
		name, trusted := fmt.Sprintf("R%02d", i), "arn:aws:iam::111122223333:root"
		if i == stageRoles {
			name, trusted = "Refused", "arn:aws:iam::111122223333:user/alice" // and wants an external id
		}
		text += fmt.Sprintf(`      - name: %s
        trust:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: {AWS: "%s"}
              Action: "sts:AssumeRole"
              Condition:
                Bool: {"aws:MultiFactorAuthPresent": "true"}
`, name, trusted)
	}
	text += "                StringEquals: {\"sts:ExternalId\": \"nobody knows\"}\n"
	world, err := sandbox.ParseWorld([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return world
}

// newStage sets the stage. The profiles are alice (plain keys), r00 to r19 and
// refused over it; each role with an odd number has another region.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, home: t.TempDir()}
	for try := 0; s.way == nil; try++ {
		s.server = sandbox.Start(t, sandbox.WithWorld(stageWorld(t)))
		var err error
		if s.way, err = newSlowWay(t, s.server.URL()); err != nil && try == 10 {
			t.Skipf("no second loopback address: %v", err)
		}
	}
	config := "[profile alice]\nregion = eu-central-1\n"
	for i := range stageRoles + 1 {
		name, role, region := fmt.Sprintf("r%02d", i), fmt.Sprintf("R%02d", i), "eu-central-1"
		if i == stageRoles {
			name, role = "refused", "Refused"
		}
		if i%2 == 1 {
			region = "us-west-2"
		}
		config += fmt.Sprintf("[profile %s]\nregion = %s\nrole_arn = arn:aws:iam::444455556666:role/%s\nsource_profile = alice\nmfa_serial = %s\n", name, region, role, aliceDevice)
	}
	s.write(".aws/config", config)
	s.write(".aws/credentials", "[alice]\naws_access_key_id = "+aliceKey+"\naws_secret_access_key = "+aliceSecret+"\n")
	s.write("tmp/.keep", "")
	s.write("run/.keep", "") // where keys go if the kernel's keyring does not take them
	s.env = []string{"HOME=" + s.home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + filepath.Join(s.home, "tmp"), "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL=" + s.way.url, "XDG_RUNTIME_DIR=" + filepath.Join(s.home, "run"), "GORACE=atexit_sleep_ms=0", "NO_PROXY=*"}
	leave(t, []string{"HOME=" + s.home})
	return s
}

func vaultIn(home string) string {
	return filepath.Join(home, ".local", "share", "latchkey", "vault")
}

// write puts a file below the home folder.
func (s *stage) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// code is an MFA code of alice's that has not been used.
func (s *stage) code() string {
	s.t.Helper()
	code, err := s.server.MFACode("alice")
	if err != nil {
		s.t.Fatal(err)
	}
	return code
}

// An ending is how one program ended.
type ending struct {
	Code     int
	Out, Err string
	Took     time.Duration
}

// run runs latchkey without a terminal.
func (s *stage) run(more []string, args ...string) ending {
	s.t.Helper()
	return s.feed(more, "", args...)
}

func (s *stage) feed(more []string, input string, args ...string) ending {
	s.t.Helper()
	return finishOf(s.start(more, input, append([]string{"latchkey"}, args...)...))
}

// A started program, away from any terminal.
type started struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer
	began    time.Time
}

func (s *stage) start(more []string, input string, args ...string) *started {
	s.t.Helper()
	p := &started{cmd: exec.Command(args[0], args[1:]...), began: time.Now()}
	p.cmd.Env, p.cmd.Dir, p.cmd.SysProcAttr = append(append([]string(nil), s.env...), more...), s.home, &syscall.SysProcAttr{Setsid: true}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = strings.NewReader(input), &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return p
}

// finishOf waits for a program, but not for ever.
func finishOf(p *started) ending {
	timer := time.AfterFunc(2*time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	_ = p.cmd.Wait()
	return ending{p.cmd.ProcessState.ExitCode(), p.out.String(), p.err.String(), time.Since(p.began)}
}

// crowd is a program that starts others all at once: crowd FOLDER. The folder's
// tasks.json lists their arguments; endings.json is what became of them, and N.err
// what each has said so far. It does not end with the Ctrl-C that is meant for them.
func crowd() {
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, syscall.SIGINT) // caught, not ignored: what is ignored is inherited
	var tasks [][]string
	text, err := os.ReadFile(filepath.Join(os.Args[1], "tasks.json"))
	if err == nil {
		err = json.Unmarshal(text, &tasks)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	endings := make([]ending, len(tasks))
	var done sync.WaitGroup
	for i, task := range tasks {
		var out bytes.Buffer
		cmd := exec.Command(task[0], task[1:]...)
		messages, err := os.Create(filepath.Join(os.Args[1], fmt.Sprintf("%d.err", i)))
		cmd.Stdout, cmd.Stderr = &out, messages
		began := time.Now()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			endings[i] = ending{Code: -1, Err: err.Error()}
			continue
		}
		done.Go(func() {
			_ = cmd.Wait()
			_ = messages.Close()
			said, _ := os.ReadFile(messages.Name())
			endings[i] = ending{cmd.ProcessState.ExitCode(), out.String(), string(said), time.Since(began)}
		})
	}
	done.Wait()
	if text, err = json.Marshal(endings); err == nil {
		err = os.WriteFile(filepath.Join(os.Args[1], "endings.json"), text, 0o600)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(8)
	}
	os.Exit(0)
}

// crowdOf writes the tasks of a crowd and returns its command and a function that
// reads the endings.
func (s *stage) crowdOf(tasks [][]string) (command []string, endings func() []ending) {
	s.t.Helper()
	folder := s.t.TempDir()
	text, err := json.Marshal(tasks)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "tasks.json"), text, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return []string{"crowd", folder}, func() []ending {
		s.t.Helper()
		var list []ending
		text, err := os.ReadFile(filepath.Join(folder, "endings.json"))
		if err == nil {
			err = json.Unmarshal(text, &list)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		return list
	}
}

// crowded runs a crowd without a terminal.
func (s *stage) crowded(more []string, tasks [][]string) []ending {
	s.t.Helper()
	command, endings := s.crowdOf(tasks)
	if end := finishOf(s.start(more, "", command...)); end.Code != 0 {
		s.t.Fatalf("crowd: %+v", end)
	}
	return endings()
}

// wait waits until n of a crowd have said that they wait for another process: who
// begins later has a question of its own.
func (s *stage) wait(crowd []string, n int) {
	s.t.Helper()
	soon(s.t, fmt.Sprintf("%d processes wait", n), func() bool {
		waiting := 0
		files, _ := filepath.Glob(filepath.Join(crowd[1], "*.err"))
		for _, path := range files {
			if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte("latchkey: waiting for process ")) {
				waiting++
			}
		}
		return waiting >= n
	})
}

// times is a crowd of one kind.
func times(n int, task ...string) [][]string {
	tasks := make([][]string, n)
	for i := range tasks {
		tasks[i] = task
	}
	return tasks
}

// A slowWay leads to a sandbox: the same port of the other loopback address, so
// that the name of the host, which is signed, stays true.
type slowWay struct {
	url string

	mu    sync.Mutex
	delay time.Duration
	gates map[string]chan struct{} // by action: requests wait until it is closed
	came  map[string]int
}

func newSlowWay(t *testing.T, to string) (*slowWay, error) {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("::1", target.Port()))
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", target.Host, r.In.Host
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }}
	w := &slowWay{url: "http://" + listener.Addr().String(), gates: map[string]chan struct{}{}, came: map[string]int{}}
	server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		if !w.wait(r, form.Get("Action")) {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(rw, r)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
		transport.CloseIdleConnections()
	})
	return w, nil
}

// wait counts a request and holds it up; false: the client is gone.
func (w *slowWay) wait(r *http.Request, action string) bool {
	w.mu.Lock()
	w.came[action]++
	delay, gate := w.delay, w.gates[action]
	w.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-r.Context().Done():
			return false
		}
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// calls is how many requests of an action have come so far.
func (w *slowWay) calls(action string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.came[action]
}

// shut holds up an action until the function that it returns is called.
func (w *slowWay) shut(action string) (open func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	gate := make(chan struct{})
	w.gates[action] = gate
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.gates, action)
		close(gate)
	})
}

func (w *slowWay) slow(delay time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = delay
}

// soon waits until something has come about.
func soon(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within half a minute: %s", what)
		}
	}
}

// vaultInFile makes a vault whose key is in a file, so that nobody is asked.
func (s *stage) vaultInFile() {
	s.t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("key.txt", key.String()+"\n")
	if _, err := vault.Create(s.t.Context(), vault.Options{Folder: vaultIn(s.home)}, vault.InFile(filepath.Join(s.home, "key.txt"))); err != nil {
		s.t.Fatal(err)
	}
}

// addSeed puts alice's key and the seed of her device into the vault.
func (s *stage) addSeed(name string) {
	s.t.Helper()
	input := aliceKey + "\n" + aliceSecret + "\n" + aliceSeed + "\n"
	if end := s.feed(nil, input, "vault", "add", name, "--stdin", "--totp", "--no-verify", "--mfa-serial", aliceDevice); end.Code != 0 {
		s.t.Fatalf("%+v", end)
	}
}

const (
	oldKey    = "AKIAOLD000001EXAMPLE"
	oldSecret = "CanarySecret/old+wJalrXUtnFEMI/K7EXAMPLE"
)

func (s *stage) open() *vault.Age { return vault.Open(vault.Options{Folder: vaultIn(s.home)}) }

func (s *stage) entry(name string) (vault.Entry, error) {
	return s.open().Get(context.Background(), name)
}

func (s *stage) put(name, id, key string) {
	s.t.Helper()
	if err := s.open().Put(s.t.Context(), vault.Entry{Name: name, AccessKeyID: id, Secret: secret.New(key)}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) putOld() { s.t.Helper(); s.put("old", oldKey, oldSecret) }

// mayNeed checks that a command succeeded: the second try of what was interrupted.
func (s *stage) mayNeed(end ending) {
	s.t.Helper()
	if end.Code != 0 {
		s.t.Errorf("the next try: exit %d: %s", end.Code, end.Err)
	}
}

// identity writes an age identity for a vault that is still to be made.
func (s *stage) identity() {
	s.t.Helper()
	s.vaultInFile()
	if err := os.RemoveAll(vaultIn(s.home)); err != nil {
		s.t.Fatal(err)
	}
}
