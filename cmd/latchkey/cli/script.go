package cli

import (
	"bytes"
	"io"
	"os"
)

// scriptShell runs a script without a #! line: POSIX has execvp hand it to the
// shell.
const scriptShell = "/bin/sh"

func scriptArgs(path string, command []string) []string {
	return append([]string{"sh", path}, command[1:]...)
}

// isBinary reports whether a file that the kernel does not run is no script either.
func isBinary(path string) bool {
	head := firstLine(path)
	return bytes.IndexByte(head, 0) >= 0 || bytes.HasPrefix(head, []byte("\x7fELF"))
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
