//go:build !windows

package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

func replace(from, to string) error { return os.Rename(from, to) }

// syncFolder makes the rename survive a power cut. File systems that cannot
// sync a folder say so, and then there is nothing more to do.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		// A folder that may be written but not read (mode 0300).
		if errors.Is(err, os.ErrPermission) {
			return nil
		}
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}
