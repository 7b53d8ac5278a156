package latchkey_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/explain"
	"github.com/latchkey-aws/latchkey/vault"
)

// TestSetting: a setting comes with the line that it stands in; what is not there
// is unset, and nothing of another section or of the AWS files counts.
func TestSetting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if v, err := b.load().Setting("vault", "backend"); err != nil || v.Set() {
		t.Errorf("without a file: %+v, %v", v, err)
	}
	path := b.settings("# mine\n[vault]\nbackend = pass\n\n[prompt]\nmethod=pinentry\n")
	b.config("[profile sessions]\nkeep = no\n")
	r := b.load()
	for _, tt := range []struct {
		section, key, want string
		line               int
	}{{"vault", "backend", "pass", 3}, {"prompt", "method", "pinentry", 6}, {"vault", "method", "", 0}, {"sessions", "keep", "", 0}} {
		v, err := r.Setting(tt.section, tt.key)
		if err != nil || v.Text != tt.want || v.Origin.Line != tt.line || tt.line > 0 && v.Origin.File != path {
			t.Errorf("%s.%s: %+v, %v", tt.section, tt.key, v, err)
		}
	}
}

// TestBadSettings: a value that means nothing, or a line that cannot be read, is
// told with file and line by whatever needs it, and by nothing else.
func TestBadSettings(t *testing.T) {
	t.Parallel()
	vaultOf := func(r *latchkey.Resolver) error { _, err := r.Vault(); return err }
	providerOf := func(r *latchkey.Resolver) error {
		plan, err := r.Plan("alice", chain.Policy{})
		if err == nil {
			_, err = r.Provider(plan)
		}
		return err
	}
	sharesOf := func(r *latchkey.Resolver) error {
		_, err := r.Shares(chain.Step{Kind: chain.KindAssumeRole})
		return err
	}
	tests := []struct {
		text, where string
		fails       func(*latchkey.Resolver) error
		serves      func(*latchkey.Resolver) error
	}{
		{"[vault]\nbackend = keepass\n", ":2", vaultOf, providerOf},
		{"[vault]\n\nfolder = vault\n", ":3", vaultOf, providerOf},
		{"[sessions]\nkeep = never\n", ":2", providerOf, vaultOf},
		{"[sessions]\nkeep = false\n", ":2", sharesOf, vaultOf},
		{"[vault]\nbackend = age\n[sessions]\nkeep no\n", ":4", providerOf, nil},
		{"[vault\nbackend = age\n", ":1", vaultOf, nil},
	}
	for _, tt := range tests {
		b := newBench(t)
		path := b.settings(tt.text)
		f := explain.Error(tt.fails(b.load()))
		if f.Class != explain.ClassConfig || f.Where == nil || !strings.HasPrefix(f.Where.String(), path+tt.where) {
			t.Errorf("%q: %+v, want it at %s", tt.text, f, tt.where)
		}
		if tt.serves != nil {
			if err := tt.serves(b.load()); err != nil {
				t.Errorf("%q: in the way of another setting: %v", tt.text, err)
			}
		}
	}
}

// TestDocumentedSettings: the settings in docs/vault.md mean what they say there.
func TestDocumentedSettings(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("docs", "vault.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```ini\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("no settings in the page")
	}
	b := newBench(t)
	b.settings(text)
	r := b.load()
	for key, want := range map[[2]string]string{{"vault", "backend"}: "pass", {"vault", "folder"}: "/path", {"vault", "prefix"}: "latchkey",
		{"prompt", "method"}: "pinentry", {"prompt", "pinentry"}: "/usr/bin/pinentry-gnome3", {"sessions", "keep"}: "no"} {
		if v, err := r.Setting(key[0], key[1]); err != nil || v.Text != want {
			t.Errorf("%s: %q, %v; want %q", key, v.Text, err, want)
		}
	}
	if _, err := r.Vault(); err != nil {
		t.Error(err)
	}
	if keeps, err := r.Shares(chain.Step{Kind: chain.KindAssumeRole}); err != nil || keeps {
		t.Errorf("shares sessions: %v, %v", keeps, err)
	}
}

// TestUnreadableSettings: a file that is there and cannot be read is an error.
func TestUnreadableSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := os.MkdirAll(filepath.Join(b.home.Dir, ".config", "latchkey", "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := b.load().Vault(); err == nil || !strings.Contains(err.Error(), "config") {
		t.Errorf("a folder in place of the file: %v", err)
	}
}

// TestFolders: the variables of the XDG specification are heeded if absolute, and
// a folder of the settings wins.
func TestFolders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.opts.StateFolder = ""
	home := b.home.Dir
	at := func(environ ...string) (string, string) {
		t.Helper()
		r := b.load(func(o *latchkey.Options) { o.Environ = append(environ, o.Environ...) })
		folder, err := r.VaultFolder()
		if err != nil {
			t.Error(err)
		}
		return folder, r.SessionFolder()
	}
	if v, s := at("XDG_DATA_HOME=/data", "XDG_CACHE_HOME=/cache"); v != "/data/latchkey/vault" || s != "/cache/latchkey/sessions" {
		t.Errorf("by XDG: %s, %s", v, s)
	}
	v, s := at("XDG_DATA_HOME=data", "XDG_CACHE_HOME=")
	if v != filepath.Join(home, ".local/share/latchkey/vault") || s != filepath.Join(home, ".cache/latchkey/sessions") {
		t.Errorf("relative: %s, %s", v, s)
	}
	b.settings("[vault]\nfolder = /elsewhere\n")
	if v, _ := at("XDG_DATA_HOME=/data"); v != "/elsewhere" {
		t.Errorf("by the settings: %s", v)
	}
	other := t.TempDir()
	r := b.load(func(o *latchkey.Options) { o.Home = other })
	if v, err := r.VaultFolder(); err != nil || v != filepath.Join(other, ".local/share/latchkey/vault") {
		t.Errorf("with Options.Home: %s, %v", v, err)
	}
}

// TestHomeless: without a home there are credentials and shared sessions, and a
// vault only where a variable or the program says where it is.
func TestHomeless(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var environ []string
	for _, pair := range b.opts.Environ {
		if !strings.HasPrefix(pair, "HOME=") && !strings.HasPrefix(pair, "USERPROFILE=") {
			environ = append(environ, pair)
		}
	}
	b.opts.Environ = environ
	for range 2 {
		if _, err := b.provider("alice", onReadOnly()).Retrieve(t.Context()); err != nil {
			t.Error(err)
		}
	}
	b.count("without a home", "AssumeRole", 1)
	r := b.load()
	for name, err := range map[string]error{
		"Vault":       func() error { _, err := r.Vault(); return err }(),
		"VaultFolder": func() error { _, err := r.VaultFolder(); return err }(),
		"Commands":    func() error { _, err := r.Commands(); return err }(),
	} {
		if err == nil || !strings.Contains(err.Error(), "HOME is not set") {
			t.Errorf("%s: %v", name, err)
		}
	}
	nowhere := b.load(func(o *latchkey.Options) { o.StateFolder = "" })
	if folder := nowhere.SessionFolder(); filepath.Dir(filepath.Dir(folder)) != filepath.Clean(os.TempDir()) {
		t.Errorf("sessions in %s", folder)
	}
	b.withoutKeys()
	if plan, err := b.load().Plan("alice", chain.Policy{}); err != nil || plan.Steps[0].Kind == chain.KindVault {
		t.Errorf("a profile without keys: %+v, %v", plan, err)
	}
	b.memory(aliceKey())
	if creds, err := b.provider("alice", chain.Policy{}, noMFA).Retrieve(t.Context()); err != nil || creds.AccessKeyID != aliceKey().AccessKeyID {
		t.Errorf("with a store of the program: %q, %v", creds.AccessKeyID, err)
	}
	b.opts.Vault = nil
	b.opts.Environ = append(b.opts.Environ, "XDG_DATA_HOME="+t.TempDir())
	if store, err := b.load().Vault(); err != nil {
		t.Error(err)
	} else if _, err := store.Stamp("alice"); !errors.Is(err, vault.ErrNoVault) {
		t.Errorf("with XDG_DATA_HOME: %v", err)
	}
}

// noMFA takes the profile alice's device away, so that its key is handed out.
func noMFA(o *latchkey.Options) {
	o.ConfigFile = os.DevNull
}
