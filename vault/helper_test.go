package vault_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
)

// fastScrypt keeps tests from spending seconds on passphrases.
const fastScrypt = 4

var errAbsent = errors.New("absent")

// fakes stand in for the keychain and the kernel's keyring.
type fakes struct {
	mu    sync.Mutex
	items map[string]string
	lives map[string]time.Duration
}

func newFakes() *fakes {
	return &fakes{items: map[string]string{}, lives: map[string]time.Duration{}}
}

func (f *fakes) Get(_ context.Context, service, account string) (secret.Text, error) {
	data, err := f.Read(service + "/" + account)
	return secret.New(string(data)), err
}

func (f *fakes) Set(_ context.Context, service, account string, value secret.Text) error {
	return f.Write(service+"/"+account, []byte(value.Reveal()), 0)
}

func (f *fakes) Delete(_ context.Context, service, account string) error {
	return f.Remove(service + "/" + account)
}

func (f *fakes) Read(name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	data, ok := f.items[name]
	if !ok {
		return nil, errAbsent
	}
	return []byte(data), nil
}

func (f *fakes) Write(name string, data []byte, life time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.items[name], f.lives[name] = string(data), life
	return nil
}

func (f *fakes) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.items[name]; !ok {
		return errAbsent
	}
	delete(f.items, name)
	return nil
}

// only returns the name and value of the one thing that is kept.
func (f *fakes) only(t *testing.T) (name, value string) {
	t.Helper()
	if len(f.items) != 1 {
		t.Fatalf("%d items are kept, want 1", len(f.items))
	}
	for name, value = range f.items {
	}
	return name, value
}

// asked answers prompts with passphrases, in turn, and remembers the prompts.
type asked struct {
	mu      sync.Mutex
	answers []string
	typed   bool
	prompts []vault.Prompt
}

func (a *asked) ask(_ context.Context, p vault.Prompt) (vault.Answer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prompts = append(a.prompts, p)
	answer := a.answers[min(len(a.prompts), len(a.answers))-1]
	return vault.Answer{Passphrase: secret.New(answer), Typed: a.typed}, nil
}

// identityFile writes an age identity of its own to a file.
func identityFile(t testing.TB, folder string) (path string, key *age.X25519Identity) {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(folder, "key.txt")
	if err := os.WriteFile(path, []byte("# a comment\n"+key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, key
}

// inFile creates a vault whose identity is a file beside it.
func inFile(t testing.TB) (*vault.Age, vault.Options) {
	t.Helper()
	root := t.TempDir()
	path, _ := identityFile(t, root)
	o := vault.Options{Folder: filepath.Join(root, "vault")}
	v, err := vault.Create(t.Context(), o, vault.InFile(path))
	if err != nil {
		t.Fatal(err)
	}
	return v, o
}

func mustPut(t testing.TB, s vault.Store, entries ...vault.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := s.Put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}
