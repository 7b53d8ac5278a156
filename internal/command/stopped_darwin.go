package command

import "golang.org/x/sys/unix"

// stopped reports whether the process is stopped.
func stopped(pid int) bool {
	const sstop = 4 // of the kernel's proc.h
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	return err == nil && p.Proc.P_stat == sstop
}
