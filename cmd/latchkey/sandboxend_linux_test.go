package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/kernelring"
)

// TestSandboxLeavesNoKey: the key of the sessions that a sandbox's command has made
// goes with the temporary home folder, and stays with one that is kept.
func TestSandboxLeavesNoKey(t *testing.T) {
	t.Parallel()
	kept := filepath.Join(t.TempDir(), "home")
	leave(t, []string{"HOME=" + kept})
	for _, tt := range []struct {
		args []string
		left bool
	}{{nil, false}, {[]string{"--home", kept}, true}} {
		const line = `latchkey credentials prod --mfa-code $(latchkey sandbox mfa-code alice) >&2 && echo "$HOME"`
		cmd := exec.Command("latchkey", append(append([]string{"sandbox"}, tt.args...), "--", "sh", "-c", line)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(filepath.Join(strings.TrimSpace(string(out)), ".cache", "latchkey")))
		_, err = (kernelring.Ring{}).Read("latchkey-session-" + hex.EncodeToString(sum[:8]))
		switch {
		case errors.Is(err, kernelring.ErrUnavailable):
			t.Skip(err)
		case (err == nil) != tt.left || err != nil && !errors.Is(err, kernelring.ErrNotFound):
			t.Errorf("%q: the key of its sessions: %v; want it there: %v", tt.args, err, tt.left)
		}
	}
}
