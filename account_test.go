package latchkey_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

const carolDevice = "arn:aws:iam::111122223333:mfa/carol"

// carolKey is the key of a user who may do nothing without MFA.
func carolKey() vault.Entry {
	return vault.Entry{Name: "carol", AccessKeyID: "AKIACAROL0001EXAMPLE", Secret: secret.New("carol/Sandbox+Secret/0001/bPxREXAMPLEKEY"),
		Seed: secret.New(carolSeed), MFASerial: carolDevice, Note: "hers", Extra: map[string]secret.Text{"mine": secret.New("kept")}}
}

func (b *bench) account(name string, change ...func(*latchkey.Options)) *latchkey.Account {
	b.t.Helper()
	account, err := b.load(change...).Account(name)
	if err != nil {
		b.t.Fatal(err)
	}
	return account
}

// TestAccount: whose a key is and which devices that user has, with the endpoints of
// a profile that need not be there.
func TestAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key := aliceKey()
	for _, name := range []string{"alice", "not-there"} {
		a := b.account(name)
		who, err := a.Identity(t.Context(), key.AccessKeyID, key.Secret)
		if err != nil || who.ARN != "arn:aws:iam::111122223333:user/alice" {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
		found, err := a.Devices(t.Context(), key.AccessKeyID, key.Secret)
		if err != nil || len(found.Usable) != 1 || found.Usable[0].Serial != aliceDevice || len(found.Unusable) != 1 {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	_, err := b.account("alice").Identity(t.Context(), key.AccessKeyID, secret.New("wrong/secret/of/alice/0001/bPxREXAMPLE00"))
	if !awsapi.Refused(err) || strings.Contains(err.Error(), "wrong/secret") {
		t.Errorf("a wrong secret: %v", err)
	}
}

// rotate runs a rotation that does not wait for real.
func (b *bench) rotate(name string, store vault.Store, progress func(iam.Step), change ...func(*latchkey.Options)) (iam.Result, error) {
	b.t.Helper()
	rotation := b.account(name, change...).Rotation(store)
	rotation.Sleep = func(ctx context.Context, d time.Duration) error { b.clock.advance(d); return ctx.Err() }
	rotation.Progress = func(s iam.Step, _ string) {
		if progress != nil {
			progress(s)
		}
	}
	return iam.Rotate(b.t.Context(), rotation)
}

// TestRotation: the calls of a user who may do nothing without MFA are signed with a
// session, from the entry's seed or the person's code, also with a wrong clock. The
// rest of the entry stays.
func TestRotation(t *testing.T) {
	t.Parallel()
	withoutSeed := carolKey()
	withoutSeed.Seed, withoutSeed.MFASerial = secret.Text{}, ""
	foreign := carolKey()
	foreign.MFASerial = device("other")
	const serial = "[profile carol]\nmfa_serial = " + carolDevice + "\n"
	tests := map[string]struct {
		entry  vault.Entry
		config string
		asked  int
		wrong  time.Duration
	}{
		"the entry's seed":           {entry: carolKey()},
		"the profile's device":       {entry: withoutSeed, config: serial, asked: 2},
		"a seed of another device":   {entry: foreign, config: serial, asked: 2},
		"clock ten minutes ahead":    {entry: carolKey(), wrong: 10 * time.Minute},
		"clock three minutes behind": {entry: carolKey(), wrong: -3 * time.Minute},
	}
	for name, tt := range tests {
		b := newBench(t)
		b.write(".aws/config", tt.config)
		store := b.memory(tt.entry)
		who := &person{}
		who.answer = func(int, latchkey.Question) (string, error) { return b.aws.MFACode("carol") }
		// A code serves once: the second is of another half minute.
		tick := func(iam.Step) { b.clock.advance(40 * time.Second) }
		res, err := b.rotate("carol", store, tick, with(who), off(tt.wrong))
		if err != nil || !res.Done || who.times() != tt.asked {
			t.Errorf("%s: %+v, %v, asked %d times", name, res, err, who.times())
			continue
		}
		e, err := store.Get(t.Context(), "carol")
		if err != nil || e.AccessKeyID != res.New || e.Note != "hers" || e.Extra["mine"].Reveal() != "kept" || e.Seed.Reveal() != tt.entry.Seed.Reveal() {
			t.Errorf("%s: the entry is %+v, %v", name, e, err)
		}
		if _, err := store.Get(t.Context(), latchkey.JournalOf("carol")); !errors.Is(err, vault.ErrNotFound) {
			t.Errorf("%s: the journal is still there: %v", name, err)
		}
	}
}

// TestRotationAsItComes: what Rotation returns can be run without more.
func TestRotationAsItComes(t *testing.T) {
	t.Parallel()
	b := newRealBench(t)
	b.write(".aws/config", "")
	store := b.memory(aliceKey())
	if res, err := iam.Rotate(t.Context(), b.account("alice").Rotation(store)); err != nil || !res.Done {
		t.Errorf("%+v, %v", res, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.account("alice").Rotation(store).Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("sleeps on: %v", err)
	}
}

// The test binary is a rotation that is killed before the step that this variable
// counts.
const killVariable = "LATCHKEY_FACADE_TEST_KILL"

// rotateAndDie is that process.
func rotateAndDie() int {
	left, _ := strconv.Atoi(os.Getenv(killVariable))
	r, err := latchkey.Load(latchkey.Options{StateFolder: os.Getenv("STATE")})
	if err != nil {
		return 2
	}
	store, err := r.Vault()
	if err != nil {
		return 2
	}
	a, err := r.Account("alice")
	if err != nil {
		return 2
	}
	rotation := a.Rotation(store)
	rotation.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	rotation.Progress = func(iam.Step, string) {
		if left--; left == 0 {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
	}
	if _, err := iam.Rotate(context.Background(), rotation); err != nil {
		return 3
	}
	return 0
}

// TestRotationKilled: a rotation over a vault on disk is killed before each of its
// steps. The key in the vault works at once, and another run ends with one key.
func TestRotationKilled(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; ; step++ {
		if step > 20 {
			t.Fatal("a rotation has no end")
		}
		b := newRealBench(t)
		b.withoutKeys()
		b.write(".aws/config", "")
		store := b.ageVault(aliceKey())
		cmd := exec.Command(self)
		cmd.Env = append(b.opts.Environ[:len(b.opts.Environ):len(b.opts.Environ)], killVariable+"="+strconv.Itoa(step), "STATE="+b.opts.StateFolder)
		out, err := cmd.CombinedOutput()
		if err == nil {
			if step < 9 {
				t.Errorf("only %d steps: %s", step, out)
			}
			return
		}
		if cmd.ProcessState.Exited() {
			t.Fatalf("step %d: %v, %s", step, err, out)
		}
		if _, err := b.provider("alice", chain.Policy{}).Retrieve(t.Context()); err != nil {
			t.Errorf("killed before step %d: %v", step, err)
		}
		e, err := store.Get(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.account("alice").Identity(t.Context(), e.AccessKeyID, e.Secret); err != nil {
			t.Errorf("killed before step %d: the key does not work: %v", step, err)
		}
		rotation := b.account("alice").Rotation(store)
		rotation.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
		res, err := iam.Rotate(t.Context(), rotation)
		var limit *iam.LimitError
		if errors.As(err, &limit) { // the secret of the new key went with the process
			for _, k := range limit.Keys {
				if k.Lost {
					rotation.Delete = k.ID
				}
			}
			res, err = iam.Rotate(t.Context(), rotation)
		}
		if err != nil || !res.Done {
			t.Errorf("killed before step %d, again: %+v, %v", step, res, err)
			continue
		}
		names, err := store.List(t.Context())
		if e, _ = store.Get(t.Context(), "alice"); err != nil || len(names) != 1 || e.AccessKeyID == aliceKey().AccessKeyID {
			t.Errorf("killed before step %d: the vault has %q, key %s, %v", step, names, e.AccessKeyID, err)
		}
		if _, err := b.account("alice").Identity(t.Context(), e.AccessKeyID, e.Secret); err != nil {
			t.Errorf("killed before step %d, the new key: %v", step, err)
		}
	}
}

// TestRotationLock: two rotations of an entry do not run at once.
func TestRotationLock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write(".aws/config", "")
	store := b.memory(aliceKey())
	_, err := b.rotate("alice", store, func(s iam.Step) {
		if s != iam.StepCreate {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		var told []string
		second := b.account("alice", func(o *latchkey.Options) { o.Waiting = func(holder string) { told = append(told, holder) } })
		if _, err := iam.Rotate(ctx, second.Rotation(store)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second: %v", err)
		}
		if len(told) != 1 || !strings.HasPrefix(told[0], "process ") {
			t.Errorf("the second waits for %q", told)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if locks, _ := filepath.Glob(filepath.Join(b.opts.StateFolder, "locks", "rotate-*.lock")); len(locks) != 1 {
		t.Errorf("locks %q", locks)
	}
}

// TestRotationSparesOthers: a key that has the name of a journal is not overwritten.
func TestRotationSparesOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write(".aws/config", "")
	mine := aliceKey()
	mine.Name = latchkey.JournalOf("alice")
	store := b.memory(aliceKey(), mine)
	var entry *vault.EntryError
	if _, err := b.rotate("alice", store, nil); !errors.As(err, &entry) || entry.Name != mine.Name {
		t.Errorf("%v, want *EntryError", err)
	}
	if e, err := store.Get(t.Context(), mine.Name); err != nil || e.AccessKeyID != mine.AccessKeyID || len(e.Extra) != len(mine.Extra) {
		t.Errorf("afterwards: %+v, %v", e, err)
	}
	// One that comes to be in between is spared, too.
	store = b.memory(aliceKey())
	var exists *vault.ExistsError
	_, err := b.rotate("alice", store, func(s iam.Step) {
		if s == iam.StepCheck {
			if err := store.Add(t.Context(), mine); err != nil {
				t.Error(err)
			}
		}
	})
	if !errors.As(err, &exists) {
		t.Errorf("%v, want *ExistsError", err)
	}
}
