package cli

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// parentProgram is the name of the program that started this one, or "".
func parentProgram() string {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", os.Getppid())
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(unix.ByteSliceToString(info.Proc.P_comm[:]), "-") // a login shell
}
