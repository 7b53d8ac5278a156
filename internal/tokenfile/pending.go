package tokenfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
)

// keep puts next, which was had for the refresh token of old, into the file.
// Until it is safely there a copy stands beside the lock: the old refresh token
// is used up, and a process that is killed while the disk works must not take
// the sign-in with it. Where neither can be written the token is not withheld.
func (f File) keep(rules Rules, old State, next *Document) {
	if f.overtaken(rules, old) {
		return
	}
	pending, data := f.beside(".pending"), next.Encode()
	_ = os.WriteFile(pending, append([]byte(fingerprint(old)+"\n"), data...), 0o600)
	if atomicfile.Write(f.Path, data, 0o600) == nil {
		_ = os.Remove(pending)
	}
}

// overtaken reports whether somebody has signed in anew, or out, since old was
// read: that is newer than any refresh of old. Programs that know nothing of our
// lock do that at any time.
func (f File) overtaken(rules Rules, old State) bool {
	doc, err := readOnce(f.Path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	state, err := rules.Inspect(doc)
	return err == nil && f.left(state) > 0 && !state.RefreshToken.Equal(old.RefreshToken)
}

// adopt puts what a killed process left into the file, and reports whether it
// did. It counts only while the file has the refresh token that was used for
// it. The caller holds the lock.
func (f File) adopt(rules Rules, s State) bool {
	pending := f.beside(".pending")
	info, err := os.Lstat(pending)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSize {
		return false
	}
	content, err := os.ReadFile(pending)
	if err != nil {
		return false
	}
	defer func() { _ = os.Remove(pending) }()
	of, data, _ := bytes.Cut(content, []byte("\n"))
	defer sweep(filepath.Dir(f.Path), data)
	doc, err := Parse(data)
	if err != nil || string(of) != fingerprint(s) {
		return false
	}
	if _, err := rules.Inspect(doc); err != nil {
		return false
	}
	return atomicfile.Write(f.Path, doc.Encode(), 0o600) == nil
}

// sweep removes the temporary file with data that the killed process left: it
// holds live tokens. Those of running processes hold something else.
func sweep(folder string, data []byte) {
	names, _ := filepath.Glob(filepath.Join(folder, atomicfile.TempPattern))
	for _, name := range names {
		if content, err := os.ReadFile(name); err == nil && bytes.Equal(content, data) {
			_ = os.Remove(name)
		}
	}
}
