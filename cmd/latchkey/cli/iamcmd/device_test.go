package iamcmd

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/iam"
	"github.com/latchkey-aws/latchkey/secret"
)

// TestShowAgain: where a device is made anew, its picture takes the place of the one that
// the same run has drawn, and of no other.
func TestShowAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "code.png")
	deps := &Deps{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Screen: func(Asker) (Screen, error) { return nil, latchkey.ErrNobody }}
	draw := func(r *device, seed string) ([]byte, error) {
		err := r.show(t.Context(), iam.Seed{Serial: "arn:aws:iam::111122223333:mfa/nora", Text: secret.New(seed)}, false)
		text, _ := os.ReadFile(path)
		return text, err
	}
	run := func() *device { return &device{Deps: deps, DeviceJob: DeviceJob{Flags: &DeviceFlags{png: path}}} }
	r := run()
	one, err := draw(r, "JBSWY3DPEHPK3PXP")
	if err != nil || len(one) == 0 {
		t.Fatal(len(one), err)
	}
	two, err := draw(r, "KRSXG5CTMVRXEZLU")
	if err != nil || len(two) == 0 || bytes.Equal(one, two) {
		t.Errorf("the second picture: %d bytes, the same %v, %v", len(two), bytes.Equal(one, two), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Error(info, err)
	}
	if three, err := draw(run(), "JBSWY3DPEHPK3PXP"); !errors.Is(err, os.ErrExist) || !bytes.Equal(two, three) {
		t.Errorf("another run: %v", err)
	}
}
