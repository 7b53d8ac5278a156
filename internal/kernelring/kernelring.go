// Package kernelring owns short-lived secrets in the Linux kernel's keyring:
// what many processes of one user share, what no disk ever holds, and what the
// kernel itself forgets in time.
//
// The package must not know what the bytes are, nor whom they serve. On other
// systems, and in containers that forbid the calls, everything is
// [ErrUnavailable].
package kernelring

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// MaxSize is the most that one key holds, in bytes: the kernel's limit.
const MaxSize = 32767

// ErrNotFound says that there is no such key, or none any more.
var ErrNotFound = errors.New("kernel keyring: no such key")

// ErrUnavailable says that there is no keyring to use: another system, a
// container that forbids it, a full quota. The cause is wrapped beside it.
var ErrUnavailable = errors.New("kernel keyring: not available")

// Ring is the keyring of the user that the process runs as, @u in keyctl's
// words. It is one for all processes and logins of that user (for each user
// namespace), and is gone after a restart of the system. The zero value is
// ready for use.
//
// Every process of this user can read what the keys hold, and sees their names
// in /proc/keys: a name must hold nothing secret.
type Ring struct{}

// Read returns what the key holds; the caller owns the slice. Errors:
// [ErrNotFound], [ErrUnavailable] wrapped with its cause.
func (Ring) Read(name string) ([]byte, error) { return read(name) }

// Write puts data under the name for the duration life, rounded up to a whole
// second, of which the kernel's count may take up to one; 0 is as long as the
// keyring lives. Another process sees what was there before or all of the new,
// and no key ever lives longer than it was written for, even if this process is
// killed here. Data is 1 to [MaxSize] bytes. Errors: [ErrUnavailable] wrapped with its cause, or what is wrong with
// the arguments.
func (Ring) Write(name string, data []byte, life time.Duration) error {
	if len(data) == 0 || len(data) > MaxSize {
		return fmt.Errorf("kernel keyring: %d bytes do not fit a key of 1 to %d", len(data), MaxSize)
	}
	if life < 0 {
		return fmt.Errorf("kernel keyring: life of %v", life)
	}
	return write(name, data, seconds(life))
}

// Remove forgets the key. One that is not there is no error. Errors:
// [ErrUnavailable] wrapped with its cause.
func (Ring) Remove(name string) error { return remove(name) }

// seconds rounds up: the kernel counts in seconds, and takes 0 for "for ever".
func seconds(life time.Duration) int {
	whole := life / time.Second
	if life%time.Second != 0 {
		whole++
	}
	return int(min(whole, math.MaxInt32))
}
