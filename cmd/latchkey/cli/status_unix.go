//go:build unix

package cli

import (
	"os"
	"syscall"
)

// exitStatus is the code that a shell would report of a process that has ended.
func exitStatus(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
