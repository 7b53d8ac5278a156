package profile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/latchkey-aws/latchkey/origin"
)

// MaxFileSize is the largest shared file that is read, in bytes.
const MaxFileSize = 8 << 20

// maxSections bounds the memory that a hostile file can take.
const maxSections = 1 << 17

// file is one of the two shared files and the index of its sections. All but
// the table is fixed once load has returned.
type file struct {
	what        string // "config" or "credentials"
	path        string
	from        origin.Origin // who chose the path
	credentials bool
	edit        *Edit // is read in its place, if not nil
	missing     bool
	err         *FileError
	data        []byte
	heads       []head
	lines       []int  // line of each head, where data is only a part of the file
	small       []byte // all of a file that was skimmed and is small

	lookups atomic.Int32
	once    sync.Once
	table   *table
}

// load reads and indexes the file. A path of "" is a missing file.
func (f *file) load() {
	if f.path == "" {
		f.missing = true
		return
	}
	data, err := f.content()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.missing = true
		return
	case err == nil:
		err = checkText(data)
	}
	if err == nil {
		f.data = data
		err = f.index()
	}
	if err != nil {
		f.data, f.heads = nil, nil
		f.err = &FileError{Path: f.path, What: f.what, Origin: origin.File(f.path, 0, ""), ChosenBy: f.from, Err: err}
	}
}

func (f *file) content() ([]byte, error) {
	if f.edit != nil {
		return f.edit.Bytes(), nil
	}
	return readFile(f.path)
}

// checkText rejects what cannot be a shared file at all.
func checkText(data []byte) error {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return ErrUTF16
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return ErrBinary
	}
	return nil
}

// readFile reads at most MaxFileSize bytes, in one piece where the size is
// known beforehand; pipes and devices (process substitution) tell none.
func readFile(path string) ([]byte, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	if size > MaxFileSize {
		return nil, ErrTooLarge
	}
	// One byte more than the size, so that the end shows without growing.
	buf := make([]byte, 0, max(size+1, 512))
	for {
		n, err := f.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, cause(err)
		case len(buf) > MaxFileSize:
			return nil, ErrTooLarge
		case len(buf) == cap(buf):
			grown := make([]byte, len(buf), min(2*cap(buf), MaxFileSize+1))
			copy(grown, buf)
			buf = grown
		}
	}
}

// cause strips the path that FileError names itself.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
