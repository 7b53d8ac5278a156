//go:build !windows

package session

import (
	"io/fs"
	"syscall"
)

// rawFile is a file without the parts of os.File that a start pays for: the
// poller, the finalizer. Nothing is read but a file of the disk, and where
// somebody put a pipe in its place, O_NONBLOCK keeps from waiting at it.
type rawFile int

func openRaw(path string) (rawFile, error) {
	for {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
		switch err {
		case nil:
			return rawFile(fd), nil
		case syscall.EINTR:
		default:
			return 0, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// read fills data from the file; at its end it returns 0.
func (f rawFile) read(path string, data []byte) (int, error) {
	for {
		n, err := syscall.Read(int(f), data)
		switch err {
		case nil:
			return n, nil
		case syscall.EINTR:
		default:
			return 0, &fs.PathError{Op: "read", Path: path, Err: err}
		}
	}
}

func (f rawFile) close() { _ = syscall.Close(int(f)) }
