package browser

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// apart keeps the Ctrl-C that is for us away from the program.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// ended reports whether the process has ended, and how.
func ended(p *os.Process) (code int, done bool) {
	handle, err := windows.OpenProcess(windows.SYNCHRONIZE|windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(p.Pid))
	if err != nil {
		return 0, true // its end is out of sight
	}
	defer windows.CloseHandle(handle)
	if event, err := windows.WaitForSingleObject(handle, 0); err == nil && event == uint32(windows.WAIT_TIMEOUT) {
		return 0, false
	}
	_ = p.Release()
	var status uint32
	if windows.GetExitCodeProcess(handle, &status) != nil {
		return 0, true
	}
	return int(status), true
}
