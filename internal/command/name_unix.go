//go:build linux || darwin

package command

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// TerminalName returns the name of the device that /dev/tty stands for where it was
// opened, such as /dev/pts/3, or "" if it is not found. A program that is no child
// of this one, such as gpg's agent, can use no other.
func TerminalName(terminal *os.File) string {
	device, ok := deviceOf(terminal)
	if !ok {
		return ""
	}
	for _, pattern := range [...]string{"/dev/pts/[0-9]*", "/dev/tty?*", "/dev/console"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			var about unix.Stat_t
			if unix.Stat(name, &about) == nil && about.Mode&unix.S_IFMT == unix.S_IFCHR && uint64(about.Rdev) == device {
				return name
			}
		}
	}
	return ""
}
