//go:build unix

package cli

import (
	"errors"
	"syscall"
)

// run replaces latchkey by the command, so that nothing stands between it and
// its terminal, its signals and its parent. It returns only on failure.
func run(path string, command, environ []string) error {
	err := syscall.Exec(path, command, environ)
	if errors.Is(err, syscall.ENOEXEC) {
		// A script without a #! line: POSIX has execvp hand it to the shell.
		err = syscall.Exec("/bin/sh", append([]string{"sh", path}, command[1:]...), environ)
	}
	if errors.Is(err, syscall.ENOENT) {
		return &exitError{code: exitNoCommand, err: errors.New("the command's interpreter does not exist"), fix: "check the #! line of " + path}
	}
	return cannotRun(command[0], err)
}
