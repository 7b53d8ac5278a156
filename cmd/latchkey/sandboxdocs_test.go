package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
)

// TestSandboxExamples runs the Python and shell examples that docs/sandbox.md begins
// with. Its Go example is tried beside the sandbox.
func TestSandboxExamples(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		language, needs string
		probe           []string
		command         []string
		want            string
	}{
		{"python", "python3", []string{"-c", "import boto3"}, []string{"python3", "example"}, "ok\n"},
		{"sh", "aws", []string{"--version"}, []string{"sh", "-eu", "example"}, `"arn:aws:sts::444455556666:assumed-role/Instance/i-0123456789abcdef0"`},
	} {
		t.Run(tt.language, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" {
				t.Skip("the examples are for a Unix shell")
			}
			installed.Need(t, tt.needs, tt.probe...)
			installed.Need(t, "curl")
			_, rest, _ := strings.Cut(string(page), "\n```"+tt.language+"\n")
			text, _, found := strings.Cut(rest, "\n```\n")
			if !found {
				t.Fatal("the example is not in the page")
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "example"), []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(tt.command[0], tt.command[1:]...)
			cmd.Dir = dir
			// Version managers find programs by the real home. What is left of the
			// developer's own AWS set-up must not matter.
			cmd.Env = append(os.Environ(), "PYENV_ROOT="+filepath.Join(real, ".pyenv"),
				"AWS_PROFILE=nobody", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x")
			if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), tt.want) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// TestSandboxLife runs the user's life of docs/sandbox.md line by line, in a shell of
// a sandbox, where a file answers what would be asked about the vault.
func TestSandboxLife(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the example is for a Unix shell")
	}
	page, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "\nA user's life,")
	_, rest, _ = strings.Cut(rest, "```sh\n")
	life, _, found := strings.Cut(rest, "```")
	if !found || strings.Count(life, "latchkey ") != 5 {
		t.Fatalf("the example is not in the page: %s", life)
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "passphrase"), "not empty")
	cmd := exec.Command("latchkey", "sandbox", "--", "sh", "-eu")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + t.TempDir(), "GORACE=atexit_sleep_ms=0"}
	cmd.Stdin = strings.NewReader("export LATCHKEY_VAULT_PASSPHRASE_FILE=" + dir + "/passphrase LATCHKEY_PROMPT=none\n" + life)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "\narn:aws:sts::444455556666:assumed-role/Developer/") ||
		!strings.Contains(string(out), "\nuser zoe is deleted: ") || !strings.HasSuffix(string(out), "write a new pair in its place\n") {
		t.Errorf("%v\n%s", err, out)
	}
}
