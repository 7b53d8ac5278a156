package tokenfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/latchkey-aws/latchkey/internal/pause"
)

// maxSize is far above any real token file (3 KiB) and bounds a hostile one.
const maxSize = 1 << 20

// DamagedError is a token file that is there but holds no usable document.
type DamagedError struct {
	// Path of the file.
	Path string
	// Why in a few words, without any of the file's content.
	Why string
}

func (e *DamagedError) Error() string { return fmt.Sprintf("token file %s: %s", e.Path, e.Why) }

// Read reads the document at path. Other programs truncate and write these
// files in place, so a file that does not parse is read again for about 200 ms
// before it counts as damaged: *DamagedError. A missing file is an error for
// which errors.Is(err, fs.ErrNotExist) holds. Symlinks are followed.
func Read(ctx context.Context, path string) (*Document, error) {
	for _, wait := range [...]time.Duration{20, 60, 120, 0} {
		doc, err := readOnce(path)
		var damaged *DamagedError
		if err == nil || !errors.As(err, &damaged) || wait == 0 {
			return doc, err
		}
		if err := pause.For(ctx, wait*time.Millisecond); err != nil {
			return nil, fmt.Errorf("token file %s: %w", path, err)
		}
	}
	panic("unreachable: the last wait is 0")
}

func readOnce(path string) (*Document, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	// Opening a pipe that nobody writes to would wait for ever.
	if !info.Mode().IsRegular() {
		return nil, &DamagedError{path, "not a regular file"}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	if len(data) > maxSize {
		return nil, &DamagedError{path, "larger than 1 MiB"}
	}
	doc, err := Parse(data)
	if err != nil {
		return nil, &DamagedError{path, err.Error()}
	}
	return doc, nil
}

// Exists reports whether there is something at path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
