package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey/sandbox"
)

func newDemo(sys *Sys) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the whole journey on the sandbox; no AWS account needed",
		Long: `Run the main job on a local stand-in for AWS: keys, an MFA session, a role in
another account, a program that uses it, and the explanation of a profile that is
broken on purpose. Each step is the command that you would type, with its real
output. It takes a second; nothing leaves this machine, your own ~/.aws is not
read, and nothing is left behind.`,
		Example: "  latchkey demo",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), sys) },
	}
}

// demoStep is one command of the journey. code names the user whose MFA code
// takes the place of CODE; fails says that the command is meant to.
type demoStep struct {
	say     string
	command []string
	code    string
	keep    bool // its assignments go into the environment of the next steps
	fails   bool
}

func demoSteps() []demoStep {
	return []demoStep{
		{say: "Which profiles are there? (from the sandbox's ~/.aws/config)", command: []string{"profiles"}},
		{say: "Alice has a long-term key. Who is she?", command: []string{"whoami", "alice"}},
		{say: "Production wants MFA. Without a code latchkey says what is missing:", command: []string{"whoami", "prod"}, fails: true},
		{say: "With the code of her device, a program runs in the production account, and with nothing but a session:",
			command: []string{"exec", "prod", "--mfa-code", "CODE", "--", "latchkey", "whoami"}, code: "alice"},
		{say: "Or an MFA session for the shell; the next commands see it as exported variables:",
			command: []string{"env", "alice", "--mfa-code", "CODE", "--shell", "dotenv"}, code: "alice", keep: true},
		{say: "That session assumes a role in another account without another code:",
			command: []string{"exec", "--role", "arn:aws:iam::444455556666:role/Developer", "--read-only", "--", "latchkey", "whoami"}},
		{say: "Identity Center, with the sign-in that the AWS CLI cached:", command: []string{"whoami", "sso-dev"}},
		{say: "How would the prod profile get there? Nothing is fetched for this:", command: []string{"explain", "prod"}},
		{say: "And a profile that is broken on purpose:", command: []string{"explain", "broken"}, fails: true},
	}
}

func runDemo(ctx context.Context, sys *Sys) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	defer heedBrokenPipes()()
	server, err := startSandbox(sys, "", "")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	dir, remove, err := temporary("latchkey-demo-")
	if err != nil {
		return err
	}
	defer remove()
	home, err := server.WriteHome(dir)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	d := &demo{sys: sys, out: lines{w: sys.Stdout}, server: server, self: self, environ: sandboxEnviron(sys.Environ, home)}
	d.out.add("A local stand-in for AWS is running; every output below is real.")
	for _, step := range demoSteps() {
		if err := d.run(ctx, step); err != nil {
			return err
		}
	}
	d.out.add("\nThat was the sandbox. Try it yourself: latchkey sandbox -- sh")
	d.out.add("With your own ~/.aws: latchkey profiles, then latchkey exec PROFILE -- COMMAND")
	return d.failure(ctx)
}

type demo struct {
	sys     *Sys
	out     lines
	server  *sandbox.Server
	self    string
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
	d.out.add("\n# %s\n$ latchkey %s", step.say, strings.Join(command, " "))
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
	child.Env = d.environ
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
	if step.keep {
		d.environ = append(d.environ, assignments(string(text))...)
	}
	return nil
}

// assignments reads the simple K=v and K='v' lines that env printed.
func assignments(text string) []string {
	var pairs []string
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if ok && strings.HasPrefix(name, "AWS_") {
			pairs = append(pairs, name+"="+strings.Trim(value, `'"`))
		}
	}
	return pairs
}
