package command

import (
	"os"

	"golang.org/x/sys/unix"
)

// deviceOf returns the number of the terminal's real device.
func deviceOf(terminal *os.File) (uint64, bool) {
	device, err := unix.IoctlGetUint32(int(terminal.Fd()), unix.TIOCGDEV)
	return uint64(device), err == nil
}
