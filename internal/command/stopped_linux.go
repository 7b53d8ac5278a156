package command

import "golang.org/x/sys/unix"

// stopped reports whether the process has been stopped since it was last asked.
// Unlike wait4, waitid leaves the end of it to whoever started it.
func stopped(pid int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WSTOPPED|unix.WNOHANG, nil)
	return err == nil && info.Signo != 0
}
