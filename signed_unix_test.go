//go:build unix

package latchkey_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/origin"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/sso"
)

// TestPipeInPlaceOfTokenFile: nobody waits for a pipe that nobody writes to.
func TestPipeInPlaceOfTokenFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	home, err := sandbox.Start(t).WriteHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, ".aws", "sso", "cache", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("token files %v, %v", files, err)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(files[0], 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := latchkey.Load(latchkey.Options{Environ: home.Env, StateFolder: filepath.Join(dir, "state")})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := r.PlanOf(origin.Value{Text: "sso-dev", Origin: origin.Code("test")}, chain.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Provider(plan)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := p.Retrieve(t.Context())
		got <- err
	}()
	deadline := time.Now().Add(10 * time.Second)
	for waiting := true; waiting; {
		select {
		case err = <-got:
			waiting = false
		case <-time.After(100 * time.Millisecond):
			if time.Now().Before(deadline) {
				continue
			}
			t.Error("still waiting for somebody to write to the pipe")
			// A writer ends each wait, so that the goroutine ends too.
			if file, err := os.OpenFile(files[0], os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
				_ = file.Close()
			}
		}
	}
	var required *sso.SignInRequiredError
	if !errors.As(err, &required) || required.Reason != sso.ReasonDamaged {
		t.Errorf("got %v, want a damaged token file", err)
	}
}
