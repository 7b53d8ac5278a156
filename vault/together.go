package vault

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
)

// Both is one store of entries that are commands and entries of a backend. A
// name is in one of them; an entry with a Command goes to the commands.
type Both struct {
	commands *Commands
	backend  Store
}

// Together returns the store of both. A backend that has not been created yet
// holds nothing: commands need no vault.
func Together(commands *Commands, backend Store) *Both { return &Both{commands, backend} }

// List returns the names of both, sorted.
func (b *Both) List(ctx context.Context) ([]string, error) {
	names, err := b.commands.List(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := b.backend.List(ctx)
	if err != nil && !(errors.Is(err, ErrNoVault) && len(names) > 0) {
		return nil, err
	}
	names = append(names, kept...)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Get runs the entry's command, or asks the backend.
func (b *Both) Get(ctx context.Context, name string) (Entry, error) {
	e, err := b.commands.Get(ctx, name)
	if !errors.Is(err, ErrNotFound) {
		return e, err
	}
	e, kept := b.backend.Get(ctx, name)
	return e, missing(err, kept)
}

// Stamp returns that of whoever has the entry.
func (b *Both) Stamp(name string) (string, error) {
	text, err := b.commands.Stamp(name)
	if !errors.Is(err, ErrNotFound) {
		return text, err
	}
	text, kept := b.backend.Stamp(name)
	return text, missing(err, kept)
}

// Remove deletes the entry where it is.
func (b *Both) Remove(ctx context.Context, name string) error {
	err := b.commands.Remove(ctx, name)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	return missing(err, b.backend.Remove(ctx, name))
}

// missing is the backend's error, with the names that are near in both.
func missing(commands, backend error) error {
	var first, second *NotFoundError
	if errors.As(commands, &first) && errors.As(backend, &second) {
		near := append(slices.Clone(first.Near), second.Near...)
		return &NotFoundError{Name: second.Name, Near: near}
	}
	return backend
}

// Add puts the entry where it belongs, if neither has its name.
func (b *Both) Add(ctx context.Context, e Entry) error {
	return b.put(ctx, e, func(to Store, other Store) error {
		switch _, err := other.Stamp(e.Name); {
		case err == nil:
			return &ExistsError{e.Name}
		case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrNoVault):
			return err
		}
		return to.Add(ctx, e)
	})
}

// Put puts the entry where it belongs, and takes one of its name out of the
// other.
func (b *Both) Put(ctx context.Context, e Entry) error {
	return b.put(ctx, e, func(to Store, other Store) error {
		if err := to.Put(ctx, e); err != nil {
			return err
		}
		err := other.Remove(ctx, e.Name)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoVault) {
			return nil
		}
		return err
	})
}

// put runs do with the store that e belongs to, under the lock of what concerns
// both.
func (b *Both) put(ctx context.Context, e Entry, do func(to, other Store) error) error {
	if err := CheckName(e.Name); err != nil {
		return err
	}
	folder := b.commands.o.Folder
	lock, err := acquire(ctx, filepath.Join(filepath.Dir(folder), filepath.Base(folder)+".lock"), b.commands.o.Waiting)
	if err != nil {
		return wrap(err)
	}
	defer lock.Release()
	if e.Command != "" {
		return do(b.commands, b.backend)
	}
	return do(b.backend, b.commands)
}
