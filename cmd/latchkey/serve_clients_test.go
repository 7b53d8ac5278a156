//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/latchkey-aws/latchkey/internal/installed"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// goCaller is a program of the Go SDK's that runs for long: for each line of its input it
// asks with the same client who it is.
func goCaller() {
	ctx := context.Background()
	// A credential_process is otherwise asked again only when what it printed has ended.
	cfg, err := config.LoadDefaultConfig(ctx, config.WithCredentialsCacheOptions(func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = 5 * time.Minute
	}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	client := sts.NewFromConfig(cfg)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		id, err := client.GetCallerIdentity(ctx, nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(*id.Arn)
	}
	os.Exit(0)
}

// pythonCaller is the same with boto3. Of the metadata service botocore would not hear
// again for minutes when what it got ends soon.
const pythonCaller = `
import boto3, sys
session = boto3.Session()
client = session.client("sts")
credentials = session.get_credentials()
if credentials.method == "iam-role":
    credentials._advisory_refresh_timeout = 10 ** 6
while sys.stdin.readline():
    print(client.get_caller_identity()["Arn"], flush=True)
`

// shellCaller is the same with the AWS CLI, which starts anew each time.
const shellCaller = `while read line; do aws sts get-caller-identity --query Arn --output text || exit; done`

// rotation is how a client gets credentials, and what its environment says.
type rotation struct {
	args    []string // of serve
	environ func(*serveRun) []string
}

func rotations(t *testing.T) map[string]rotation {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	conf := filepath.Join(t.TempDir(), "config")
	return map[string]rotation{
		"ecs": {nil, func(s *serveRun) []string {
			p := s.ready.Profiles[0]
			return []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + p.URI, "AWS_CONTAINER_AUTHORIZATION_TOKEN=" + p.Token}
		}},
		"imds": {[]string{"--imds"}, func(s *serveRun) []string {
			return []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + s.ready.Metadata}
		}},
		"socket": {[]string{"--socket", socket}, func(s *serveRun) []string {
			put(t, conf, "[default]\ncredential_process = latchkey credentials --from unix:"+socket+" sso-dev\n")
			return []string{"AWS_CONFIG_FILE=" + conf}
		}},
	}
}

// TestServeRotates: clients that people use go on across renewals, which come within
// seconds here, by each way.
func TestServeRotates(t *testing.T) {
	t.Parallel()
	for client, command := range map[string][]string{
		"Go SDK": {"gocaller"}, "boto3": {"python3", "-c", pythonCaller}, "AWS CLI": {"bash", "-c", shellCaller},
	} {
		for way := range rotations(t) {
			t.Run(client+" "+way, func(t *testing.T) {
				t.Parallel()
				keys, within := 3, time.Minute
				switch {
				case client == "boto3":
					installed.Need(t, "python3", "-c", "import boto3")
				case client == "AWS CLI":
					installed.Need(t, "aws", "--version")
				case way == "imds": // the SDK for Go keeps what ends within 15 minutes to its end
					if keys, within = 2, 2*time.Minute; !longTests() {
						t.Skip("takes a minute")
					}
				}
				rotates(t, rotations(t)[way], command, keys, within)
			})
		}
	}
}

// rotates runs a client until it has used so many keys.
func rotates(t *testing.T, way rotation, command []string, keys int, within time.Duration) {
	t.Helper()
	server := sandbox.Start(t, brief(64*time.Second))
	home, err := server.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	leave(t, home.Env)
	environ := append(home.Env, "PATH="+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0")
	s := serve(t, environ, append([]string{"sso-dev"}, way.args...)...)
	cmd := exec.Command(command[0], command[1:]...)
	// Where it runs there is neither a home folder nor any configuration but this.
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "AWS_ENDPOINT_URL=" + server.URL(), "AWS_REGION=eu-central-1", "AWS_DEFAULT_REGION=eu-central-1", "GORACE=atexit_sleep_ms=0"},
		way.environ(s)...)
	cmd.Stderr = &s.said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(within+time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewReader(out)
	for deadline := time.Now().Add(within); len(callers(server)) < keys && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if _, err := io.WriteString(in, "\n"); err != nil {
			t.Error(err)
			break
		}
		line, err := lines.ReadString('\n')
		if err != nil || !strings.Contains(line, ":assumed-role/AWSReservedSSO_Developer_") {
			t.Errorf("%q, %v", line, err)
			break
		}
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v:\n%s", err, s.says())
	}
	if used := callers(server); len(used) < keys {
		t.Errorf("the client has called with %q", used)
	}
	if code := s.ends(os.Interrupt); code != 0 {
		t.Errorf("exit code %d:\n%s", code, s.says())
	}
}

// callers are the keys that the sandbox was asked with who that is.
func callers(server *sandbox.Server) (keys []string) {
	for _, r := range server.Requests() {
		if r.Operation == "GetCallerIdentity" && r.Status == 200 && !slices.Contains(keys, r.AccessKeyID) {
			keys = append(keys, r.AccessKeyID)
		}
	}
	return keys
}
