package pass

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/latchkey-aws/latchkey/vault"
)

const (
	fileMode = 0o600
	// maxFile is the size beyond which a file is no entry, in bytes.
	maxFile = 128 << 10
)

// What files of a store end with: those of gpg, and those of gopass with age.
var extensions = [...]string{".gpg", ".age"}

// marks are the files that make a folder a password store: its recipients.
var marks = [...]string{".gpg-id", ".age-recipients", ".age-ids"}

// folder is where the entries' files are.
func (s *Store) folder() string {
	return filepath.Join(s.o.Folder, filepath.FromSlash(s.o.Prefix))
}

// names lists the entries. Other files, and what a killed writer left, are not
// ours.
func (s *Store) names() ([]string, error) {
	files, err := os.ReadDir(s.folder())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.there()
	}
	if err != nil {
		return nil, s.wrap(err)
	}
	var names []string
	for _, f := range files {
		for _, extension := range extensions {
			if base, ok := strings.CutSuffix(f.Name(), extension); ok {
				if name, ok := vault.Unescape(base); ok {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// there tells a password store without entries of ours, which is fine, from a
// folder that is none: such must not look empty.
func (s *Store) there() error {
	for _, mark := range marks {
		_, err := os.Stat(filepath.Join(s.o.Folder, mark))
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return s.wrap(err)
		}
	}
	return &vault.NoVaultError{Folder: s.o.Folder}
}

// find returns the path of an entry's file.
func (s *Store) find(name string) (string, error) {
	if err := vault.CheckName(name); err != nil {
		return "", err
	}
	for _, extension := range extensions {
		file := filepath.Join(s.folder(), vault.Escape(name)+extension)
		_, err := os.Lstat(file)
		if err == nil {
			return file, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", s.wrap(err)
		}
	}
	if err := s.there(); err != nil {
		return "", err
	}
	return "", &vault.NotFoundError{Name: name}
}

// refuseFolder finds a folder where the entry's file shall be: pass would move
// the entry into it.
func (s *Store) refuseFolder(name string) error {
	place := filepath.Join(s.folder(), vault.Escape(name))
	if info, err := os.Stat(place); err == nil && info.IsDir() {
		return &vault.EntryError{Name: name, Field: "Name", Why: "the password store has a folder of that name"}
	}
	return nil
}

// read returns an entry's file, encrypted.
func (s *Store) read(name string) (file string, data []byte, err error) {
	file, err = s.find(name)
	if err != nil {
		return "", nil, err
	}
	data, err = readFile(file)
	return file, data, s.wrap(err)
}

// readFile reads a file that can be an entry. Errors: *vault.DamagedError, or
// the system's.
func readFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &vault.DamagedError{Path: file, Why: "is not a regular file"}
	case info.Size() == 0:
		return nil, &vault.DamagedError{Path: file, Why: "is empty"}
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, min(info.Size(), maxFile)+1))
	if err == nil && len(data) > maxFile {
		return nil, &vault.DamagedError{Path: file, Why: "is too large"}
	}
	return data, err
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// exists reports whether anything is at the path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// syncFile puts a file and its place in the folder on the disk: the program
// does not.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if closed := f.Close(); err == nil {
		err = closed
	}
	syncFolder(filepath.Dir(path))
	return err
}

// syncFolder puts a folder's list of files on the disk where the system can.
func syncFolder(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	_ = f.Sync()
	_ = f.Close()
}

// wrap names the room in errors of the system; the vault's own have it.
func (s *Store) wrap(err error) error {
	var system *fs.PathError
	if err == nil || !errors.As(err, &system) {
		return err
	}
	return fmt.Errorf("vault: password store: %w", err)
}
