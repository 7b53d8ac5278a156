package sandbox_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// userLife runs the script with boto3.
func userLife(t *testing.T, url, how, id, secret string) {
	t.Helper()
	python := installed.Need(t, "python3", "-c", "import boto3")
	cmd := exec.Command(python, filepath.Join("testdata", "userlife.py"), url, how, id, secret)
	cmd.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true", "NO_PROXY=127.0.0.1")
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "lived\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// TestUserLife takes a user from its making to its end with boto3.
func TestUserLife(t *testing.T) {
	t.Parallel()
	userLife(t, sandbox.Start(t).URL(), "strict", "AKIADANA00001EXAMPLE", "dana/Sandbox+Secret/00001/bPxREXAMPLEKEY")
}

// TestUserLifeAtMoto runs the same script against moto, so that it says nothing
// that is true of the sandbox alone.
func TestUserLifeAtMoto(t *testing.T) {
	t.Parallel()
	server := installed.Need(t, "moto_server", "--help")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(server, "-H", "127.0.0.1", "-p", fmt.Sprint(port))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if resp, err := http.Get(url + "/moto-api/"); err == nil {
			resp.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("moto does not answer")
		}
	}
	userLife(t, url, "lenient", "AKIADANA00001EXAMPLE", "secret")
}

// TestBelongings goes through what else users have, with boto3 and the AWS CLI.
func TestBelongings(t *testing.T) {
	t.Parallel()
	real, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	cli := installed.Need(t, "aws", "--version")
	python := installed.Need(t, "python3", "-c", "import boto3")
	_, h := realHome(t)
	cmd := exec.Command(python, filepath.Join("testdata", "belongings.py"), cli, t.TempDir())
	cmd.Env = childEnv(h, "PYENV_ROOT="+filepath.Join(real, ".pyenv"), "AWS_ACCESS_KEY_ID=AKIADANA00001EXAMPLE",
		"AWS_SECRET_ACCESS_KEY=dana/Sandbox+Secret/00001/bPxREXAMPLEKEY")
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "kept\n" {
		t.Errorf("%v: %s", err, out)
	}
}
