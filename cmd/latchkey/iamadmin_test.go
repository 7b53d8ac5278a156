package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
