//go:build darwin || freebsd || netbsd || openbsd

package procwatch

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

func (w *Watch) begin() error {
	fd, err := unix.Kqueue()
	if err != nil {
		if alive(w.pid) {
			return nil
		}
		return ErrEnded
	}
	unix.CloseOnExec(fd)
	var event unix.Kevent_t
	unix.SetKevent(&event, w.pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	event.Fflags = unix.NOTE_EXIT
	if _, err := unix.Kevent(fd, []unix.Kevent_t{event}, nil, nil); err != nil {
		_ = unix.Close(fd)
		if errors.Is(err, unix.ESRCH) || !alive(w.pid) {
			return ErrEnded
		}
		return nil
	}
	w.fd = fd
	return nil
}

// ended waits for the end of the process until timeout.
func (w *Watch) ended(timeout time.Duration) bool {
	if w.fd < 0 {
		return polled(w.pid, timeout)
	}
	limit := unix.NsecToTimespec(timeout.Nanoseconds())
	n, err := unix.Kevent(w.fd, nil, make([]unix.Kevent_t, 1), &limit)
	return err == nil && n > 0
}

// Close ends the watch.
func (w *Watch) Close() {
	if w.fd >= 0 {
		_ = unix.Close(w.fd)
	}
}
