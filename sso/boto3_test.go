package sso_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
	"github.com/latchkey-aws/latchkey/sso"
)

// python returns what runs programs of the AWS SDK for Python in the home.
func (s *stage) python(t *testing.T) func(program string) string {
	t.Helper()
	path := installed.Need(t, "python3", "-c", "import boto3")
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	return func(program string) string {
		t.Helper()
		cmd := exec.Command(path, "-c", program)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "PYENV_ROOT=" + filepath.Join(real, ".pyenv")} // version managers find the program by the real home
		cmd.Env = append(cmd.Env, s.home.Env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("python: %v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
}

// TestBoto3 has the AWS SDK for Python use a sign-in, refresh it, and leave it to
// us again.
func TestBoto3(t *testing.T) {
	t.Parallel()
	const identity = `import boto3; print(boto3.Session(profile_name="sso-dev").client("sts").get_caller_identity()["Arn"])`
	const arn = "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_Developer_"
	for _, flow := range []sso.Flow{sso.FlowBrowser, sso.FlowDevice} {
		// Botocore refreshes a token that has less than 15 minutes left.
		s := newStage(t, func(w *sandbox.World) { w.Settings.SSOToken = 14 * time.Minute }, sandbox.WithAutoApprove())
		// Its clock is not ours.
		tokens, out, err := s.signIn(t, flow, func(o *sso.SignInOptions) { o.Sleep = shortSleep })
		if err != nil {
			t.Fatal(err)
		}
		python := s.python(t)
		before, err := os.ReadFile(out.File)
		if err != nil {
			t.Fatal(err)
		}
		if got := python(identity); !strings.HasPrefix(got, arn) {
			t.Errorf("%s: %s", flow, got)
		}
		after, err := os.ReadFile(out.File)
		if err != nil || string(after) == string(before) {
			t.Errorf("%s: not refreshed: %v", flow, err)
		}
		s.roles(t, tokens)
		s.ahead = 10 * time.Minute
		if _, err := tokens.Lasting(t.Context(), 10*time.Minute); err != nil {
			t.Errorf("%s: refreshed after boto3: %v", flow, err)
		}
		if got := python(identity); !strings.HasPrefix(got, arn) {
			t.Errorf("%s: after us: %s", flow, got)
		}
	}
}

// shortSleep waits for real, for less.
func shortSleep(ctx context.Context, _ time.Duration) error {
	time.Sleep(50 * time.Millisecond)
	return ctx.Err()
}
