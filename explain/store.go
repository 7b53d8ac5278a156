package explain

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/latchkey-aws/latchkey/chain"
	"github.com/latchkey-aws/latchkey/internal/keychain"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/mfa"
	"github.com/latchkey-aws/latchkey/provider"
	"github.com/latchkey-aws/latchkey/session"
	"github.com/latchkey-aws/latchkey/vault"
)

// device explains what is wrong with MFA devices and their codes.
func device(err error, f *Finding) bool {
	var none *provider.NoDeviceError
	var several *provider.DeviceChoiceError
	var used *mfa.UsedError
	var source *mfa.SourceError
	switch {
	case errors.As(err, &none):
		f.Code, f.Class, f.What = "mfa-no-device", ClassNotFound, label(f)+none.Error()
		f.Fix = "enrol a virtual MFA device for the user in the IAM console; passkeys and security keys give no codes for STS"
	case errors.As(err, &several):
		f.Code, f.Class, f.What = "mfa-which-device", ClassNeedsUser, label(f)+several.Error()
		f.Fix = "add mfa_serial = " + several.Serials[0] + " (or another of them) to the profile, or run " + f.again() + " in a terminal and choose once"
	case errors.As(err, &used):
		f.Code, f.Class, f.What = "mfa-code-used", ClassNeedsUser, label(f)+used.Error()
		f.Why, f.Fix = "AWS takes each code once", "give the next code of the device, from "+used.Next.Local().Format(time.TimeOnly)+" on"
	case errors.As(err, &source):
		f.Code, f.Class, f.What = "mfa-source", ClassFailed, label(f)+source.Error()
		f.Fix = "see what " + source.Source + " gives, and correct it"
		if errors.Is(err, mfa.ErrFormat) {
			f.Class, f.Why, f.Fix = ClassConfig, "an MFA code is the six digits that the device shows now", "give six digits"
		}
	default:
		return false
	}
	f.where(err, chain.InputMFASerial)
	return true
}

// again is the command that a person runs where there is somebody to ask.
func (f *Finding) again() string {
	if f.Profile == "" {
		return "latchkey whoami"
	}
	return "latchkey whoami " + Word(f.Profile)
}

// shared explains failures between processes.
func shared(err error, f *Finding) bool {
	var busy *session.BusyError
	var locked *lockfile.BusyError
	switch {
	case errors.As(err, &busy):
		f.Code, f.What = "session-busy", busy.Error()
		f.Why = "one process fetches a session for all others, so that nobody is asked twice"
		f.Fix = "try again; if that process hangs, end it"
	case errors.As(err, &locked):
		f.Code, f.What = "lock-busy", label(f)+cause(err)
		f.Why = "one process at a time asks its user, and one writes"
		f.Fix = "go on with that process if it was stopped (fg), or end it, and try again"
	default:
		return false
	}
	return true
}

// store explains what is wrong with the vault.
func store(err error, f *Finding) bool {
	var missing *vault.NotFoundError
	var none *vault.NoVaultError
	var locked *vault.LockedError
	var passphrase *vault.PassphraseError
	var damaged *vault.DamagedError
	var file *vault.FileError
	var format *vault.FormatError
	var exists *vault.ExistsError
	var name *vault.NameError
	var entry *vault.EntryError
	var command *vault.CommandError
	switch {
	case errors.As(err, &missing):
		f.Code, f.Class, f.Fix = "vault-no-entry", ClassNotFound, "latchkey vault list shows what there is; latchkey vault add "+Word(missing.Name)+" puts a key there"
		if len(missing.Near) > 0 {
			f.Fix = "did you mean " + strings.Join(missing.Near, " or ") + "?"
		}
	case errors.As(err, &none):
		f.Code, f.Class, f.Fix = "vault-none", ClassNotFound, "put a key into it: latchkey vault add NAME"
	case errors.As(err, &passphrase):
		f.Code, f.Class, f.Fix = "vault-passphrase", ClassStore, "give the passphrase that the vault was made with; nothing was changed"
		if passphrase.Empty {
			f.Fix = "give a passphrase that is not empty"
		}
	case errors.As(err, &locked):
		f.Code, f.Class, f.Fix = "vault-locked", ClassNeedsUser, unlock(locked)
	case errors.As(err, &damaged):
		f.Code, f.Class, f.Fix = "vault-damaged", ClassStore, "restore "+damaged.Path+" from a backup, or remove the entry and add its key anew; the file was not touched"
	case errors.As(err, &file):
		f.Code, f.Class, f.Fix = "vault-file", ClassStore, "look at the file and its folder: space, permissions, and whether the disk can be written; what was in the vault still is"
	case errors.As(err, &format):
		f.Code, f.Class, f.Fix = "vault-format", ClassStore, "use the newer latchkey that wrote it; the file was not touched"
	case errors.As(err, &exists):
		f.Code, f.Fix = "vault-exists", "choose another name, or replace the key: latchkey vault add "+Word(exists.Name)+" --replace"
	case errors.As(err, &name):
		f.Code, f.Class, f.Fix = "vault-name", ClassConfig, "choose another name"
	case errors.As(err, &entry):
		f.Code, f.Class = "vault-entry", ClassConfig
	case errors.As(err, &command):
		f.Code, f.Fix = "vault-command", "run the entry's command by hand; its messages are shown above this one"
	default:
		return false
	}
	f.What = label(f) + cause(err)
	return true
}

// unlock says how a vault is opened whose key cannot be had.
func unlock(e *vault.LockedError) string {
	var none *keychain.UnavailableError
	var late *keychain.TimeoutError
	var file *fs.PathError
	switch {
	case errors.Is(e, vault.ErrNewPassphrase):
		return "run it in a terminal, which asks for the new passphrase; without one, LATCHKEY_VAULT_PASSPHRASE_FILE names a file with it, and LATCHKEY_VAULT_NEW_PASSPHRASE_FILE where the vault has one already"
	case e.Program != "":
		return "have " + e.Program + " show one of its entries in a terminal, which unlocks its key for a time, and try again; that is how this vault is kept"
	case errors.As(e, &none), errors.As(e, &late):
		return "sign in to the desktop and unlock its keychain; where there is none, a vault can be kept by a passphrase, an SSH key or a file (--keep-in)"
	case errors.As(e, &file):
		return "make " + file.Path + " readable, as a file with nobody else's access, or put it back"
	}
	return "run latchkey vault unlock --for 8h in a terminal; without one, LATCHKEY_VAULT_PASSPHRASE_FILE or LATCHKEY_VAULT_PASSPHRASE_COMMAND says where the passphrase is"
}

// disk explains a file that cannot be written or read; what it is for is in the
// error's text.
func disk(err error, f *Finding) bool {
	var path *fs.PathError
	var link *os.LinkError // of a rename
	if !errors.As(err, &path) && !errors.As(err, &link) || f.Class != ClassFailed {
		return false
	}
	f.Code, f.Fix = "file", "look at the file and its folder: space, permissions, and whether the disk can be written"
	return true
}

// cause is the error's text without the step that explain names otherwise.
func cause(err error) string {
	var step *chain.StepError
	if errors.As(err, &step) {
		return step.Err.Error()
	}
	return err.Error()
}
