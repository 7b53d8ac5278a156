package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
)

// TestPolicyDocs runs the commands of docs/policies.md, one after the other in one
// folder, and has each succeed.
func TestPolicyDocs(t *testing.T) {
	t.Parallel()
	bash := installed.Need(t, "bash")
	text, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, ran := t.TempDir(), 0
	for i, block := range strings.Split(string(text), "```") {
		body, ok := strings.CutPrefix(block, "sh\n")
		if !ok || i%2 == 0 {
			continue
		}
		ran += strings.Count(body, "latchkey iam policy")
		run := exec.Command(bash, "-euo", "pipefail", "-c", body)
		run.Dir, run.Env = dir, append(os.Environ(), "HOME="+dir)
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%v of\n%s%s", err, body, out)
		}
	}
	if ran < 8 {
		t.Errorf("only %d commands were found", ran)
	}
}
