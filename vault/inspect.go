package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
)

// maxInspected is how many files of one folder an inspection looks at.
const maxInspected = 2000

// Inspection is what a vault's files tell without any of them being opened.
type Inspection struct {
	// Faults are files that are not as they were written, by path.
	Faults []DamagedError
	// Stale are entries that are not encrypted to the recipients that the vault
	// has now, as far as their headers tell.
	Stale []string
	// Entries are those whose header is sound: when each was last written.
	Entries map[string]time.Time
	// Files are all files and folders of the vault.
	Files []string
	// Temps are temporary files that killed processes may have left.
	Temps []string
	// Rekeying says that a rekey was begun and not finished.
	Rekeying bool
}

// Inspect looks at all files of the vault. It asks nobody, unlocks nothing, and takes
// no lock: what another process is just changing may look damaged for a moment.
// Errors: *[NoVaultError], and those of a folder that cannot be read.
func (a *Age) Inspect() (Inspection, error) {
	in := Inspection{Entries: map[string]time.Time{}}
	s, err := a.settings()
	var none *NoVaultError
	switch {
	case errors.As(err, &none):
		return in, err
	case err != nil:
		in.fault(a.path(settingsFile), err)
	}
	recipients := -1
	if err == nil {
		if lines, err := a.recipientLines(s); err != nil {
			in.fault(a.path(recipientsFile), err)
		} else {
			recipients = headerSize(lines)
		}
		in.fault(a.path(identityFile), a.identityFault(s))
		in.Rekeying, _ = exists(a.path(journalFile))
	}
	if unlisted := in.folder(a.o.Folder, nil); unlisted != nil {
		return in, wrap(unlisted)
	}
	if err == nil {
		in.fault(a.path(entriesFolder), a.entriesFault())
	}
	return in, wrap(in.folder(a.path(entriesFolder), func(name, path string, changed time.Time) {
		switch stanzas, err := stanzasOf(path); {
		case err != nil:
			in.fault(path, err)
		case recipients > 0 && stanzas != recipients:
			in.Stale = append(in.Stale, name)
			in.Entries[name] = changed
		default:
			in.Entries[name] = changed
		}
	}))
}

// fault notes an error about a file, if there is one.
func (in *Inspection) fault(path string, err error) {
	var damaged *DamagedError
	switch {
	case err == nil:
	case errors.As(err, &damaged):
		in.Faults = append(in.Faults, *damaged)
	default:
		in.Faults = append(in.Faults, DamagedError{path, "cannot be read: " + cause(err)})
	}
}

func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// folder lists a folder's files; entry is called for those that are entries.
func (in *Inspection) folder(folder string, entry func(name, path string, changed time.Time)) error {
	in.Files = append(in.Files, folder)
	f, err := os.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	names, _ := f.Readdirnames(maxInspected) // at its end there are fewer
	for _, base := range names {
		path := filepath.Join(folder, base)
		info, err := os.Lstat(path)
		if err != nil || info.IsDir() {
			continue
		}
		if temp, _ := filepath.Match(atomicfile.TempPattern, base); temp {
			in.Temps = append(in.Temps, path)
			continue
		}
		in.Files = append(in.Files, path)
		bare, ok := strings.CutSuffix(base, extension)
		name, ours := Unescape(bare)
		if ok && ours && entry != nil {
			entry(name, path, info.ModTime())
		}
	}
	return nil
}

// identityFault says what is wrong with the file that keeps the identity, where a
// file does.
func (a *Age) identityFault(s settings) error {
	kind, path := s.keep.split()
	switch kind {
	case InKeychain:
		return nil
	case ByPassphrase:
		data, err := readFile(a.path(identityFile), maxSmallFile)
		if err == nil && s.digest != "" && digest(data) != s.digest {
			return &DamagedError{a.path(identityFile), "is not the file that vault.json names"}
		}
		return missingFile(a.path(identityFile), err)
	}
	_, err := readFile(path, maxSmallFile)
	return missingFile(path, err)
}

func missingFile(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &DamagedError{path, "is missing, and it keeps the vault's key"}
	}
	return err
}

// stanzasOf returns for how many recipients an entry's header has the key.
func stanzasOf(path string) (int, error) {
	data, err := readFile(path, maxEntryFile)
	if err != nil {
		return 0, err
	}
	header, err := age.ExtractHeader(bytes.NewReader(data))
	if err != nil {
		return 0, &DamagedError{path, "is not an age file"}
	}
	count := 0
	for line := range strings.Lines(string(header)) {
		if strings.HasPrefix(line, "-> ") && !strings.Contains(line, "-grease") {
			count++
		}
	}
	// After the header come a nonce of 16 bytes and at least one authenticated chunk.
	if len(data)-len(header) < 16+16+1 {
		return 0, &DamagedError{path, fmt.Sprintf("is cut after %d bytes", len(data))}
	}
	return count, nil
}

// headerSize is how many stanzas a header for the recipients has, -1 where only a
// plugin knows.
func headerSize(lines []string) int {
	for _, line := range lines {
		// Native recipients are age1 and bech32 without another 1; plugins' begin with age1NAME1.
		native := strings.HasPrefix(line, "age1") && !strings.Contains(line[4:], "1") || strings.HasPrefix(line, "age1pq1")
		if !native && !strings.HasPrefix(line, "ssh-") {
			return -1
		}
	}
	return len(lines)
}
