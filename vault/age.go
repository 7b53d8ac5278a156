package vault

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"github.com/latchkey-aws/latchkey/internal/display"
)

// Age is a store of age files, one an entry: <Folder>/entries/<name>.age. Adding
// needs no unlock. It is safe for use by several goroutines and processes.
type Age struct {
	o Options

	mu    sync.Mutex
	known *identity // what this process has unlocked
	until time.Time // when it is forgotten
}

// Open returns the vault in o.Folder. It reads nothing: a missing or damaged
// vault shows at the first use.
func Open(o Options) *Age { return &Age{o: o} }

//go:noinline
func (a *Age) path(name string) string { return filepath.Join(a.o.Folder, name) }

func (a *Age) file(name string) string {
	return filepath.Join(a.o.Folder, entriesFolder, Escape(name)+extension)
}

// List returns the names of all entries, sorted.
func (a *Age) List(context.Context) ([]string, error) {
	if _, err := a.settings(); err != nil {
		return nil, err
	}
	return a.names()
}

// names lists the entries of a vault that is known to be there.
func (a *Age) names() ([]string, error) {
	if err := a.entriesFault(); err != nil {
		return nil, err
	}
	names, err := namesIn(a.path(entriesFolder), extension)
	return names, wrap(err)
}

// Stamp returns a digest of the entry's file.
func (a *Age) Stamp(name string) (string, error) {
	data, err := a.readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = &NotFoundError{Name: name}
	}
	if err != nil {
		return "", wrap(err)
	}
	return stamp(data), nil
}

// readFile returns the encrypted entry. A missing one is fs.ErrNotExist only if
// the vault is there.
func (a *Age) readFile(name string) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	data, err := readFile(a.file(name), maxEntryFile)
	var damaged *DamagedError
	if err != nil && !errors.As(err, &damaged) {
		if fault := a.isThere(); fault != nil {
			return nil, fault
		}
	}
	return data, err
}

// isThere returns nil if the vault and its folder of entries are there.
func (a *Age) isThere() error {
	if _, err := a.settings(); err != nil {
		return err
	}
	return a.entriesFault()
}

// entriesFault returns nil if the folder of entries is there, and is one.
func (a *Age) entriesFault() error {
	info, err := os.Stat(a.path(entriesFolder))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &DamagedError{a.path(entriesFolder), "is missing"}
	case err == nil && !info.IsDir():
		return &DamagedError{a.path(entriesFolder), "is not a folder"}
	}
	return wrap(err)
}

// read returns the encrypted entry.
func (a *Age) read(name string) ([]byte, error) {
	data, err := a.readFile(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, wrap(err)
	}
	names, err := a.names()
	if err != nil {
		return nil, err
	}
	return nil, &NotFoundError{Name: name, Near: near(name, names)}
}

// Get decrypts one entry, and unlocks the vault for it.
func (a *Age) Get(ctx context.Context, name string) (Entry, error) {
	for {
		e, read, err := a.get(ctx, name)
		// A rekey between the reading of one file and the next makes a key and
		// an entry that do not fit. One of the files has changed by then.
		if err == nil || read == "" || ctx.Err() != nil || a.version(name) == read {
			return e, err
		}
	}
}

// version tells states of the files that Get reads apart.
func (a *Age) version(name string) string {
	data, err := a.read(name)
	s, settingsErr := a.settings()
	if err != nil || settingsErr != nil {
		return ""
	}
	return version(data, s)
}

func version(data []byte, s settings) string { return stamp(data) + " " + s.id() }

// get also returns the version of what it read, "" if it read nothing.
func (a *Age) get(ctx context.Context, name string) (e Entry, read string, err error) {
	data, err := a.read(name)
	if err != nil {
		return Entry{}, "", err
	}
	s, err := a.settings()
	if err != nil {
		return Entry{}, "", err
	}
	read = version(data, s)
	// Nobody is asked for the sake of a file that cannot be opened anyway.
	if _, err := age.ExtractHeader(bytes.NewReader(data)); err != nil {
		return Entry{}, read, &DamagedError{a.file(name), "is not an age file"}
	}
	id, err := a.identity(ctx, s)
	if err != nil {
		return Entry{}, read, err
	}
	_, e, err = a.open(ctx, name, data, id)
	return e, read, err
}

// open decrypts and checks what read returned.
func (a *Age) open(ctx context.Context, name string, data []byte, id *identity) (plain []byte, e Entry, err error) {
	path := a.file(name)
	plain, err = decrypt(ctx, data, id.keys)
	switch {
	case ctx.Err() != nil:
		return nil, Entry{}, ctx.Err()
	case err != nil:
		return nil, Entry{}, a.cannot(path, err)
	}
	e, err = Decode(name, plain)
	var damaged *DamagedError
	var newer *FormatError
	switch {
	case errors.As(err, &damaged):
		damaged.Path = path
	case errors.As(err, &newer):
		newer.Path = path
	}
	return plain, e, err
}

// cannot explains an entry that the identity does not open: the fault of the
// entry, unless a plugin had one of its own.
func (a *Age) cannot(path string, err error) error {
	var mismatch *age.NoIdentityMatchError
	var missing *plugin.NotFoundError
	switch {
	case errors.As(err, &missing):
		return &LockedError{Folder: a.o.Folder, Why: "the program age-plugin-" + missing.Name + " is not installed", Err: missing.Err}
	case errors.As(err, &mismatch):
		return &DamagedError{path, "is not encrypted to this vault's key, or its header was changed"}
	case strings.Contains(err.Error(), " plugin: "):
		return &LockedError{Folder: a.o.Folder, Why: "the age plugin did not open " + path + ": " + display.Text(err.Error(), 200)}
	}
	return &DamagedError{path, "its content was changed or cut"}
}

// ofSystem reports whether the system refused something about a file.
func ofSystem(err error) bool {
	var path *fs.PathError
	var link *os.LinkError // of a rename
	var call *os.SyscallError
	return errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &call)
}

// wrap names the room in errors of the system; the vault's own have it.
func wrap(err error) error {
	if err == nil || !ofSystem(err) || strings.HasPrefix(err.Error(), "vault") {
		return err
	}
	return &FileError{err}
}
