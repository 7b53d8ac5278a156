//go:build !unix

package cli

import "os"

// exitStatus is the code of a process that has ended.
func exitStatus(state *os.ProcessState) int { return state.ExitCode() }

// onTerminal reports true: a console sends Ctrl-C to all of its processes.
func onTerminal() bool { return true }
