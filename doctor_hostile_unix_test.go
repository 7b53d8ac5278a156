//go:build unix

package latchkey_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/explain"
)

// makeIdentity writes an age identity file and returns its recipient.
func makeIdentity(t *testing.T, path string) string {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String()
}

// TestDoctorHostile holds that no file keeps a check-up waiting, whatever it is.
func TestDoctorHostile(t *testing.T) {
	t.Parallel()
	pipe := func(p *patient, name string) {
		path := filepath.Join(p.home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.RemoveAll(path), syscall.Mkfifo(path, 0o600)); err != nil {
			p.t.Fatal(err)
		}
		// Somebody who has it open and writes nothing would keep a reader waiting.
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { _ = f.Close() })
	}
	for name, tt := range map[string]struct {
		make   func(p *patient)
		code   string
		weight explain.Weight
	}{
		"a pipe as config":      {func(p *patient) { pipe(p, ".aws/config") }, "file-kind", explain.WeightWarning},
		"a pipe as credentials": {func(p *patient) { pipe(p, ".aws/credentials") }, "file-kind", explain.WeightWarning},
		"a pipe as settings":    {func(p *patient) { pipe(p, ".config/latchkey/config") }, "file-kind", explain.WeightWarning},
		"a pipe as a cache":     {func(p *patient) { pipe(p, ".aws/sso/cache/a.json") }, "file-kind", explain.WeightWarning},
		"a pipe as an entry": {func(p *patient) {
			pipe(p, ".local/share/latchkey/vault/entries/a.age")
			p.put(".local/share/latchkey/vault/vault.json", "{}")
		}, "vault-damaged", explain.WeightError},
		"a pipe as a backup": {func(p *patient) { pipe(p, ".aws/config.latchkey-1.bak") }, "", ""},
		"a pipe as a start-up file": {func(p *patient) {
			pipe(p, ".bashrc")
			p.environ = append(p.environ, "SHELL=/bin/bash")
			p.opts.ShellInit = func(string) string { return "" }
		}, "", ""},
		"a device as config":  {func(p *patient) { p.environ = append(p.environ, "AWS_CONFIG_FILE=/dev/zero") }, "file-kind", explain.WeightWarning},
		"the null device":     {func(p *patient) { p.environ = append(p.environ, "AWS_SHARED_CREDENTIALS_FILE=/dev/null") }, "", ""},
		"a folder as config":  {func(p *patient) { _ = os.Remove(filepath.Join(p.home, ".aws/config")); p.put(".aws/config/x", "") }, "file-kind", explain.WeightError},
		"a symlink to itself": {func(p *patient) { _ = os.Symlink("credentials", filepath.Join(p.home, ".aws/credentials")) }, "symlink-nowhere", explain.WeightError},
		"folders in a circle": {func(p *patient) {
			p.put(".aws/sso/x", "")
			_ = os.Symlink("cache", filepath.Join(p.home, ".aws/sso/cache"))
		}, "symlink-nowhere", explain.WeightError},
		"a config of 8 MiB": {func(p *patient) {
			p.put(".aws/config", strings.Repeat("[profile a]\nregion = "+strings.Repeat("x", 100)+"\n", 8<<20/123))
		}, "too-many-lines", explain.WeightError},
		"a config beyond the size": {func(p *patient) { p.put(".aws/config", strings.Repeat("#", 8<<20+1)) }, "file-unreadable", explain.WeightError},
		"one section a line": {func(p *patient) {
			var b strings.Builder
			for i := range 100_000 {
				fmt.Fprintf(&b, "[profile %x]\nrole_arn: x\nsource_profile = %x\n", i, i^1)
			}
			p.put(".aws/config", b.String())
		}, "source-profile-loop", explain.WeightError},
		"huge caches": {func(p *patient) {
			for i := range 100 {
				p.put(fmt.Sprintf(".aws/cli/cache/%d.json", i), strings.Repeat("[", 1<<20))
			}
		}, "damaged-cache", explain.WeightWarning},
		"thousands of caches": {func(p *patient) {
			for i := range 5000 {
				p.put(fmt.Sprintf(".aws/sso/cache/%d.json", i), "{")
			}
		}, "damaged-cache", explain.WeightWarning},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			tt.make(p)
			start := time.Now()
			c := p.doctor()
			t.Log(time.Since(start)) // what never ends is ended with the whole run
			if len(c.Findings) > 100 {
				t.Errorf("%d findings", len(c.Findings))
			}
			if got := weightOf(c, tt.code); got != tt.weight || tt.code == "" && len(c.Findings) > 0 {
				t.Errorf("%s is %q", tt.code, got)
				for _, f := range c.Findings {
					t.Logf("%s %s: %s", f.Weight, f.Code, f.What)
				}
			}
		})
	}
}

// TestDoctorCacheBudget holds that only so much of the caches is read, and that a pipe
// among them is told of as one and not as damaged.
func TestDoctorCacheBudget(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	for i := range 200 {
		p.put(fmt.Sprintf(".aws/cli/cache/%d.json", i), strings.Repeat("[", 250<<10))
	}
	if err := syscall.Mkfifo(filepath.Join(p.home, ".aws/cli/cache/-.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := 0
	for _, f := range p.doctor().Findings {
		if f.Code == "damaged-cache" {
			damaged += f.Count
		}
	}
	if damaged < 100 || damaged > 150 { // 32 MiB
		t.Errorf("%d files were read", damaged)
	}
	c := newPatient(t)
	path := filepath.Join(c.home, ".aws/cli/cache/a.json")
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got := c.codes(); got != "warning file-kind" {
		t.Error(got)
	}
}

// TestDoctorUnreadable tells of files and folders that this user may not read.
func TestDoctorUnreadable(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	p := newPatient(t)
	if err := os.Chmod(p.put(".aws/credentials", "[k]\n"), 0); err != nil {
		t.Fatal(err)
	}
	if got := weightOf(p.doctor(), "file-unreadable"); got != explain.WeightError {
		t.Error(got, p.codes())
	}
}

// TestDoctorForeign tells of files that belong to somebody else.
func TestDoctorForeign(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	p := newPatient(t)
	if err := os.Chown(filepath.Join(p.home, ".aws/config"), 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if got := p.codes(); got != "security foreign-file" {
		t.Error(got)
	}
}
