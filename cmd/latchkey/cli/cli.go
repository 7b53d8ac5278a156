// Package cli owns the command line: commands, flags, the terminal and exit
// codes, one file a command. It must not know wire protocols.
//
// Standard output carries results only; messages go to standard error.
package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchkey-aws/latchkey"
)

// Sys is what the commands see of the machine. Tests put in their own.
type Sys struct {
	Args    []string // without the program's name
	Environ []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Now     func() time.Time
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
	return []command{
		{"exec", newExec}, {"env", newEnv}, {"credentials", newCredentials}, {"whoami", newWhoami},
		{"explain", newExplain}, {"profiles", newProfiles}, {"sandbox", newSandbox}, {"demo", newDemo}, {"version", newVersion},
	}
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
	cmd, err := root.ExecuteContextC(context.Background())
	return finish(sys, cmd, err)
}

func newRoot(sys *Sys) *cobra.Command {
	root := &cobra.Command{
		Use:   "latchkey",
		Short: "Get into AWS from the command line",
		Long: `latchkey finds AWS credentials wherever the AWS SDKs find them, turns them into
short-lived sessions and hands them to any program. When it cannot, it says why.`,
		Example: `  latchkey exec prod -- terraform plan
  eval "$(latchkey env prod)"
  latchkey explain prod`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(sys.Stdout)
	root.SetErr(sys.Stderr)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	only := ""
	if len(sys.Args) > 0 {
		only = sys.Args[0]
	}
	for _, c := range commands() {
		if c.name == only {
			root.AddCommand(c.make(sys))
			root.CompletionOptions.DisableDefaultCmd = true
			return root
		}
	}
	for _, c := range commands() {
		root.AddCommand(c.make(sys))
	}
	root.SuggestionsMinimumDistance = 2
	root.Version = latchkey.Version()
	return root
}

// resolver reads the configuration for a command that begins with a profile.
func (sys *Sys) resolver(f *resolveFlags, profile string) (*latchkey.Resolver, error) {
	opts := latchkey.Options{Environ: sys.Environ, First: profile, Now: sys.Now, Stderr: sys.Stderr, Terminal: terminal}
	if f != nil {
		opts.MFACode = f.code(sys)
	}
	return latchkey.Load(opts)
}

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
func (sys *Sys) env(name string) string {
	for _, pair := range sys.Environ {
		if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
			return pair[len(name)+1:]
		}
	}
	return ""
}

// interruptible returns a context that ends with SIGINT or SIGTERM, so that
// what a step has started is ended before the program is.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}
