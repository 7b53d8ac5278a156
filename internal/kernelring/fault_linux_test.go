package kernelring_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/internal/kernelring"
)

// traced runs a role under strace with its system calls tampered with.
func traced(t *testing.T, inject, role string, args ...string) (string, error) {
	t.Helper()
	strace := installed.Need(t, "strace")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(strace, append([]string{"-f", "-qq", "-o", "/dev/null", "-e", "inject=" + inject, self}, args...)...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "ptrace") {
		t.Skipf("tracing is not allowed here: %s", out)
	}
	return string(out), err
}

func TestForbidden(t *testing.T) {
	t.Parallel()
	_, name := usable(t)
	// The first call of a role is that for its session keyring.
	for _, errno := range []string{"EPERM", "ENOSYS", "EDQUOT", "EACCES", "ENOMEM"} {
		for _, role := range []string{"read", "write", "remove"} {
			for _, call := range []string{"keyctl:error=" + errno + ":when=2+", "add_key:error=" + errno} {
				if role != "write" && strings.HasPrefix(call, "add_key") {
					continue
				}
				out, err := traced(t, call, role, name, "y")
				if err == nil || !strings.Contains(out, kernelring.ErrUnavailable.Error()) {
					t.Errorf("%s under %s: %v, %q", role, call, err, out)
				}
			}
		}
	}
}

// TestKilledWriter kills a writer at each of its system calls: what was there
// stands, or the new is there with its time limit.
func TestKilledWriter(t *testing.T) {
	t.Parallel()
	ring, name := usable(t)
	seen := map[string]int{}
	for n := 2; n <= 6; n++ {
		if err := ring.Write(name, []byte("old"), 0); err != nil {
			t.Fatal(err)
		}
		out, err := traced(t, "keyctl:signal=SIGKILL:when="+strconv.Itoa(n), "write", name, "new")
		got, readErr := ring.Read(name)
		if readErr != nil {
			t.Fatalf("killed at call %d (%v: %s): %v", n, err, out, readErr)
		}
		seen[string(got)]++
		if string(got) == "new" && limit(t, name) == "perm" {
			t.Errorf("killed at call %d: the new key has no end", n)
		}
		if err == nil && string(got) != "new" {
			t.Errorf("call %d: acknowledged, and there is %q", n, got)
		}
	}
	if seen["old"] == 0 || seen["new"] == 0 || len(seen) != 2 {
		t.Errorf("seen %v", seen)
	}
}
