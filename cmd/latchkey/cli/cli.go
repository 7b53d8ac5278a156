// Package cli owns the command line: commands, flags, the terminal and exit
// codes, one file a command. It must not know wire protocols.
//
// Standard output carries results only; messages go to standard error.
package cli

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
	"github.com/latchkey-aws/latchkey/vault/sshkey"
)

// Sys is what the commands see of the machine. Tests put in their own.
type Sys struct {
	Args    []string // without the program's name
	Environ []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Now     func() time.Time
	// Derived is told of each derivation of a key from a passphrase; nil: nobody.
	Derived func()
	// WorkFactor is that of new passphrases; 0: age's own.
	WorkFactor int

	warned sync.Map // what has been warned of
}

// System returns the real machine.
func System() *Sys {
	return &Sys{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now}
}

// command is a row of the command table. Building all commands costs more than
// most of them do, so only the one that is asked for is built.
type command struct {
	name string
	make func(*Sys) *cobra.Command
}

func commands() []command {
	return append([]command{
		{"exec", newExec}, {"env", newEnv}, {"credentials", newCredentials}, {"whoami", newWhoami},
		{"explain", newExplain}, {"doctor", newDoctor}, {"profiles", newProfiles}, {"serve", newServe}, {"login", newLogin}, {"logout", newLogout}, {"console", newConsole}, {"sso", newSSO}, {"sessions", newSessions}, {"vault", newVault}, {"mfa", newMFA}, {"iam", newIAM}, {"sandbox", newSandbox}, {"demo", newDemo},
		{"shell-init", newShellInit}, {"completion", newCompletion}, {"version", newVersion},
	}, hiddenCommands()...)
}

// Main runs the program and returns its exit code.
func Main(sys *Sys) int {
	growStack(false)
	root := newRoot(sys)
	root.SetArgs(sys.Args)
	// Cobra reads os.Args where it is given none.
	if sys.Args == nil {
		root.SetArgs([]string{})
	}
	help := &checkedWriter{w: sys.Stdout}
	root.SetOut(help)
	cmd, err := root.ExecuteContextC(context.Background())
	if err == nil {
		err = help.err
	}
	return finish(sys, cmd, err)
}

// checkedWriter keeps the first error of its writer: cobra drops those of
// printing help.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (c *checkedWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

func newRoot(sys *Sys) *cobra.Command {
	root := &cobra.Command{
		Use:   "latchkey",
		Short: "Get into AWS from the command line",
		Long: `latchkey finds AWS credentials wherever the AWS SDKs find them, turns them into
short-lived sessions and hands them to any program. When it cannot, it says why.

Nothing has to be configured: it reads the ~/.aws that is there. The profile is
an argument; without one it is that of AWS_PROFILE, else the SDKs' default chain.
New here? "latchkey demo" shows it all on a local stand-in for AWS.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 profile or credentials
not found, 4 needs you (MFA code, sign-in), 5 refused by AWS, 6 AWS not reachable,
7 the vault is damaged or cannot be used, 130 cancelled. exec ends as its command does.`,
		Example: `  latchkey profiles
  latchkey exec prod -- terraform plan
  eval "$(latchkey env prod)"
  latchkey explain prod`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetErr(sys.Stderr)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.CompletionOptions.DisableDefaultCmd = true // there is one of our own
	only := ""
	if len(sys.Args) > 0 {
		only = sys.Args[0]
	}
	for _, c := range commands() {
		if c.name == only {
			root.AddCommand(c.make(sys))
			return root
		}
	}
	for _, c := range commands() {
		root.AddCommand(c.make(sys))
	}
	root.SetHelpCommand(newHelp())
	root.Version = latchkey.Version()
	return root
}

// newHelp is cobra's help command, but for an unknown name, which is an error.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		Long:  "Show the help of a command, the same as COMMAND --help.",
		Example: `  latchkey help exec
  latchkey help sandbox mfa-code`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if len(args) == 0 {
				for _, c := range commands() {
					names = append(names, c.name)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return noArgs(cmd.Root(), args)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// resolver reads the configuration for a command that begins with a profile.
func (sys *Sys) resolver(f *resolveFlags, profile string) (*latchkey.Resolver, error) {
	resolver, _, err := sys.resolverAndAsker(f, profile)
	return resolver, err
}

func (sys *Sys) resolverAndAsker(f *resolveFlags, profile string) (*latchkey.Resolver, *asker, error) {
	ask := &asker{sys: sys}
	opts := latchkey.Options{Environ: sys.Environ, First: profile, Now: sys.Now, Stderr: sys.Stderr, Terminal: terminal,
		Asker: ask, SSHKeys: sshkey.Keys{}, Derived: sys.Derived, WorkFactor: sys.WorkFactor, Waiting: sys.waiting, CodeWait: sys.codeWait, Warn: sys.warn}
	if f != nil {
		opts.MFA, opts.Observe = f.code(sys), f.observe
	}
	resolver, err := latchkey.Load(opts)
	ask.resolver = resolver
	return resolver, ask, err
}

// memoryLimit is what a command that looks at all of the files tries to stay
// below: a hostile file of 8 MiB must not take a multiple of it.
const memoryLimit = 48 << 20

// frugal has memory collected early. It costs a pause, so only the commands call
// it that read everything.
func frugal() { debug.SetMemoryLimit(memoryLimit) }

// terminal opens the terminal device: standard input and output may be pipes
// while somebody is there. It stays open until the program ends.
func terminal() *os.File {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil // nobody to ask, or a system that has no such device
	}
	return f
}

// env looks a variable up in the program's environment.
//
//go:noinline
func (sys *Sys) env(name string) string {
	value, _ := sys.lookup(name)
	return value
}

// lookup is env that tells an empty variable from none.
//
//go:noinline
func (sys *Sys) lookup(name string) (string, bool) {
	for _, pair := range sys.Environ {
		if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
			return pair[len(name)+1:], true
		}
	}
	return "", false
}
