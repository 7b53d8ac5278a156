// Package vault owns long-lived secrets at rest: AWS access keys and the seeds
// of virtual MFA devices.
//
// [Store] is the port; its backends are [Age] (a folder of age files, one an
// entry, each of which the stock age program restores), [Commands] (entries that
// a password manager's command prints; nothing is stored), [Memory], and package
// vault/pass. The package must not know what a session is, and asks nobody by
// itself: passphrases, keychain and kernel keyring are passed in.
package vault

import (
	"context"
	"time"

	"github.com/latchkey-aws/latchkey/secret"
)

// Entry is one long-term secret: an access key, the seed of an MFA device, or
// both.
type Entry struct {
	// Name is what the entry is asked for by, usually a profile's name; see
	// [CheckName].
	Name string
	// AccessKeyID and Secret are the access key; both are empty where the entry
	// is only a seed.
	AccessKeyID string
	Secret      secret.Text
	// Seed is the base32 TOTP seed of the device MFASerial, empty if none.
	Seed      secret.Text
	MFASerial string
	// Created is when the entry was put in, in UTC and whole seconds; zero is
	// not known.
	Created time.Time
	// Note is one line for people, at most 512 bytes.
	Note string
	// Extra is what others keep with the entry, such as the text of a rotation's
	// journal: name to text. Names follow [CheckName].
	Extra map[string]secret.Text
	// Command is set in entries of [Commands]: the shell line that prints the
	// access key. What else a command's entry may hold is Name, Created and Note.
	Command string

	// unknown is the JSON of fields that a later version wrote, kept so that a
	// rewrite loses nothing; it may hold secrets.
	unknown secret.Text
}

// Store keeps entries by name. Every implementation passes vaulttest.Run.
//
// Errors that callers branch on: *[NotFoundError] (errors.Is [ErrNotFound]),
// *[ExistsError], *[NameError], *[EntryError], *[DamagedError], *[FormatError],
// *[LockedError], *[PassphraseError], *[NoVaultError]. A store that cannot be
// read is an error and MUST NOT look empty.
type Store interface {
	// List returns the names of all entries, sorted. It needs no unlock.
	List(ctx context.Context) ([]string, error)
	// Get returns one entry with its secrets; it may unlock the store.
	Get(ctx context.Context, name string) (Entry, error)
	// Put creates or replaces the entry e.Name as a whole. When it returns nil,
	// the entry is on the disk; on an error the old one stands.
	Put(ctx context.Context, e Entry) error
	// Add is Put for a name that is free; *ExistsError if it is not. Of several
	// processes that add one name at once, one succeeds.
	Add(ctx context.Context, e Entry) error
	// Remove deletes the entry; *NotFoundError if there is none.
	Remove(ctx context.Context, name string) error
	// Stamp returns a short text that changes whenever the entry does, without
	// unlocking anything: session keys hold it. It costs one small file read.
	Stamp(name string) (string, error)
}
