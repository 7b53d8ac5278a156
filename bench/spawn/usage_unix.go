//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// usage returns the most memory that the process had resident, in bytes, and how
// many page faults it took.
func usage(state *os.ProcessState) (memory, faults int64) {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, 0
	}
	unit := int64(1024)
	if runtime.GOOS == "darwin" {
		unit = 1 // it counts bytes, the others KiB
	}
	return int64(usage.Maxrss) * unit, int64(usage.Minflt) + int64(usage.Majflt)
}
