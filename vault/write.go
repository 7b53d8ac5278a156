package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

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
		return cmp.Or[error](wrap(err), &ExistsError{e.Name})
	}
	to, err := a.recipients(ctx, s)
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
	if len(data) > maxEntryFile {
		return &EntryError{Name: name, Field: "Extra", Why: "makes the entry larger than 128 KiB"}
	}
	return wrap(write(a.file(name), data))
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
	if err := a.isThere(); err != nil {
		return nil, settings{}, err
	}
	lock, err := a.acquire(ctx, lockFile)
	if err != nil {
		return nil, settings{}, wrap(err)
	}
	s, err := a.settings()
	if err == nil {
		// The folder must not be made anew: its entries would be gone unnoticed.
		err = a.entriesFault()
	}
	if err != nil {
		_ = lock.Release()
	}
	return lock, s, err
}

// acquire waits for a lock of the vault, and tells for whom if it takes long.
func (a *Age) acquire(ctx context.Context, name string) (*lockfile.Lock, error) {
	return acquire(ctx, a.path(name), a.o.Waiting)
}

func acquire(ctx context.Context, path string, waiting func(holder string)) (*lockfile.Lock, error) {
	lock, err := lockfile.Wait(ctx, path, waiting)
	var busy *BusyError
	if errors.As(err, &busy) {
		err = fmt.Errorf("vault: %w", err)
	}
	return lock, err
}

// recipients returns those that an entry is encrypted to, the vault's own among
// them.
func (a *Age) recipients(ctx context.Context, s settings) ([]age.Recipient, error) {
	lines, err := a.recipientLines(s)
	if err != nil {
		return nil, err
	}
	to, err := a.parseRecipients(ctx, lines)
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
