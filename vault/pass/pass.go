// Package pass is the backend of vault over pass, the standard Unix password
// manager, and over gopass: entries lie in the user's password store, encrypted
// to its keys, and travel with it.
//
// Everything secret is written and read by the program itself; names and stamps
// come from the store's files. An entry is one line of the JSON that all
// backends keep, so "pass show latchkey/NAME" alone restores it.
package pass

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/vault"
)

const (
	defaultProgram = "pass"
	defaultPrefix  = "latchkey"
	// defaultTimeout leaves a person the time to type a passphrase.
	defaultTimeout = 2 * time.Minute
	// unfinished is where an entry is written before it takes its place. No
	// entry's file is called so: vault.Escape leaves no dot.
	unfinished = "new.entry"
)

// Options say where the password store is. Lock and Environ are needed.
type Options struct {
	// Program is "pass" or "gopass", or a path to either; "" is pass. One whose
	// name begins with gopass is spoken to as gopass.
	Program string
	// Prefix is the folder of the store that holds the entries; "" is latchkey.
	Prefix string
	// Folder is the store's; "" is where the program looks first:
	// PASSWORD_STORE_DIR, then ~/.password-store for pass and
	// ~/.local/share/gopass/stores/root for gopass. If it is set, it becomes the
	// program's PASSWORD_STORE_DIR; gopass prefers its own configuration, with
	// which Folder must agree.
	Folder string
	// Lock is the path of the lock file that all writers of this store share.
	Lock string
	// Environ is the whole environment of the program.
	Environ []string
	// Terminal lets gpg's agent and gopass ask there; nil where there is nobody
	// to ask, and agents with windows of their own still may. The agent is told
	// its name in GPG_TTY, unless Environ has that.
	Terminal *os.File
	// NoPrompt has gpg's agent ask nobody, windows included: what it has not
	// unlocked already is a *vault.LockedError at once.
	NoPrompt bool
	// Stderr gets what the program writes there; nil throws it away.
	Stderr io.Writer
	// Timeout is the limit of each run of the program; 0 is 2 min.
	Timeout time.Duration
	// Waiting, if not nil, is called once for a wait of more than a second: for
	// holder, who writes.
	Waiting func(holder string)
}

// Store keeps entries in a password store. It is safe for use by several
// goroutines and processes.
type Store struct {
	o      Options
	gopass bool
}

// Open returns the store. It reads nothing: a missing one shows at the first use.
func Open(o Options) *Store {
	if o.Program == "" {
		o.Program = defaultProgram
	}
	if o.Prefix == "" {
		o.Prefix = defaultPrefix
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	s := &Store{o: o, gopass: strings.HasPrefix(filepath.Base(o.Program), "gopass")}
	s.o.Environ = s.environ()
	if o.Folder == "" {
		s.o.Folder = s.defaultFolder()
	}
	return s
}

// entry is the name that the program knows an entry by.
func (s *Store) entry(name string) string { return path.Join(s.o.Prefix, vault.Escape(name)) }

// List returns the names of all entries, sorted.
func (s *Store) List(context.Context) ([]string, error) { return s.names() }

// Get has the program decrypt one entry, which may ask for a passphrase.
func (s *Store) Get(ctx context.Context, name string) (vault.Entry, error) {
	file, _, err := s.read(name)
	if err != nil {
		return vault.Entry{}, err
	}
	args := []string{"show", s.entry(name)}
	if s.gopass {
		args = []string{"show", "-o", s.entry(name)} // all of the first line, and no more
	}
	out, said, err := s.run(ctx, nil, args...)
	if err != nil {
		return vault.Entry{}, s.cannotShow(file, said, err)
	}
	e, err := vault.Decode(name, out)
	var damaged *vault.DamagedError
	var newer *vault.FormatError
	switch {
	case errors.As(err, &damaged):
		damaged.Path = file
	case errors.As(err, &newer):
		newer.Path = file
	}
	return e, err
}

// Put has the program encrypt the entry; that needs no passphrase.
func (s *Store) Put(ctx context.Context, e vault.Entry) error { return s.put(ctx, e, false) }

// Add is Put for a name that is free.
func (s *Store) Add(ctx context.Context, e vault.Entry) error { return s.put(ctx, e, true) }

func (s *Store) put(ctx context.Context, e vault.Entry, isNew bool) error {
	pretty, err := vault.Encode(e)
	if err != nil {
		return err
	}
	var line bytes.Buffer // the first line is what gopass takes for the password
	if err := json.Compact(&line, pretty); err != nil {
		return &vault.EntryError{Name: e.Name, Field: "Extra", Why: "cannot be written as JSON"}
	}
	line.WriteByte('\n')
	lock, err := lockfile.Wait(ctx, s.o.Lock, s.o.Waiting)
	if err != nil {
		return s.wrap(err)
	}
	defer lock.Release()
	file, err := s.find(e.Name)
	switch {
	case err == nil && isNew:
		return &vault.ExistsError{Name: e.Name}
	case err != nil && !errors.Is(err, vault.ErrNotFound):
		return err
	}
	if s.gopass {
		return s.overwrite(ctx, e.Name, file, line.Bytes())
	}
	return s.exchange(ctx, e.Name, line.Bytes())
}

// exchange writes the entry beside its place, and then moves it there in one
// step: pass has gpg write over an old entry, which a full disk would leave cut.
func (s *Store) exchange(ctx context.Context, name string, line []byte) error {
	if err := s.refuseFolder(name); err != nil {
		return err
	}
	from := path.Join(s.o.Prefix, unfinished)
	if _, _, err := s.run(ctx, line, "insert", "-m", "-f", from); err != nil {
		return err
	}
	temporary := filepath.Join(s.o.Folder, filepath.FromSlash(from)+".gpg")
	if err := syncFile(temporary); err != nil {
		return s.wrap(err)
	}
	if _, _, err := s.run(ctx, nil, "mv", "-f", from, s.entry(name)); err != nil {
		return err
	}
	return s.settled(name, temporary)
}

// overwrite is for gopass, whose move would have to decrypt. It writes over the
// old file, too, so that file is put back when that fails.
func (s *Store) overwrite(ctx context.Context, name, file string, line []byte) error {
	var old []byte
	if file != "" {
		var err error
		if old, err = readFile(file); err != nil {
			return s.wrap(err)
		}
	}
	_, _, err := s.run(ctx, line, "insert", "-f", s.entry(name))
	if err == nil {
		return s.settled(name, "")
	}
	if old != nil {
		if now, unread := readFile(file); unread != nil || !bytes.Equal(now, old) {
			return errors.Join(err, s.wrap(atomicfile.Write(file, old, fileMode)))
		}
	}
	return err
}

// settled checks that the entry is where it belongs, and puts it on the disk:
// not every failure reaches the exit status of pass.
func (s *Store) settled(name, temporary string) error {
	file, err := s.find(name)
	if err != nil {
		return &ProgramError{Program: s.o.Program, Action: "insert", Err: err}
	}
	if temporary != "" && exists(temporary) {
		return &ProgramError{Program: s.o.Program, Action: "mv", Err: errors.New("the entry was not moved to its place")}
	}
	return s.wrap(syncFile(file))
}

// Remove has the program delete the entry.
func (s *Store) Remove(ctx context.Context, name string) error {
	if _, err := s.find(name); err != nil {
		return err
	}
	lock, err := lockfile.Wait(ctx, s.o.Lock, s.o.Waiting)
	if err != nil {
		return s.wrap(err)
	}
	defer lock.Release()
	file, err := s.find(name)
	if err != nil {
		return err
	}
	if _, _, err := s.run(ctx, nil, "rm", "-f", s.entry(name)); err != nil {
		return err
	}
	if exists(file) {
		return &ProgramError{Program: s.o.Program, Action: "rm", Err: errors.New("the entry is still there")}
	}
	syncFolder(filepath.Dir(file))
	return nil
}

// Stamp returns a digest of the entry's encrypted file.
func (s *Store) Stamp(name string) (string, error) {
	_, data, err := s.read(name)
	if err != nil {
		return "", err
	}
	return digest(data), nil
}
