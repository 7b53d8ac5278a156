package cli

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// runChild runs a command beside latchkey and returns its exit code, 128+n
// where signal n ended it. What the terminal sends for Ctrl-C and Ctrl-\ reaches
// both, so latchkey only waits; signals sent to latchkey alone are passed on. The
// command does not outlive latchkey unnoticed.
func runChild(sys *Sys, command, environ []string) (int, error) {
	path, err := findCommand(sys, command[0])
	if err != nil {
		return 0, err
	}
	signals := make(chan os.Signal, 4)
	if heeded := endings(syscall.SIGQUIT); len(heeded) > 0 {
		signal.Notify(signals, heeded...)
		defer signal.Stop(signals)
	}
	child, err := startChild(sys, path, command, environ)
	if err != nil {
		return 0, cannotRun(command[0], err)
	}
	done := make(chan error, 1)
	go func() { done <- child.Wait() }()
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGTERM || s == syscall.SIGHUP || !onTerminal() {
				_ = child.Process.Signal(s)
			}
		case err := <-done:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return 0, err
			}
			return exitStatus(child.ProcessState), nil
		}
	}
}

// startChild starts the command, by the shell if it is a script without a #! line.
func startChild(sys *Sys, path string, command, environ []string) (*exec.Cmd, error) {
	child := &exec.Cmd{Path: path, Args: command, Env: environ, Stdin: sys.Stdin, Stdout: sys.Stdout, Stderr: sys.Stderr}
	endsWithThis(child)
	err := child.Start()
	if !errors.Is(err, syscall.ENOEXEC) || isBinary(path) {
		return child, err
	}
	again := &exec.Cmd{Path: scriptShell, Args: scriptArgs(path, command), Env: environ, Stdin: sys.Stdin, Stdout: sys.Stdout, Stderr: sys.Stderr}
	endsWithThis(again)
	return again, again.Start()
}
