//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// aliceFiles are a config with two roles of Alice's, one of which other tools use
// through latchkey, and her key in plaintext.
const (
	aliceConfig = `[profile dev]
role_arn = arn:aws:iam::444455556666:role/Developer
source_profile = alice
mfa_serial = arn:aws:iam::111122223333:mfa/alice
[profile prod]
role_arn = arn:aws:iam::123456789012:role/Admin
external_id = latchkey-prod
source_profile = alice
mfa_serial = arn:aws:iam::111122223333:mfa/alice
[profile tools]
credential_process = latchkey credentials dev
`
	aliceCredentials = "[alice]\naws_access_key_id = AKIAALICE0001EXAMPLE\naws_secret_access_key = alice/Sandbox+Secret/0001/bPxREXAMPLEKEY\n"
	eveCredentials   = "[eve]\naws_access_key_id = AKIAEVE000001EXAMPLE\naws_secret_access_key = akiaeve000001example/Sandbox++EXAMPLEKEY\n"
)

const alicePrompt = "MFA code of arn:aws:iam::111122223333:mfa/alice for profile dev: "

// TestMFAUnderEval types a code while standard output is a pipe of the shell's.
func TestMFAUnderEval(t *testing.T) {
	t.Parallel()
	p := atHome(t, aliceConfig, aliceCredentials)
	ty := inTerminal(t, p.environ, "bash", "--norc", "-c", `eval "$(latchkey env dev)"; echo "got ${AWS_SESSION_TOKEN:+a session}"; latchkey whoami; eval "$(latchkey env prod)"; latchkey whoami`)
	ty.await(alicePrompt, 1)
	ty.typed("12345\n")
	ty.await("that was not six digits. "+alicePrompt, 1)
	code := p.code("alice")
	ty.typed(code[:3] + " " + code[3:] + "\n")
	screen := ty.ends(0)
	if !strings.Contains(screen, "got a session\n") || !strings.Contains(screen, ":assumed-role/Developer/") || !strings.Contains(screen, ":assumed-role/Admin/") {
		t.Errorf("it says:\n%s", screen)
	}
	if n := strings.Count(screen, "MFA code of"); n != 2 { // once, and once more after five digits
		t.Errorf("asked %d times:\n%s", n, screen)
	}
}

// TestMFAInCredentialProcess has the AWS CLI run latchkey, with all of its streams
// in pipes: the person is asked once, on the terminal.
func TestMFAInCredentialProcess(t *testing.T) {
	t.Parallel()
	if ok, err := have("aws"); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip("the AWS CLI is not installed")
	}
	p := atHome(t, aliceConfig, aliceCredentials)
	ty := inTerminal(t, p.environ, "sh", "-c", "aws sts get-caller-identity --profile tools --output text --query Arn >arn </dev/null; cat arn")
	ty.await(alicePrompt, 1)
	ty.typed(p.code("alice") + "\n")
	if screen := ty.ends(0); !strings.Contains(screen, ":assumed-role/Developer/") {
		t.Errorf("it says:\n%s", screen)
	}
	if out := p.runs(0, "aws", "sts", "get-caller-identity", "--profile", "tools"); !strings.Contains(out, ":assumed-role/Developer/") {
		t.Errorf("it says:\n%s", out)
	}
}

// TestMFACancelled gives up at the prompt.
func TestMFACancelled(t *testing.T) {
	t.Parallel()
	p := atHome(t, aliceConfig, aliceCredentials)
	ty := inTerminal(t, p.environ, "bash", "--norc", "-c", `trap : INT; vars=$(latchkey env dev); echo "code-$? vars-$vars."; stty -a`)
	ty.await(alicePrompt, 1)
	ty.typed("12\x03")
	if screen := ty.ends(0); !strings.Contains(screen, "latchkey: error: cancelled\ncode-130 vars-.\n") || strings.Contains(screen, " -echo ") {
		t.Errorf("it says:\n%s", screen)
	}
	// Nobody is there in the background: it says so, and does not hang.
	ty = inTerminal(t, p.environ, "bash", "--norc", "-ic", "latchkey whoami dev & wait $!; echo code-$?")
	ty.await("code-4", 1)
	ty.ends(0)
}

// TestMFADeviceChosen chooses a device once for all profiles, folders and shells.
func TestMFADeviceChosen(t *testing.T) {
	t.Parallel()
	p := atHome(t, "", eveCredentials)
	const question = "Which MFA device of eve gives the codes?\n  1  eve-phone (arn:aws:iam::111122223333:mfa/eve-phone)\n  2  eve-tablet (arn:aws:iam::111122223333:mfa/eve-tablet)\nnumber, 1 to 2: "
	const prompt = "MFA code of arn:aws:iam::111122223333:mfa/eve-tablet for profile eve: "
	ty := inTerminal(t, p.environ, "latchkey", "whoami", "eve", "--mfa")
	ty.await(question, 1)
	ty.typed("3\n")
	ty.await("number, 1 to 2: ", 2)
	ty.typed("2\n")
	ty.await(prompt, 1)
	used := p.code("eve") // both devices are set up with one seed
	ty.typed(used + "\n")
	ty.ends(0)
	p.runs(0, "latchkey", "sessions", "forget")
	// Another day, another folder: the device is known. A code that was used is not
	// sent again.
	ty = inTerminal(t, p.environ, "latchkey", "whoami", "eve", "--mfa")
	ty.await(prompt, 1)
	ty.typed(used + "\n")
	ty.await("that code has been used, the next one comes in ", 1)
	ty.await(prompt, 2)
	ty.typed(p.code("eve") + "\n")
	if screen := ty.ends(0); strings.Contains(screen, "Which MFA device") {
		t.Errorf("it asks again:\n%s", screen)
	}
	// The choice is spoilt: that costs a question and no more.
	files, err := filepath.Glob(filepath.Join(p.dir, ".cache", "latchkey", "mfa", "*device*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file of devices: %v", err)
	}
	for _, file := range files {
		put(t, file, "garbage")
	}
	p.runs(0, "latchkey", "sessions", "forget")
	ty = inTerminal(t, p.environ, "latchkey", "whoami", "eve", "--mfa")
	ty.await(question, 1)
	ty.typed("\x03")
	ty.ends(130)
}

// TestMFAWithEnvironmentKeys does what aws-creds.py did, in a terminal.
func TestMFAWithEnvironmentKeys(t *testing.T) {
	t.Parallel()
	p := atHome(t, "", "")
	key := exampleKey()
	environ := append(p.environ, "AWS_ACCESS_KEY_ID="+key[0], "AWS_SECRET_ACCESS_KEY="+key[1])
	ty := inTerminal(t, environ, "bash", "--norc", "-c", `eval "$(latchkey env --mfa)"; latchkey whoami; latchkey explain | tail -n 3`)
	ty.await("MFA code of arn:aws:iam::111122223333:mfa/alice: ", 1)
	ty.typed(p.code("alice") + "\n")
	if screen := ty.ends(0); !strings.Contains(screen, ":user/alice\n") {
		t.Errorf("it says:\n%s", screen)
	}
}
