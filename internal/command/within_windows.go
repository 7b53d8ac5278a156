package command

import (
	"os/exec"
	"unsafe"

	"golang.org/x/sys/windows"
)

// RunWithin runs a program that does not outlive this one, however this one ends:
// the system ends the job that it is in with the last handle of the job.
func RunWithin(cmd *exec.Cmd) error {
	j := newJob(cmd, nil)
	defer j.ended()
	if j.handle != 0 {
		var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
		limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
		// Without it the program merely outlives this one.
		_, _ = windows.SetInformationJobObject(j.handle, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	j.started()
	return cmd.Wait()
}
