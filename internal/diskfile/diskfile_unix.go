//go:build unix

// Package diskfile opens files of the disk for reading, around package os: that
// sets up the poller of the process, a dozen system calls, for a file that never
// has to be waited for.
package diskfile

import (
	"io"
	"io/fs"
	"syscall"
)

// File is an open file.
type File struct {
	fd   int
	path string
}

// Open opens a file for reading. A pipe in its place that nobody writes to is not
// waited for. Errors are *fs.PathError.
func Open(path string) (File, error) {
	for {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
		switch err {
		case nil:
			return File{fd, path}, nil
		case syscall.EINTR:
		default:
			return File{}, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// Read implements io.Reader. Errors are io.EOF and *fs.PathError.
func (f File) Read(p []byte) (int, error) {
	for {
		n, err := syscall.Read(f.fd, p)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 0, &fs.PathError{Op: "read", Path: f.path, Err: err}
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// Close closes the file; nothing can have been lost.
func (f File) Close() { _ = syscall.Close(f.fd) }
