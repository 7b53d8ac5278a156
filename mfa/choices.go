package mfa

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
)

// Choices remembers which of several devices a user takes, for each user of each
// account: never for a folder or a profile, which many share. There is one small
// file a user, <folder>/device-<digest>.json, so that two processes cannot undo
// each other's choice.
type Choices struct{ folder string }

// choiceFile repeats account and user for the person who looks into it, and
// against files that were renamed.
type choiceFile struct {
	Format  int    `json:"format"`
	Account string `json:"account"`
	User    string `json:"user"`
	Serial  string `json:"serial"`
}

// NewChoices returns the choices kept in folder, which is made when one is; with
// "" none is kept.
func NewChoices(folder string) Choices { return Choices{folder} }

// Get returns the serial number or ARN of the user's device, "" if none was
// chosen. An error, such as *[DamagedError], comes with "": it costs a new
// question, and Set puts it right.
func (c Choices) Get(account, user string) (serial string, err error) {
	if c.folder == "" {
		return "", nil
	}
	path := c.path(account, user)
	var file choiceFile
	err = readFile(path, &file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case file.Account != account || file.User != user:
		return "", &DamagedError{path, "it is of another user"}
	}
	return file.Serial, nil
}

// Set remembers the device of the user. Error: that of writing the file.
func (c Choices) Set(account, user, serial string) error {
	if c.folder == "" {
		return nil
	}
	data, err := json.Marshal(choiceFile{format, account, user, serial})
	if err == nil {
		err = atomicfile.Write(c.path(account, user), append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("choice of mfa device: %w", err)
	}
	return nil
}

func (c Choices) path(account, user string) string {
	sum := sha256.Sum256([]byte("latchkey mfa choice\x00" + account + "\x00" + user))
	return filepath.Join(c.folder, "device-"+hex.EncodeToString(sum[:16])+".json")
}
