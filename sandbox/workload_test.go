package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// goPeerVariable makes a program of the Go SDK's out of this test binary.
const goPeerVariable = "SANDBOX_TEST_GO_PEER"

func TestMain(m *testing.M) {
	if os.Getenv(goPeerVariable) != "" {
		goPeer()
	}
	os.Exit(m.Run())
}

// goPeer finds credentials as the Go SDK does, and prints whose they are.
func goPeer() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		var id *sts.GetCallerIdentityOutput
		if id, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil); err == nil {
			fmt.Println(*id.Arn)
			os.Exit(0)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// found is whose credentials a program finds as each workload, and where.
func found() map[sandbox.Workload][2]string {
	return map[sandbox.Workload][2]string{
		sandbox.EC2:    {"arn:aws:sts::444455556666:assumed-role/Instance/i-0123456789abcdef0", "imds"},
		sandbox.ECS:    {"arn:aws:sts::444455556666:assumed-role/Task/task", "container"},
		sandbox.EKS:    {"arn:aws:sts::444455556666:assumed-role/Task/task", "container"},
		sandbox.IRSA:   {"arn:aws:sts::444455556666:assumed-role/Deploy/", "sts AssumeRoleWithWebIdentity"},
		sandbox.Lambda: {"arn:aws:sts::444455556666:assumed-role/Task/function", ""},
	}
}

// TestWorkloads has real programs find credentials where they would in AWS.
func TestWorkloads(t *testing.T) {
	t.Parallel()
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]func(*testing.T) []string{
		"go": func(*testing.T) []string { return []string{os.Args[0]} },
		"boto3": func(t *testing.T) []string {
			return []string{installed.Need(t, "python3", "-c", "import boto3"), "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"}
		},
		"cli": func(t *testing.T) []string {
			return []string{installed.Need(t, "aws", "--version"), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			argv := command(t)
			for as, want := range found() {
				s := sandbox.Start(t)
				h, err := s.WriteWorkload(t.TempDir(), as)
				if err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command(argv[0], argv[1:]...)
				cmd.Env = childEnv(h, "PYENV_ROOT="+filepath.Join(real, ".pyenv"), goPeerVariable+"=1")
				out, err := cmd.CombinedOutput()
				if err != nil || !strings.HasPrefix(string(out), want[0]) {
					t.Errorf("%s: %v: %s", as, err, out)
				}
				service, operation, _ := strings.Cut(want[1], " ")
				for _, other := range []string{"imds", "container", "sts AssumeRoleWithWebIdentity"} {
					service2, operation2, _ := strings.Cut(other, " ")
					if n := s.CountRequests(service2, operation2); (n > 0) != (service == service2 && operation == operation2) {
						t.Errorf("%s: %d requests for %s", as, n, other)
					}
				}
			}
		})
	}
}

// TestWorkloadHome looks at what a workload's home is made of.
func TestWorkloadHome(t *testing.T) {
	t.Parallel()
	s := sandbox.Start(t)
	for _, as := range sandbox.Workloads() {
		dir := t.TempDir()
		if _, err := s.WriteWorkload(dir, as); err != nil {
			t.Fatal(err)
		}
		h, err := s.WriteWorkload(dir, as) // again: it is ours
		if err != nil || h.Dir != dir || len(h.Profiles) != 0 {
			t.Fatalf("%s: %v %+v", as, err, h)
		}
		text, err := os.ReadFile(filepath.Join(dir, ".aws", "config"))
		if err != nil || strings.Contains(string(text), "[") {
			t.Errorf("%s: %v, %s", as, err, text)
		}
		if _, err := os.Stat(filepath.Join(dir, ".aws", "credentials")); err == nil {
			t.Errorf("%s: there is a credentials file", as)
		}
		names := map[string]bool{}
		for _, pair := range h.Env {
			name, value, _ := strings.Cut(pair, "=")
			if names[name] || slices.Contains(h.Unset, name) {
				t.Errorf("%s: %s is set twice, or set and unset", as, name)
			}
			names[name] = true
			if !strings.HasSuffix(name, "_TOKEN_FILE") {
				continue
			}
			info, err := os.Stat(value)
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s: %v", as, name, err)
			}
		}
		if names["AWS_EC2_METADATA_DISABLED"] == (as == sandbox.EC2) || names["AWS_EC2_METADATA_SERVICE_ENDPOINT"] != (as == sandbox.EC2) ||
			names["AWS_EC2_METADATA_SERVICE_ENDPOINT"] == slices.Contains(h.Unset, "AWS_EC2_METADATA_SERVICE_ENDPOINT") {
			t.Errorf("%s: %q, unset %q", as, h.Env, h.Unset)
		}
	}
	if _, err := s.WriteWorkload(t.TempDir(), "fargate"); err == nil || err.Error() != "workload fargate: there is none of this name" {
		t.Errorf("fargate: %v", err)
	}
	var inUse *sandbox.HomeInUseError
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".aws", "credentials"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.WriteWorkload(dir, sandbox.EC2); !errors.As(err, &inUse) {
		t.Errorf("somebody's home: %v", err)
	}
}

// TestWorkloadWorlds has worlds without what a workload needs.
func TestWorkloadWorlds(t *testing.T) {
	t.Parallel()
	w := sandbox.Example()
	w.InstanceProfile, w.TaskRole, w.WebIdentities = nil, "arn:aws:iam::444455556666:role/Instance", nil
	w.Profiles = slices.DeleteFunc(slices.Clone(w.Profiles), func(p sandbox.Profile) bool { return p.WebIdentity != "" })
	untrusted := sandbox.Start(t, sandbox.WithWorld(w))
	w = sandbox.Example()
	w.TaskRole, w.WebIdentities[0].Subject = "", "repo:other/app"
	without := sandbox.Start(t, sandbox.WithWorld(w))
	for _, c := range []struct {
		server *sandbox.Server
		as     sandbox.Workload
		want   string
	}{
		{untrusted, sandbox.EC2, "workload ec2: the world has no instance_profile"},
		{untrusted, sandbox.ECS, "workload ecs: the trust policy of the task_role does not name ecs-tasks.amazonaws.com"},
		{untrusted, sandbox.EKS, "workload eks: the trust policy of the task_role does not name pods.eks.amazonaws.com"},
		{untrusted, sandbox.Lambda, "workload lambda: the trust policy of the task_role does not name lambda.amazonaws.com"},
		{untrusted, sandbox.IRSA, "workload irsa: the world has no web_identities"},
		{without, sandbox.ECS, "workload ecs: the world has no task_role"},
		{without, sandbox.IRSA, "workload irsa: no role of the world trusts the web identity ci"},
	} {
		_, err := c.server.WriteWorkload(t.TempDir(), c.as)
		var none *sandbox.WorkloadError
		if !errors.As(err, &none) || err.Error() != c.want || none.Workload != c.as {
			t.Errorf("%s: %v, want %s", c.as, err, c.want)
		}
	}
}
