// Package atomicfile owns the writing of files that must never be seen half
// written: temporary file, fsync, rename, fsync of the folder.
//
// After a crash at any point the file holds its old content or its new one.
// The package must not know what the files hold.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// TempPattern matches the names of temporary files, which only a killed process
// leaves behind.
const TempPattern = ".latchkey-*.tmp"

// maxLinks ends the walk along symlinks that form a circle.
const maxLinks = 40

// Write puts data into the file at path with the mode perm, whatever the umask.
// A symlink at path stays, and its target is replaced, so that a home folder
// kept in a repository of dotfiles stays one. Missing folders are made with
// mode 0700. On an error no temporary file is left, and the old content stands.
func Write(path string, data []byte, perm fs.FileMode) error {
	target, err := follow(path)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	folder := filepath.Dir(target)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	temp, err := writeTemp(folder, data, perm)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := replace(temp, target); err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := syncFolder(folder); err != nil {
		return fmt.Errorf("write %s: sync folder: %w", path, err)
	}
	return nil
}

// writeTemp puts data on the disk under a new name in folder. The name does not
// repeat the target's, which may be as long as names can be.
func writeTemp(folder string, data []byte, perm fs.FileMode) (name string, err error) {
	file, err := os.CreateTemp(folder, TempPattern)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err := file.Chmod(perm); err != nil {
		return "", err
	}
	if _, err := file.Write(data); err != nil {
		return "", err
	}
	if err := file.Sync(); err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

// follow returns what the symlinks at path lead to, which need not exist.
func follow(path string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(link) {
			// ".." in a link counts from the real folder, not from the
			// spelling of it.
			folder, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return "", err
			}
			link = filepath.Join(folder, link)
		}
		path = link
	}
	return "", errors.New("too many symlinks")
}
