package vault

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// ErrNotFound is what a *[NotFoundError] is.
var ErrNotFound = errors.New("not in the vault")

// ErrNoVault is what a *[NoVaultError] is.
var ErrNoVault = errors.New("no vault")

// ErrTemporary says that a key belongs to a session: a vault holds long-term
// keys. Errors of [ParseKey] and of entries wrap it.
var ErrTemporary = errors.New("credentials of a session, which end by themselves; a vault holds long-term keys")

// NotFoundError says that there is no entry of that name.
type NotFoundError struct {
	Name string
	// Near are names of entries that the asked one may be a slip of, nearest
	// first; nil where looking for them would cost too much.
	Near []string
}

func (e *NotFoundError) Error() string {
	return "vault entry " + strconv.QuoteToGraphic(e.Name) + ": not in the vault"
}

// Is makes errors.Is(err, ErrNotFound) hold.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// ExistsError says that the name is taken.
type ExistsError struct{ Name string }

func (e *ExistsError) Error() string {
	return "vault entry " + strconv.QuoteToGraphic(e.Name) + ": is there already"
}

// NameError is a name that no entry can have.
type NameError struct{ Name, Why string }

func (e *NameError) Error() string {
	return "vault entry " + strconv.QuoteToGraphic(e.Name) + ": " + e.Why
}

// EntryError is an entry that cannot be stored as it is. Field is the field's
// name in [Entry].
type EntryError struct {
	Name, Field, Why string
	// Err is the cause, if there is one, such as [ErrTemporary].
	Err error
}

func (e *EntryError) Error() string {
	return fmt.Sprintf("vault entry %s: %s: %s", strconv.QuoteToGraphic(e.Name), e.Field, e.Why)
}

func (e *EntryError) Unwrap() error { return e.Err }

// DamagedError is a file that is there but is not what was written. The file is
// left untouched.
type DamagedError struct {
	// Path of the file, or the name of the entry where there is no file.
	Path string
	// Why in a few words, without any of the file's content.
	Why string
}

func (e *DamagedError) Error() string { return "vault: damaged: " + e.Path + ": " + e.Why }

// FormatError is a file of a format that this version does not know: a newer
// latchkey wrote it. The file is left untouched.
type FormatError struct {
	Path string
	// Format is the file's, Known the newest one that this version reads.
	Format, Known int
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("vault: %s: format %d is of a newer latchkey; this one reads up to %d", e.Path, e.Format, e.Known)
}

// BusyError says that another process was waited for in vain: one that writes to
// the vault or asks its user and gave no sign of life for 30 s, or took longer than
// 5 min. It holds the path of the lock and names the process.
type BusyError = lockfile.BusyError

// LockedError says that the vault would have to be unlocked and cannot be, such
// as where there is nobody to ask.
type LockedError struct {
	Folder, Why string
	// Program is the one that keeps the vault's key, such as pass; "" is ours.
	Program string
	// Err is the cause, if there is one.
	Err error
}

func (e *LockedError) Error() string {
	text := "vault " + e.Folder + ": locked: " + e.Why
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *LockedError) Unwrap() error { return e.Err }

// PassphraseError is a passphrase that is wrong or not acceptable. Nothing was
// written, and one may try again as often as one likes.
type PassphraseError struct {
	// Path of what the passphrase is for.
	Path string
	// Empty says that the passphrase was empty, which is refused unseen.
	Empty bool
}

func (e *PassphraseError) Error() string {
	if e.Empty {
		return "vault: " + e.Path + ": empty passphrase refused"
	}
	return "vault: " + e.Path + ": wrong passphrase"
}

// NoVaultError says that no vault has been made in the folder yet.
type NoVaultError struct{ Folder string }

func (e *NoVaultError) Error() string { return "vault " + e.Folder + ": has not been created" }

// Is makes errors.Is(err, ErrNoVault) hold.
func (e *NoVaultError) Is(target error) bool { return target == ErrNoVault }

// VaultExistsError says that the folder holds a vault already.
type VaultExistsError struct{ Folder string }

func (e *VaultExistsError) Error() string { return "vault " + e.Folder + ": is there already" }

// KeyError is text that [ParseKey] finds no access key in. Nothing of the text is
// in it.
type KeyError struct {
	Why string
	// Err is [ErrTemporary] where there was a key, but a session's.
	Err error
}

func (e *KeyError) Error() string { return "access key: " + e.Why }

func (e *KeyError) Unwrap() error { return e.Err }

// CommandError is an entry whose command did not give its access key. Neither
// the command nor anything that it printed is in it.
type CommandError struct {
	Name, Why string
	// Err is the cause: *command.Error, *[KeyError], or that of the context.
	Err error
}

func (e *CommandError) Error() string {
	return strings.TrimSuffix("vault entry "+strconv.QuoteToGraphic(e.Name)+": command: "+e.Why, ": ")
}

func (e *CommandError) Unwrap() error { return e.Err }

// FileError is a file of the vault that could not be read or written: the
// system's reason is behind it.
type FileError struct{ Err error }

func (e *FileError) Error() string { return "vault: " + e.Err.Error() }

// Unwrap returns the system's error.
func (e *FileError) Unwrap() error { return e.Err }
