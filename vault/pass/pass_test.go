package pass_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/secret"
	"github.com/latchkey-aws/latchkey/vault"
	"github.com/latchkey-aws/latchkey/vault/pass"
	"github.com/latchkey-aws/latchkey/vault/vaulttest"
)

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		installed.Need(t, p)
	}
}

// A home has a gpg key of its own, and an agent that ends with the test.
type home struct{ folder string }

func newHome(t *testing.T, passphrase string) home {
	t.Helper()
	need(t, "pass", "gpg", "gpgconf")
	// The agent's sockets need a short path.
	folder, err := os.MkdirTemp("", "lk")
	if err != nil {
		t.Fatal(err)
	}
	h := home{folder}
	t.Cleanup(func() {
		_ = h.command("gpgconf", "--kill", "all").Run()
		_ = os.RemoveAll(folder)
	})
	h.run(t, "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase,
		"--quick-generate-key", "test", "future-default", "default", "never")
	return h
}

func (h home) environ() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.folder, "GNUPGHOME=" + h.folder, "TERM=xterm", "LC_ALL=C.UTF-8",
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t", "GIT_CONFIG_GLOBAL=/dev/null",
	}
}

func (h home) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = h.environ()
	return cmd
}

func (h home) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := h.command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
	return string(out)
}

// options are those of a new, empty password store.
func (h home) options(t *testing.T) pass.Options {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "store")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, ".gpg-id"), []byte("test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return pass.Options{Folder: folder, Lock: filepath.Join(t.TempDir(), "pass.lock"), Environ: h.environ(), Stderr: t.Output()}
}

func (h home) open(t *testing.T) vault.Store { return pass.Open(h.options(t)) }

func TestConformance(t *testing.T) {
	t.Parallel()
	vaulttest.Run(t, newHome(t, "").open)
}

// TestRestore reads an entry without us, from the folder that pass finds by
// itself.
func TestRestore(t *testing.T) {
	t.Parallel()
	h := newHome(t, "")
	h.run(t, "pass", "init", "test")
	o := pass.Options{Lock: filepath.Join(h.folder, "lock"), Environ: h.environ(), Prefix: "work/aws"}
	e := vaulttest.Key("Prod")
	if err := pass.Open(o).Add(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	out := h.run(t, "pass", "show", "work/aws/%50rod")
	if !strings.HasPrefix(out, "{") || strings.Count(out, "\n") != 1 || !strings.Contains(out, `"SecretAccessKey":"`+e.Secret.Reveal()+`"`) {
		t.Errorf("pass shows %q", out)
	}
	got, err := vault.Decode("Prod", []byte(out))
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, got, e)
	for _, file := range []string{"work/aws", "work/aws/%50rod.gpg"} {
		info, err := os.Stat(filepath.Join(h.folder, ".password-store", file))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v, %v", file, info.Mode(), err)
		}
	}
}

// TestFullDisk lets gpg fail in the middle of writing, as on a full disk: the old
// entry stands.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	h := newHome(t, "")
	o := h.options(t)
	good := pass.Open(o)
	if err := good.Put(t.Context(), vaulttest.Key("prod")); err != nil {
		t.Fatal(err)
	}
	before, err := good.Stamp("prod")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	script := "#!/bin/sh\nfor a; do [ \"$last\" = -o ] && : >\"$a\"; last=$a; done\ncat; exit 2\n"
	for _, name := range []string{"gpg", "gpg2"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	o.Environ = append(slices.Clone(o.Environ), "PATH="+bin+":"+os.Getenv("PATH"))
	bad := pass.Open(o)
	e := vaulttest.Key("prod")
	e.Secret = secret.New("canary-of-a-new-key")
	var failed *pass.ProgramError
	if err := bad.Put(t.Context(), e); !errors.As(err, &failed) || failed.Action != "insert" || strings.Contains(err.Error(), "canary") {
		t.Errorf("Put with a full disk: %v", err)
	}
	if err := bad.Add(t.Context(), vaulttest.Key("other")); !errors.As(err, &failed) {
		t.Errorf("Add with a full disk: %v", err)
	}
	if after, err := good.Stamp("prod"); after != before || err != nil {
		t.Errorf("the old file changed: %v", err)
	}
	got, err := good.Get(t.Context(), "prod")
	if err != nil {
		t.Fatal(err)
	}
	vaulttest.Same(t, got, vaulttest.Key("prod"))
	if names, err := good.List(t.Context()); fmt.Sprint(names) != "[prod]" || err != nil {
		t.Errorf("List: %q, %v", names, err)
	}
	if err := good.Put(t.Context(), e); err != nil {
		t.Errorf("Put after the disk has room again: %v", err)
	}
}

func TestGit(t *testing.T) {
	t.Parallel()
	need(t, "git")
	h := newHome(t, "")
	o := h.options(t)
	git := func(args ...string) string { return h.run(t, "git", append([]string{"-C", o.Folder}, args...)...) }
	git("init", "-q")
	git("add", ".gpg-id")
	git("commit", "-q", "-m", "start")
	s := pass.Open(o)
	for _, name := range []string{"prod", "dev", "prod"} {
		if err := s.Put(t.Context(), vaulttest.Key(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Remove(t.Context(), "dev"); err != nil {
		t.Fatal(err)
	}
	if files := git("ls-files"); files != ".gpg-id\nlatchkey/prod.gpg\n" {
		t.Errorf("git has %q", files)
	}
	if status := git("status", "--porcelain"); status != "" {
		t.Errorf("not committed: %s", status)
	}
}

func TestNoStore(t *testing.T) {
	t.Parallel()
	h := newHome(t, "")
	o := h.options(t)
	o.Folder = filepath.Join(t.TempDir(), "none")
	s := pass.Open(o)
	_, listErr := s.List(t.Context())
	_, getErr := s.Get(t.Context(), "prod")
	_, stampErr := s.Stamp("prod")
	for call, err := range map[string]error{"List": listErr, "Get": getErr, "Stamp": stampErr, "Add": s.Add(t.Context(), vaulttest.Key("prod"))} {
		var none *vault.NoVaultError
		if !errors.As(err, &none) || none.Folder != o.Folder {
			t.Errorf("%s: %v, want *NoVaultError", call, err)
		}
	}
}

func TestNoProgram(t *testing.T) {
	t.Parallel()
	o := newHome(t, "").options(t)
	o.Program = "/nowhere/pass"
	var failed *pass.ProgramError
	if err := pass.Open(o).Add(t.Context(), vaulttest.Key("prod")); !errors.As(err, &failed) || failed.Program != o.Program {
		t.Errorf("%v, want *ProgramError", err)
	}
}

func TestFolderInThePlace(t *testing.T) {
	t.Parallel()
	o := newHome(t, "").options(t)
	if err := os.MkdirAll(filepath.Join(o.Folder, "latchkey", "prod"), 0o700); err != nil {
		t.Fatal(err)
	}
	var refused *vault.EntryError
	if err := pass.Open(o).Add(t.Context(), vaulttest.Key("prod")); !errors.As(err, &refused) {
		t.Errorf("%v, want *EntryError", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	o := newHome(t, "").options(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pass.Open(o).Add(ctx, vaulttest.Key("prod")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's", err)
	}
}
