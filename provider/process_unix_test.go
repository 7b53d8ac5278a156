//go:build !windows

package provider_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/provider"
)

const printGood = `echo '{"Version": 1, "AccessKeyId": "ASIA1", "SecretAccessKey": "canary-secret", "SessionToken": "canary-token", "Expiration": "2026-01-02T13:00:00Z"}'`

// process runs command with a short limit and a PATH of its own.
func process(command string, change ...func(*provider.ProcessOptions)) *provider.Process {
	o := provider.ProcessOptions{Command: command, Profile: "dev", Environ: []string{"PATH=/usr/bin:/bin"}, Timeout: 20 * time.Second, Now: now}
	for _, c := range change {
		c(&o)
	}
	return provider.NewProcess(o)
}

func limit(d time.Duration) func(*provider.ProcessOptions) {
	return func(o *provider.ProcessOptions) { o.Timeout = d }
}

func TestProcess(t *testing.T) {
	t.Parallel()
	want := aws.Credentials{
		AccessKeyID: "ASIA1", SecretAccessKey: "canary-secret", SessionToken: "canary-token",
		AccountID: "123456789012", Source: "process", CanExpire: true, Expires: noon.Add(time.Hour),
	}
	account := func(o *provider.ProcessOptions) { o.AccountID = "123456789012" }
	got, err := process(printGood, account).Retrieve(t.Context())
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	own := strings.Replace(printGood, `"Version"`, `"AccountId": "999999999999", "Version"`, 1)
	if got, err := process(own, account).Retrieve(t.Context()); err != nil || got.AccountID != "999999999999" {
		t.Errorf("own account: %+v, %v", got, err)
	}
}

func TestProcessEnvironmentIsExact(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "env")
	environ := func(o *provider.ProcessOptions) { o.Environ = []string{"OUT=" + out, "A=b c", "PATH=/usr/bin:/bin"} }
	if _, err := process(`env > "$OUT"; `+printGood, environ).Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		name, _, _ := strings.Cut(line, "=")
		// The shell adds some of its own.
		if !strings.Contains(" OUT A PATH PWD OLDPWD SHLVL _ ", " "+name+" ") {
			t.Errorf("environment holds %s", line)
		}
	}
	if !strings.Contains(string(data), "A=b c\n") {
		t.Errorf("environment lacks A: %s", data)
	}
	empty := func(o *provider.ProcessOptions) { o.Environ = nil }
	_, err = process(`test -z "$HOME" && `+printGood, empty).Retrieve(t.Context())
	if err != nil {
		t.Errorf("no environment: %v", err)
	}
}

func TestProcessFailures(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		command string
		failure provider.ProcessFailure
		code    int
		signal  string
	}{
		{"/no/such/command-canary", provider.ProcessNotFound, 127, ""},
		{script, provider.ProcessNotExecutable, 126, ""},
		{"echo canary; echo canary >&2; exit 3", provider.ProcessExited, 3, ""},
		{printGood + "; exit 1", provider.ProcessExited, 1, ""},
		{"kill -TERM $$", provider.ProcessSignalled, -1, "terminated"},
		{"echo canary", provider.ProcessNotJSON, 0, ""},
		{"true", provider.ProcessNotJSON, 0, ""},
		{`echo '{"Version": "1", "SecretAccessKey": "canary"}'`, provider.ProcessWrongVersion, 0, ""},
		{`echo '{"Version": 1, "SecretAccessKey": "canary"}'`, provider.ProcessMissingField, 0, ""},
		{`echo '{"Version": 1, "AccessKeyId": " ", "SecretAccessKey": "canary"}'`, provider.ProcessMissingField, 0, ""},
		{"head -c 100000 /dev/zero | tr '\\0' a", provider.ProcessTooMuchOutput, 0, ""},
		{"yes canary", provider.ProcessTooMuchOutput, 0, ""},
	}
	for _, tt := range tests {
		_, err := process(tt.command).Retrieve(t.Context())
		var failure *provider.ProcessError
		if !errors.As(err, &failure) {
			t.Errorf("%s: %v", tt.command, err)
			continue
		}
		if failure.Failure != tt.failure || failure.ExitCode != tt.code || failure.Signal != tt.signal || failure.Profile != "dev" {
			t.Errorf("%s: %+v", tt.command, failure)
		}
		if !strings.HasPrefix(err.Error(), "credential_process of profile dev: ") {
			t.Errorf("%s: %v", tt.command, err)
		}
		clean(t, err)
	}
}

func TestProcessRefusesDeadAndMalformed(t *testing.T) {
	t.Parallel()
	_, err := process(strings.Replace(printGood, "13:00", "12:00", 1)).Retrieve(t.Context())
	var expired *provider.ExpiredError
	if !errors.As(err, &expired) || expired.Source != "process" || !expired.Expires.Equal(noon) {
		t.Errorf("expired: %v", err)
	}
	_, err = process(strings.Replace(printGood, "canary-token", `canary\\n`, 1)).Retrieve(t.Context())
	var malformed *provider.MalformedError
	if !errors.As(err, &malformed) || malformed.Field != "SessionToken" {
		t.Errorf("malformed: %v", err)
	}
	clean(t, err)
}

// pids waits for the files that a command writes its processes' ids to.
func pids(t *testing.T, path string, n int) []int {
	t.Helper()
	for range 200 {
		data, _ := os.ReadFile(path)
		if fields := strings.Fields(string(data)); len(fields) == n && strings.HasSuffix(string(data), "\n") {
			var out []int
			for _, f := range fields {
				pid, err := strconv.Atoi(f)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, pid)
			}
			return out
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %d pids in %s", n, path)
	return nil
}

// gone waits until the process has ended; a zombie counts as ended.
func gone(pid int) bool {
	for range 200 {
		if syscall.Kill(pid, 0) != nil {
			return true
		}
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err == nil && strings.Contains(string(stat), ") Z ") {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// TestProcessGroupIsKilled: a hanging command dies with what it started, at the
// time-out, at the caller's wish, and when it prints too much.
func TestProcessGroupIsKilled(t *testing.T) {
	t.Parallel()
	const hang = `sleep 300 & echo $$ > F.new; echo $! >> F.new; mv F.new F; `
	for name, tt := range map[string]struct {
		command string
		limit   time.Duration
		cancel  bool
	}{
		"time-out":        {hang + "wait", 500 * time.Millisecond, false},
		"ignores signals": {"trap '' TERM INT HUP PIPE; " + hang + "while :; do sleep 1; done", 500 * time.Millisecond, false},
		"cancelled":       {hang + "wait", time.Minute, true},
		"too much":        {"trap '' PIPE; " + hang + "yes canary; wait", time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pids")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p := process(strings.ReplaceAll(tt.command, "F", file), limit(tt.limit))
			var group sync.WaitGroup
			var err error
			begun := time.Now()
			group.Go(func() { _, err = p.Retrieve(ctx) })
			ids := pids(t, file, 2)
			if tt.cancel {
				cancel()
			}
			group.Wait()
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			var failure *provider.ProcessError
			switch {
			case tt.cancel:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			case !errors.As(err, &failure):
				t.Errorf("got %v", err)
			case name == "too much" != (failure.Failure == provider.ProcessTooMuchOutput):
				t.Errorf("got %v", err)
			}
			clean(t, err)
			for _, pid := range ids {
				if !gone(pid) {
					t.Errorf("process %d lives on", pid)
				}
			}
		})
	}
}

// TestDaemonThatKeepsThePipe: what a command leaves behind neither delays nor
// spoils its answer, and is not killed.
func TestDaemonThatKeepsThePipe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pids")
	command := `sleep 5 & echo $! > F.new; mv F.new F; ` + printGood
	begun := time.Now()
	got, err := process(strings.ReplaceAll(command, "F", file)).Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "ASIA1" {
		t.Errorf("got %+v, %v", got, err)
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	pid := pids(t, file, 1)[0]
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("the daemon is gone: %v", err)
	}
}

// safeBuffer collects what the command writes while it runs.
type safeBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestProcessStderr(t *testing.T) {
	t.Parallel()
	var out safeBuffer
	to := func(o *provider.ProcessOptions) { o.Stderr = &out }
	_, err := process("echo 'canary: sign in, please' >&2; exit 1", to).Retrieve(t.Context())
	if err == nil || out.String() != "canary: sign in, please\n" {
		t.Errorf("stderr %q, %v", out.String(), err)
	}
	clean(t, err)
	var much safeBuffer
	to = func(o *provider.ProcessOptions) { o.Stderr = &much }
	if _, err := process("head -c 1000000 /dev/zero >&2; "+printGood, to).Retrieve(t.Context()); err != nil {
		t.Errorf("much on stderr: %v", err)
	}
	if n := len(much.String()); n != 64<<10 {
		t.Errorf("%d bytes passed on, want 64 KiB", n)
	}
}

func TestProcessStdin(t *testing.T) {
	t.Parallel()
	if _, err := process("test -z \"$(cat)\" && " + printGood).Retrieve(t.Context()); err != nil {
		t.Errorf("null device: %v", err)
	}
	path := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(path, []byte("given"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stdin := func(o *provider.ProcessOptions) { o.Stdin = file }
	if _, err := process("test \"$(cat)\" = given && "+printGood, stdin).Retrieve(t.Context()); err != nil {
		t.Errorf("a file: %v", err)
	}
}
