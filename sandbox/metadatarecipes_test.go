package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestMetadataRecipes has SDKs meet the metadata service's own failures, as
// docs/sandbox.md says how to have them: with version 1 they fall back, without it
// they find nothing.
func TestMetadataRecipes(t *testing.T) {
	t.Parallel()
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		failure    sandbox.Failure
		v1         bool
		goOn, pyOn bool // whether the SDK finds its credentials
	}{
		{"behind the hop limit", sandbox.Failure{Operation: "GetToken", Hang: true}, true, true, true},
		{"behind the hop limit without version 1", sandbox.Failure{Operation: "GetToken", Hang: true}, false, false, false},
		{"version 2 blocked", sandbox.Failure{Operation: "GetToken", Status: 403}, true, true, true},
		{"no version 2", sandbox.Failure{Operation: "GetToken", Status: 405}, true, true, true},
		{"all blocked", sandbox.Failure{Operation: "GetToken", Status: 403}, false, false, false},
		{"token ended", sandbox.Failure{Operation: "GetCredentials", Times: 1, Status: 401}, false, true, false}, // boto3 asks once
	} {
		for name, on := range map[string]bool{"go": c.goOn, "boto3": c.pyOn} {
			t.Run(name+" "+c.name, func(t *testing.T) {
				t.Parallel()
				argv := []string{os.Args[0]}
				if name == "boto3" {
					argv = []string{installed.Need(t, "python3", "-c", "import boto3"), "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"}
				}
				w := sandbox.Example()
				w.Settings.IMDSv1 = c.v1
				s := sandbox.Start(t, sandbox.WithWorld(w))
				h, err := s.WriteWorkload(t.TempDir(), sandbox.EC2)
				if err != nil {
					t.Fatal(err)
				}
				failure := c.failure
				failure.Service = "imds"
				if err := s.Fail(failure); err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command(argv[0], argv[1:]...)
				cmd.Env = childEnv(h, "PYENV_ROOT="+filepath.Join(real, ".pyenv"), goPeerVariable+"=1")
				out, err := cmd.CombinedOutput()
				if found := err == nil && strings.Contains(string(out), ":assumed-role/Instance/"); found != on {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
	}
}
