//go:build unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// run replaces latchkey by the command, so that nothing stands between it and
// its terminal, its signals and its parent. It returns only on failure.
func run(path string, command, environ []string) error {
	err := syscall.Exec(path, command, environ)
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		head := firstLine(path)
		if bytes.IndexByte(head, 0) >= 0 || bytes.HasPrefix(head, []byte("\x7fELF")) {
			return &exitError{code: exitCannotRun, err: fmt.Errorf("command %q cannot be run: %w", command[0], err), fix: "get a build of it for this system"}
		}
		// A script without a #! line: POSIX has execvp hand it to the shell.
		err = syscall.Exec("/bin/sh", append([]string{"sh", path}, command[1:]...), environ)
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

// firstLine returns what the kernel looks at to tell scripts from programs: the
// first line, at most 128 bytes.
func firstLine(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 128)
	n, _ := io.ReadFull(f, head)
	line, _, _ := bytes.Cut(head[:n], []byte("\n"))
	return line
}
