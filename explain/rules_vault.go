package explain

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/latchkey-aws/latchkey/internal/keychain"
	"github.com/latchkey-aws/latchkey/vault"
)

// vaultRules are about the store of long-term keys.
func vaultRules() []Rule {
	return []Rule{
		{
			Code: "vault-no-entry", Title: "The vault has no such entry", Class: ClassNotFound,
			Why: "nothing was put into the vault under the name", Fix: "latchkey vault list shows what there is",
			See: "latchkey vault list", match: []matcher{on(noEntry)},
		},
		{
			Code: "vault-none", Title: "There is no vault yet", Class: ClassNotFound,
			Why: "a vault is made with the first key that is put into it", Fix: "put a key into it: latchkey vault add NAME",
			match: []matcher{quietly[*vault.NoVaultError]()},
		},
		{
			Code: "vault-passphrase", Title: "The passphrase is wrong", Class: ClassStore,
			Why: "the vault's key does not open with it", Fix: "give the passphrase that the vault was made with; nothing was changed",
			match: []matcher{on(func(e *vault.PassphraseError, f *Finding) bool {
				f.Why = ""
				if e.Empty {
					f.Fix = "give a passphrase that is not empty"
				}
				return true
			})},
		},
		{
			Code: "vault-locked", Title: "The vault is locked", Class: ClassNeedsUser,
			Why: "its key has to be unlocked, and nobody is there to do it", Fix: "run latchkey vault unlock --for 8h in a terminal",
			See: "latchkey vault list",
			match: []matcher{on(func(e *vault.LockedError, f *Finding) bool {
				var wrong *vault.PassphraseError
				f.Why, f.Fix = "", unlock(e)
				return !errors.As(e, &wrong) // that is what is wrong
			})},
		},
		{
			Code: "vault-damaged", Title: "A file of the vault is damaged", Class: ClassStore,
			Why: "the file is not what was written", Fix: "restore it from a backup, or remove the entry and add its key anew",
			match: []matcher{on(func(e *vault.DamagedError, f *Finding) bool {
				f.Why, f.Fix = "", "restore "+e.Path+" from a backup, or remove the entry and add its key anew; the file was not touched"
				return true
			})},
		},
		{
			Code: "vault-file", Title: "A file of the vault cannot be read or written", Class: ClassStore,
			Why: "the system does not let it", Fix: "look at the file and its folder: space, permissions, and whether the disk can be written; what was in the vault still is", Covers: []string{"vault-unreadable"},
			match: []matcher{quietly[*vault.FileError]()},
		},
	}
}

// entryRules are about what goes into the vault.
func entryRules() []Rule {
	return []Rule{
		{
			Code: "vault-format", Title: "A newer latchkey wrote the vault", Class: ClassStore,
			Why: "its format is not known to this one", Fix: "use the newer latchkey that wrote it; the file was not touched",
			match: []matcher{quietly[*vault.FormatError]()},
		},
		{
			Code: "vault-exists", Title: "The name is taken", Class: ClassFailed,
			Why: "an entry is replaced only where that is asked for", Fix: "choose another name, or say --replace",
			match: []matcher{on(func(e *vault.ExistsError, f *Finding) bool {
				f.Why, f.Fix = "", "choose another name, or replace the key: latchkey vault add "+Word(e.Name)+" --replace"
				return true
			})},
		},
		{
			Code: "vault-name", Title: "No entry can have such a name", Class: ClassConfig,
			Why: "names become names of files", Fix: "choose another name",
			match: []matcher{quietly[*vault.NameError]()},
		},
		{
			Code: "vault-entry", Title: "The entry cannot be kept like that", Class: ClassConfig,
			Why: "what is in an entry is checked before it is written", Fix: "give it as its error says",
			match: []matcher{on(func(_ *vault.EntryError, f *Finding) bool { f.Why, f.Fix = "", ""; return true })},
		},
		{
			Code: "vault-key", Title: "There is no access key in what was given", Class: ClassFailed,
			Why: "a vault keeps long-term access keys: an id that begins with AKIA and a secret key of 40 characters", Fix: "give both, as AWS shows them, or the JSON or the CSV file that AWS hands out",
			match: []matcher{every[*vault.KeyError]()},
		},
		{
			Code: "vault-command", Title: "The entry's command gives no key", Class: ClassFailed,
			Why: "the password manager's command failed, or prints something else", Fix: "run the entry's command by hand; its messages are shown above this one",
			match: []matcher{quietly[*vault.CommandError]()},
		},
	}
}

// quietly makes a matcher of all errors of a type, whose own words say why.
//
//go:noinline
func quietly[E error]() matcher {
	return on(func(_ E, f *Finding) bool { f.Why = ""; return true })
}

func noEntry(e *vault.NotFoundError, f *Finding) bool {
	f.Why, f.Fix = "", "latchkey vault list shows what there is; latchkey vault add "+Word(e.Name)+" puts a key there"
	if len(e.Near) > 0 {
		f.Fix = "did you mean " + strings.Join(e.Near, " or ") + "?"
	}
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
