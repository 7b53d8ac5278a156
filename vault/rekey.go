package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
)

// Info is what can be said of a vault without unlocking it.
type Info struct {
	// Keep says what keeps the identity.
	Keep Keep
	// Recipient is the vault's own; Recipients are all that entries are
	// encrypted to.
	Recipient  string
	Recipients []string
	// Rekeying says that a rekey was begun and has to be run again to be
	// finished. Until then everything works as before.
	Rekeying bool
}

// Info reads the vault's settings and recipients.
func (a *Age) Info() (Info, error) {
	s, err := a.settings()
	if err != nil {
		return Info{}, err
	}
	lines, err := a.recipientLines(s)
	if err != nil {
		return Info{}, err
	}
	rekeying, err := exists(a.path(journalFile))
	return Info{s.keep, s.recipient, lines, rekeying}, wrap(err)
}

// Rekey gives the vault a new identity, kept by keep, and the recipients others
// beside it, and encrypts every entry anew; see [Create]. It first opens all
// entries, and changes nothing where one is damaged.
//
// A rekey that was killed at any point is finished by the next one, which then
// does not look at keep and others. In between no entry is ever out of reach: all
// are encrypted to the old and the new key before vault.json, in one step, names
// the new one, and the old key is deleted last.
func (a *Age) Rekey(ctx context.Context, keep Keep, others ...string) error {
	if err := keep.check(); err != nil {
		return fmt.Errorf("vault identity %q: %w", string(keep), err)
	}
	lock, s, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := a.sweep(); err != nil {
		return wrap(err)
	}
	var old, next *identity
	journal, err := readSettings(a.path(journalFile))
	if errors.Is(err, fs.ErrNotExist) {
		journal, old, next, err = a.beginRekey(ctx, s, keep, others)
	}
	if err != nil {
		return wrap(err)
	}
	if s.recipient != journal.recipient || s.keep != journal.keep {
		if s, err = a.switchKey(ctx, s, journal, old); err != nil {
			return err
		}
	}
	return a.endRekey(ctx, s, journal, next)
}

// sweep deletes what killed writers left. Under the vault's lock there is none
// alive; only the user's own atomic writers use that pattern elsewhere.
func (a *Age) sweep() error {
	for _, folder := range [...]string{a.o.Folder, a.path(entriesFolder)} {
		files, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, f := range files {
			if ok, _ := filepath.Match(atomicfile.TempPattern, f.Name()); !ok {
				continue
			}
			if err := os.Remove(filepath.Join(folder, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// beginRekey makes the new identity and writes down that it is to be the
// vault's. Before that, the vault is as it was.
func (a *Age) beginRekey(ctx context.Context, s settings, keep Keep, others []string) (journal settings, old, next *identity, err error) {
	old, err = a.identity(ctx, s)
	if err != nil {
		return journal, nil, nil, err
	}
	if err := a.eachEntry(ctx, old, func(string, []byte) error { return nil }); err != nil {
		return journal, nil, nil, err
	}
	// The name of the new identity's file may be that of the present one, where
	// somebody deleted a journal.
	if err := a.settleIdentity(s); err != nil {
		return journal, nil, nil, err
	}
	journal, next, err = a.newIdentity(ctx, keep, newIdentityFile, others)
	if err != nil {
		return journal, nil, nil, err
	}
	journal.others, journal.replaces = others, s.recipient
	data, err := journal.encode()
	if err != nil {
		return journal, nil, nil, err
	}
	return journal, old, next, write(a.path(journalFile), data)
}

// switchKey encrypts all entries to the old and the new recipients, and then
// makes the new identity the vault's. The old one is nil where it has to be
// unlocked.
func (a *Age) switchKey(ctx context.Context, s, journal settings, id *identity) (settings, error) {
	if err := a.reachable(ctx, journal); err != nil {
		return s, err
	}
	if id == nil {
		var err error
		if id, err = a.identity(ctx, s); err != nil {
			return s, err
		}
	}
	old, err := a.recipientLines(s)
	if err != nil {
		return s, err
	}
	// Recipients first: an entry that is added after a kill has both, too.
	if err := a.writeRecipients(journal, append(old, journal.others...)); err != nil {
		return s, err
	}
	if err := a.encryptAll(ctx, s, id); err != nil {
		return s, err
	}
	next := settings{keep: journal.keep, recipient: journal.recipient, digest: journal.digest, unknown: s.unknown}
	return next, a.writeSettings(next)
}

// reachable checks, as far as that goes without asking anybody, that the new
// identity still is where it was put: days may lie between.
func (a *Age) reachable(ctx context.Context, journal settings) error {
	switch kind, _ := journal.keep.split(); kind {
	case ByPassphrase:
		path, data, err := a.sealedIdentity(journal)
		if err == nil && digest(data) != journal.digest {
			err = &DamagedError{path, "is not the one that the rekey made"}
		}
		return err
	case keepSSH:
		return nil
	}
	_, err := a.identity(ctx, journal)
	return err
}

// endRekey takes the old recipients out of all entries, and then deletes the
// old key. The new identity is nil where it has to be unlocked.
func (a *Age) endRekey(ctx context.Context, s, journal settings, id *identity) error {
	if id == nil {
		var err error
		if id, err = a.identity(ctx, s); err != nil {
			return err
		}
	}
	if err := a.writeRecipients(s, journal.others); err != nil {
		return err
	}
	if err := a.encryptAll(ctx, s, id); err != nil {
		return err
	}
	if err := a.settleIdentity(s); err != nil {
		return wrap(err)
	}
	if journal.replaces != s.recipient {
		a.forget(ctx, settings{recipient: journal.replaces})
	}
	return wrap(remove(a.o.Folder, a.path(journalFile)))
}

// settleIdentity gives the file that a passphrase opens its lasting name, and
// deletes one that is of no use any more.
func (a *Age) settleIdentity(s settings) error {
	if s.keep != ByPassphrase {
		return errors.Join(remove(a.o.Folder, a.path(identityFile)), remove(a.o.Folder, a.path(newIdentityFile)))
	}
	path, _, err := a.sealedIdentity(s)
	if err == nil && path == a.path(newIdentityFile) {
		err = rename(a.o.Folder, path, a.path(identityFile))
	}
	return err
}

// forget deletes a key that opens nothing any more. One that cannot be deleted
// does no harm.
func (a *Age) forget(ctx context.Context, old settings) {
	if a.o.Keychain != nil {
		_ = a.o.Keychain.Delete(context.WithoutCancel(ctx), service, account+old.id())
	}
	if a.o.Ring != nil {
		_ = a.o.Ring.Remove(ringName + old.id())
	}
}

// encryptAll encrypts every entry to the recipients in the recipients file.
func (a *Age) encryptAll(ctx context.Context, s settings, id *identity) error {
	to, err := a.recipients(ctx, s)
	if err != nil {
		return err
	}
	return a.eachEntry(ctx, id, func(name string, plain []byte) error { return a.seal(name, plain, to) })
}

// eachEntry decrypts and checks one entry after the other.
func (a *Age) eachEntry(ctx context.Context, id *identity, do func(name string, plain []byte) error) error {
	names, err := a.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := a.read(name)
		if err != nil {
			return err
		}
		plain, _, err := a.open(ctx, name, data, id)
		if err != nil {
			return err
		}
		if err := do(name, plain); err != nil {
			return err
		}
	}
	return nil
}
