package procwatch

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

func (w *Watch) begin() error {
	fd, err := unix.PidfdOpen(w.pid, 0)
	switch {
	case err == nil:
		w.fd = fd
	case errors.Is(err, unix.ESRCH), errors.Is(err, unix.EINVAL):
		return ErrEnded
	case !alive(w.pid): // older than Linux 5.3, or forbidden
		return ErrEnded
	}
	return nil
}

// ended waits for the end of the process until timeout. A pidfd can be read from
// then (pidfd_open(2)).
func (w *Watch) ended(timeout time.Duration) bool {
	if w.fd < 0 {
		return polled(w.pid, timeout)
	}
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}, int(timeout.Milliseconds()))
	return err == nil && n > 0
}

// Close ends the watch.
func (w *Watch) Close() {
	if w.fd >= 0 {
		_ = unix.Close(w.fd)
	}
}
