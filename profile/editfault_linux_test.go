package profile_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/profile"
)

const faultEnv = "LATCHKEY_TEST_SAVE"

// TestSaveChild is the process that TestSaveFaults breaks.
func TestSaveChild(t *testing.T) {
	path := os.Getenv(faultEnv)
	if path == "" {
		t.Skip("runs as a child of TestSaveFaults")
	}
	backup, err := edited(t, path, "new").Save(t.Context(), saveOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(backup)
}

// TestSaveFaults kills a process at, and fails, each call of it that could
// write: the file holds its old text or its new one, whole, an error leaves no
// temporary file, and a save that went well has its backup.
func TestSaveFaults(t *testing.T) {
	t.Parallel()
	strace := installed.Need(t, "strace", "-o", os.DevNull, "-f", "true")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const before, after = "# mine\n[profile a]\nregion = old\n", "# mine\n[profile a]\nregion = new\n"
	broken := 0
	const kill = "signal=SIGKILL"
	for _, call := range []struct {
		name        string
		first, last int // the runtime opens files of its own first
		faults      []string
	}{
		{"write", 1, 3, []string{"error=ENOSPC", "error=EIO", kill}},
		{"fsync", 1, 4, []string{"error=EIO", "error=ENOSPC", kill}},
		{"fchmod", 1, 2, []string{"error=EPERM", kill}},
		{"/^rename", 1, 2, []string{"error=EROFS", "error=ENOSPC", kill}},
		{"openat", 5, 13, []string{"error=EACCES", "error=EMFILE", kill}},
	} {
		for _, fault := range call.faults {
			for n := call.first; n <= call.last; n++ {
				at := call.name + ":" + fault + ":when=" + strconv.Itoa(n)
				folder := t.TempDir()
				path := filepath.Join(folder, "config")
				if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
					t.Fatal(err)
				}
				cmd := exec.CommandContext(t.Context(), strace, "-f", "-o", os.DevNull, "-e", "trace="+call.name, "-e", "inject="+at, self, "-test.run=^TestSaveChild$")
				cmd.Env = append(os.Environ(), faultEnv+"="+path, "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0")
				cmd.WaitDelay = time.Second
				out, failed := cmd.CombinedOutput()
				if failed != nil {
					broken++
				}
				data, err := os.ReadFile(path)
				if err != nil || string(data) != before && string(data) != after || failed == nil && string(data) != after {
					t.Errorf("%s: file holds %q (%v), child: %v %s", at, data, err, failed, out)
				}
				if backup, err := os.ReadFile(path + stamp + ".bak"); string(data) == after && (err != nil || string(backup) != before) {
					t.Errorf("%s: backup %q (%v)", at, backup, err)
				}
				temps, _ := filepath.Glob(filepath.Join(folder, ".latchkey-*.tmp"))
				if len(temps) > 0 && strings.HasPrefix(fault, "error") {
					t.Errorf("%s: left behind %v", at, temps)
				}
				holds(t, path, string(data), 0o640)
			}
		}
	}
	if broken < 35 { // some 46; which call the runtime makes first depends on the load
		t.Errorf("only %d of the faults were felt", broken)
	}
}

// TestEditTrailsNothing: an edit that is dropped has written nothing.
func TestEditTrailsNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	edited(t, filepath.Join(folder, "config"), "x").Diff()
	if list, err := os.ReadDir(folder); err != nil || len(list) != 0 {
		t.Errorf("folder holds %v (%v)", list, err)
	}
	if _, err := profile.OpenEdit(filepath.Join(folder, "config", "below"), profile.ConfigFile); err != nil {
		t.Errorf("a folder that is missing: %v", err)
	}
}
