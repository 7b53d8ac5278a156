//go:build unix

package latchkey

import (
	"os"
	"path/filepath"
	"syscall"
)

// foreign reports whether root works in a folder that is somebody else's: the
// nearest part of path that exists has another owner.
func foreign(path string) bool {
	if os.Geteuid() != 0 {
		return false
	}
	for {
		info, err := os.Stat(path)
		if err == nil {
			owner, ok := info.Sys().(*syscall.Stat_t)
			return ok && owner.Uid != 0
		}
		if path == filepath.Dir(path) {
			return false
		}
		path = filepath.Dir(path)
	}
}
