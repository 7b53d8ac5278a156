package atomicfile

import (
	"errors"
	"os"
	"syscall"
	"time"
)

const (
	replaceTries = 20
	replaceWait  = 10 * time.Millisecond
	// ERROR_SHARING_VIOLATION of the Windows system error codes.
	sharingViolation = syscall.Errno(32)
)

// replace renames over an existing file. Windows refuses while another process
// has the target open, which readers and virus scanners have for moments.
func replace(from, to string) error {
	var err error
	for range replaceTries {
		err = os.Rename(from, to)
		if !errors.Is(err, syscall.ERROR_ACCESS_DENIED) && !errors.Is(err, sharingViolation) {
			return err
		}
		time.Sleep(replaceWait)
	}
	return err
}

// syncFolder does nothing: NTFS journals the rename, and a folder cannot be
// opened for a flush.
func syncFolder(string) error { return nil }
