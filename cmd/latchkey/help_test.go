package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// helpOf returns the sections of a command's help by their titles; what stands
// before the first is under "".
func helpOf(t *testing.T, command string) map[string][]string {
	t.Helper()
	out, err := exec.Command("latchkey", append(strings.Fields(command), "--help")...).Output()
	if err != nil {
		t.Fatalf("latchkey %s --help: %v", command, err)
	}
	sections, title := map[string][]string{}, ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		if name, ok := strings.CutSuffix(line, ":"); ok && slices.Contains([]string{"Usage", "Examples", "Available Commands", "Flags"}, name) {
			title = name
		} else if line != "" {
			sections[title] = append(sections[title], line)
		}
	}
	return sections
}

// allHelp returns the help of every command by its name.
func allHelp(t *testing.T) map[string]map[string][]string {
	t.Helper()
	all := map[string]map[string][]string{}
	for queue := []string{""}; len(queue) > 0; queue = queue[1:] {
		help := helpOf(t, queue[0])
		all[queue[0]] = help
		for _, line := range help["Available Commands"] {
			if strings.HasPrefix(line, "  ") {
				queue = append(queue, strings.TrimSpace(queue[0]+" "+strings.Fields(line)[0]))
			}
		}
	}
	return all
}

// TestHelp holds every help text to the same form: what it does and when to use
// it, an example, and a word on each flag; nothing wider than a terminal but the
// flags.
func TestHelp(t *testing.T) {
	t.Parallel()
	all := allHelp(t)
	for _, name := range []string{"", "exec", "env", "credentials", "whoami", "explain", "profiles", "doctor", "sessions", "sessions forget", "vault", "vault add", "vault list", "vault show", "vault remove", "vault import",
		"vault unlock", "vault lock", "vault rekey", "vault rotate", "mfa", "mfa enroll", "mfa devices", "mfa code", "mfa resync", "iam", "iam enroll", "iam onboard", "iam offboard", "iam report", "serve", "login", "logout", "console", "sso", "sso accounts", "sso roles", "sso sync", "shell-init",
		"sandbox", "sandbox mfa-code", "sandbox visit", "demo", "completion", "version", "help"} {
		if all[name] == nil {
			t.Errorf("there is no help of latchkey %s", name)
		}
	}
	flag := regexp.MustCompile(`^ +(-., )?--[a-z0-9-]+( [a-zA-Z]+)? {2,}(.+)$`)
	for name, help := range all {
		if len(help[""]) < 1 || len(help["Examples"]) < 1 || len(help["Usage"]) < 1 {
			t.Errorf("latchkey %s: the help lacks a description, a usage or examples: %v", name, help)
		}
		for _, line := range slices.Concat(help[""], help["Examples"]) {
			if len(line) > 100 {
				t.Errorf("latchkey %s: wider than a terminal: %s", name, line)
			}
		}
		for _, line := range help["Flags"] {
			if strings.HasPrefix(line, " ") && flag.FindStringSubmatch(line) == nil {
				t.Errorf("latchkey %s: flag without a description: %s", name, line)
			}
		}
		if fact := strings.Contains(strings.Join(help["Flags"], "\n"), "--json"); fact && !strings.Contains(strings.Join(help[""], "\n"), "With --json, ") {
			t.Errorf("latchkey %s: the help does not say what --json prints", name)
		}
	}
}

// TestHelpExamples runs every example of every command in a home folder of the
// sandbox.
func TestHelpExamples(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the examples are for sh")
	}
	environ := readmeHome(t)
	for name, help := range allHelp(t) {
		for _, line := range help["Examples"] {
			line = strings.TrimSpace(line)
			t.Run(fmt.Sprintf("%s: %s", name, line), func(t *testing.T) {
				t.Parallel()
				if strings.HasPrefix(line, "latchkey vault") {
					runExample(t, vaultHome(t, line), answered(line))
					return
				}
				if environ, line, ok := adminExample(t, line); ok {
					runExample(t, environ, line)
					return
				}
				if words := strings.Fields(line); words[1] == "mfa" && words[2] != "devices" || words[1] == "iam" && words[2] == "enroll" {
					runExample(t, freshUser(t, line), settled(line))
					return
				}
				if strings.HasPrefix(line, "latchkey doctor") {
					environ, line := soundHome(t, line)
					runExample(t, environ, line)
					return
				}
				if words := strings.Fields(line); slices.Contains([]string{"login", "logout", "console", "sso"}, words[1]) {
					environ, code := guestHome(t)
					runExample(t, environ, consented(strings.Replace(line, "123456", code, 1)))
					return
				}
				if strings.Contains(line, "--mfa") {
					runExample(t, withCode(t), line)
					return
				}
				runExample(t, environ, line)
			})
		}
	}
}

// runExample runs one line as a user would, in the shell that it is for.
func runExample(t *testing.T, environ []string, line string) {
	t.Helper()
	shell := []string{"bash", "-c"}
	switch {
	case strings.Contains(line, "| Invoke-Expression"):
		line, _, _ = strings.Cut(line, " | ") // evaluated only where PowerShell is
	case strings.HasSuffix(line, "| source"):
		if ok, err := have("fish"); err != nil || !ok {
			t.Skip("fish is not installed")
		}
		shell = []string{"fish", "--no-config", "-c"}
	case strings.Contains(line, "--from unix:"): // of a server that is there
		socket := filepath.Join(t.TempDir(), "s")
		serving := exec.Command("latchkey", "serve", "prod", "--socket", socket)
		serving.Env = environ
		if err := serving.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = serving.Process.Kill()
			_ = serving.Wait()
		})
		line = "until [ -S " + socket + " ]; do sleep 0.1; done; " + strings.Replace(line, "/run/latchkey/socket", socket, 1)
	case strings.Contains(line, "--listen"), strings.HasPrefix(line, "latchkey serve "): // serves until it is told to end
		line = "exec " + strings.NewReplacer(":4566", ":0", ":9911", ":0").Replace(line)
	}
	cmd := exec.Command(shell[0], append(shell[1:], line)...)
	cmd.Dir, cmd.Env = t.TempDir(), environ
	put(t, filepath.Join(cmd.Dir, "long-job"), "#!/bin/sh\ntest -n \"$AWS_SESSION_TOKEN$AWS_CONTAINER_AUTHORIZATION_TOKEN\"\n")
	key := exampleKey()
	if strings.Contains(line, "iam enroll") {
		key = []string{"AKIANICK00001EXAMPLE", "nick0/Sandbox+Secret/0001/bPxREXAMPLEKEY"}
	}
	put(t, filepath.Join(cmd.Dir, "accessKeys.csv"), "Access key ID,Secret access key\n"+strings.Join(key, ",")+"\n")
	put(t, filepath.Join(cmd.Dir, "terraform.log"), "│ Error: failed to refresh cached credentials, the SSO session has expired or is invalid\n")
	for _, name := range []string{"policy.json", "trust.json"} {
		put(t, filepath.Join(cmd.Dir, name), `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}`)
	}
	put(t, filepath.Join(cmd.Dir, "typed"), strings.Join(exampleKey(), "\n")+"\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(line, "exec ") {
		time.Sleep(2 * time.Second)
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v\n%s", line, err, out.String())
	}
}

// soundHome makes a home folder in which a check-up finds nothing. To one that goes
// online it gives a stand-in for AWS, which is then what is found.
func soundHome(t *testing.T, line string) (environ []string, run string) {
	t.Helper()
	home := t.TempDir()
	put(t, filepath.Join(home, ".aws", "config"), "[profile prod]\nregion = eu-central-1\ncredential_process = latchkey version\n[profile staging]\nregion = eu-central-1\ncredential_process = latchkey version\n")
	environ = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "GORACE=atexit_sleep_ms=0"}
	if strings.Contains(line, "--online") {
		return append(environ, "AWS_ENDPOINT_URL="+sandbox.Start(t).URL()), line + " > out; test $? = 1 && grep -q local-endpoint out"
	}
	return environ, line
}

// exampleKey is Alice's of the sandbox.
func exampleKey() []string {
	return []string{"AKIAALICE0001EXAMPLE", "alice/Sandbox+Secret/0001/bPxREXAMPLEKEY"}
}

// answered adds to an example what a person would answer.
func answered(line string) string {
	switch command := strings.Fields(line)[2]; {
	case command == "import" && !strings.Contains(line, "--dry-run"), command == "remove":
		return line + " --yes"
	case line == "latchkey vault add work":
		return line + " < typed"
	}
	return line
}

// consented adds to an example of sso sync what a person would answer.
func consented(line string) string {
	if strings.HasPrefix(line, "latchkey sso sync") && !strings.Contains(line, "--dry-run") && !strings.Contains(line, "--yes") {
		return line + " --yes"
	}
	return line
}

// guestHome makes the home folder of somebody who has signed in, with a browser that
// answers by itself and a code at hand.
func guestHome(t *testing.T) (environ []string, code string) {
	t.Helper()
	server := sandbox.Start(t, sandbox.WithAutoApprove())
	home, err := server.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	leave(t, home.Env)
	if code, err = server.MFACode("alice"); err != nil {
		t.Fatal(err)
	}
	return append(home.Env, "PATH="+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0", "BROWSER=latchkey sandbox visit %s"), code
}

// vaultHome makes the home folder that an example of the vault is for: with a key
// in the vault, unless it puts one there, and the programs that it runs.
func vaultHome(t *testing.T, line string) []string {
	t.Helper()
	server := sandbox.Start(t)
	dir := t.TempDir()
	home, err := server.WriteHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	key := exampleKey()
	process := fmt.Sprintf("echo '{\"Version\":1,\"AccessKeyId\":%q,\"SecretAccessKey\":%q}'\n", key[0], key[1])
	put(t, filepath.Join(dir, "bin", "op"), "#!/bin/sh\n"+process)
	put(t, filepath.Join(dir, "bin", "aws-vault"), "#!/bin/sh\ntest \"$1\" = list && { echo old; exit; }\n"+process)
	put(t, filepath.Join(dir, "passphrase"), "not empty")
	put(t, filepath.Join(dir, "config"), "[profile work]\nregion = eu-central-1\n")
	put(t, filepath.Join(dir, "credentials"), fmt.Sprintf("[work]\naws_access_key_id = %s\naws_secret_access_key = %s\n", key[0], key[1]))
	environ := append(home.Env, "PATH="+filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0",
		"AWS_CONFIG_FILE="+filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(dir, "credentials"), "LATCHKEY_PROMPT=none")
	leave(t, environ)
	if strings.Contains(line, "--from-env") {
		environ = append(environ, "AWS_ACCESS_KEY_ID="+key[0], "AWS_SECRET_ACCESS_KEY="+key[1])
	}
	if strings.Contains(line, "ssh:") {
		generate := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, ".ssh", "id_ed25519"))
		if ok, err := have("ssh-keygen"); err != nil || !ok {
			t.Skip("ssh-keygen is not installed")
		}
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, ".ssh"), 0o700), generate.Run()); err != nil {
			t.Fatal(err)
		}
	}
	if command := strings.Fields(line)[2]; command == "add" || command == "import" {
		return append(environ, "LATCHKEY_VAULT_PASSPHRASE_FILE="+filepath.Join(dir, "passphrase"))
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "vault.key"), identity.String()+"\n")
	add := exec.Command("latchkey", "vault", "add", "work", "--keep-in", "file:"+filepath.Join(dir, "vault.key"))
	add.Env, add.Stdin = environ, strings.NewReader(strings.Join(key, "\n"))
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return append(environ, "LATCHKEY_VAULT_PASSPHRASE_FILE="+filepath.Join(dir, "passphrase"))
}

// withCode returns the environment of somebody who has keys there and nothing else,
// with a code at hand.
func withCode(t *testing.T) []string {
	t.Helper()
	server := sandbox.Start(t)
	home, err := server.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	code, err := server.MFACode("alice")
	if err != nil {
		t.Fatal(err)
	}
	leave(t, home.Env)
	key := exampleKey()
	return append(home.Env, "PATH="+os.Getenv("PATH"), "AWS_ACCESS_KEY_ID="+key[0], "AWS_SECRET_ACCESS_KEY="+key[1], "TOTP_CODE="+code)
}

// put writes a file that only its owner can read and run.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o700)); err != nil {
		t.Fatal(err)
	}
}
