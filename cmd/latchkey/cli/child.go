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
// both, so latchkey only waits; signals sent to latchkey alone are passed on.
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
	child := &exec.Cmd{Path: path, Args: command, Env: environ, Stdin: sys.Stdin, Stdout: sys.Stdout, Stderr: sys.Stderr}
	if err := child.Start(); err != nil {
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
