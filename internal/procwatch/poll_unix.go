//go:build linux || darwin || freebsd || netbsd || openbsd

package procwatch

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// polled looks once, and once more after timeout.
func polled(pid int, timeout time.Duration) bool {
	if !alive(pid) {
		return true
	}
	time.Sleep(timeout)
	return !alive(pid)
}

func alive(pid int) bool { return !errors.Is(unix.Kill(pid, 0), unix.ESRCH) }
