//go:build !windows

package browser

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// apart gives the program a session without a terminal: it must not be reached
// by the Ctrl-C that is for us, nor hung up on when the terminal is closed.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// ended reports whether the process has ended, and how; -1 by a signal.
func ended(p *os.Process) (code int, done bool) {
	var status syscall.WaitStatus
	switch pid, err := syscall.Wait4(p.Pid, &status, syscall.WNOHANG, nil); {
	case errors.Is(err, syscall.EINTR), err == nil && pid == 0:
		return 0, false
	case err != nil:
		return 0, true // somebody else has waited for it; how it ended is not known
	}
	_ = p.Release()
	return status.ExitStatus(), true
}
