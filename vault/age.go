package vault

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	"filippo.io/age/plugin"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
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
	names, err := namesIn(a.path(entriesFolder), extension)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &DamagedError{a.path(entriesFolder), "is missing"}
	}
	slices.Sort(names)
	return names, wrap(err)
}

// Stamp returns a digest of the entry's file.
func (a *Age) Stamp(name string) (string, error) {
	data, err := a.read(name)
	if err != nil {
		return "", err
	}
	return stamp(data), nil
}

// read returns the encrypted entry.
func (a *Age) read(name string) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	data, err := readFile(a.file(name), maxEntryFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, wrap(err)
	}
	if _, err := a.settings(); err != nil {
		return nil, err
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
		var damaged *DamagedError
		if !errors.As(err, &damaged) || read == "" {
			return e, err
		}
		// A rekey between the reading of one file and the other makes a key
		// and an entry that do not fit. Then both have changed by now.
		if again, stampErr := a.Stamp(name); stampErr != nil || again == read {
			return e, err
		}
	}
}

// get also returns the stamp of what it read, "" if it read nothing.
func (a *Age) get(ctx context.Context, name string) (e Entry, read string, err error) {
	data, err := a.read(name)
	if err != nil {
		return Entry{}, "", err
	}
	s, err := a.settings()
	if err != nil {
		return Entry{}, "", err
	}
	read = stamp(data)
	// Nobody is asked for the sake of a file that cannot be opened anyway.
	if _, err := age.ExtractHeader(bytes.NewReader(data)); err != nil {
		return Entry{}, read, &DamagedError{a.file(name), "is not an age file"}
	}
	id, err := a.identity(ctx, s)
	if err != nil {
		return Entry{}, "", err
	}
	_, e, err = a.open(name, data, id)
	return e, read, err
}

// open decrypts and checks what read returned.
func (a *Age) open(name string, data []byte, id *identity) (plain []byte, e Entry, err error) {
	path := a.file(name)
	plain, err = decrypt(data, id.keys)
	if err != nil {
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

func decrypt(data []byte, keys []age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(data), keys...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r) // an age file is longer than its content
}

// Put encrypts the entry to the vault's recipients; it needs no unlock.
func (a *Age) Put(ctx context.Context, e Entry) error { return a.put(ctx, e, false) }

// Add is Put for a name that is free.
func (a *Age) Add(ctx context.Context, e Entry) error { return a.put(ctx, e, true) }

func (a *Age) put(ctx context.Context, e Entry, isNew bool) error {
	plain, err := Encode(e)
	if err != nil {
		return err
	}
	lock, s, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Release()
	if taken, err := exists(a.file(e.Name)); err != nil || taken && isNew {
		return cmp.Or[error](err, &ExistsError{e.Name})
	}
	// The folder must not be made anew: its entries would be gone unnoticed.
	if there, err := exists(a.path(entriesFolder)); err != nil || !there {
		return cmp.Or[error](wrap(err), &DamagedError{a.path(entriesFolder), "is missing"})
	}
	to, err := a.recipients(s)
	if err != nil {
		return err
	}
	return a.seal(e.Name, plain, to)
}

// seal encrypts an encoded entry into its file.
func (a *Age) seal(name string, plain []byte, to []age.Recipient) error {
	data, err := encrypt(plain, to)
	if err != nil {
		return fmt.Errorf("vault entry %s: encrypt: %w", name, err)
	}
	return wrap(write(a.file(name), data))
}

func encrypt(plain []byte, to []age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Remove deletes the entry's file.
func (a *Age) Remove(ctx context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	lock, _, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Release()
	if there, err := exists(a.file(name)); err != nil || !there {
		_, missing := a.read(name)
		return cmp.Or(err, missing)
	}
	return wrap(remove(a.path(entriesFolder), a.file(name)))
}

// lock takes the lock of everything that writes to the vault, which has to be
// there. While a rekey is under way, an entry for the old key only would be lost.
func (a *Age) lock(ctx context.Context) (*lockfile.Lock, settings, error) {
	if _, err := a.settings(); err != nil {
		return nil, settings{}, err
	}
	lock, err := lockfile.Acquire(ctx, a.path(lockFile))
	if err != nil {
		return nil, settings{}, wrap(err)
	}
	s, err := a.settings()
	if err != nil {
		_ = lock.Release()
	}
	return lock, s, err
}

// recipients returns those that an entry is encrypted to, the vault's own among
// them.
func (a *Age) recipients(s settings) ([]age.Recipient, error) {
	lines, err := a.recipientLines(s)
	if err != nil {
		return nil, err
	}
	to, err := a.parseRecipients(lines)
	if err != nil {
		return nil, &DamagedError{a.path(recipientsFile), err.Error()}
	}
	return to, nil
}

// recipientLines reads the recipients file. It must name the vault's own
// recipient: an entry without it would be lost.
func (a *Age) recipientLines(s settings) ([]string, error) {
	path := a.path(recipientsFile)
	data, err := readFile(path, maxSmallFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &DamagedError{path, "is missing"}
	}
	if err != nil {
		return nil, wrap(err)
	}
	lines := recipientLines(data)
	if !slices.ContainsFunc(lines, func(l string) bool { return sameRecipient(l, s.recipient) }) {
		return nil, &DamagedError{path, "does not name the vault's own recipient " + display.Text(s.recipient, 200)}
	}
	return lines, nil
}

// wrap names the room in errors of the system; the vault's own have it.
func wrap(err error) error {
	var system *fs.PathError
	if err == nil || !errors.As(err, &system) {
		return err
	}
	return fmt.Errorf("vault: %w", err)
}
