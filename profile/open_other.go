//go:build !unix

package profile

import (
	"io"
	"io/fs"
	"os"
	"syscall"
)

// openFile opens a file for reading and returns its size, 0 where it has none
// beforehand: pipes and devices.
func openFile(path string) (io.ReadCloser, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	st, err := f.Stat()
	switch {
	case err != nil:
		_ = f.Close()
		return nil, 0, err
	case st.IsDir():
		_ = f.Close()
		return nil, 0, syscall.EISDIR
	case st.Mode().IsRegular():
		return f, st.Size(), nil
	}
	return f, 0, nil
}

// ours reports whether the file belongs to the user of this process; here a file
// that is replaced gets the owner and rights of its folder anyway.
func ours(fs.FileInfo) bool { return true }
