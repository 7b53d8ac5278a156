//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package tty

import "golang.org/x/sys/unix"

// How the modes of a terminal are read and set, and set with unread input
// thrown away.
const (
	getModes         = unix.TIOCGETA
	setModes         = unix.TIOCSETA
	setModesAndFlush = unix.TIOCSETAF
)
