//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/sandbox"
)

// A person has a home folder of their own in the sandbox with more people.
type person struct {
	t       *testing.T
	server  *sandbox.Server
	dir     string
	environ []string
}

// atHome makes the home, with a config and a credentials file of the given texts.
func atHome(t *testing.T, config, credentials string) *person {
	t.Helper()
	server := sandbox.Start(t, sandbox.WithWorld(people()))
	home, err := server.WriteHome(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, server: server, dir: t.TempDir()}
	aws := filepath.Join(p.dir, ".aws")
	put(t, filepath.Join(aws, "config"), config)
	put(t, filepath.Join(aws, "credentials"), credentials)
	p.environ = append(home.Env, "HOME="+p.dir, "AWS_CONFIG_FILE="+filepath.Join(aws, "config"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(aws, "credentials"),
		"PATH="+os.Getenv("PATH"), "TMPDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0", "AWS_EC2_METADATA_DISABLED=true")
	leave(t, p.environ)
	return p
}

// code returns a code of the user's that the sandbox takes now.
func (p *person) code(user string) string {
	p.t.Helper()
	code, err := p.server.MFACode(user)
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// runs runs a command without a terminal that must end with the code.
func (p *person) runs(code int, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = p.environ
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		p.t.Fatalf("%s: %v, want exit code %d\n%s", strings.Join(args, " "), err, code, out)
	}
	return string(out)
}

// ends waits for the end of what runs in the terminal and returns the screen.
func (ty *typist) ends(code int) string {
	ty.t.Helper()
	if got := ty.code(); got != code {
		ty.t.Errorf("exit code %d, want %d:\n%s", got, code, ty.screen())
	}
	<-ty.done
	return ty.screen()
}

// TestVaultAddTyped goes through all questions of a first vault add, clumsily.
func TestVaultAddTyped(t *testing.T) {
	t.Parallel()
	p := atHome(t, "", "")
	ty := inTerminal(t, p.environ, "latchkey", "vault", "add", "eve")
	ty.await("access key id: ", 1)
	ty.typed("AKIAEVE000001EXAMPLE \n")
	ty.await("secret access key: ", 1)
	ty.typed("akiaeve000001example/Sandbox++EXAMPLEKEY\n")
	ty.await("MFA device yubikey-", 1)
	ty.await("There is no vault yet. What shall keep its key?\n", 1)
	ty.await("number, 1 to 2: ", 1)
	ty.typed("passphrase\n")
	ty.await("number, 1 to 2: ", 2)
	ty.typed("2\n")
	ty.await("new passphrase for the vault: ", 1)
	ty.typed("\n")
	ty.await("(Ctrl-C to give up)", 1)
	ty.await("new passphrase for the vault: ", 2)
	ty.typed("correct horse\n")
	ty.await("the same again: ", 1)
	ty.typed("correct hrose\n")
	ty.await("the two are not the same", 1)
	ty.await("new passphrase for the vault: ", 3)
	ty.typed("correct horse\n")
	ty.await("the same again: ", 2)
	ty.typed("correct horse\n")
	ty.await("eve is in the vault: key AKIAEVE000001EXAMPLE", 1)
	ty.await("Which MFA device of eve gives the codes?\n  1  eve-phone (arn:aws:iam::111122223333:mfa/eve-phone)\n  2  eve-tablet ", 1)
	ty.typed("2\n")
	ty.await("Write credential_process and mfa_serial arn:aws:iam::111122223333:mfa/eve-tablet into profile eve of ", 1)
	ty.typed("perhaps\n")
	ty.await("[y/n]: ", 2)
	ty.typed("y\n")
	screen := ty.ends(0)
	if strings.Contains(screen, "EXAMPLEKEY") || strings.Contains(screen, "horse") {
		t.Errorf("a secret was shown:\n%s", screen)
	}
	config, err := os.ReadFile(filepath.Join(p.dir, ".aws", "config"))
	if want := "[profile eve]\ncredential_process = latchkey credentials eve\nmfa_serial = arn:aws:iam::111122223333:mfa/eve-tablet\n"; err != nil || string(config) != want {
		t.Errorf("%v, config:\n%s", err, config)
	}
	// The passphrase was typed just now: for a while nobody is asked again.
	p.runs(0, "latchkey", "vault", "show", "eve")
}

// TestVaultPassphraseTyped opens a vault from a terminal.
func TestVaultPassphraseTyped(t *testing.T) {
	t.Parallel()
	p := withPassphrase(t)
	ty := inTerminal(t, p.environ, "latchkey", "vault", "show", "work")
	ty.await("passphrase of the vault: ", 1)
	ty.typed("wrong\n")
	ty.await("that passphrase is wrong", 1)
	ty.await("passphrase of the vault: ", 2)
	ty.typed("correct horse\n")
	if screen := ty.ends(0); !strings.Contains(screen, "key     AKIAALICE0001EXAMPLE") || strings.Contains(screen, "horse") {
		t.Errorf("it says:\n%s", screen)
	}
	// Asked once, for all programs; until it is locked.
	p.runs(0, "latchkey", "credentials", "work")
	p.runs(0, "latchkey", "vault", "lock")
	p.runs(4, "latchkey", "credentials", "work")
	ty = inTerminal(t, p.environ, "latchkey", "vault", "unlock", "--for", "1h")
	ty.await("passphrase of the vault: ", 1)
	ty.typed("correct horse\n")
	ty.ends(0)
	p.runs(0, "latchkey", "credentials", "work")
	p.runs(0, "latchkey", "vault", "lock")
	// Three wrong ones are enough; Ctrl-C gives up and leaves the echo on.
	ty = inTerminal(t, p.environ, "latchkey", "whoami", "work")
	for n := range 3 {
		ty.await("passphrase of the vault: ", n+1)
		ty.typed("wrong\n")
	}
	if screen := ty.ends(7); !strings.Contains(screen, "wrong passphrase") {
		t.Errorf("it says:\n%s", screen)
	}
	ty = inTerminal(t, p.environ, "sh", "-c", "trap : INT; latchkey whoami work; echo code-$?; stty -a")
	ty.await("passphrase of the vault: ", 1)
	ty.typed("\x03")
	ty.await("code-130", 1)
	if screen := ty.ends(0); !strings.Contains(screen, "latchkey: error: cancelled") || strings.Contains(screen, " -echo ") {
		t.Errorf("it says:\n%s", screen)
	}
	// What was put in is taken out only when the answer is yes.
	ty = inTerminal(t, p.environ, "latchkey", "vault", "remove", "work")
	ty.await("Take work out of the vault? It cannot be brought back. [y/n]: ", 1)
	ty.typed("n\n")
	ty.ends(0)
	p.runs(1, "latchkey", "vault", "add", "work", "--from-env")
}

// withPassphrase makes a vault with Alice's key as work, kept by a passphrase.
func withPassphrase(t *testing.T) *person {
	t.Helper()
	p := atHome(t, "", "")
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	put(t, passphrase, "correct horse\n")
	key := exampleKey()
	add := exec.Command("latchkey", "vault", "add", "work")
	add.Env = append(p.environ, "LATCHKEY_VAULT_PASSPHRASE_FILE="+passphrase)
	add.Stdin = strings.NewReader(key[0] + "\n" + key[1] + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return p
}

// TestPinentryCurses opens the vault through a real pinentry, as the settings say.
func TestPinentryCurses(t *testing.T) {
	t.Parallel()
	if ok, err := have("pinentry-curses"); err != nil {
		t.Fatal(err)
	} else if !ok {
		t.Skip("pinentry-curses is not installed")
	}
	p := withPassphrase(t)
	put(t, filepath.Join(p.dir, ".config", "latchkey", "config"), "[prompt]\nmethod = pinentry\npinentry = pinentry-curses\n")
	// Standard input and output are pipes, as in a credential_process.
	ty := inTerminal(t, p.environ, "env", "TERM=xterm", "sh", "-c", "latchkey credentials work </dev/null | cat >out; grep -c EXAMPLEKEY out")
	ty.await("It opens the vault", 1)
	ty.typed("correct horse\r")
	if screen := ty.ends(0); !regexp.MustCompile(`(?m)^.*1\n?$`).MatchString(strings.TrimSpace(screen)) {
		t.Errorf("it says:\n%q", screen)
	}
	p.runs(0, "latchkey", "vault", "lock")
	ty = inTerminal(t, p.environ, "env", "TERM=xterm", "latchkey", "whoami", "work")
	ty.await("It opens the vault", 1)
	ty.typed("\x03")
	ty.ends(130)
}

// TestDemoInTerminal shows that the demo asks nobody, though somebody is there,
// and leaves no key behind in the kernel's keyring.
func TestDemoInTerminal(t *testing.T) {
	t.Parallel()
	_, environ := staticHome(t)
	screen := inTerminal(t, environ, "latchkey", "demo").ends(0)
	home := regexp.MustCompile(`the vault is (/[^\n]*)/\.local/`).FindStringSubmatch(strings.ReplaceAll(screen, "\n", ""))
	if home == nil {
		t.Fatalf("it says:\n%s", screen)
	}
	resolver, err := latchkey.Load(latchkey.Options{Environ: []string{"HOME=" + home[1]}})
	if err != nil {
		t.Fatal(err)
	}
	if where, err := resolver.Sessions().Where(t.Context()); err == nil && where == "the kernel keyring" {
		t.Error("the key of its sessions is still there")
	}
}
