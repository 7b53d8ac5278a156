//go:build !unix

package cli

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
)

// run starts the command and exits as it does. The console sends Ctrl-C to the
// command as well, which decides what to do about it, so latchkey ignores it.
func run(path string, command, environ []string) error {
	signal.Ignore(os.Interrupt)
	child := &exec.Cmd{Path: path, Args: command, Env: environ, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	err := child.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return &exitError{code: exit.ExitCode()}
	case err != nil:
		return cannotRun(command[0], err)
	}
	return nil
}
