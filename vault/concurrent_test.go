package vault_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

// TestManyWriters adds 20 entries in each of 50 processes at once.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	path, _ := identityFile(t, root)
	o := vault.Options{Folder: filepath.Join(root, "vault")}
	v, err := vault.Create(t.Context(), o, vault.InFile(path))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 50 {
		cmd := process(t, "add", root)
		group.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	group.Wait()
	names, err := v.List(t.Context())
	if err != nil || len(names) != 1000 {
		t.Fatalf("%d of 1000 entries, %v", len(names), err)
	}
	opens(t, o, names...)
}

// TestWriteFails injects errors into every call that writes. The acknowledged
// entry stays, and so does the vault.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	strace := installed.Need(t, "strace")
	failures := 0
	for _, calls := range []string{"?openat", "write", "fsync", "?rename,?renameat,?renameat2", "fchmod,?fchmodat", "flock"} {
		most := 4
		for _, fault := range []string{"signal=SIGKILL", "error=ENOSPC", "error=EIO", "error=EACCES", "error=EROFS", "error=EMFILE"} {
			for n := 1; n <= most; n++ {
				root := t.TempDir()
				path, _ := identityFile(t, root)
				o := vault.Options{Folder: filepath.Join(root, "vault")}
				v, err := vault.Create(t.Context(), o, vault.InFile(path))
				if err != nil {
					t.Fatal(err)
				}
				mustPut(t, v, vaulttest.Key("a"))
				task := process(t, "put", root, "GOMAXPROCS=1")
				inject := "inject=" + calls + ":" + fault + ":when=" + strconv.Itoa(n)
				args := []string{"-f", "-qq", "-o", os.DevNull, "-e", inject}
				for _, p := range []string{"", "entries", "vault.lock", "vault.json", "recipients.txt"} {
					args = append(args, "-P", filepath.Join(o.Folder, p))
				}
				cmd := exec.Command(strace, append(args, task.Path)...)
				cmd.Env = task.Env
				_, err = cmd.CombinedOutput()
				if fault == "signal=SIGKILL" && err == nil {
					most = n // nothing was killed, so there is hardly another such call
				}
				if err != nil {
					failures++
				} else if e, err := v.Get(t.Context(), "a"); err != nil || e.Note != "put again" {
					t.Errorf("%s: acknowledged, and not there: %+v, %v", inject, e, err)
				}
				e, err := v.Get(t.Context(), "a")
				if err != nil {
					t.Errorf("%s: %v", inject, err)
				}
				if e.Note = ""; err == nil {
					vaulttest.Same(t, e, vaulttest.Key("a"))
				}
			}
		}
	}
	if failures < 10 {
		t.Errorf("%d writes failed", failures)
	}
}

// TestReadOnlyVault: reading needs no right to write.
func TestReadOnlyVault(t *testing.T) {
	t.Parallel()
	o := sealed(t)
	if err := os.Remove(filepath.Join(o.Folder, "unlock.lock")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	// A folder in place of the lock is what root cannot write to either.
	if err := os.Mkdir(filepath.Join(o.Folder, "unlock.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	opens(t, o, "prod")
}

// TestWaitingWriterCanBeCancelled: Ctrl-C ends the wait for another's lock.
func TestWaitingWriterCanBeCancelled(t *testing.T) {
	t.Parallel()
	v, o := inFile(t)
	var inside sync.WaitGroup
	inside.Add(1)
	release := make(chan struct{})
	slow := o
	slow.Passphrase = func(context.Context, vault.Prompt) (vault.Answer, error) {
		inside.Done()
		<-release
		return vault.Answer{}, context.Canceled
	}
	var group sync.WaitGroup
	group.Go(func() { _ = vault.Open(slow).Rekey(context.Background(), vault.ByPassphrase) })
	inside.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := v.Add(ctx, vaulttest.Key("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	close(release)
	group.Wait()
	if err := v.Add(t.Context(), vaulttest.Key("a")); err != nil {
		t.Error(err)
	}
}
