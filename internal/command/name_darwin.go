package command

import (
	"os"

	"golang.org/x/sys/unix"
)

// deviceOf returns the number of the terminal's real device: that of the terminal
// which controls this process.
func deviceOf(*os.File) (uint64, bool) {
	self, err := unix.SysctlKinfoProc("kern.proc.pid", os.Getpid())
	if err != nil || self.Eproc.Tdev == -1 {
		return 0, false
	}
	return uint64(self.Eproc.Tdev), true
}
