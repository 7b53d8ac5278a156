package loopback

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// maxSocket is how long the path of a socket may be everywhere, in bytes: the
// sun_path of a Mac has 104 with its end, that of Linux 108.
const maxSocket = 103

// knock is how long a socket that is there is given to show that it is alive.
const knock = time.Second

// BusyError is a socket that another process listens on, or a file of another
// kind in its place.
type BusyError struct{ Path, Why string }

func (e *BusyError) Error() string { return e.Path + " " + e.Why }

// ListenSocket listens on a socket of the file system, which only its owner and
// root may connect to. It is there under its name once it can be connected to.
// One that a killed process has left is replaced. Close takes it away. Errors:
// *[BusyError], or the system's.
func ListenSocket(path string) (net.Listener, error) {
	s, err := BindSocket(path)
	if err != nil {
		return nil, err
	}
	if err := s.Show(); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// BindSocket is [ListenSocket] but for the name, which the socket gets by [Socket.Show]:
// who finds it then finds all that belongs to it. Errors: those of ListenSocket.
func BindSocket(path string) (*Socket, error) {
	path, err := CheckSocket(path)
	if err != nil {
		return nil, err
	}
	// Between its making and the chmod anybody could connect, so it is made in a
	// folder of its own.
	folder, err := os.MkdirTemp(filepath.Dir(path), ".")
	if err != nil {
		return nil, err
	}
	s := &Socket{path: path, folder: folder}
	s.UnixListener, err = net.ListenUnix("unix", &net.UnixAddr{Name: s.hidden(), Net: "unix"})
	if err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	s.SetUnlinkOnClose(false)
	if err := os.Chmod(s.hidden(), 0o600); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// CheckSocket does the part of [ListenSocket] that looks whether there can be a socket,
// before something is done for it. It returns the path as it will be called. A
// socket that nobody listens on any more is taken away. Errors: those of ListenSocket.
func CheckSocket(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if len(path) > maxSocket {
		return "", fmt.Errorf("socket %s: its path is longer than %d bytes", path, maxSocket)
	}
	return path, free(path)
}

// free takes away a socket that nobody listens on any more.
func free(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSocket == 0:
		return &BusyError{path, "exists and is no socket"}
	}
	conn, err := net.DialTimeout("unix", path, knock)
	if err == nil {
		_ = conn.Close()
		return &BusyError{path, "is listened on by another process"}
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return &BusyError{path, "belongs to somebody else"}
	case !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, wsaConnRefused):
		// One that has not accepted for a while has no room for the knock.
		return &BusyError{path, "may be listened on by another process"}
	}
	return os.Remove(path)
}

// wsaConnRefused is what Windows says instead of ECONNREFUSED.
const wsaConnRefused = syscall.Errno(10061)

// Socket is a listener whose file goes with it.
type Socket struct {
	*net.UnixListener
	path   string
	folder string // where it is until it is shown
	once   sync.Once

	mu   sync.Mutex
	made fs.FileInfo // under its path; nil: it is not there
}

func (s *Socket) hidden() string { return filepath.Join(s.folder, "s") }

// Show puts the socket under its path.
func (s *Socket) Show() error {
	if err := os.Rename(s.hidden(), s.path); err != nil {
		return err
	}
	made, err := os.Lstat(s.path)
	s.mu.Lock()
	s.made = made
	s.mu.Unlock()
	return errors.Join(err, os.RemoveAll(s.folder))
}

// Close takes the socket away, unless another has taken its place.
func (s *Socket) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if info, err := os.Lstat(s.path); s.made != nil && err == nil && os.SameFile(info, s.made) {
			_ = os.Remove(s.path)
		}
		_ = os.RemoveAll(s.folder)
	})
	return s.UnixListener.Close()
}
