package vault_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// TestCreateKilled kills a Create at each call that changes the folder. What is
// left is a vault or none; in each case one is there after the next Create.
func TestCreateKilled(t *testing.T) {
	t.Parallel()
	strace := installed.Need(t, "strace")
	none, finished := 0, 0
	for _, calls := range []string{"?rename,?renameat,?renameat2", "fsync", "?mkdir,?mkdirat"} {
		for n := 1; n < 50; n++ {
			root := t.TempDir()
			o := vault.Options{
				Folder: filepath.Join(root, "vault"), WorkFactor: fastScrypt, Passphrase: (&asked{answers: []string{"new one"}}).ask,
			}
			task := process(t, "create", root, "GOMAXPROCS=1")
			cmd := exec.Command(strace, "-f", "-qq", "-o", os.DevNull, "-e", "inject="+calls+":signal=SIGKILL:when="+strconv.Itoa(n), task.Path)
			cmd.Env = task.Env
			if out, err := cmd.CombinedOutput(); err == nil {
				finished++
				break
			} else if len(out) > 0 {
				notPermitted(t, string(out))
			}
			names, err := vault.Open(o).List(t.Context())
			switch {
			case errors.Is(err, vault.ErrNoVault):
				none++
				if _, err := vault.Create(t.Context(), o, vault.ByPassphrase); err != nil {
					t.Errorf("%s %d: Create after: %v", calls, n, err)
				}
			case err != nil:
				t.Errorf("%s %d: %v", calls, n, err)
			}
			mustPut(t, vault.Open(o), vaulttest.Key("later"))
			opens(t, o, append([]string{"later"}, names...)...)
		}
	}
	if none < 5 || finished == 0 {
		t.Errorf("%d times there was no vault yet, %d ran to their end", none, finished)
	}
}

// TestHybrid: the post-quantum keys of age are identities like others, but
// cannot be mixed with those.
func TestHybrid(t *testing.T) {
	t.Parallel()
	key, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(path, []byte(key.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := vault.Options{Folder: t.TempDir()}
	_, classic := identityFile(t, t.TempDir())
	if _, err := vault.Create(t.Context(), o, vault.InFile(path), classic.Recipient().String()); err == nil {
		t.Error("a classic recipient beside a post-quantum one was taken")
	}
	v, err := vault.Create(t.Context(), o, vault.InFile(path))
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, v, vaulttest.Key("prod"))
	opens(t, o, "prod")
	if info, err := v.Info(); err != nil || !strings.HasPrefix(info.Recipient, "age1pq1") {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestRecipientsThatAreRefused(t *testing.T) {
	t.Parallel()
	path, key := identityFile(t, t.TempDir())
	good := key.Recipient().String()
	for _, line := range []string{"", "# comment", "age1", good[:len(good)-1], good + "\nage1x", "ssh-ed25519 AAAA", key.String()} {
		o := vault.Options{Folder: t.TempDir()}
		_, err := vault.Create(t.Context(), o, vault.InFile(path), line)
		if err == nil || strings.Contains(err.Error(), key.String()) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// TestSameRecipientTwice names the vault's own recipient, and one twice.
func TestSameRecipientTwice(t *testing.T) {
	t.Parallel()
	path, key := identityFile(t, t.TempDir())
	_, other := identityFile(t, t.TempDir())
	o := vault.Options{Folder: t.TempDir()}
	own, second := key.Recipient().String(), other.Recipient().String()
	v, err := vault.Create(t.Context(), o, vault.InFile(path), second, own, second)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := v.Info(); err != nil || strings.Join(info.Recipients, " ") != second+" "+own || info.Recipient != own {
		t.Errorf("%+v, %v", info, err)
	}
}
