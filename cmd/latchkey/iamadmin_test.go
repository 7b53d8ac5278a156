package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/awsapi"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// danaKeys are those of the sandbox's administrator, under three names.
const danaKeys = `[default]
aws_access_key_id = AKIADANA00001EXAMPLE
aws_secret_access_key = dana/Sandbox+Secret/00001/bPxREXAMPLEKEY
[admin]
aws_access_key_id = AKIADANA00001EXAMPLE
aws_secret_access_key = dana/Sandbox+Secret/00001/bPxREXAMPLEKEY
[audit]
aws_access_key_id = AKIADANA00001EXAMPLE
aws_secret_access_key = dana/Sandbox+Secret/00001/bPxREXAMPLEKEY
`

// offices is the sandbox's world with what administrators' examples name.
func offices() *sandbox.World {
	world := people()
	base := &world.Accounts[0]
	base.Groups = append(base.Groups, sandbox.Group{Name: "developers"})
	return world
}

// adminHome makes the home folder of an administrator.
func adminHome(t *testing.T, world *sandbox.World) (environ []string, server *sandbox.Server) {
	t.Helper()
	server = sandbox.Start(t, sandbox.WithWorld(world))
	home := t.TempDir()
	put(t, filepath.Join(home, ".aws", "credentials"), danaKeys)
	put(t, filepath.Join(home, ".aws", "config"), "[default]\nregion = eu-central-1\n")
	environ = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "AWS_ENDPOINT_URL=" + server.URL(), "AWS_EC2_METADATA_DISABLED=true", "GORACE=atexit_sleep_ms=0"}
	leave(t, environ)
	return environ, server
}

// adminExample makes a home folder for an example for administrators, and adds to the
// line what a person would answer. The findings of a report are no failure.
func adminExample(t *testing.T, line string) (environ []string, run string, ok bool) {
	t.Helper()
	words := strings.Fields(line)
	if len(words) < 3 || words[1] != "iam" || !slices.Contains([]string{"onboard", "offboard", "report"}, words[2]) {
		return nil, line, false
	}
	environ, _ = adminHome(t, offices())
	switch {
	case words[2] == "report":
		return environ, line + "; test $? -le 1", true
	case words[2] == "onboard":
		line = strings.Replace(line, "onboard bob", "onboard newbob", 1)
		if !strings.Contains(line, "--out") {
			line += " --out bob.txt"
		}
	}
	if !strings.Contains(line, "--yes") {
		line += " --yes"
	}
	return environ, line, true
}

// TestAdministratorsPage runs the commands of docs/administrators.md one after another.
func TestAdministratorsPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/administrators.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 5 {
		t.Fatalf("%d examples", len(blocks))
	}
	environ, _ := adminHome(t, offices())
	dir := t.TempDir()
	for _, b := range blocks {
		run := b[1]
		if strings.Contains(run, "onboard zoe") { // where there is no terminal
			run = strings.TrimSpace(run) + " --out zoe.txt --yes"
		}
		cmd := exec.Command("sh", "-ec", run)
		cmd.Dir, cmd.Env = dir, environ
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", b[1], err, out)
		}
		for said, want := range map[string]string{"--json": `"changes": []`, "--delete": "NoSuchEntity", "report": "account 111122223333"} {
			if strings.Contains(run, said) && !strings.Contains(string(out), want) {
				t.Errorf("%s does not say %s:\n%s", b[1], want, out)
			}
		}
	}
	// Every code of a finding has its line.
	judge, err := os.ReadFile("../../iam/reportjudge.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range regexp.MustCompile(`(?:Security|Warning|Note|weight), "([a-z-]+)"`).FindAllStringSubmatch(string(judge), -1) {
		if !strings.Contains(string(text), code[1]) {
			t.Errorf("the page does not tell of %s", code[1])
		}
	}
}

// TestAdminPolicies runs each command with the policy that iam policy prints for it, and
// nothing else.
func TestAdminPolicies(t *testing.T) {
	t.Parallel()
	for command, args := range map[string][]string{
		"iam-onboard":  {"onboard", "zoe", "--group", "developers", "--role", "arn:aws:iam::111122223333:role/None", "--tag", "a=b", "--access-key", "--yes", "--out", "zoe.txt"},
		"iam-offboard": {"offboard", "carol", "--delete", "--yes"},
		"iam-report":   {"report"},
	} {
		doc, err := exec.Command("latchkey", "iam", "policy", command).Output()
		if err != nil {
			t.Fatal(err)
		}
		world := offices()
		clerk := sandbox.User{Name: "clerk", AccessKeys: []sandbox.AccessKey{{ID: "AKIACLERK0001EXAMPLE", Secret: "clerk/Sandbox+Secret/0001/bPxREXAMPLEKEY"}}}
		world.Accounts[0].Users = append(world.Accounts[0].Users, clerk)
		environ, server := adminHome(t, world)
		client := awsapi.New(awsapi.Options{Now: time.Now})
		_, err = client.IAM(t.Context(), awsapi.Endpoint{URL: server.URL(), SigningRegion: "us-east-1"}, aws.Credentials{AccessKeyID: "AKIADANA00001EXAMPLE", SecretAccessKey: "dana/Sandbox+Secret/00001/bPxREXAMPLEKEY"},
			&awsapi.IAMRequest{Operation: "PutUserPolicy", Params: []string{"UserName", "clerk", "PolicyName", "all", "PolicyDocument", string(doc)}})
		client.CloseIdle()
		if err != nil {
			t.Fatal(err)
		}
		for run := range 2 { // the second one looks at what the first has made
			cmd := exec.Command("latchkey", append([]string{"iam"}, args...)...)
			cmd.Dir, cmd.Env = t.TempDir(), append(environ, "AWS_ACCESS_KEY_ID="+clerk.AccessKeys[0].ID, "AWS_SECRET_ACCESS_KEY="+clerk.AccessKeys[0].Secret)
			out, _ := cmd.CombinedOutput()
			code := cmd.ProcessState.ExitCode()
			if code != 0 && (args[0] != "report" || code != 1) || strings.Contains(string(out), "AccessDenied") || strings.Contains(string(out), "not seen") || strings.Contains(string(out), "not shown") {
				t.Errorf("%s, run %d: exit code %d\n%s", command, run, code, out)
			}
		}
	}
}

// TestAdminDelayed: where AWS's machines know of changes seconds later only, a user is
// made and deleted all the same.
func TestAdminDelayed(t *testing.T) {
	t.Parallel()
	world := offices()
	world.Settings.IAMDelay = 3 * time.Second
	environ, _ := adminHome(t, world)
	dir := t.TempDir()
	for _, args := range [][]string{
		{"onboard", "zoe", "--group", "developers", "--access-key", "--out", "zoe.txt", "--yes"},
		{"offboard", "bob", "--yes"}, {"offboard", "carol", "--delete", "--yes"},
	} {
		cmd := exec.Command("latchkey", append([]string{"iam"}, args...)...)
		cmd.Dir, cmd.Env = dir, environ
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%q: %v\n%s", args, err, out)
		}
	}
}
