package vault

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/diskfile"
)

// The modes of everything that the vault makes, and the sizes beyond which a
// file is none of ours, in bytes.
const (
	fileMode   = 0o600
	folderMode = 0o700

	maxEntryFile = 128 << 10
	maxSmallFile = 64 << 10
)

// readFile reads a file of 1 to limit bytes. The error of a missing one is
// fs.ErrNotExist as os gives it; anything that is there but no such file is a
// *[DamagedError].
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		// A dangling symlink is not a free name.
		if _, there := os.Lstat(path); there == nil && errors.Is(err, fs.ErrNotExist) {
			return nil, &DamagedError{path, "is a symlink to nothing"}
		}
		return nil, err
	}
	switch {
	// Opening a pipe that nobody writes to would wait for ever.
	case !info.Mode().IsRegular():
		return nil, &DamagedError{path, "is not a regular file"}
	case info.Size() == 0:
		return nil, &DamagedError{path, "is empty"}
	case info.Size() > limit:
		return nil, &DamagedError{path, "is too large"}
	}
	file, err := diskfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data := make([]byte, info.Size()+1)
	n, err := io.ReadFull(file, data)
	switch {
	case err == nil:
		return nil, &DamagedError{path, "grows while it is read"}
	case !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF):
		return nil, err
	}
	return data[:n], nil
}

// exists reports whether anything is at path, were it a dangling symlink.
func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// makeFolder makes a folder of ours with its mode, whatever the umask.
func makeFolder(path string) error {
	if err := os.MkdirAll(path, folderMode); err != nil {
		return err
	}
	return os.Chmod(path, folderMode)
}

// remove deletes a file so that it stays deleted after a power cut. A file that
// is not there is fine.
func remove(folder, path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncFolder(folder)
}

// rename is os.Rename within folder, on the disk when it returns.
func rename(folder, from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder puts renames and removals on the disk where the system can.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // NTFS journals both, and a folder cannot be opened for a flush
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// namesIn returns the names whose files, with that extension, are in folder,
// sorted. What no name of ours makes is not ours.
func namesIn(folder, extension string) ([]string, error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		if base, ok := strings.CutSuffix(f.Name(), extension); ok {
			if name, ok := Unescape(base); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names) // escaped they have another order
	return names, nil
}

func write(path string, data []byte) error { return atomicfile.Write(path, data, fileMode) }
