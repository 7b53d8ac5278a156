//go:build linux || darwin || freebsd || netbsd || openbsd

package procwatch

import "time"

// Polled looks whether a process has ended as where the system does not tell.
func Polled(pid int, timeout time.Duration) bool { return polled(pid, timeout) }
