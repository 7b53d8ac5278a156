package vault_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// sealed creates a vault under the passphrase "right" with the entry prod.
func sealed(t *testing.T) vault.Options {
	t.Helper()
	o := vault.Options{Folder: t.TempDir(), Passphrase: (&asked{answers: []string{"right"}}).ask, WorkFactor: fastScrypt}
	v, err := vault.Create(t.Context(), o, vault.ByPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("prod"))
	return o
}

func TestPassphrase(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	tests := []struct {
		name    string
		answers []string
		typed   bool
		asked   int
		want    string // "", "wrong" or "empty"
	}{
		{"right", []string{"right"}, false, 1, ""},
		{"wrong from a file", []string{"wrong", "right"}, false, 1, "wrong"},
		{"wrong, then right", []string{"wrong", "right"}, true, 2, ""},
		{"three times wrong", []string{"wrong"}, true, 3, "wrong"},
		{"empty", []string{""}, true, 1, "empty"},
		{"empty from a file", []string{""}, false, 1, "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			who := &asked{answers: tt.answers, typed: tt.typed}
			mine := o
			mine.Passphrase = who.ask
			_, err := vault.Open(mine).Get(t.Context(), "prod")
			var wrong *vault.PassphraseError
			got := ""
			if errors.As(err, &wrong) {
				got = "wrong"
				if wrong.Empty {
					got = "empty"
				}
			}
			if got != tt.want || got == "" && err != nil || len(who.prompts) != tt.asked {
				t.Errorf("%v after %d questions; want %q after %d", err, len(who.prompts), tt.want, tt.asked)
			}
			for i, p := range who.prompts {
				if p.New || p.SSH || p.Path == "" || p.Wrong != (i > 0) {
					t.Errorf("question %d: %+v", i, p)
				}
			}
		})
	}
	if _, err := vault.Open(o).Get(t.Context(), "prod"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestEmptyPassphraseCreatesNothing(t *testing.T) {
	t.Parallel()
	o := vault.Options{Folder: t.TempDir(), Passphrase: (&asked{answers: []string{""}, typed: true}).ask, WorkFactor: fastScrypt}
	var empty *vault.PassphraseError
	if _, err := vault.Create(t.Context(), o, vault.ByPassphrase); !errors.As(err, &empty) || !empty.Empty {
		t.Errorf("%v, want *PassphraseError", err)
	}
	if _, err := vault.Open(o).List(t.Context()); !errors.Is(err, vault.ErrNoVault) {
		t.Errorf("%v, want ErrNoVault", err)
	}
}

// TestCancelledDerivation: Ctrl-C ends the wait for a slow derivation, and nothing
// is made.
func TestCancelledDerivation(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	who := &asked{answers: []string{"correct horse", "correct horse"}, typed: true}
	o := vault.Options{Folder: t.TempDir(), WorkFactor: 16, Derived: cancel, Passphrase: who.ask}
	if _, err := vault.Create(ctx, o, vault.ByPassphrase); err != context.Canceled {
		t.Errorf("%v, want context.Canceled", err)
	}
	o.Derived, o.WorkFactor = nil, fastScrypt
	if _, err := vault.Create(t.Context(), o, vault.ByPassphrase); err != nil {
		t.Errorf("another attempt: %v", err)
	}
}

func TestCancelledQuestion(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	o.Passphrase = func(context.Context, vault.Prompt) (vault.Answer, error) { return vault.Answer{}, context.Canceled }
	if _, err := vault.Open(o).Get(t.Context(), "prod"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := vault.Open(o).Get(ctx, "prod"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

// TestOneQuestionForMany opens the vault many times at once: one is asked and
// derives a key, the others find it in the keyring.
func TestOneQuestionForMany(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	who := &asked{answers: []string{"right"}, typed: true}
	ring := newFakes()
	var derived atomic.Int32
	o.Passphrase, o.Ring, o.Derived = who.ask, ring, func() { derived.Add(1) }
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			e, err := vault.Open(o).Get(t.Context(), "prod")
			if err != nil {
				t.Error(err)
				return
			}
			vaulttest.Same(t, e, vaulttest.Key("prod"))
		})
	}
	group.Wait()
	if len(who.prompts) != 1 || derived.Load() != 1 {
		t.Errorf("%d questions, %d derivations; want 1 and 1", len(who.prompts), derived.Load())
	}
	name, _ := ring.only(t)
	if ring.lives[name] != 5*time.Minute {
		t.Errorf("kept for %v", ring.lives[name])
	}
}

// TestNotTypedIsNotKept: a passphrase that comes from a file is read again.
func TestNotTypedIsNotKept(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	ring := newFakes()
	o.Ring = ring
	if _, err := vault.Open(o).Get(t.Context(), "prod"); err != nil || len(ring.items) != 0 {
		t.Errorf("%v; %d items are kept", err, len(ring.items))
	}
}

func TestUnlockAndLock(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	if err := vault.Open(o).Unlock(t.Context(), time.Hour); !errors.Is(err, vault.ErrNoRing) {
		t.Errorf("without a keyring: %v, want ErrNoRing", err)
	}
	ring := newFakes()
	o.Ring = ring
	if err := vault.Open(o).Unlock(t.Context(), 12*time.Hour); err != nil {
		t.Fatal(err)
	}
	name, _ := ring.only(t)
	if ring.lives[name] != 12*time.Hour {
		t.Errorf("kept for %v", ring.lives[name])
	}
	nobody := vault.Options{Folder: o.Folder, Ring: ring, Derived: func() { t.Error("a key was derived") }}
	e, err := vault.Open(nobody).Get(t.Context(), "prod")
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, e, vaulttest.Key("prod"))
	for range 2 {
		if err := vault.Open(nobody).Lock(); err != nil {
			t.Error(err)
		}
	}
	var locked *vault.LockedError
	if _, err := vault.Open(nobody).Get(t.Context(), "prod"); !errors.As(err, &locked) || len(ring.items) != 0 {
		t.Errorf("after Lock: %v, %d items are kept", err, len(ring.items))
	}
}

// TestDamagedRing: what is in the keyring is looked at, not trusted.
func TestDamagedRing(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	ring := newFakes()
	o.Ring = ring
	if err := vault.Open(o).Unlock(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	name, good := ring.only(t)
	_, other := identityFile(t, t.TempDir())
	for _, value := range []string{"", "x", good[:20], other.String(), "AGE-PLUGIN-NONE-1QQQQ", "-----BEGIN OPENSSH PRIVATE KEY-----\n"} {
		ring.items[name] = value
		if _, err := vault.Open(o).Get(t.Context(), "prod"); err != nil {
			t.Errorf("with %q in the keyring: %v", value, err)
		}
	}
}

func TestMemoryOfOneProcess(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	who := &asked{answers: []string{"right"}}
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	o.Passphrase, o.Now = who.ask, func() time.Time { return now }
	v := vault.Open(o)
	for _, step := range []struct {
		wait  time.Duration
		lock  bool
		asked int
	}{{0, false, 1}, {4 * time.Minute, false, 1}, {2 * time.Minute, false, 2}, {0, true, 3}} {
		now = now.Add(step.wait)
		if step.lock {
			if err := v.Lock(); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := v.Get(t.Context(), "prod"); err != nil || len(who.prompts) != step.asked {
			t.Errorf("%v, %d questions; want %d", err, len(who.prompts), step.asked)
		}
	}
}

func TestKeychain(t *testing.T) {
	t.Parallel()
	chain := newFakes()
	o := vault.Options{Folder: t.TempDir(), Keychain: chain}
	v, err := vault.Create(t.Context(), o, vault.InKeychain)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("prod"))
	name, good := chain.only(t)
	_, other := identityFile(t, t.TempDir())
	var damaged *vault.DamagedError
	for _, value := range []string{"", "x", good[:len(good)-1], other.String()} {
		chain.items[name] = value
		if _, err := vault.Open(o).Get(t.Context(), "prod"); !errors.As(err, &damaged) {
			t.Errorf("with %q in the keychain: %v, want *DamagedError", value, err)
		}
	}
	delete(chain.items, name)
	var locked *vault.LockedError
	if _, err := vault.Open(o).Get(t.Context(), "prod"); !errors.As(err, &locked) || !errors.Is(err, errAbsent) {
		t.Errorf("without the item: %v, want *LockedError", err)
	}
	o.Keychain = nil
	if _, err := vault.Open(o).Get(t.Context(), "prod"); !errors.As(err, &locked) {
		t.Errorf("without a keychain: %v, want *LockedError", err)
	}
}

// TestSeveralIdentities: keys that are put into the file later do no harm,
// whatever their order.
func TestSeveralIdentities(t *testing.T) {
	t.Parallel()
	path, key := identityFile(t, t.TempDir())
	o := vault.Options{Folder: t.TempDir(), Ring: newFakes()}
	v, err := vault.Create(t.Context(), o, vault.InFile(path))
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("prod"))
	_, other := identityFile(t, t.TempDir())
	for text, good := range map[string]bool{
		other.String() + "\n" + key.String() + "\n": true, key.String() + "\r\n\r\n" + other.String(): true, other.String(): false,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := v.Get(t.Context(), "prod")
		var locked *vault.LockedError
		if good && err != nil || !good && !errors.As(err, &locked) {
			t.Errorf("%v", err)
		}
		if !good {
			continue
		}
		if err := v.Unlock(t.Context(), 0); err != nil {
			t.Error(err)
		}
		opens(t, vault.Options{Folder: o.Folder, Ring: o.Ring}, "prod")
		if err := v.Lock(); err != nil {
			t.Error(err)
		}
	}
}

// TestWaitingIsTold: who waits for another's question hears for whom.
func TestWaitingIsTold(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	asking, told := make(chan struct{}), make(chan string, 1)
	first := o
	first.Passphrase = func(ctx context.Context, _ vault.Prompt) (vault.Answer, error) {
		close(asking)
		select {
		case holder := <-told:
			if !strings.HasPrefix(holder, "process ") {
				t.Errorf("waits for %q", holder)
			}
		case <-ctx.Done():
			t.Error("nobody was told")
		}
		return vault.Answer{}, context.Canceled
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() { _, _ = vault.Open(first).Get(ctx, "prod") })
	<-asking
	o.Waiting = func(holder string) { told <- holder }
	if _, err := vault.Open(o).Get(ctx, "prod"); err != nil {
		t.Error(err)
	}
	group.Wait()
}
