package cli

import (
	"bytes"
	"fmt"
	"os"
	"strings"

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
output. Nothing leaves this machine and nothing is left behind.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runDemo(sys) },
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

func runDemo(sys *Sys) error {
	server, err := startSandbox(sys, "", "")
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	dir, err := os.MkdirTemp("", "latchkey-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	home, err := server.WriteHome(dir)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	d := &demo{sys: sys, server: server, self: self, environ: sandboxEnviron(sys.Environ, home)}
	fmt.Fprintln(sys.Stdout, "A local stand-in for AWS is running; every output below is real.")
	for _, step := range demoSteps() {
		if err := d.run(step); err != nil {
			return err
		}
	}
	fmt.Fprintln(sys.Stdout, "\nThat was the sandbox. Try it yourself: latchkey sandbox -- sh")
	fmt.Fprintln(sys.Stdout, "With your own ~/.aws: latchkey profiles, then latchkey exec PROFILE -- COMMAND")
	return nil
}

type demo struct {
	sys     *Sys
	server  *sandbox.Server
	self    string
	environ []string
}

func (d *demo) run(step demoStep) error {
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
	fmt.Fprintf(d.sys.Stdout, "\n# %s\n$ latchkey %s\n", step.say, strings.Join(command, " "))
	// The program that exec runs is latchkey itself, whatever it is called here.
	for i, word := range command {
		if word == "latchkey" {
			command[i] = d.self
		}
	}
	var out bytes.Buffer
	child := *d.sys
	child.Stdin, child.Stdout, child.Stderr = nil, &out, &out
	code, err := runChild(&child, append([]string{d.self}, command...), d.environ)
	if err != nil {
		return err
	}
	text := out.String()
	fmt.Fprint(d.sys.Stdout, text)
	if failed := code != 0; failed != step.fails {
		return &exitError{code: exitFailed, err: fmt.Errorf("the command above ended with %d, which the demo did not expect", code)}
	}
	if step.keep {
		d.environ = append(d.environ, assignments(text)...)
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
