package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey/sandbox"
)

// freshUser makes the home folder of a user who has just got a key, in plaintext; or
// for examples that need a device, of one who has it, with its seed.
func freshUser(t *testing.T, line string) []string {
	t.Helper()
	dir := t.TempDir()
	home, err := sandbox.Start(t, sandbox.WithWorld(people())).WriteHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "passphrase"), "not empty")
	put(t, filepath.Join(dir, "config"), "[profile work]\nregion = eu-central-1\n")
	key := []string{"AKIANICK00001EXAMPLE", "nick0/Sandbox+Secret/0001/bPxREXAMPLEKEY"}
	if !strings.Contains(line, "--csv") && (strings.Contains(line, " code ") || strings.Contains(line, " resync ")) {
		key = exampleKey()
	}
	if !strings.Contains(line, "--csv") {
		put(t, filepath.Join(dir, "credentials"), fmt.Sprintf("[work]\naws_access_key_id = %s\naws_secret_access_key = %s\n", key[0], key[1]))
	}
	environ := append(home.Env, "PATH="+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0", "LATCHKEY_VAULT_PASSPHRASE_FILE="+filepath.Join(dir, "passphrase"),
		"AWS_CONFIG_FILE="+filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(dir, "credentials"), "LATCHKEY_PROMPT=none")
	leave(t, environ)
	if key[0] == exampleKey()[0] {
		add := exec.Command("latchkey", "vault", "add", "work", "--totp")
		add.Env, add.Stdin = environ, strings.NewReader(strings.Join(append(key, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), "\n"))
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		put(t, filepath.Join(dir, "credentials"), "")
	}
	return environ
}

// settled adds to an example of a set-up what a person would answer.
func settled(line string) string {
	if strings.Contains(line, "enroll") && !strings.Contains(line, "--keep-seed") {
		line += " --keep-seed"
	}
	if strings.Contains(line, "iam enroll") && !strings.Contains(line, "--yes") {
		line += " --yes"
	}
	return line
}
