//go:build !unix

package profile

import (
	"io"
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
