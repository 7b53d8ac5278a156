//go:build aix || linux || solaris

package tty

import "golang.org/x/sys/unix"

// How the modes of a terminal are read and set, and set with unread input
// thrown away.
const (
	getModes         = unix.TCGETS
	setModes         = unix.TCSETS
	setModesAndFlush = unix.TCSETSF
)
