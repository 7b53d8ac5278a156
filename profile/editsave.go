package profile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// SaveOptions are what Save takes from the world.
type SaveOptions struct {
	// Now names the backup.
	Now time.Time
	// Lock is the path of a lock file that all who save this file agree on; ""
	// is none. Without one, two that save in the same instant can lose an edit.
	Lock string
	// Waiting, if not nil, is called once for a wait of more than a second: for
	// holder, who saves.
	Waiting func(holder string)
}

// Save writes the file, whole or not at all: with the mode that it has, or 0600
// where there was none, and through a symlink to its target. Before that it
// keeps what it replaces in a new file beside path, PATH.latchkey-TIME.bak with
// mode 0600, and returns its path. The backup holds the secrets that the edit
// took out. backup is "" where there was no file, and where nothing has changed,
// which writes nothing.
//
// A file that is not as it was read is a *ChangedError, one of another user a
// *FileError with ErrNotOurs; other errors are those of the file system. After
// an error the file is as before, unless only its folder could not be synced; a
// backup may stay.
func (e *Edit) Save(ctx context.Context, o SaveOptions) (backup string, err error) {
	if !e.Changed() {
		return "", nil
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if o.Lock != "" {
		lock, err := lockfile.Wait(ctx, o.Lock, o.Waiting)
		if err != nil {
			return "", err
		}
		defer func() { _ = lock.Release() }()
	}
	perm, err := e.unchanged()
	if err != nil {
		return "", err
	}
	if e.there {
		if backup, err = keep(e.path, []byte(e.read), o.Now); err != nil {
			return "", err
		}
	}
	data := e.Bytes()
	if err := atomicfile.Write(e.path, data, perm); err != nil {
		return backup, err
	}
	e.there, e.read = true, string(data)
	for i := range e.lines {
		e.lines[i].old = i + 1
	}
	return backup, nil
}

// unchanged checks that the file is as it was read, and returns its mode.
func (e *Edit) unchanged() (fs.FileMode, error) {
	data, err := readRegular(e.path)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, e.fileError(err)
	}
	if there != e.there || string(data) != e.read {
		return 0, &ChangedError{Path: e.path}
	}
	if !there {
		return 0o600, nil
	}
	info, err := os.Stat(e.path)
	if err != nil {
		return 0, e.fileError(cause(err))
	}
	if !ours(info) {
		return 0, e.fileError(ErrNotOurs)
	}
	return info.Mode().Perm(), nil
}

// keep writes data into a new file beside path.
func keep(path string, data []byte, now time.Time) (string, error) {
	stem := path + ".latchkey-" + now.UTC().Format("20060102T150405Z")
	name := stem + ".bak"
	for n := 2; ; n++ {
		// The name is taken first, so that no other file is ever replaced.
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			_ = f.Close()
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		name = stem + "-" + strconv.Itoa(n) + ".bak"
	}
	if err := atomicfile.Write(name, data, 0o600); err != nil {
		_ = os.Remove(name)
		return "", err
	}
	return name, nil
}
