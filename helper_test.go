package latchkey_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

const (
	aliceSeed   = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	aliceDevice = "arn:aws:iam::111122223333:mfa/alice"
	carolSeed   = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
	readOnly    = "arn:aws:iam::444455556666:role/ReadOnly"
	developer   = "arn:aws:iam::444455556666:role/Developer"
)

// onReadOnly asks for a role that alice's keys may assume without MFA.
func onReadOnly() chain.Policy { return chain.Policy{Role: origin.Value{Text: readOnly}} }

// bench is a sandbox, a home that leads to it, and the options of a resolver
// that lives there. The clock is AWS's and, unless a test says otherwise, ours.
type bench struct {
	t     *testing.T
	aws   *sandbox.Server
	home  sandbox.Home
	clock *clock
	opts  latchkey.Options
}

func newBench(t *testing.T, options ...sandbox.Option) *bench {
	t.Helper()
	b := &bench{t: t, clock: newClock()}
	b.aws = sandbox.Start(t, append([]sandbox.Option{sandbox.WithClock(b.clock.now)}, options...)...)
	b.inHome()
	b.opts.Now = b.clock.now
	return b
}

// newRealBench has a sandbox by the machine's clock, as other processes have it.
func newRealBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, aws: sandbox.Start(t)}
	b.inHome()
	return b
}

func (b *bench) inHome() {
	b.t.Helper()
	var err error
	if b.home, err = b.aws.WriteHome(b.t.TempDir()); err != nil {
		b.t.Fatal(err)
	}
	b.opts.StateFolder = filepath.Join(b.home.Dir, "state")
	b.opts.Environ = append(b.home.Env, "PATH="+os.Getenv("PATH"), "XDG_RUNTIME_DIR="+b.runtime())
	b.t.Cleanup(func() { leave(b.t, b.opts) })
}

// runtime is a folder for the key of sessions where there is no kernel keyring.
func (b *bench) runtime() string {
	folder := filepath.Join(b.home.Dir, "run")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		b.t.Fatal(err)
	}
	return folder
}

// leave takes the keys of a home out of the kernel's keyring.
func leave(t *testing.T, opts latchkey.Options) {
	opts.HTTPClient = nil
	r, err := latchkey.Load(opts)
	if err != nil {
		t.Error(err)
		return
	}
	if err := r.EndSessions(context.Background()); err != nil {
		t.Error(err)
	}
	if folder, err := r.VaultFolder(); err == nil {
		_ = vault.Open(r.VaultOptions(folder)).Lock()
	}
}

// load makes a resolver as another process would.
func (b *bench) load(change ...func(*latchkey.Options)) *latchkey.Resolver {
	b.t.Helper()
	opts := b.opts
	for _, f := range change {
		f(&opts)
	}
	r, err := latchkey.Load(opts)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// provider plans a profile and builds its provider, as another process would.
func (b *bench) provider(name string, policy chain.Policy, change ...func(*latchkey.Options)) *latchkey.Provider {
	b.t.Helper()
	return providerOf(b.t, b.load(change...), name, policy)
}

func providerOf(t *testing.T, r *latchkey.Resolver, name string, policy chain.Policy) *latchkey.Provider {
	t.Helper()
	plan, err := r.Plan(name, policy)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Provider(plan)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// code gives alice's codes, as a device does.
func (b *bench) code(o *latchkey.Options) {
	o.MFACode = func(context.Context, string) (secret.Text, error) {
		code, err := b.aws.MFACode("alice")
		return secret.New(code), err
	}
}

// write puts a file into the home.
func (b *bench) write(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.home.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// config adds to the config file.
func (b *bench) config(text string) {
	b.t.Helper()
	path := filepath.Join(b.home.Dir, ".aws", "config")
	old, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	b.write(".aws/config", string(old)+"\n"+text)
}

// withoutKeys takes the keys out of the credentials file.
func (b *bench) withoutKeys() {
	b.t.Helper()
	b.write(".aws/credentials", "")
}

func (b *bench) settings(text string) string {
	return b.write(".config/latchkey/config", text)
}

// memory puts entries into a store in memory, and that into the options.
func (b *bench) memory(entries ...vault.Entry) *vault.Memory {
	b.t.Helper()
	store := vault.NewMemory()
	for _, e := range entries {
		if err := store.Put(b.t.Context(), e); err != nil {
			b.t.Fatal(err)
		}
	}
	b.opts.Vault = store
	return store
}

// aliceKey is alice's key as a vault's entry.
func aliceKey() vault.Entry {
	return vault.Entry{Name: "alice", AccessKeyID: "AKIAALICE0001EXAMPLE", Secret: secret.New("alice/Sandbox+Secret/0001/bPxREXAMPLEKEY")}
}

// calls counts those of an operation, but for the ones that a wrong clock has
// signed and that are repeated.
func (b *bench) calls(operation string) int {
	n := 0
	for _, r := range b.aws.Requests() {
		if r.Operation == operation && r.Code != "SignatureDoesNotMatch" && r.Code != "RequestExpired" {
			n++
		}
	}
	return n
}

// count fails the test if an operation was not called so often.
func (b *bench) count(what, operation string, want int) {
	b.t.Helper()
	if n := b.calls(operation); n != want {
		b.t.Errorf("%s: %d × %s, want %d", what, n, operation, want)
	}
}

// person answers questions from a list, and notes them.
type person struct {
	mu      sync.Mutex
	asked   []latchkey.Question
	chooses []string // titles and items
	answer  func(n int, q latchkey.Question) (string, error)
	choice  func(items []string) (int, error)
}

func (p *person) Ask(_ context.Context, q latchkey.Question) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, q)
	if p.answer == nil {
		return "", latchkey.ErrNobody
	}
	return p.answer(len(p.asked)-1, q)
}

func (p *person) Choose(_ context.Context, title string, items []string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chooses = append(p.chooses, title+" "+strings.Join(items, "|"))
	if p.choice == nil {
		return 0, latchkey.ErrNobody
	}
	return p.choice(items)
}

func (p *person) times() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

func says(answers ...string) func(int, latchkey.Question) (string, error) {
	return func(n int, _ latchkey.Question) (string, error) { return answers[min(n, len(answers)-1)], nil }
}

func with(p latchkey.Asker) func(*latchkey.Options) {
	return func(o *latchkey.Options) { o.Asker = p }
}

func off(by time.Duration) func(*latchkey.Options) {
	return func(o *latchkey.Options) {
		now := o.Now
		o.Now = func() time.Time { return now().Add(by) }
	}
}
