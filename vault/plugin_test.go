package vault_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"github.com/creack/pty"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// pluginName is that of the stand-in, a copy of this binary in PATH.
const pluginName = "latchkeytest"

// slowVariable, set, has the stand-in wait for its token for a while.
const slowVariable = "VAULT_TEST_SLOW_PLUGIN"

// secretOfPlugin is what the stand-in asks for before it opens anything.
const secretOfPlugin = "1234"

// playPlugin is the stand-in for a hardware token: its key is the scalar in the
// identity's data, and it asks for a PIN.
func playPlugin() int {
	p, err := plugin.New(pluginName)
	if err != nil {
		return 1
	}
	p.HandleRecipient(func(data []byte) (age.Recipient, error) { return age.ParseX25519Recipient(string(data)) })
	p.HandleIdentity(func(data []byte) (age.Identity, error) {
		if os.Getenv(slowVariable) != "" {
			time.Sleep(3 * time.Second)
		}
		pin, err := p.RequestValue("PIN", true)
		if err != nil || pin != secretOfPlugin {
			return nil, errors.New("wrong PIN")
		}
		return age.ParseX25519Identity(string(data))
	})
	// What RegisterFlags would do; flags belong to the program's command line.
	switch {
	case strings.HasSuffix(os.Args[1], "recipient-v1"):
		return p.RecipientV1()
	case strings.HasSuffix(os.Args[1], "identity-v1"):
		return p.IdentityV1()
	}
	return 1
}

// installPlugin puts the stand-in into PATH, and writes its identity file.
func installPlugin(t *testing.T, comment bool) (path, recipient string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a symlink needs a privilege")
	}
	root := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(root, "age-plugin-"+pluginName)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", root+string(os.PathListSeparator)+os.Getenv("PATH"))
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	recipient = plugin.EncodeRecipient(pluginName, []byte(key.Recipient().String()))
	text := plugin.EncodeIdentity(pluginName, []byte(key.String())) + "\n"
	if comment {
		text = "#    Recipient: " + recipient + "\n" + text
	}
	path = filepath.Join(root, "token.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, recipient
}

// TestPlugin is not parallel: it sets PATH, where age looks for plugins.
func TestPlugin(t *testing.T) {
	for _, comment := range []bool{true, false} {
		path, recipient := installPlugin(t, comment)
		asks, pin := 0, secretOfPlugin
		ring := newFakes()
		ui := &plugin.ClientUI{RequestValue: func(name, prompt string, secret bool) (string, error) {
			if asks++; name != pluginName || prompt != "PIN" || !secret {
				t.Errorf("%s asks %q, secret %v", name, prompt, secret)
			}
			return pin, nil
		}}
		o := vault.Options{Folder: t.TempDir(), Ring: ring, Plugin: func(context.Context) *plugin.ClientUI { return ui }}
		var others []string
		if !comment {
			var locked *vault.LockedError
			if _, err := vault.Create(t.Context(), o, vault.InFile(path)); !errors.As(err, &locked) {
				t.Errorf("without a recipient: %v, want *LockedError", err)
			}
			others = []string{recipient}
		}
		v, err := vault.Create(t.Context(), o, vault.InFile(path), others...)
		if err != nil {
			t.Fatal(err)
		}
		mustPut(t, v, vaulttest.Key("prod"))
		opens(t, o, "prod")
		if asks != 2 { // the trial of Create, and Get
			t.Errorf("asked %d times, want 2", asks)
		}
		if err := v.Unlock(t.Context(), 0); !errors.Is(err, vault.ErrNoUnlock) || len(ring.items) != 0 {
			t.Errorf("Unlock: %v, %d items are kept", err, len(ring.items))
		}
		pin = "wrong"
		var locked *vault.LockedError
		if _, err := v.Get(t.Context(), "prod"); !errors.As(err, &locked) || !strings.Contains(err.Error(), "wrong PIN") {
			t.Errorf("with the wrong PIN: %v, want *LockedError", err)
		}
		t.Setenv("PATH", t.TempDir())
		if _, err := v.Get(t.Context(), "prod"); !errors.As(err, &locked) || !strings.Contains(err.Error(), "age-plugin-"+pluginName) {
			t.Errorf("without the plugin: %v, want *LockedError", err)
		}
	}
}

// TestPluginInterrupted ends the context while the plugin asks, and while it waits
// for its token. It is not parallel: it sets PATH and the plugin's environment.
func TestPluginInterrupted(t *testing.T) {
	path, recipient := installPlugin(t, true)
	asked := make(chan struct{}, 1)
	restored := false
	o := vault.Options{Folder: t.TempDir()}
	v, err := vault.Create(t.Context(), withPIN(o, func(context.Context) (string, error) { return secretOfPlugin, nil }), vault.InFile(path), recipient)
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("prod"))
	prompt := func(ctx context.Context) (string, error) {
		asked <- struct{}{}
		<-ctx.Done()
		time.Sleep(20 * time.Millisecond) // as a terminal is put in order
		restored = true
		return "", ctx.Err()
	}
	for _, slow := range []string{"", "1"} {
		t.Setenv(slowVariable, slow)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := vault.Open(withPIN(o, prompt)).Get(ctx, "prod")
			done <- err
		}()
		if slow == "" {
			<-asked
		} else {
			time.Sleep(300 * time.Millisecond)
		}
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%q: %v, want context.Canceled", slow, err)
			}
		case <-time.After(1500 * time.Millisecond):
			t.Fatalf("%q: Get goes on", slow)
		}
		if slow == "" && !restored {
			t.Error("Get was back before the prompt was")
		}
	}
}

func withPIN(o vault.Options, pin func(context.Context) (string, error)) vault.Options {
	o.Plugin = func(ctx context.Context) *plugin.ClientUI {
		return &plugin.ClientUI{RequestValue: func(string, string, bool) (string, error) { return pin(ctx) }}
	}
	return o
}

// TestStockIdentity opens the vault's own key and an entry with the stock
// program, as docs/vault-recipes.md says.
func TestStockIdentity(t *testing.T) {
	t.Parallel()
	stock := installed.Need(t, "age")
	o := sealed(t)
	key := filepath.Join(t.TempDir(), "key.txt")
	cmd := exec.Command(stock, "-d", "-o", key, filepath.Join(o.Folder, "identity.age"))
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Skip(err)
	}
	defer terminal.Close()
	if _, err := terminal.WriteString("right\n"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(stock, "-d", "-i", key, filepath.Join(o.Folder, "entries", "prod.age")).Output()
	if err != nil {
		t.Fatal(err)
	}
	e, err := vault.Decode("prod", out)
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, e, vaulttest.Key("prod"))
}
