package latchkey_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// ageVault makes an age vault where the options look for one, which an identity in
// a file opens.
func (b *bench) ageVault(entries ...vault.Entry) vault.Store {
	b.t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		b.t.Fatal(err)
	}
	identity := b.write("identity.txt", key.String()+"\n")
	return b.create(vault.InFile(identity), entries...)
}

func (b *bench) create(keep vault.Keep, entries ...vault.Entry) vault.Store {
	b.t.Helper()
	r := b.load()
	folder, err := r.VaultFolder()
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := vault.Create(b.t.Context(), r.VaultOptions(folder), keep); err != nil {
		b.t.Fatal(err)
	}
	store, err := r.Vault()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range entries {
		if err := store.Put(b.t.Context(), e); err != nil {
			b.t.Fatal(err)
		}
	}
	return store
}

// TestVaultProfiles: what takes its key from the vault, and how.
func TestVaultProfiles(t *testing.T) {
	t.Parallel()
	const role = "role_arn = " + readOnly + "\nsource_profile = "
	tests := map[string]struct {
		config, profile string
		mfa             bool
		source          string
	}{
		"a profile of the entry's name":       {"[profile alice]\nregion = eu-west-1\n", "alice", false, provider.SourceVault},
		"an entry without a profile":          {"", "alice", false, provider.SourceVault},
		"a profile that asks latchkey":        {"[profile alice]\ncredential_process = latchkey credentials alice\n", "alice", false, provider.SourceVault},
		"with a device beside it":             {"[profile alice]\nmfa_serial = " + aliceDevice + "\n", "alice", false, provider.SourceVault},
		"that asks for MFA":                   {"[profile alice]\ncredential_process = latchkey credentials alice --mfa\nmfa_serial = " + aliceDevice + "\n", "alice", true, provider.SourceSessionToken},
		"a source_profile":                    {"[profile alice]\n[profile r]\n" + role + "alice\n", "r", false, provider.SourceAssumeRole},
		"a source_profile in the vault alone": {"[profile r]\n" + role + "alice\n", "r", false, provider.SourceAssumeRole},
	}
	for name, tt := range tests {
		b := newBench(t)
		b.withoutKeys()
		b.write(".aws/config", tt.config)
		b.ageVault(aliceKey())
		p := b.provider(tt.profile, chain.Policy{}, b.code)
		creds, err := p.Retrieve(t.Context())
		if err != nil || creds.Source != tt.source {
			t.Errorf("%s: source %q, %v", name, creds.Source, err)
			continue
		}
		if _, err := b.load().Identity(t.Context(), p.Plan(), creds); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := b.calls("GetSessionToken"); tt.mfa != (n == 1) {
			t.Errorf("%s: %d MFA sessions", name, n)
		}
	}
}

// TestVaultLast: plaintext keys of the profile win, and an entry that changes makes
// another session.
func TestVaultLast(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := aliceKey()
	other.AccessKeyID, other.Secret = "AKIABOB000001EXAMPLE", secret.New("bob/Sandbox+Secret/000001/bPxREXAMPLEKEY")
	store := b.memory(other)
	if creds, err := b.provider("alice", chain.Policy{}).Retrieve(t.Context()); err != nil || creds.AccessKeyID != aliceKey().AccessKeyID {
		t.Errorf("with keys in the file: %q, %v", creds.AccessKeyID, err)
	}
	b.withoutKeys()
	b.write(".aws/config", "")
	for i, want := range []string{"bob", "alice", "alice"} {
		p := b.provider("alice", onReadOnly())
		if _, err := p.Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
		requests := b.aws.Requests()
		if id := requests[len(requests)-1].AccessKeyID; !strings.Contains(strings.ToLower(id), want) {
			t.Errorf("call %d: signed with %s, want %s's", i, id, want)
		}
		if err := store.Put(t.Context(), aliceKey()); err != nil {
			t.Fatal(err)
		}
	}
	b.count("two keys", "AssumeRole", 2)
}

// TestChangedKey: a program that runs for long signs with the key that is in the
// vault now, and opens the vault only when that has changed.
func TestChangedKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.withoutKeys()
	b.write(".aws/config", "")
	counted := &counting{Store: b.memory(aliceKey())}
	b.opts.Vault, b.opts.PrivateSessions = counted, true
	p := b.provider("alice", onReadOnly())
	next := aliceKey()
	next.AccessKeyID, next.Secret = "AKIABOB000001EXAMPLE", secret.New("bob/Sandbox+Secret/000001/bPxREXAMPLEKEY")
	for i, want := range []string{aliceKey().AccessKeyID, aliceKey().AccessKeyID, next.AccessKeyID} {
		if i == 2 {
			if err := counted.Put(t.Context(), next); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
		requests := b.aws.Requests()
		if id := requests[len(requests)-1].AccessKeyID; id != want {
			t.Errorf("call %d: signed with %s, want %s", i, id, want)
		}
		b.clock.advance(2 * time.Hour)
	}
	b.count("three hours", "AssumeRole", 3)
	if n := counted.gets.Load(); n != 2 {
		t.Errorf("opened %d times", n)
	}
}

// counting is a store that counts how often an entry is opened.
type counting struct {
	vault.Store
	gets atomic.Int64
}

func (c *counting) Get(ctx context.Context, name string) (vault.Entry, error) {
	c.gets.Add(1)
	return c.Store.Get(ctx, name)
}

// TestSeedOnly: an entry that holds no key is no source of credentials.
func TestSeedOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.withoutKeys()
	b.write(".aws/config", "")
	b.ageVault(vault.Entry{Name: "alice", Seed: secret.New(aliceSeed), MFASerial: aliceDevice})
	_, err := b.provider("alice", chain.Policy{}).Retrieve(t.Context())
	var entry *vault.EntryError
	if !errors.As(err, &entry) || explain.Error(err).Class != explain.ClassConfig || strings.Contains(err.Error(), aliceSeed) {
		t.Errorf("got %v", err)
	}
}

// TestDamagedVault: a damaged entry is told, and is not an empty vault.
func TestDamagedVault(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.withoutKeys()
	b.ageVault(aliceKey())
	folder, _ := b.load().VaultFolder()
	if err := os.WriteFile(filepath.Join(folder, "entries", "alice.age"), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := b.provider("alice", onReadOnly()).Retrieve(t.Context())
	var damaged *vault.DamagedError
	if !errors.As(err, &damaged) || explain.Error(err).Class != explain.ClassStore {
		t.Errorf("got %v", err)
	}
	if err := os.RemoveAll(filepath.Join(folder, "entries")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.load().Plan("alice", chain.Policy{}); !errors.As(err, &damaged) {
		t.Errorf("without the folder of entries: %v", err)
	}
}

// passphraseBench is a vault with alice's key, opened by "correct horse".
func passphraseBench(t *testing.T) *bench {
	b := newBench(t)
	b.opts.WorkFactor = 10
	b.withoutKeys()
	b.write(".aws/config", "")
	b.opts.Environ = append(b.opts.Environ, "LATCHKEY_VAULT_NEW_PASSPHRASE_FILE="+b.write("new", "correct horse\n"))
	b.create(vault.ByPassphrase, aliceKey())
	return b
}

// TestPassphraseSources: where the passphrase comes from, and what is no good.
func TestPassphraseSources(t *testing.T) {
	t.Parallel()
	right, wrong := &person{answer: says("correct horse")}, &person{answer: says("wrong")}
	retry := &person{answer: says("wrong", "wrong too", "correct horse")}
	tests := map[string]struct {
		file, command string
		person        *person
		class         explain.Class // "": it opens
		asked         int
		says          string
	}{
		"file":                        {file: "correct horse\n", person: wrong},
		"file with CRLF":              {file: "correct horse\r\n"},
		"file without a line end":     {file: "correct horse"},
		"file wins over a command":    {file: "correct horse", command: "echo wrong"},
		"wrong file":                  {file: "wrong\n", person: right, class: explain.ClassStore},
		"empty file":                  {file: "\n", person: right, class: explain.ClassStore, says: "empty"},
		"file that is too long":       {file: strings.Repeat("x", 5000), class: explain.ClassNeedsUser, says: "longer than 4096 bytes"},
		"file that is not there":      {file: "-", class: explain.ClassNeedsUser, says: "LATCHKEY_VAULT_PASSPHRASE_FILE"},
		"command":                     {command: "printf 'correct horse\\n'", person: wrong},
		"command that prints nothing": {command: "true", person: right, class: explain.ClassStore, says: "empty"},
		"command that fails":          {command: "echo correct horse; exit 3", person: right, class: explain.ClassNeedsUser, says: "LATCHKEY_VAULT_PASSPHRASE_COMMAND"},
		"typed":                       {person: right, asked: 1},
		"typed wrong":                 {person: retry, class: "", asked: 3},
		"typed wrong three times":     {person: wrong, class: explain.ClassStore, asked: 3},
		"nobody":                      {class: explain.ClassNeedsUser, asked: 1},
		"typed empty":                 {person: &person{answer: says("")}, class: explain.ClassStore, asked: 1, says: "empty"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := passphraseBench(t)
			if tt.file != "" {
				path := filepath.Join(b.home.Dir, "none")
				if tt.file != "-" {
					path = b.write("pass", tt.file)
				}
				b.opts.Environ = append(b.opts.Environ, "LATCHKEY_VAULT_PASSPHRASE_FILE="+path)
			}
			if tt.command != "" {
				b.opts.Environ = append(b.opts.Environ, "LATCHKEY_VAULT_PASSPHRASE_COMMAND="+tt.command)
			}
			who := &person{}
			if tt.person != nil {
				who.answer = tt.person.answer
			}
			_, err := b.provider("alice", onReadOnly(), with(who)).Retrieve(t.Context())
			f := explain.Finding{}
			if err != nil {
				f = explain.Error(err)
			}
			if f.Class != tt.class || who.times() != tt.asked || !strings.Contains(f.What, tt.says) || strings.Contains(f.What, "horse") {
				t.Errorf("%v (%+v), asked %d times; want class %q and %d times", err, f, who.times(), tt.class, tt.asked)
			}
			for i, q := range who.asked {
				if !q.Hidden || q.Prompt == "" || (i > 0) != (q.Error != "") {
					t.Errorf("question %d: %+v", i, q)
				}
			}
		})
	}
}

// TestNewPassphrase: a new one is typed twice, until the two are the same.
func TestNewPassphrase(t *testing.T) {
	t.Parallel()
	who := &person{answer: says("one", "two", "three", "three", "three")}
	b := newBench(t)
	b.opts.WorkFactor, b.opts.Asker = 10, who
	b.create(vault.ByPassphrase, aliceKey())
	if who.times() != 4 || who.asked[2].Error == "" || who.asked[0].Error != "" {
		t.Errorf("asked %+v", who.asked)
	}
	leave(t, b.opts) // what was typed is kept for five minutes
	store, err := b.load().Vault()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(t.Context(), "alice"); err != nil || who.times() != 5 {
		t.Errorf("%v, asked %d times", err, who.times())
	}
}

// TestTypedOnce: what a person typed opens the vault for all processes, and a
// cached session needs neither question nor derivation.
func TestTypedOnce(t *testing.T) {
	t.Parallel()
	b := passphraseBench(t)
	var derived atomic.Int64
	who := &person{answer: says("correct horse")}
	count := func(o *latchkey.Options) { o.Asker, o.Derived = who, func() { derived.Add(1) } }
	for i := range 3 {
		policy := onReadOnly()
		policy.Duration = time.Duration(i+15) * time.Minute // another session each time
		for range 2 {
			if _, err := b.provider("alice", policy, count).Retrieve(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.count("three sessions", "AssumeRole", 3)
	if who.times() != 1 || derived.Load() != 1 {
		t.Errorf("asked %d times, %d derivations", who.times(), derived.Load())
	}
}

// TestCancelledPassphrase: who does not want to type it cancels.
func TestCancelledPassphrase(t *testing.T) {
	t.Parallel()
	b := passphraseBench(t)
	who := &person{answer: func(int, latchkey.Question) (string, error) { return "", context.Canceled }}
	_, err := b.provider("alice", onReadOnly(), with(who)).Retrieve(t.Context())
	if explain.Error(err).Class != explain.ClassCancelled || who.times() != 1 {
		t.Errorf("%v, asked %d times", err, who.times())
	}
}

// TestQuietPassphrase: nobody is asked to open the vault for a renewal that can
// wait.
func TestQuietPassphrase(t *testing.T) {
	t.Parallel()
	b := passphraseBench(t)
	who := &person{answer: says("correct horse")}
	first, err := b.provider("alice", onReadOnly(), with(who)).Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	folder, _ := b.load().VaultFolder()
	if err := vault.Open(b.load().VaultOptions(folder)).Lock(); err != nil {
		t.Fatal(err)
	}
	b.clock.advance(50 * time.Minute)
	var warned []error
	warn := func(o *latchkey.Options) { o.Warn = func(err error) { warned = append(warned, err) } }
	second, err := b.provider("alice", onReadOnly(), with(who), warn).Retrieve(t.Context())
	if err != nil || second.AccessKeyID != first.AccessKeyID || who.times() != 1 || len(warned) > 1 {
		t.Errorf("%v, asked %d times, warned %v", err, who.times(), warned)
	}
	b.clock.advance(8 * time.Minute)
	third, err := b.provider("alice", onReadOnly(), with(who), warn).Retrieve(t.Context())
	if err != nil || third.AccessKeyID == first.AccessKeyID || who.times() != 2 {
		t.Errorf("when it must be: %v, asked %d times", err, who.times())
	}
}

// TestCommands: an entry that is a command serves a profile as any other, also in a
// home without a vault.
func TestCommands(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.withoutKeys()
	b.write(".aws/config", "")
	store, err := b.load().Vault()
	if err != nil {
		t.Fatal(err)
	}
	key := aliceKey()
	line := fmt.Sprintf("echo %s:%s", key.AccessKeyID, key.Secret.Reveal())
	if err := store.Put(t.Context(), vault.Entry{Name: "alice", Command: line}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.provider("alice", onReadOnly()).Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
	commands, err := b.load().Commands()
	if err != nil {
		t.Fatal(err)
	}
	if names, err := commands.List(t.Context()); err != nil || len(names) != 1 || names[0] != "alice" {
		t.Errorf("%q, %v", names, err)
	}
}

// TestVaultFailures: the errors of a store of the program's own reach the caller.
func TestVaultFailures(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.withoutKeys()
	b.write(".aws/config", "")
	broken := errors.New("store is on fire")
	b.opts.Vault = failing{b.memory(aliceKey()), nil, broken}
	if _, err := b.provider("alice", onReadOnly()).Retrieve(t.Context()); !errors.Is(err, broken) {
		t.Errorf("Get: %v", err)
	}
	b.opts.Vault = failing{b.memory(aliceKey()), broken, nil}
	if _, err := b.load().Plan("alice", chain.Policy{}); !errors.Is(err, broken) {
		t.Errorf("Stamp: %v", err)
	}
	wrong := aliceKey()
	wrong.Secret = secret.New("not/alices/Secret/0001/bPxREXAMPLEKEY000")
	b.memory(wrong)
	_, err := b.provider("alice", onReadOnly()).Retrieve(t.Context())
	if !awsapi.Refused(err) || strings.Contains(err.Error(), "not/alices") {
		t.Errorf("a wrong secret: %v", err)
	}
}

// failing is a store that fails.
type failing struct {
	vault.Store
	stamp, get error
}

func (f failing) Stamp(name string) (string, error) {
	if f.stamp != nil {
		return "", f.stamp
	}
	return f.Store.Stamp(name)
}

func (f failing) Get(ctx context.Context, name string) (vault.Entry, error) {
	if f.get != nil {
		return vault.Entry{}, f.get
	}
	return f.Store.Get(ctx, name)
}
