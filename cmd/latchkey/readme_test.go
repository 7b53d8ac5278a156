package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// TestREADME runs every command of the README, in a home folder of the sandbox
// whose profile prod is a role that needs no code.
func TestREADME(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the README's commands are for sh")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	environ := readmeHome(t)
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("for the vault\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "LATCHKEY_VAULT_PASSPHRASE_FILE="+passphrase)
	ran := 0
	for _, command := range shellLines(string(text)) {
		if command == "go test ./..." {
			continue // this is it
		}
		ran++
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir, cmd.Env = root, environ
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
	if ran < 8 {
		t.Errorf("the README has only %d commands left to run", ran)
	}
}

// shellLines returns the commands of the sh blocks and those in running text
// that begin with latchkey.
func shellLines(text string) []string {
	var commands []string
	for i, block := range strings.Split(text, "```") {
		if body, ok := strings.CutPrefix(block, "sh\n"); ok && i%2 == 1 {
			for line := range strings.Lines(body) {
				commands = append(commands, strings.TrimSpace(line))
			}
		} else if i%2 == 0 {
			for j, span := range strings.Split(block, "`") {
				if j%2 == 1 && strings.HasPrefix(span, "latchkey ") {
					commands = append(commands, span)
				}
			}
		}
	}
	return commands
}

// readmeHome returns the environment of a user with a sandbox and programs
// called terraform and aws, which want a session or an endpoint.
func readmeHome(t *testing.T) []string {
	t.Helper()
	server := sandbox.Start(t)
	dir := t.TempDir()
	home, err := server.WriteHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, "bin")
	write := func(path, content string, mode os.FileMode) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, program := range []string{"terraform", "aws"} {
		write(filepath.Join(bin, program), "#!/bin/sh\ntest -n \"$AWS_SESSION_TOKEN$AWS_CONTAINER_CREDENTIALS_FULL_URI\"\n", 0o700)
	}
	config := filepath.Join(dir, "config")
	write(config, "[profile prod]\nregion = eu-central-1\nrole_arn = arn:aws:iam::444455556666:role/ReadOnly\nsource_profile = alice\n"+
		"[profile dev]\nrole_arn = arn:aws:iam::444455556666:role/ReadOnly\nsource_profile = alice\n"+
		"[sso-session example-org]\nsso_start_url = https://example-org.awsapps.com/start\nsso_region = eu-central-1\n", 0o600)
	leave(t, home.Env)
	environ := append(home.Env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "GOBIN="+bin, "AWS_CONFIG_FILE="+config, "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0",
		"BROWSER=latchkey sandbox visit %s")
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOFLAGS", "GOTOOLCHAIN"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		environ = append(environ, name+"="+strings.TrimSpace(string(value)))
	}
	return environ
}
