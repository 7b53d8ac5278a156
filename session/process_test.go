package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/session"
)

// The test binary plays another process when this variable holds a task.
const taskVariable = "SESSION_TEST_TASK"

// task is what a process does: retrieve the session of a role, which stands on
// that of a user if there is one.
type task struct {
	Folder     string
	Role, User string // session keys
	Delay      time.Duration
	Fail       string
	Prompts    bool
	Hang       string // while this file is there, fetching hangs
	Silence    time.Duration
	Barrier    bool // begin when stdin ends
	Check      bool // print nothing, leave no trace but the session's
}

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(taskVariable); ok {
		var do task
		if err := json.Unmarshal([]byte(text), &do); err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
		os.Exit(do.run())
	}
	os.Exit(m.Run())
}

// key makes a session key of a name.
func key(name string) string {
	return strings.Repeat(fmt.Sprintf("%02x", name[len(name)-1]), 4) + fmt.Sprintf("%x", name+"        ")
}

func (do task) run() int {
	if do.Barrier {
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
	if do.Check {
		runtime.LockOSThread() // strace counts the calls of each thread
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	creds, err := do.retrieve(ctx, os.Stderr)
	var busy *session.BusyError
	switch {
	case errors.As(err, &busy):
		fmt.Println("busy:", err)
		return 3
	case errors.Is(err, context.Canceled):
		fmt.Println("cancelled:", err)
		return 130
	case err != nil:
		fmt.Println("error:", err)
		return 1
	}
	if !do.Check {
		fmt.Printf("%+v\n", creds)
	}
	return 0
}

func (do task) retrieve(ctx context.Context, log io.Writer) (aws.Credentials, error) {
	store := session.NewStore(session.StoreOptions{
		Folder: filepath.Join(do.Folder, "sessions"), Locks: filepath.Join(do.Folder, "locks"),
		Key: session.FileKey(filepath.Join(do.Folder, "runtime")), Now: time.Now,
		Waiting: func(holder string) { fmt.Fprintln(log, "waiting for", holder) },
		Warn:    func(err error) { fmt.Fprintln(log, "warning:", err) },
	})
	if do.Silence > 0 {
		store.SetLimits(do.Silence, time.Minute, do.Silence/10)
	}
	var p aws.CredentialsProvider
	if do.User != "" {
		p = store.Wrap(session.About{Key: key(do.User), Profile: do.User, Prompts: do.Prompts}, do.provider(do.User, nil))
	}
	p = store.Wrap(session.About{Key: key(do.Role), Profile: do.Role, Prompts: do.Prompts && p == nil}, do.provider(do.Role, p))
	return p.Retrieve(ctx)
}

// provider counts its calls in the folder, in a file of the session's name.
func (do task) provider(name string, source aws.CredentialsProvider) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		if source != nil {
			if _, err := source.Retrieve(ctx); err != nil {
				return aws.Credentials{}, err
			}
		}
		if do.Check {
			return do.session(name), nil
		}
		counter, err := os.OpenFile(filepath.Join(do.Folder, "calls."+name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return aws.Credentials{}, err
		}
		fmt.Fprintf(counter, "%d\n", os.Getpid())
		_ = counter.Close()
		for {
			select {
			case <-ctx.Done():
				return aws.Credentials{}, ctx.Err()
			case <-time.After(do.Delay):
			}
			if _, err := os.Stat(do.Hang); do.Hang == "" || err != nil {
				break
			}
		}
		if do.Fail != "" {
			return aws.Credentials{}, errors.New(do.Fail)
		}
		return do.session(name), nil
	})
}

func (do task) session(name string) aws.Credentials {
	return aws.Credentials{AccessKeyID: "ASIA" + strconv.Itoa(os.Getpid()), SecretAccessKey: "s", SessionToken: "t", Source: name,
		CanExpire: true, Expires: time.Now().Add(time.Hour)}
}

func (do task) command(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(do)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	// Without the last one, a process with the race detector waits a second to end.
	cmd.Env = append(os.Environ(), taskVariable+"="+string(text), "GORACE=atexit_sleep_ms=0")
	return cmd
}

// calls returns the processes that fetched a session.
func (do task) calls(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(do.Folder, "calls."+name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Fields(string(data))
}

// running is a process under way.
type running struct {
	cmd         *exec.Cmd
	out, errOut transcript
}

// transcript may be read while a process writes to it.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func (do task) start(t *testing.T, stdin *os.File) *running {
	t.Helper()
	r := &running{cmd: do.command(t)}
	r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = stdin, &r.out, &r.errOut
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *running) wait() (code int, out string) {
	_ = r.cmd.Wait() // the exit code tells
	return r.cmd.ProcessState.ExitCode(), r.out.String()
}

// all runs the tasks at once and returns what each printed.
func all(t *testing.T, tasks []task) (codes []int, outs []string) {
	t.Helper()
	barrier, open, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	list := make([]*running, len(tasks))
	for i, do := range tasks {
		do.Barrier = true
		list[i] = do.start(t, barrier)
	}
	_ = barrier.Close()
	_ = open.Close()
	codes, outs = make([]int, len(tasks)), make([]string, len(tasks))
	var group sync.WaitGroup
	for i, r := range list {
		group.Go(func() {
			codes[i], outs[i] = r.wait()
			if text := r.errOut.String(); strings.Contains(text, "warning:") {
				t.Errorf("process %d: %s", i, text)
			}
		})
	}
	group.Wait()
	return codes, outs
}

func times(n int, do task) []task {
	list := make([]task, n)
	for i := range list {
		list[i] = do
	}
	return list
}

// eventually waits for what another process does.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}
