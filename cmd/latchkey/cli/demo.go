package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/sandbox"
)

func newDemo(sys *Sys) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the whole journey on the sandbox; no AWS account needed",
		Long: `Run the main job on a local stand-in for AWS: a key that goes into the vault, one
MFA code that serves two roles in two accounts, the sessions that all programs
share, a sign-in at Identity Center with the profiles that it gives, an endpoint
that renews the credentials of a program, and the explanation of a profile that is
broken on purpose. Each step is the command that you would type, with its real
output. It takes a second; nothing leaves this machine, your own ~/.aws is not
read, and nothing is left behind.`,
		Example: "  latchkey demo",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), sys) },
	}
}

// demoStep is one command of the journey. code names the user whose MFA code
// takes the place of CODE; input is the file that it reads; fails says that the
// command is meant to.
type demoStep struct {
	say     string
	command []string
	input   string
	code    string
	fails   bool
}

// The files of the journey, in the demo's home folder.
const (
	demoCSV = "accessKeys.csv"
	demoKey = "vault.key"
)

func demoSteps() []demoStep {
	return []demoStep{
		{say: "Alice has got a key from the console. AWS is asked whether it works, and it goes into the vault, encrypted:",
			command: []string{"vault", "add", "alice", "--write-profile", "--keep-in", "file:" + demoKey}, input: demoCSV},
		{say: "Which profiles are there? dev and prod are roles that she may assume, with MFA:", command: []string{"profiles"}},
		{say: "In a terminal latchkey would ask for the code now. Where nobody can be asked, it says what is missing:",
			command: []string{"whoami", "prod"}, fails: true},
		{say: "With the code of her device, a program runs in the production account, and with nothing but a session:",
			command: []string{"exec", "prod", "--mfa-code", "CODE", "--", "latchkey", "whoami"}, code: "alice"},
		{say: "Another role, in another account: that one code serves all of them, in every program and every shell:",
			command: []string{"whoami", "dev"}},
		{say: "These sessions are kept, sealed, until they expire:", command: []string{"sessions"}},
		{say: "How do the credentials of dev come about? Nothing is fetched for this:", command: []string{"explain", "dev"}},
		{say: "As variables, without another question:", command: []string{"env", "dev", "--shell", "dotenv"}},
		{say: "Sign in at Identity Center, in a browser (the sandbox's pages answer by themselves here), for all AWS tools:", command: []string{"login", "sso-dev"}},
		{say: "A profile for every account and role that it gives:", command: []string{"sso", "sync", "--yes"}},
		{say: "One of them:", command: []string{"whoami", "dev-ReadOnly"}},
		{say: "A program that runs for long gets no keys, but an endpoint that renews them for it:",
			command: []string{"exec", "dev-ReadOnly", "--serve", "--", "latchkey", "whoami"}},
		{say: "And a profile that is broken on purpose:", command: []string{"explain", "broken"}, fails: true},
	}
}

func runDemo(ctx context.Context, sys *Sys) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	defer heedBrokenPipes()()
	server, err := sandbox.New(sandbox.Options{Now: sys.Now, World: demoWorld(), AutoApprove: true})
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	dir, remove, err := temporaryFolder("latchkey-demo-")
	if err != nil {
		return err
	}
	defer remove()
	home, err := demoHome(server, dir)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// Somebody may be there, but the demo is not to wait for them.
	environ := append(sandboxEnviron(sys.Environ, home, true), "LATCHKEY_PROMPT="+askNobody)
	defer endHome(environ)
	d := &demo{out: lines{w: sys.Stdout}, server: server, self: self, dir: dir, environ: environ}
	d.out.add("A local stand-in for AWS is running; every output below is real.")
	for _, step := range demoSteps() {
		if err := d.run(ctx, step); err != nil {
			return err
		}
	}
	d.out.add("\nThat was the sandbox. Try it yourself: latchkey sandbox -- sh")
	d.out.add("With your own ~/.aws: latchkey profiles, then latchkey exec PROFILE -- COMMAND")
	d.out.add("Keys that stand there in plaintext: latchkey vault import --dry-run")
	return d.failure(ctx)
}

// demoWorld is the example organisation before Alice has stored her key.
func demoWorld() *sandbox.World {
	world := sandbox.Example()
	for i := range world.Profiles {
		world.Profiles[i].KeysOf = ""
	}
	return world
}

// demoHome writes the home folder, the file that Alice got from the console, and
// what keeps the key of her vault: a keychain would be the user's own, and a
// passphrase takes a second to try. Nobody has signed in yet.
func demoHome(server *sandbox.Server, dir string) (sandbox.Home, error) {
	home, err := server.WriteHome(dir)
	if err != nil {
		return home, err
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return home, err
	}
	text := "Access key ID,Secret access key\n"
	for _, user := range server.Ready().Users {
		if user.Name == "alice" {
			text += user.AccessKeys[0].ID + "," + user.AccessKeys[0].Secret + "\n"
		}
	}
	err = errors.Join(os.RemoveAll(filepath.Join(dir, ".aws", "sso")), os.WriteFile(filepath.Join(dir, demoCSV), []byte(text), 0o600))
	return home, errors.Join(err, os.WriteFile(filepath.Join(dir, demoKey), []byte(key.String()+"\n"), 0o600))
}

type demo struct {
	out     lines
	server  *sandbox.Server
	self    string // this program
	dir     string
	environ []string
}

// failure is what ends the demo early: Ctrl-C, or nobody who reads it.
func (d *demo) failure(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(d.out.err, syscall.EPIPE):
		return &exitError{code: 128 + int(syscall.SIGPIPE)}
	}
	return d.out.err
}

func (d *demo) run(ctx context.Context, step demoStep) error {
	command := append([]string(nil), step.command...)
	for i, word := range command {
		if word != "CODE" {
			continue
		}
		code, err := d.server.MFACode(step.code)
		if err != nil {
			return err
		}
		command[i] = code
	}
	line := "latchkey " + strings.Join(command, " ")
	if step.input != "" {
		line += " < " + step.input
	}
	d.out.add("\n# %s\n$ %s", step.say, line)
	if err := d.failure(ctx); err != nil {
		return err
	}
	// The program that exec runs is latchkey itself, whatever it is called here.
	for i, word := range command {
		if word == "latchkey" {
			command[i] = d.self
		}
	}
	child := exec.CommandContext(ctx, d.self, command...)
	child.Env, child.Dir = d.environ, d.dir
	if step.input != "" {
		input, err := os.Open(filepath.Join(d.dir, step.input))
		if err != nil {
			return err
		}
		defer input.Close()
		child.Stdin = input
	}
	text, err := child.CombinedOutput()
	d.out.add("%s", strings.TrimRight(string(text), "\n"))
	if err := d.failure(ctx); err != nil {
		return err
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return cannotRun(d.self, err)
	}
	switch status := exitStatus(child.ProcessState); {
	case status == exitCancelled:
		return context.Canceled // Ctrl-C reaches the command as well, and may do so first
	case (status != 0) != step.fails:
		return fmt.Errorf("the command above ended with %d, which the demo did not expect", status)
	}
	return nil
}
