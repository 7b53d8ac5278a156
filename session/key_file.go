package session

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/secret"
)

// RuntimeFolders lists the folders in memory that a FileKey may lie in, the best
// first. xdg is the value of XDG_RUNTIME_DIR or "", uid the user's number.
func RuntimeFolders(xdg string, uid int) []string {
	var list []string
	if filepath.IsAbs(xdg) {
		list = append(list, filepath.Join(xdg, "latchkey"))
	}
	if uid < 0 { // no such numbers, no such folders
		return list
	}
	user := strconv.Itoa(uid)
	return append(list, "/run/user/"+user+"/latchkey", "/dev/shm/latchkey-"+user)
}

// FileKey keeps the key in a file of folder, which must be in memory and end
// with the login or at least with a restart; see [RuntimeFolders]. The folder is
// made in one that exists, and refused unless it is this user's alone.
func FileKey(folder string) KeySource { return fileKey(folder) }

type fileKey string

func (k fileKey) Key(ctx context.Context, create bool) ([KeySize]byte, string, error) {
	if err := k.check(create); err != nil {
		return [KeySize]byte{}, string(k), err
	}
	return place{string(k), filepath.Join(string(k), "session.key.lock"), k.load, k.save}.key(ctx, create)
}

func (k fileKey) path() string { return filepath.Join(string(k), "session.key") }

// check refuses a folder in which somebody else could put a key of theirs or
// read ours. Such a folder may lie in one that all can write to.
func (k fileKey) check(create bool) error {
	parent, err := os.Stat(filepath.Dir(string(k)))
	if err != nil {
		return err
	}
	if !ours(parent) && !sticky(parent) {
		return fmt.Errorf("folder %s is another user's", filepath.Dir(string(k)))
	}
	info, err := os.Lstat(string(k))
	if errors.Is(err, fs.ErrNotExist) {
		if !create {
			return ErrNoKey
		}
		if err := os.Mkdir(string(k), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		info, err = os.Lstat(string(k))
	}
	if err != nil {
		return err
	}
	if !info.IsDir() || !ours(info) || !private(info) {
		return fmt.Errorf("folder %s is not a folder of this user alone", string(k))
	}
	return nil
}

func (k fileKey) load() ([]byte, error) {
	info, err := os.Lstat(k.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoKey
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || !ours(info) || !private(info) {
		return nil, fmt.Errorf("%s is not a file of this user alone", k.path())
	}
	data, err := content(k.path(), KeySize)
	if err == nil && len(data) != KeySize {
		err = ErrNoKey
	}
	return data, err
}

func (k fileKey) save(data []byte) error { return atomicfile.Write(k.path(), data, 0o600) }

// Keychain is what KeychainKey needs of the system's keychain; package
// internal/keychain has it.
type Keychain interface {
	Get(ctx context.Context, service, account string) (secret.Text, error)
	Set(ctx context.Context, service, account string, text secret.Text) error
}

// KeychainKey keeps the key in the system's keychain, as base64. missing is the
// keychain's error for an item that is not there; lock is the path of the lock
// under which the key is made.
func KeychainKey(keychain Keychain, service, account string, missing error, lock string) KeySource {
	return keychainKey{keychain, service, account, missing, lock}
}

type keychainKey struct {
	keychain         Keychain
	service, account string
	missing          error
	lock             string
}

func (k keychainKey) Key(ctx context.Context, create bool) ([KeySize]byte, string, error) {
	load := func() ([]byte, error) { return k.load(ctx) }
	save := func(data []byte) error { return k.save(ctx, data) }
	return place{"the system's keychain", k.lock, load, save}.key(ctx, create)
}

func (k keychainKey) load(ctx context.Context) ([]byte, error) {
	text, err := k.keychain.Get(ctx, k.service, k.account)
	if err != nil {
		if errors.Is(err, k.missing) {
			err = ErrNoKey
		}
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil || len(data) != KeySize {
		return nil, ErrNoKey
	}
	return data, nil
}

func (k keychainKey) save(ctx context.Context, data []byte) error {
	return k.keychain.Set(ctx, k.service, k.account, secret.New(base64.StdEncoding.EncodeToString(data)))
}
