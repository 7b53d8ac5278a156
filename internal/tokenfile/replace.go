package tokenfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
)

// Replace puts d, which a person's sign-in brought, into the file: atomically,
// with mode 0600, in a folder that is made with 0700 if it is missing. What was
// noted of refreshes of the old content is forgotten.
//
// It waits for a refresh that is under way, but a sign-in is not given up for
// it: when ctx ends, or after 30 s, d is written without the lock. A refresh
// that ends later sees that it has been overtaken.
func (f File) Replace(ctx context.Context, d *Document) error {
	lock, _, _ := f.lock(ctx, false)
	if lock != nil {
		defer func() { _ = lock.Release() }()
	}
	if err := atomicfile.Write(f.Path, d.Encode(), 0o600); err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	_ = f.forget() // it counts for the old tokens only
	return nil
}

// Remove deletes the file, the target too when it is a symlink, and what is kept
// beside it. That the file is missing is no error. It waits for a refresh that
// is under way as [File.Replace] does, and gives up when ctx ends.
func (f File) Remove(ctx context.Context) error {
	lock, _, err := f.lock(ctx, false)
	if lock != nil {
		defer func() { _ = lock.Release() }()
	}
	if err != nil && ctx.Err() != nil {
		return err
	}
	err = f.forget()
	// Without this the tokens would stay behind where the link leads to.
	if info, look := os.Lstat(f.Path); look == nil && info.Mode()&fs.ModeSymlink != 0 {
		if target, follow := filepath.EvalSymlinks(f.Path); follow == nil {
			err = errors.Join(err, remove(target))
		}
	}
	return errors.Join(err, remove(f.Path))
}

// forget takes away what is kept beside the file.
func (f File) forget() error {
	pending := f.beside(".pending")
	if content, err := os.ReadFile(pending); err == nil {
		_, data, _ := bytes.Cut(content, []byte("\n"))
		sweep(filepath.Dir(f.Path), data)
	}
	return errors.Join(remove(pending), remove(f.beside(".tried")), remove(f.beside(".ended")))
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("token file: %w", err)
	}
	return nil
}
