package kernelring

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

const (
	keyType = "user"
	// The most of the keys are 32 bytes or an age identity of 74: one read is
	// enough for them.
	usualSize = 128
	// The rights of a key, as keyctl(2) counts them: everything for processes
	// that possess it, and to see, read, replace and find it for processes of the
	// same user that do not: those of cron, of systemd, and of any
	// session keyring without a link to @u.
	possessorAll = 0x3f000000
	userView     = 0x00010000
	userRead     = 0x00020000
	userWrite    = 0x00040000
	userSearch   = 0x00080000
	rights       = possessorAll | userView | userRead | userWrite | userSearch
)

func read(name string) ([]byte, error) {
	id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, keyType, name, 0)
	if err != nil {
		return nil, explain(err)
	}
	data := make([]byte, usualSize)
	for {
		n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, data, 0)
		if err != nil {
			return nil, explain(err)
		}
		if n <= len(data) {
			return data[:n], nil
		}
		data = make([]byte, n)
	}
}

// write makes the whole key in the keyring of this thread, which nobody else
// sees, and links it into the user's keyring when its rights and its time limit
// stand. The link takes the place of an older key of that name in one step. It
// could not be done in place either: only a process that possesses a
// key may change its rights, and not every process possesses @u.
func write(name string, data []byte, seconds int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	id, err := unix.AddKey(keyType, name, data, unix.KEY_SPEC_THREAD_KEYRING)
	if err != nil {
		return explain(err)
	}
	err = publish(id, seconds)
	if _, unlinked := unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_THREAD_KEYRING, 0, 0); err == nil {
		err = unlinked
	}
	if err != nil {
		return explain(err)
	}
	return nil
}

func publish(id, seconds int) error {
	if err := unix.KeyctlSetperm(id, rights); err != nil {
		return err
	}
	if seconds > 0 {
		if _, err := unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, seconds, 0, 0); err != nil {
			return err
		}
	}
	_, err := unix.KeyctlInt(unix.KEYCTL_LINK, id, unix.KEY_SPEC_USER_KEYRING, 0, 0)
	return err
}

// remove looks again after each key it took out: another process may have
// put a new one in its place.
func remove(name string) error {
	for {
		id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, keyType, name, 0)
		if err == nil {
			_, err = unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_USER_KEYRING, 0, 0)
		}
		switch {
		case err == nil, errors.Is(err, unix.ENOENT):
			continue
		case errors.Is(explain(err), ErrNotFound):
			return nil
		}
		return explain(err)
	}
}

// explain tells a key that is not there, or not any more, from a keyring that
// cannot be used.
func explain(err error) error {
	switch err {
	case unix.ENOKEY, unix.EKEYEXPIRED, unix.EKEYREVOKED:
		return ErrNotFound
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
