package mfa_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/secret"
)

const (
	serial = "arn:aws:iam::123456789012:mfa/alice"
	// seedText is the one of RFC 6238.
	seedText = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	// processVariable makes the test binary a process that wants a code; it names
	// the folder.
	processVariable = "MFA_TEST_FOLDER"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(processVariable); folder != "" {
		os.Exit(process(folder))
	}
	os.Exit(m.Run())
}

// clock is a clock that sleeping moves on.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	waited []time.Duration
}

func newClock(unix int64) *clock { return &clock{now: time.Unix(unix, 0).UTC()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

func (c *clock) waiting(d time.Duration) { c.waited = append(c.waited, d) }

// options are those of a machine whose clock is c; a warning fails the test.
func options(t *testing.T, c *clock) mfa.Options {
	t.Helper()
	return mfa.Options{Folder: filepath.Join(t.TempDir(), "mfa"), Now: c.Now, Sleep: c.Sleep, Waiting: c.waiting,
		Warn: func(err error) { t.Errorf("warning: %v", err) }}
}

func seed() mfa.Source {
	return mfa.Seed("the vault", func(_ context.Context, of string) (secret.Text, error) {
		if of != serial {
			return secret.Text{}, nil
		}
		return secret.New(seedText), nil
	})
}

// typed is a person who types the answers one after another.
func typed(prompts *[]string, answers ...string) mfa.Source {
	return mfa.Asked("the terminal", func(_ context.Context, prompt string) (string, error) {
		*prompts = append(*prompts, prompt)
		answer := answers[0]
		answers = answers[1:]
		return answer, nil
	})
}

// code asks for a code and returns it, or the error's words.
func code(codes *mfa.Codes, r mfa.Request) string {
	text, err := codes.Code(context.Background(), r)
	if err != nil {
		return err.Error()
	}
	return text.Reveal()
}

func TestSeedWaitsForTheNextCode(t *testing.T) {
	t.Parallel()
	c := newClock(1111111109)
	o := options(t, c)
	// Another process, or this one started again, knows what was given out.
	for _, want := range []string{"081804", "050471", "266759"} {
		if got := code(mfa.New(o, seed()), mfa.Request{Serial: serial}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if want := []time.Duration{time.Second, 30 * time.Second}; fmt.Sprint(c.waited) != fmt.Sprint(want) {
		t.Errorf("waited %v, want %v", c.waited, want)
	}
}

func TestClockThatGoesBack(t *testing.T) {
	t.Parallel()
	c := newClock(1111111111)
	o := options(t, c)
	first := code(mfa.New(o, seed()), mfa.Request{Serial: serial})
	c.now = c.now.Add(-31 * time.Second)
	if got := code(mfa.New(o, seed()), mfa.Request{Serial: serial}); got == first || c.Now().Unix() < 1111111130 {
		t.Errorf("got %s at %v after %s", got, c.Now(), first)
	}
	c.waited = nil
	c.now = c.now.Add(-48 * time.Hour) // it was wrong before: nobody waits for two days
	if got := code(mfa.New(o, seed()), mfa.Request{Serial: serial}); len(got) != 6 || c.waited != nil {
		t.Errorf("got %s after waiting %v", got, c.waited)
	}
}

func TestFixed(t *testing.T) {
	t.Parallel()
	c := newClock(1111111109)
	o := options(t, c)
	var prompts []string
	fixed := mfa.Fixed("TOTP_CODE", secret.New("123 456"))
	codes := mfa.New(o, fixed, typed(&prompts, "222222"))
	if got := code(codes, mfa.Request{Serial: serial}); got != "123456" {
		t.Fatalf("got %s", got)
	}
	// It is the code of one device, and no other is sent it.
	if got := code(codes, mfa.Request{Serial: "other"}); got != "222222" {
		t.Errorf("got %s for another device", got)
	}
	for _, again := range []*mfa.Codes{mfa.New(o, fixed), mfa.New(o, mfa.Fixed("TOTP_CODE", secret.New("123456")))} {
		_, err := again.Code(context.Background(), mfa.Request{Serial: serial})
		var used *mfa.UsedError
		if !errors.As(err, &used) || used.Serial != serial || used.Source != "TOTP_CODE" || used.Next.Unix() != 1111111110 {
			t.Errorf("got %v (%+v)", err, used)
		}
	}
	if got := code(mfa.New(o, mfa.Fixed("", secret.Text{})), mfa.Request{Serial: serial}); got != mfa.ErrNobody.Error() {
		t.Errorf("empty code: got %s", got)
	}
}

// TestUsedFixed goes on to the next sources when a code given with the call was
// used, as the second of two keys of a rotation needs it.
func TestUsedFixed(t *testing.T) {
	t.Parallel()
	c := newClock(1111111096)
	o := options(t, c)
	fixed := mfa.Fixed("TOTP_CODE", secret.New("111111"))
	var prompts []string
	codes := mfa.New(o, fixed, mfa.Seed("", func(context.Context, string) (secret.Text, error) { return secret.Text{}, nil }), typed(&prompts, "222222"))
	if first, second := code(codes, mfa.Request{Serial: serial}), code(codes, mfa.Request{Serial: serial}); first != "111111" || second != "222222" {
		t.Errorf("got %s and %s", first, second)
	}
	if len(prompts) != 1 || !strings.HasPrefix(prompts[0], "that code has been used, the next one comes in 14 s. MFA code of ") {
		t.Errorf("asked %q", prompts)
	}
	if got := code(mfa.New(o, fixed, seed()), mfa.Request{Serial: serial}); got != "050471" {
		t.Errorf("got %s of the seed", got)
	}
	nobody := mfa.Asked("the terminal", func(context.Context, string) (string, error) { return "", mfa.ErrNobody })
	var used *mfa.UsedError
	if _, err := mfa.New(o, fixed, nobody).Code(t.Context(), mfa.Request{Serial: serial}); !errors.As(err, &used) {
		t.Errorf("with nobody else: %v", err)
	}
	broken := errors.New("no such terminal")
	failing := mfa.Asked("the terminal", func(context.Context, string) (string, error) { return "", broken })
	if _, err := mfa.New(o, fixed, failing).Code(t.Context(), mfa.Request{Serial: serial}); !errors.Is(err, broken) {
		t.Errorf("of another source that fails: %v", err)
	}
}

func TestAsked(t *testing.T) {
	t.Parallel()
	c := newClock(1111111096)
	o := options(t, c)
	var prompts []string
	codes := mfa.New(o, typed(&prompts, "111111", "111 111", "12345", "222222"))
	r := mfa.Request{Serial: serial, Profile: "prod\x1b[2J", Reason: "to assume the role deploy"}
	if first, second := code(codes, r), code(codes, r); first != "111111" || second != "222222" {
		t.Errorf("got %s and %s", first, second)
	}
	const question = "MFA code of arn:aws:iam::123456789012:mfa/alice for profile prod[2J, to assume the role deploy"
	want := []string{question, question, "that code has been used, the next one comes in 14 s. " + question, "that was not six digits. " + question}
	// 14 s are left until 1111111110.
	if strings.Join(prompts, "\n") != strings.Join(want, "\n") {
		t.Errorf("asked:\n%s\nwant:\n%s", strings.Join(prompts, "\n"), strings.Join(want, "\n"))
	}
	prompts = nil
	got := code(mfa.New(o, typed(&prompts, "a", "b", "c", "d", "e", "f")), r)
	if got != "mfa code from the terminal: not six digits" || len(prompts) != 5 {
		t.Errorf("got %s after %d prompts", got, len(prompts))
	}
}

func TestProcess(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for sh")
	}
	run := func(line string) mfa.Source {
		return mfa.Process(mfa.ProcessOptions{Line: line, Environ: []string{"PATH=/usr/bin:/bin"}})
	}
	count := filepath.Join(t.TempDir(), "count")
	for _, tt := range []struct{ name, line, first, second string }{
		{"a new code each time", "echo x >>" + count + "; printf '%06d\n' $(wc -l <" + count + ")", "000001", "000002"},
		{"the same for ever", "echo 123 456", "123456", "the code of mfa_process has been used already, and aws takes each code once; the next one comes at 01:59:30 UTC"},
		{"not a code", "echo canary-secret", "mfa code from mfa_process: not six digits", "mfa code from mfa_process: not six digits"},
		{"failing", "echo canary-secret; exit 3", "mfa code from mfa_process: ended with exit status 3", "mfa code from mfa_process: ended with exit status 3"},
		{"none", "", mfa.ErrNobody.Error(), mfa.ErrNobody.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClock(1111111109)
			codes := mfa.New(options(t, c), run(tt.line))
			for _, want := range []string{tt.first, tt.second} {
				if got := code(codes, mfa.Request{Serial: serial}); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
		})
	}
}

// TestOrder has the first source that serves the device give the code; one that
// fails is an error, as it was configured.
func TestOrder(t *testing.T) {
	t.Parallel()
	c := newClock(59)
	broken := errors.New("vault damaged")
	failing := mfa.Seed("the vault", func(context.Context, string) (secret.Text, error) { return secret.Text{}, broken })
	nobody := mfa.Asked("the terminal", func(context.Context, string) (string, error) {
		return "", fmt.Errorf("%w: no terminal", mfa.ErrNobody)
	})
	bad := mfa.Seed("the vault", func(context.Context, string) (secret.Text, error) { return secret.New("canary-0189"), nil })
	for _, tt := range []struct {
		name    string
		sources []mfa.Source
		want    string
	}{
		{"none", nil, mfa.ErrNobody.Error()},
		{"zero", []mfa.Source{{}}, mfa.ErrNobody.Error()},
		{"nobody, then seed", []mfa.Source{nobody, seed()}, "287082"},
		{"nobody", []mfa.Source{nobody}, mfa.ErrNobody.Error()},
		{"failing, then seed", []mfa.Source{failing, seed()}, "mfa code from the vault: vault damaged"},
		{"not a seed", []mfa.Source{bad}, "mfa code from the vault: totp seed is not base32"},
	} {
		if got := code(mfa.New(options(t, c), tt.sources...), mfa.Request{Serial: serial}); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	_, err := mfa.New(options(t, c), failing).Code(context.Background(), mfa.Request{Serial: serial})
	if !errors.Is(err, broken) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestQuiet(t *testing.T) {
	t.Parallel()
	c := newClock(1111111109)
	o := options(t, c)
	var prompts []string
	quiet := mfa.Request{Serial: serial, Quiet: true}
	if got := code(mfa.New(o, typed(&prompts, "111111"), mfa.Process(mfa.ProcessOptions{Line: "echo 222222"})), quiet); got != mfa.ErrNobody.Error() || prompts != nil {
		t.Errorf("got %s, and asked %q", got, prompts)
	}
	codes := mfa.New(o, typed(&prompts, "111111"), seed())
	if got := code(codes, quiet); got != "081804" {
		t.Errorf("got %s", got)
	}
	var used *mfa.UsedError
	if _, err := codes.Code(context.Background(), quiet); !errors.As(err, &used) || c.waited != nil {
		t.Errorf("got %v after waiting %v", err, c.waited)
	}
	hold(t, o.Folder)
	if _, err := codes.Code(context.Background(), quiet); !errors.As(err, &used) || c.waited != nil {
		t.Errorf("got %v of a device in use after waiting %v", err, c.waited)
	}
}

// hold takes the lock of the folder's one device, as another process would that
// asks its user and was stopped.
func hold(t *testing.T, folder string) *lockfile.Lock {
	t.Helper()
	lock, ok, err := lockfile.Try(strings.TrimSuffix(used(t, folder), ".json") + ".lock")
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	t.Cleanup(func() { _ = lock.Release() })
	return lock
}

// TestNotHeldUp has another process at its prompt: who has a code, and who has
// nobody to ask, need not wait for it.
func TestNotHeldUp(t *testing.T) {
	t.Parallel()
	c := newClock(1111111109)
	o := options(t, c)
	code(mfa.New(o, mfa.Fixed("TOTP_CODE", secret.New("111111"))), mfa.Request{Serial: serial})
	hold(t, o.Folder)
	o.Busy = func(holder string) { t.Errorf("waited for %s", holder) }
	asked := func(context.Context, string) (string, error) { t.Error("asked"); return "", mfa.ErrNobody }
	absent := mfa.Asked("the terminal", asked).If(func() bool { return false })
	none := mfa.Seed("the vault", func(context.Context, string) (secret.Text, error) { return secret.Text{}, nil })
	for _, tt := range []struct {
		name    string
		at      int64
		sources []mfa.Source
		want    string
	}{
		{"fixed", 1111111111, []mfa.Source{mfa.Fixed("TOTP_CODE", secret.New("222222")), absent}, "222222"},
		{"seed", 1234567890, []mfa.Source{mfa.Fixed("TOTP_CODE", secret.New("222222")), seed()}, "005924"},
		{"nobody", 1234567890, []mfa.Source{none, absent}, mfa.ErrNobody.Error()},
	} {
		c.now = time.Unix(tt.at, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		got, err := mfa.New(o, tt.sources...).Code(ctx, mfa.Request{Serial: serial})
		cancel()
		if err == nil && got.Reveal() != tt.want || err != nil && err.Error() != tt.want {
			t.Errorf("%s: got %q, %v; want %s", tt.name, got.Reveal(), err, tt.want)
		}
	}
}

// TestStoppedHolder waits for a process without a sign of life, for half a minute.
func TestStoppedHolder(t *testing.T) {
	t.Parallel()
	if os.Getenv("LATCHKEY_TEST_LONG") != "1" {
		t.Skip("takes 30 s: LATCHKEY_TEST_LONG=1 runs it")
	}
	c := newClock(1111111109)
	o := options(t, c)
	code(mfa.New(o, seed()), mfa.Request{Serial: serial})
	hold(t, o.Folder)
	var prompts []string
	_, err := mfa.New(o, typed(&prompts, "222222")).Code(t.Context(), mfa.Request{Serial: serial})
	var busy *mfa.BusyError
	if !errors.As(err, &busy) || !busy.Silent || !strings.Contains(err.Error(), serial) || !strings.HasPrefix(busy.Holder, "process ") || prompts != nil {
		t.Errorf("got %v, and asked %q", err, prompts)
	}
}

func TestHeldDevice(t *testing.T) {
	t.Parallel()
	c := newClock(1111111109)
	o := options(t, c)
	var holders []string
	o.Busy = func(holder string) { holders = append(holders, holder) }
	codes := mfa.New(o, seed())
	code(codes, mfa.Request{Serial: serial})
	lock := hold(t, o.Folder)
	ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
	defer cancel()
	if _, err := codes.Code(ctx, mfa.Request{Serial: serial}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if len(holders) != 1 || !strings.HasPrefix(holders[0], fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("told of %q", holders)
	}
	_ = lock.Release()
	if got := code(codes, mfa.Request{Serial: serial}); got != "050471" {
		t.Errorf("got %s after the lock was released", got)
	}
}

// process prints one code of a device that many processes share. Its clock
// stands still but for sleeping, so that each must wait for all before it.
func process(folder string) int {
	c := newClock(1111111109)
	source := mfa.Asked("the terminal", func(context.Context, string) (string, error) {
		text, err := os.ReadFile(filepath.Join(folder, "device"))
		next := len(text) + 1
		if err := os.WriteFile(filepath.Join(folder, "device"), append(text, 'x'), 0o600); err != nil {
			return "", err
		}
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		return fmt.Sprintf("%06d", (next+1)/2), err // each code is shown twice
	})
	codes := mfa.New(mfa.Options{Folder: filepath.Join(folder, "mfa"), Now: c.Now, Sleep: c.Sleep}, source)
	fmt.Println(code(codes, mfa.Request{Serial: serial}))
	return 0
}

func TestProcessesShareADevice(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	const processes = 20
	results := make([]string, processes)
	var group sync.WaitGroup
	for i := range processes {
		group.Go(func() {
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), processVariable+"="+folder)
			output, err := cmd.Output()
			results[i] = strings.TrimSpace(string(output))
			if err != nil {
				results[i] = err.Error()
			}
		})
	}
	group.Wait()
	seen := map[string]bool{}
	for _, result := range results {
		if _, err := mfa.ParseCode(result); err != nil || seen[result] {
			t.Errorf("got %q, twice: %v", result, seen[result])
		}
		seen[result] = true
	}
}
