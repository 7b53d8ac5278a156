package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

// Keep says what keeps the vault's identity, the secret half of its key pair:
// [InKeychain], [ByPassphrase], [InFile] or [InSSHKey]. It is chosen when the
// vault is created and written into it: there is no falling back to another.
type Keep string

const (
	// InKeychain is the operating system's keychain: one item for the vault.
	InKeychain Keep = "keychain"
	// ByPassphrase is a file in the vault that a passphrase opens.
	ByPassphrase Keep = "passphrase"

	keepFile, keepSSH = "file:", "ssh:"
)

// InFile is an age identity file of the user's, with a native key or one of an
// age plugin; path is absolute. Who can read that file reads the vault.
func InFile(path string) Keep { return Keep(keepFile + path) }

// InSSHKey is an SSH private key, with or without a passphrase; path is absolute.
func InSSHKey(path string) Keep { return Keep(keepSSH + path) }

// split returns the kind of k and its path.
func (k Keep) split() (kind Keep, path string) {
	for _, prefix := range [...]string{keepFile, keepSSH} {
		if path, ok := strings.CutPrefix(string(k), prefix); ok {
			return Keep(prefix), path
		}
	}
	return k, ""
}

func (k Keep) check() error {
	kind, path := k.split()
	known := kind == InKeychain || kind == ByPassphrase || path != "" && filepath.IsAbs(path)
	if !known {
		return errors.New(`says neither keychain, passphrase, file:/path nor ssh:/path`)
	}
	return nil
}

// The files of a vault folder.
const (
	settingsFile    = "vault.json"
	recipientsFile  = "recipients.txt"
	identityFile    = "identity.age"
	newIdentityFile = "identity.new.age"
	journalFile     = "rekey.json"
	entriesFolder   = "entries"
	extension       = ".age"
	lockFile        = "vault.lock"
	unlockFile      = "unlock.lock"
	deriveFile      = "derive.lock"
)

// settings is the content of vault.json, and of a rekey's journal.
type settings struct {
	keep Keep
	// recipient is the public half of the vault's key pair. Everything kept
	// elsewhere is named by its digest, so that what belongs to another vault,
	// or to an earlier key pair of this one, is never taken for ours.
	recipient string
	// digest is the SHA-256 of the file that a passphrase opens, so that damage
	// is told from a wrong passphrase.
	digest string
	// others are the recipients that a rekey writes beside, and replaces is the
	// recipient that it takes leave of; only in a journal.
	others   []string
	replaces string

	unknown object
}

func (s settings) id() string { return stamp([]byte(s.recipient)) }

func (s settings) encode() ([]byte, error) {
	o := object{}
	for field, value := range s.unknown {
		o[field] = value
	}
	o.set("format", Format)
	o.set("identity", string(s.keep))
	o.set("recipient", s.recipient)
	o.text("identity_sha256", s.digest)
	if len(s.others) > 0 {
		o.set("recipients", s.others)
	}
	o.text("replaces", s.replaces)
	data, err := json.MarshalIndent(o, "", "  ")
	return append(data, '\n'), err
}

// readSettings reads vault.json or a journal. Errors: that of a missing file as
// os gives it, *[DamagedError], *[FormatError].
func readSettings(path string) (settings, error) {
	data, err := readFile(path, maxSmallFile)
	if err != nil {
		return settings{}, err
	}
	o := object{}
	if json.Unmarshal(data, &o) != nil || o == nil {
		return settings{}, &DamagedError{path, "is not JSON"}
	}
	var s settings
	var format int
	var keep string
	if err := o.take("format", &format); err != nil {
		return settings{}, &DamagedError{path, err.Error()}
	}
	if format > Format {
		return settings{}, &FormatError{path, format, Format}
	}
	err = errors.Join(o.take("identity", &keep), o.take("recipient", &s.recipient), o.take("identity_sha256", &s.digest), o.take("recipients", &s.others),
		o.take("replaces", &s.replaces))
	if err != nil || format != Format || s.recipient == "" {
		return settings{}, &DamagedError{path, "lacks fields that it must have"}
	}
	s.keep, s.unknown = Keep(keep), o
	if err := s.keep.check(); err != nil {
		return settings{}, &DamagedError{path, err.Error()}
	}
	return s, nil
}

// settings reads the vault's own. Where they are missing, a vault that lost them
// is told from one that never was.
func (a *Age) settings() (settings, error) {
	s, err := readSettings(a.path(settingsFile))
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	names, err := namesIn(a.path(entriesFolder), extension)
	switch {
	case len(names) > 0:
		return s, &DamagedError{a.path(settingsFile), "is missing, but there are entries"}
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return s, &NoVaultError{a.o.Folder}
	}
	return s, err
}

// digest is how vault.json names the content of a file.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// recipientLines returns the recipients of an age recipients file.
func recipientLines(data []byte) []string {
	var lines []string
	for line := range strings.Lines(string(bytes.TrimPrefix(data, []byte("\ufeff")))) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}
