//go:build unix

package profile

import (
	"io"
	"io/fs"
	"os"
	"syscall"
)

// rawFile is an open regular file. It goes around package os, which would set
// up the network poller of the process for a file that never has to wait.
type rawFile int

// Read implements io.Reader.
func (f rawFile) Read(p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(f), p)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// Close implements io.Closer.
func (f rawFile) Close() error { return syscall.Close(int(f)) }

// openFile opens a file for reading and returns its size, 0 where it has none
// beforehand: pipes (process substitution) and devices.
func openFile(path string) (io.ReadCloser, int64, error) {
	var fd int
	var err error
	for {
		// Not to block: a named pipe that nobody writes is empty, not a hang.
		if fd, err = syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		return nil, 0, err
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		_ = syscall.Close(fd)
		return nil, 0, err
	}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		_ = syscall.Close(fd)
		return nil, 0, syscall.EISDIR
	case syscall.S_IFREG:
		return rawFile(fd), st.Size, nil
	}
	return os.NewFile(uintptr(fd), path), 0, nil
}

// ours reports whether the file belongs to the user of this process.
func ours(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(st.Uid) == os.Geteuid()
}
