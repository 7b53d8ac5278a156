package latchkey_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/internal/kernelring"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/session"
)

// The test binary plays another process when this variable names a profile.
const processVariable = "LATCHKEY_FACADE_TEST_PROFILE"

func TestMain(m *testing.M) {
	if name := os.Getenv(processVariable); name != "" {
		os.Exit(process(name))
	}
	if os.Getenv(killVariable) != "" {
		os.Exit(rotateAndDie())
	}
	os.Exit(m.Run())
}

// process prints the credentials of a profile on the role ReadOnly.
func process(name string) int {
	r, err := latchkey.Load(latchkey.Options{StateFolder: os.Getenv("STATE")})
	if err != nil {
		fmt.Println(err)
		return 2
	}
	plan, err := r.Plan(name, onReadOnly())
	if err != nil {
		fmt.Println(err)
		return 2
	}
	p, err := r.Provider(plan)
	if err != nil {
		fmt.Println(err)
		return 2
	}
	creds, err := p.Retrieve(context.Background())
	if err != nil {
		f := explain.Error(err)
		fmt.Println(f.Class, f.Code, f.What)
		return 1
	}
	fmt.Println(creds.AccessKeyID)
	return 0
}

// processes runs n of them at once and returns what they print.
func (b *bench) processes(n int, name string) []string {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	out := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			cmd := exec.CommandContext(b.t.Context(), self)
			cmd.Env = append(b.opts.Environ[:len(b.opts.Environ):len(b.opts.Environ)], processVariable+"="+name, "STATE="+b.opts.StateFolder)
			text, err := cmd.Output()
			out[i] = strings.TrimSpace(string(text))
			if err != nil {
				out[i] += " (" + err.Error() + ")"
			}
		})
	}
	wg.Wait()
	return out
}

// TestProcesses: processes that start together make one call, and all get its
// answer; also those that come later, and this one.
func TestProcesses(t *testing.T) {
	t.Parallel()
	b := newRealBench(t)
	ids := append(b.processes(8, "alice"), b.processes(2, "alice")...)
	creds, err := b.provider("alice", onReadOnly()).Retrieve(t.Context())
	for _, id := range append(ids, creds.AccessKeyID) {
		if err != nil || id != ids[0] || !strings.HasPrefix(id, "ASIA") {
			t.Errorf("got %q and %q, %v", id, ids[0], err)
		}
	}
	b.count("eleven processes", "AssumeRole", 1)
}

// TestShared: which steps' sessions another process has without a call of its own.
func TestShared(t *testing.T) {
	t.Parallel()
	tests := []struct {
		profile string
		policy  chain.Policy
		calls   map[string]int // after two processes
		kept    int
	}{
		{"alice", onReadOnly(), map[string]int{"AssumeRole": 1}, 1},
		{"dev", chain.Policy{}, map[string]int{"GetSessionToken": 1, "AssumeRole": 1}, 2},
		{"alice", chain.Policy{MFA: true}, map[string]int{"GetSessionToken": 1}, 1},
		{"ci", chain.Policy{}, map[string]int{"AssumeRoleWithWebIdentity": 1}, 1},
		{"sso-dev", chain.Policy{}, map[string]int{"GetRoleCredentials": 1}, 1},
		{"alice", chain.Policy{}, nil, 0},
	}
	for _, tt := range tests {
		b := newBench(t)
		first, err := b.provider(tt.profile, tt.policy, b.code).Retrieve(t.Context())
		if err != nil {
			t.Errorf("%s: %v", tt.profile, err)
			continue
		}
		second, err := b.provider(tt.profile, tt.policy).Retrieve(t.Context())
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%s: the second process got %+v, %v; the first %+v", tt.profile, second, err, first)
		}
		for operation, want := range tt.calls {
			b.count(tt.profile, operation, want)
		}
		list, err := b.load().Sessions().List(t.Context())
		if err != nil || len(list) != tt.kept {
			t.Errorf("%s: %d kept, %v; want %d", tt.profile, len(list), err, tt.kept)
		}
		for _, s := range list {
			if s.Profile == "" || s.Kind == "" || s.Left < 59*time.Minute || s.Err != nil {
				t.Errorf("%s: listed as %+v", tt.profile, s)
			}
		}
		// The machine's own services are asked again: nothing of them is kept.
		plan, _ := b.load().Plan(tt.profile, tt.policy)
		shares, err := b.load().Shares(*plan.Last())
		if err != nil || shares != (tt.kept > 0) {
			t.Errorf("%s: shares %v, %v", tt.profile, shares, err)
		}
	}
}

// TestPrivate: sessions that are not shared leave no file and no key, whether the
// program says so or the settings.
func TestPrivate(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]string{"option": "", "no": "no", "No": "No"} {
		b := newBench(t)
		private := func(o *latchkey.Options) { o.PrivateSessions = keep == "" }
		if keep != "" {
			b.settings("[sessions]\nkeep = " + keep + "\n")
		}
		p := b.provider("alice", onReadOnly(), private)
		first, err := p.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if again, err := p.Retrieve(t.Context()); err != nil || again.AccessKeyID != first.AccessKeyID {
			t.Errorf("%s: not kept in the process: %v", name, err)
		}
		p.Invalidate()
		if again, err := p.Retrieve(t.Context()); err != nil || again.AccessKeyID == first.AccessKeyID {
			t.Errorf("%s: not invalidated: %v", name, err)
		}
		if _, err := b.provider("alice", onReadOnly(), private).Retrieve(t.Context()); err != nil {
			t.Error(err)
		}
		b.count(name, "AssumeRole", 3)
		if files, _ := filepath.Glob(filepath.Join(b.opts.StateFolder, "sessions", "*")); len(files) > 0 {
			t.Errorf("%s: files %q", name, files)
		}
		if where, err := b.load().Sessions().Where(t.Context()); err == nil && strings.Contains(where, "kernel") {
			t.Errorf("%s: there is a key in %s", name, where)
		}
	}
}

// TestInvalidateShared: what is forgotten is forgotten for all, and nothing else is.
func TestInvalidateShared(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.provider("alice", onReadOnly())
	first, err := p.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.provider("sso-dev", chain.Policy{}).Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Invalidate()
	list, err := b.load().Sessions().List(t.Context())
	if err != nil || len(list) != 1 || list[0].Profile != "sso-dev" {
		t.Errorf("left: %+v, %v", list, err)
	}
	second, err := p.Retrieve(t.Context())
	if err != nil || second.AccessKeyID == first.AccessKeyID {
		t.Errorf("the same after Invalidate: %v", err)
	}
	third, err := b.provider("alice", onReadOnly()).Retrieve(t.Context())
	if err != nil || third.AccessKeyID != second.AccessKeyID {
		t.Errorf("another process got %q, %v; want %q", third.AccessKeyID, err, second.AccessKeyID)
	}
	b.count("in all", "AssumeRole", 2)
}

// TestNextPlan: the source that a chain goes on to shares its sessions, which are
// forgotten, demanded to last and asked codes for as those of the first are.
func TestNextPlan(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.withoutKeys()
	entry := aliceKey()
	entry.Seed, entry.MFASerial = secret.New(aliceSeed), aliceDevice
	b.memory(entry)
	b.opts.Order = []chain.Source{"mine", chain.SourceProfile}
	b.opts.Custom = map[chain.Source]aws.CredentialsProvider{"mine": aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, absent{}
	})}
	b.opts.Environ = append(b.opts.Environ, "AWS_PROFILE=dev")
	first, err := b.provider("", chain.Policy{}).Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.clock.advance(10 * time.Minute)
	long := chain.Policy{Lifetime: time.Hour}
	second, err := b.provider("", long).Retrieve(t.Context())
	if err != nil || !second.Expires.After(first.Expires) {
		t.Errorf("needed for an hour: expires %s, the first did %s; %v", second.Expires, first.Expires, err)
	}
	b.provider("", chain.Policy{}).Invalidate()
	if list, err := b.load().Sessions().List(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("left after Invalidate: %+v, %v", list, err)
	}
}

// TestLifetime: who needs credentials for longer than the shared ones last gets
// new ones, which serve the others too.
func TestLifetime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	steps := []struct {
		after, need time.Duration
		calls       int
	}{{0, 0, 1}, {10 * time.Second, time.Hour, 1}, {10 * time.Minute, 0, 1}, {0, 50 * time.Minute, 1}, {0, 55 * time.Minute, 2}, {0, time.Hour, 2}, {0, 0, 2}}
	for i, s := range steps {
		b.clock.advance(s.after)
		policy := onReadOnly()
		policy.Lifetime = s.need
		creds, err := b.provider("alice", policy).Retrieve(t.Context())
		if left := creds.Expires.Sub(b.clock.now()); err != nil || left < s.need-30*time.Second {
			t.Errorf("step %d: %s left, %v", i, left, err)
		}
		b.count(fmt.Sprint("step ", i), "AssumeRole", s.calls)
	}
}

// TestSharedSkew: with a wrong clock a shared session is seen to last as long as
// AWS says, also by a process that has called nobody itself.
func TestSharedSkew(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{-time.Hour, -10 * time.Minute, 10 * time.Minute, 50 * time.Minute} {
		b := newBench(t)
		first, err := b.provider("alice", onReadOnly(), off(wrong)).Retrieve(t.Context())
		if err != nil {
			t.Errorf("%s: %v", wrong, err)
			continue
		}
		late := b.provider("alice", onReadOnly(), off(wrong)) // kept over the whole life
		for _, after := range []time.Duration{0, 30 * time.Minute, 14 * time.Minute} {
			b.clock.advance(after)
			for name, p := range map[string]*latchkey.Provider{"new": b.provider("alice", onReadOnly(), off(wrong)), "old": late} {
				creds, err := p.Retrieve(t.Context())
				if err != nil || creds.AccessKeyID != first.AccessKeyID || !creds.Expires.Equal(first.Expires) {
					t.Errorf("%s, %s process: %q until %s, %v; want %q until %s", wrong, name, creds.AccessKeyID, creds.Expires, err, first.AccessKeyID, first.Expires)
				}
			}
		}
		b.count(wrong.String(), "AssumeRole", 1)
		list, err := b.load(off(wrong)).Sessions().List(t.Context())
		if err != nil || len(list) != 1 || (list[0].Left-16*time.Minute).Abs() > 5*time.Second {
			t.Errorf("%s: listed %+v, %v", wrong, list, err)
		}
		b.clock.advance(15*time.Minute + 30*time.Second) // 30 s left
		for name, p := range map[string]*latchkey.Provider{"new": b.provider("alice", onReadOnly(), off(wrong)), "old": late} {
			if creds, err := p.Retrieve(t.Context()); err != nil || creds.AccessKeyID == first.AccessKeyID || creds.Expires.Sub(b.clock.now()) < 59*time.Minute {
				t.Errorf("%s, %s process: outlived AWS's expiry: until %s, %v", wrong, name, creds.Expires, err)
			}
		}
		b.count(wrong.String()+" renewed", "AssumeRole", 2)
	}
}

// TestClockTooFar: a session that is over by this machine's clock from the start
// is of no use to who gets it; the clock is named.
func TestClockTooFar(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.provider("alice", onReadOnly(), off(time.Hour+time.Minute)).Retrieve(t.Context())
	var expired *provider.ExpiredError
	if !errors.As(err, &expired) || !strings.Contains(explain.Error(err).What, " ahead of AWS's") {
		t.Errorf("got %v", err)
	}
}

// TestClockPutRight: a session of a wrong clock does no harm once that is right.
func TestClockPutRight(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{-time.Hour, -10 * time.Minute, 10 * time.Minute, 50 * time.Minute} {
		b := newBench(t)
		if _, err := b.provider("alice", onReadOnly(), off(wrong)).Retrieve(t.Context()); err != nil {
			t.Errorf("%s: %v", wrong, err)
		}
		for range 4 {
			creds, err := b.provider("alice", onReadOnly()).Retrieve(t.Context())
			if left := creds.Expires.Sub(b.clock.now()); err != nil || left < time.Minute {
				t.Errorf("%s: %s left, %v", wrong, left, err)
			}
			b.clock.advance(18 * time.Minute)
		}
	}
}

// gate holds one request up until the test lets it go.
type gate struct {
	operation string
	reached   chan struct{}
	open      chan struct{}
	once      sync.Once
	fail      error
}

func newGate(operation string) *gate {
	return &gate{operation: operation, reached: make(chan struct{}), open: make(chan struct{})}
}

func (g *gate) Do(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	body := r.Form.Encode()
	copied := r.Clone(r.Context())
	if r.GetBody != nil {
		if again, err := r.GetBody(); err == nil {
			copied.Body = again
		}
	}
	if strings.Contains(body, "Action="+g.operation+"&") || g.operation == "" {
		g.once.Do(func() { close(g.reached) })
		<-g.open
		if g.fail != nil {
			return nil, g.fail
		}
	}
	return http.DefaultTransport.RoundTrip(copied)
}

// TestSharedFailure: a process that waited fails as the one did that it waited
// for, with the same finding and without a call of its own.
func TestSharedFailure(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		arrange func(*bench)
		profile string
		policy  chain.Policy
		class   explain.Class
		calls   int // AssumeRole
	}{
		"refused": {func(*bench) {}, "alice", chain.Policy{Role: origin.Value{Text: "arn:aws:iam::444455556666:role/Task"}}, explain.ClassRefused, 1},
		"process": {func(b *bench) {
			b.config("[profile slow]\ncredential_process = sleep 1.5; exit 3\n[profile over]\nrole_arn = " + readOnly + "\nsource_profile = slow\n")
		}, "over", chain.Policy{}, explain.ClassFailed, 0},
		"mfa_process": {func(b *bench) {
			b.config("[profile typo]\nrole_arn = " + developer + "\nsource_profile = alice\nmfa_serial = " + aliceDevice + "\nmfa_process = sleep 1.5; echo 12345\n")
		}, "typo", chain.Policy{}, explain.ClassConfig, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			tt.arrange(b)
			g := newGate("AssumeRole")
			var held sync.Once
			waiting := func(o *latchkey.Options) { o.Waiting = func(string) { held.Do(func() { close(g.open) }) } }
			first := b.provider(tt.profile, tt.policy, func(o *latchkey.Options) { o.HTTPClient = g })
			second := b.provider(tt.profile, tt.policy, waiting)
			var errs [2]error
			var wg sync.WaitGroup
			wg.Go(func() { _, errs[0] = first.Retrieve(t.Context()) })
			if tt.calls > 0 {
				<-g.reached
			} else {
				b.heldLock()
			}
			_, errs[1] = second.Retrieve(t.Context())
			wg.Wait()
			a, z := explain.Error(errs[0]), explain.Error(errs[1])
			var shared *session.SharedError
			if errors.As(errs[0], &shared) == errors.As(errs[1], &shared) || !reflect.DeepEqual(a, z) || a.Class != tt.class {
				t.Errorf("the first: %+v (%v)\nthe other: %+v (%v), want class %s", a, errs[0], z, errs[1], tt.class)
			}
			b.count(name, "AssumeRole", tt.calls)
		})
	}
}

// heldLock waits until some session is being fetched.
func (b *bench) heldLock() {
	b.t.Helper()
	for range 1000 {
		if locks, _ := filepath.Glob(filepath.Join(b.opts.StateFolder, "locks", "*.lock")); len(locks) > 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.t.Fatal("nobody fetches a session")
}

// TestSignInShared: that a sign-in has ended is the same finding for all.
func TestSignInShared(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.aws.EndSSO("alice")
	g := newGate("")
	opened := sync.OnceFunc(func() { close(g.open) })
	first := b.provider("sso-dev", chain.Policy{}, func(o *latchkey.Options) { o.HTTPClient = g })
	second := b.provider("sso-dev", chain.Policy{}, func(o *latchkey.Options) { o.Waiting = func(string) { opened() } })
	var errs [2]error
	var wg sync.WaitGroup
	wg.Go(func() { _, errs[0] = first.Retrieve(t.Context()) })
	<-g.reached
	_, errs[1] = second.Retrieve(t.Context())
	wg.Wait()
	a, z := explain.Error(errs[0]), explain.Error(errs[1])
	if !reflect.DeepEqual(a, z) || a.Class != explain.ClassNeedsUser || a.Code != "sso-sign-in" {
		t.Errorf("the first: %+v (%v)\nthe other: %+v (%v)", a, errs[0], z, errs[1])
	}
}

// TestUnreachableShared: so is that AWS cannot be reached, or does not answer: of
// many who wait only one waits for that.
func TestUnreachableShared(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]error{"no route": errors.New("no route to host"), "timeout": fmt.Errorf("no answer: %w", context.DeadlineExceeded)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			g := newGate("AssumeRole")
			g.fail = fail
			opened := sync.OnceFunc(func() { close(g.open) })
			first := b.provider("alice", onReadOnly(), func(o *latchkey.Options) { o.HTTPClient = g })
			second := b.provider("alice", onReadOnly(), func(o *latchkey.Options) { o.Waiting = func(string) { opened() } })
			var errs [2]error
			var wg sync.WaitGroup
			wg.Go(func() { _, errs[0] = first.Retrieve(t.Context()) })
			<-g.reached
			_, errs[1] = second.Retrieve(t.Context())
			wg.Wait()
			var unreachable *awsapi.UnreachableError
			if !errors.As(errs[1], &unreachable) || !reflect.DeepEqual(explain.Error(errs[0]), explain.Error(errs[1])) {
				t.Errorf("the first: %v\nthe other: %v", errs[0], errs[1])
			}
			if _, err := b.provider("alice", onReadOnly()).Retrieve(t.Context()); err != nil {
				t.Errorf("who comes later does not try itself: %v", err)
			}
		})
	}
}

// TestOwnDeadline: the time that one caller allows is no failure of the others.
func TestOwnDeadline(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	g := newGate("AssumeRole")
	short, cancel := context.WithCancelCause(t.Context())
	first := b.provider("alice", onReadOnly(), func(o *latchkey.Options) { o.HTTPClient = g })
	second := b.provider("alice", onReadOnly())
	var wg sync.WaitGroup
	var own error
	wg.Go(func() { _, own = first.Retrieve(deadline{short}) })
	<-g.reached
	wg.Go(func() {
		if _, err := second.Retrieve(t.Context()); err != nil {
			t.Errorf("the other: %v", err)
		}
	})
	time.Sleep(50 * time.Millisecond)
	cancel(context.DeadlineExceeded)
	close(g.open)
	wg.Wait()
	if !errors.Is(own, context.DeadlineExceeded) {
		t.Errorf("whose time was over: %v", own)
	}
}

// deadline is a context whose end is that of a time.
type deadline struct{ context.Context }

func (d deadline) Err() error { return context.Cause(d.Context) }

// TestOwnFailure: a process that had nobody to ask, or was given a code of no use,
// fails alone; one that waited for it goes on.
func TestOwnFailure(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(*latchkey.Options){
		"nobody":     func(*latchkey.Options) {},
		"not a code": func(o *latchkey.Options) { o.MFA = latchkey.Code{Name: "TOTP_CODE", Code: secret.New("12345")} },
		"own deadline": func(o *latchkey.Options) {
			o.MFACode = func(context.Context, string) (secret.Text, error) { return secret.Text{}, context.DeadlineExceeded }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			var first, second atomic.Bool
			p := b.provider("dev", chain.Policy{}, broken)
			q := b.provider("dev", chain.Policy{}, b.code)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { _, err := p.Retrieve(t.Context()); first.Store(err != nil || first.Load()) })
				wg.Go(func() {
					if _, err := q.Retrieve(t.Context()); err != nil {
						t.Error(err)
						second.Store(true)
					}
				})
			}
			wg.Wait()
			if second.Load() {
				t.Error("failed with the other's failure")
			}
		})
	}
	b := newBench(t)
	_, err := b.provider("dev", chain.Policy{}).Retrieve(t.Context())
	var needed *provider.MFARequiredError
	if !errors.As(err, &needed) || explain.Error(err).Class != explain.ClassNeedsUser {
		t.Errorf("alone: %v", err)
	}
}

// TestBurst: a refusal serves those who come within two seconds, and no longer.
func TestBurst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	denied := chain.Policy{Role: origin.Value{Text: "arn:aws:iam::444455556666:role/Task"}}
	var findings []explain.Finding
	for i, s := range []struct {
		after time.Duration
		calls int
	}{{0, 1}, {0, 1}, {1900 * time.Millisecond, 1}, {200 * time.Millisecond, 2}, {time.Minute, 3}} {
		b.clock.advance(s.after)
		_, err := b.provider("alice", denied).Retrieve(t.Context())
		findings = append(findings, explain.Error(err))
		b.count(fmt.Sprint("call ", i), "AssumeRole", s.calls)
	}
	for _, f := range findings {
		f.Why, findings[0].Why = "", "" // holds the request's id
		if f.Class != explain.ClassRefused || f.Code != findings[0].Code || f.Profile != findings[0].Profile {
			t.Errorf("%+v, the first was %+v", f, findings[0])
		}
	}
}

// TestWrongCodeAgain: who mistyped a code may try again at once, however it came.
func TestWrongCodeAgain(t *testing.T) {
	t.Parallel()
	wrong := func(o *latchkey.Options, code string, how string) {
		switch how {
		case "MFACode":
			o.MFACode = func(context.Context, string) (secret.Text, error) { return secret.New(code), nil }
		case "MFA":
			o.MFA = latchkey.Code{Name: "--mfa-code", Code: secret.New(code)}
		default:
			o.Asker = &person{answer: says(code)}
		}
	}
	for _, how := range []string{"MFACode", "MFA", "Asker"} {
		b := newBench(t)
		_, err := b.provider("dev", chain.Policy{}, func(o *latchkey.Options) { wrong(o, "000000", how) }).Retrieve(t.Context())
		var refused *awsapi.APIError
		if !errors.As(err, &refused) {
			t.Fatalf("%s: %v", how, err)
		}
		code, err := b.aws.MFACode("alice")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.provider("dev", chain.Policy{}, func(o *latchkey.Options) { wrong(o, code, how) }).Retrieve(t.Context()); err != nil {
			t.Errorf("%s, the right code at once: %v", how, err)
		}
	}
}

// TestOneResolver: many plans of one resolver at once, each from several callers.
func TestOneResolver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.withoutKeys()
	b.memory(aliceKey())
	r := b.load(b.code)
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			name, policy := []string{"dev", "alice", "sso-dev"}[i%3], chain.Policy{}
			if name == "alice" {
				policy = onReadOnly()
			}
			plan, err := r.Plan(name, policy)
			if err != nil {
				t.Error(err)
				return
			}
			p, err := r.Provider(plan)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := p.Retrieve(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	wg.Wait()
	for operation, want := range map[string]int{"GetSessionToken": 1, "AssumeRole": 2, "GetRoleCredentials": 1} {
		b.count("24 at once", operation, want)
	}
}

// TestUnwritableState: where nothing can be kept, credentials are handed out, and why
// is told.
func TestUnwritableState(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.opts.StateFolder = filepath.Join(b.write("file", ""), "state")
	var mu sync.Mutex
	var warned []string
	warn := func(o *latchkey.Options) {
		o.Warn = func(err error) {
			mu.Lock()
			defer mu.Unlock()
			warned = append(warned, err.Error())
		}
	}
	who := &person{answer: func(int, latchkey.Question) (string, error) { return b.aws.MFACode("alice") }}
	p := b.provider("dev", chain.Policy{}, warn, with(who))
	first, err := p.Retrieve(t.Context())
	if err != nil || len(warned) == 0 || strings.Contains(strings.Join(warned, " "), first.SecretAccessKey) {
		t.Errorf("%v, warned %q", err, warned)
	}
	if again, err := p.Retrieve(t.Context()); err != nil || again.AccessKeyID != first.AccessKeyID {
		t.Errorf("the next call of the process: %v", err)
	}
	if list, err := b.load().Sessions().List(t.Context()); len(list) > 0 {
		t.Errorf("kept %+v, %v", list, err)
	}
	if where, err := b.load().Sessions().Where(t.Context()); err == nil && strings.Contains(where, "kernel") {
		t.Errorf("a key in %s that nobody could lock", where)
	}
	b.opts.StateFolder = t.TempDir() // nothing to leave
}

// TestKeyNames: two state folders have two keys, and EndSessions takes one away.
func TestKeyNames(t *testing.T) {
	t.Parallel()
	if err := (kernelring.Ring{}).Remove("latchkey-session-no-such-key"); errors.Is(err, kernelring.ErrUnavailable) {
		t.Skip(err)
	}
	one, two := newBench(t), newBench(t)
	for _, b := range []*bench{one, two} {
		if _, err := b.provider("alice", onReadOnly()).Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
		if where, err := b.load().Sessions().Where(t.Context()); err != nil || !strings.Contains(where, "kernel") {
			t.Errorf("key in %q, %v", where, err)
		}
	}
	r := one.load()
	if err := r.EndSessions(t.Context()); err != nil {
		t.Error(err)
	}
	if where, err := r.Sessions().Where(t.Context()); err == nil && strings.Contains(where, "kernel") {
		t.Errorf("after EndSessions: a key in %s", where)
	}
	if list, err := r.Sessions().List(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("after EndSessions: %+v, %v", list, err)
	}
	if list, err := two.load().Sessions().List(t.Context()); err != nil || len(list) != 1 || list[0].Err != nil {
		t.Errorf("of the other folder: %+v, %v", list, err)
	}
}

// TestQuietRenewal: a role that could be renewed while nobody is there is not
// renewed by asking; who must have it anew is asked.
func TestQuietRenewal(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"MFACode", "Asker"} {
		b := newBench(t)
		asked := atomic.Int64{}
		code := func() (string, error) {
			asked.Add(1)
			return b.aws.MFACode("alice")
		}
		ask := func(o *latchkey.Options) {
			if how == "MFACode" {
				o.MFACode = func(context.Context, string) (secret.Text, error) { c, err := code(); return secret.New(c), err }
				return
			}
			o.Asker = &person{answer: func(int, latchkey.Question) (string, error) { return code() }}
		}
		first, err := b.provider("dev", chain.Policy{}, ask).Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		list, err := b.load().Sessions().List(t.Context())
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		// The user's MFA session goes; the role's is in the time of an optional renewal.
		if _, err := b.load().Sessions().Forget(t.Context(), func(i session.Info) bool { return i.Kind == string(chain.KindSessionToken) }); err != nil {
			t.Fatal(err)
		}
		b.clock.advance(first.Expires.Sub(b.clock.now()) - 10*time.Minute)
		if creds, err := b.provider("dev", chain.Policy{}, ask).Retrieve(t.Context()); err != nil || creds.AccessKeyID != first.AccessKeyID || asked.Load() != 1 {
			t.Errorf("%s: %v, the same %v, asked %d times", how, err, creds.AccessKeyID == first.AccessKeyID, asked.Load())
		}
		b.clock.advance(8 * time.Minute)
		if creds, err := b.provider("dev", chain.Policy{}, ask).Retrieve(t.Context()); err != nil || creds.AccessKeyID == first.AccessKeyID || asked.Load() != 2 {
			t.Errorf("%s, when it must be: %v, the same %v, asked %d times", how, err, creds.AccessKeyID == first.AccessKeyID, asked.Load())
		}
	}
}

// TestHeld: what is kept is found without building anything, where it serves as it
// is and may be used, and nowhere else.
func TestHeld(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{0, -time.Hour, 10 * time.Minute} {
		b := newBench(t)
		held := func(policy chain.Policy, change ...func(*latchkey.Options)) string {
			t.Helper()
			r := b.load(append(change, off(wrong))...)
			plan, err := r.Plan("alice", policy)
			if err != nil {
				t.Fatal(err)
			}
			creds, ok := r.Held(t.Context(), plan)
			if ok && (creds.SecretAccessKey == "" || creds.SessionToken == "" || creds.Expires.Sub(b.clock.now()) < time.Minute) {
				t.Errorf("%s: held %+v", wrong, creds)
			}
			return creds.AccessKeyID
		}
		if id := held(onReadOnly()); id != "" {
			t.Errorf("%s: %s before anything was fetched", wrong, id)
		}
		first, err := b.provider("alice", onReadOnly(), off(wrong)).Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		long := onReadOnly()
		long.Lifetime = 50 * time.Minute
		private := func(o *latchkey.Options) { o.PrivateSessions = true }
		for _, s := range []struct {
			after        time.Duration
			plain, large bool
		}{{0, true, true}, {20 * time.Minute, true, false}, {23 * time.Minute, true, false}, {5 * time.Minute, false, false}, {11*time.Minute + 30*time.Second, false, false}} {
			b.clock.advance(s.after)
			if id := held(onReadOnly()); (id == first.AccessKeyID) != s.plain || !s.plain && id != "" {
				t.Errorf("%s, %s left: held %q", wrong, first.Expires.Sub(b.clock.now()), id)
			}
			if id := held(long); (id != "") != s.large {
				t.Errorf("%s, %s left and 50 min needed: held %q", wrong, first.Expires.Sub(b.clock.now()), id)
			}
			if held(onReadOnly(), private) != "" || held(chain.Policy{}) != "" {
				t.Errorf("%s: held where nothing is shared", wrong)
			}
		}
		b.clock.advance(-59 * time.Minute)
		b.settings("[sessions]\nkeep = no\n")
		if id := held(onReadOnly()); id != "" {
			t.Errorf("%s: held %s against the settings", wrong, id)
		}
		b.count(wrong.String(), "AssumeRole", 1)
	}
}
