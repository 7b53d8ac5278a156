package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestEveryErrorHelps provokes errors of all commands: each says what failed, in one
// line, and why or what to do.
func TestEveryErrorHelps(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the folders are those of Unix")
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, ".aws", "config"), "[profile a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n"+
		"[profile r]\nrole_arn = arn:aws:iam::111122223333:role/A\nsource_profile = a\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n[profile loop]\nrole_arn = arn:aws:iam::111122223333:role/A\nsource_profile = loop\n"+
		"[profile p]\ncredential_process = printf {\n[profile s]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = R\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n")
	put(t, filepath.Join(dir, "bad", "latchkey", "config"), "[vault]\nbackend = nothing\n[login]\nmethod = odd\n")
	env := []string{"PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "TMPDIR=" + t.TempDir(), "GORACE=atexit_sleep_ms=0"}
	home := append(env, "HOME="+dir)
	leave(t, home)
	fails := func(env []string, line string) {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("latchkey", strings.Fields(line)...)
			cmd.Env = env
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("it works: %s", out)
			}
			if !regexp.MustCompile(`(?m)^(latchkey: )?error: .+\n(  at: .+\n)?\s*(why|fix): .+`).Match(out) {
				t.Errorf("%v:\n%s", err, out)
			}
		})
	}
	for name := range allHelp(t) {
		if name == "" || strings.HasPrefix(name, "sandbox") || name == "demo" {
			continue
		}
		fails(home, name+" --no-such-flag")
		if name != "help" && name != "logout" && name != "exec" {
			fails(home, name+" one two three")
		}
	}
	for _, line := range []string{
		"nonsense", "help nonsense", "exec", "exec nope -- true", "exec r -- true", "exec a -- /nope", "exec p -- true", "exec r --serve -- true", "env nope", "env r", "env loop", "credentials nope",
		"credentials r", "credentials p", "credentials s", "whoami r", "whoami a", "explain nope", "explain loop", "explain --error gibberish", "login nope", "login --flow odd", "logout nope", "console nope", "console a", "console r",
		"sso accounts nope", "sso roles nope", "sso sync nope", "sessions nope", "vault add", "vault add x --stdin", "vault show x", "vault remove x --yes", "vault rotate x", "vault lock", "vault unlock", "vault rekey",
		"sandbox mfa-code", "sandbox mfa-code alice", "sandbox visit http://127.0.0.1:1/", "sandbox visit https://example.com", "sandbox --world nope", "sandbox --listen 192.0.2.1:1", "sandbox --as odd -- true", "sandbox nope",
		"shell-init tcsh", "completion tcsh", "version nope",
	} {
		fails(home, line)
	}
	for _, line := range []string{"vault list", "vault add a --stdin", "vault show a", "vault unlock", "vault rotate a", "login a", "credentials a", "whoami a", "explain a", "sso sync"} {
		fails(env, line) // without a home
	}
	for _, line := range []string{"vault list", "login s"} {
		fails(append(home, "XDG_CONFIG_HOME="+filepath.Join(dir, "bad")), line)
	}
}
