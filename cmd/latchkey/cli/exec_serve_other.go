//go:build !unix

package cli

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"

	"github.com/spf13/cobra"

	programs "github.com/latchkey-aws/latchkey/internal/command"
	"github.com/latchkey-aws/latchkey/server"
)

// hiddenCommands are those that latchkey itself runs.
func hiddenCommands() []command { return nil }

// run starts the command beside an endpoint and exits as it does. The console
// sends Ctrl-C to the command as well, so latchkey ignores it. The command ends
// with latchkey.
func (s *served) run(_ *cobra.Command, path string, arguments []string) error {
	l, err := server.Listen("")
	if err != nil {
		return err
	}
	endpoint, err := s.startOn(l)
	if err != nil {
		return err
	}
	defer func() { _ = endpoint.Close() }()
	signal.Ignore(os.Interrupt)
	child := &exec.Cmd{Path: path, Args: arguments, Env: s.environ(endpoint.URL(), endpoint.Grant(s.name)), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	err = programs.RunWithin(child)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return &exitError{code: exit.ExitCode()}
	case err != nil:
		return cannotRun(arguments[0], err)
	}
	return nil
}
