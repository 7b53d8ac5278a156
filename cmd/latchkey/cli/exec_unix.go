//go:build unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"syscall"
)

// run replaces latchkey by the command, so that nothing stands between it and
// its terminal, its signals and its parent. It returns only on failure.
func run(path string, command, environ []string) error {
	err := syscall.Exec(path, command, environ)
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		if isBinary(path) {
			return &exitError{code: exitCannotRun, err: fmt.Errorf("command %q cannot be run: %w", command[0], err), fix: "get a build of it for this system"}
		}
		err = syscall.Exec(scriptShell, scriptArgs(path, command), environ)
	case errors.Is(err, syscall.ENOENT):
		return noInterpreter(path, command[0])
	}
	return cannotRun(command[0], err)
}

// noInterpreter tells why a file that is there is not found: what the kernel
// misses is the program that is to run it.
func noInterpreter(path, name string) error {
	e := &exitError{code: exitNoCommand, err: fmt.Errorf("command %q: its loader does not exist", name), fix: "get a build of it for this system"}
	if head := firstLine(path); bytes.HasPrefix(head, []byte("#!")) {
		e.err = fmt.Errorf("command %q: its interpreter does not exist: %s", name, bytes.TrimSpace(head[2:]))
		e.fix = "correct the first line of " + path
	}
	return e
}
