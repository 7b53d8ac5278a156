package cli

import (
	"os/exec"
	"runtime"
	"syscall"
)

// endsWithThis has the kernel tell a child with SIGTERM when this program ends
// without telling it, as when it is killed. The thread that starts the child must
// live as long as the program.
func endsWithThis(child *exec.Cmd) {
	runtime.LockOSThread()
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
