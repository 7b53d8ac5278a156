// Package keychain owns the way to the keychain of the operating system: the
// Keychain of macOS, Windows' Credential Manager, the Secret Service of Linux
// desktops, all through one library.
//
// Such a keychain may be absent, locked, or waiting for a window that nobody
// sees. So every call has a time limit, and what is wrong is told by type. The
// package must not know what the secrets are for.
package keychain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/latchkey-aws/latchkey/internal/display"
	"github.com/latchkey-aws/latchkey/secret"
)

// defaultTimeout is the most a keychain may take that asks nobody; a start of
// its daemon is in it.
const defaultTimeout = 3 * time.Second

// maxWhy is how much of another program's message is shown, in characters.
const maxWhy = 200

// ErrNotFound says that the keychain has no such secret.
var ErrNotFound = errors.New("keychain: no such secret")

// UnavailableError says that there is no keychain that can be used, or that it
// refused.
type UnavailableError struct {
	// Why is for a person, in one line.
	Why string
	// Err is the cause, nil if there is none beyond Why.
	Err error
}

func (e *UnavailableError) Error() string { return "keychain: " + e.Why }

func (e *UnavailableError) Unwrap() error { return e.Err }

// TimeoutError says that the keychain did not answer in time: it hangs, or it
// is locked and waits in a window for its password.
type TimeoutError struct{ Limit time.Duration }

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("keychain: no answer within %v: it may be locked; unlock it and run this again", e.Limit)
}

// Timeout tells those who look for it as in net.Error.
func (e *TimeoutError) Timeout() bool { return true }

// Options say which keychain is used.
type Options struct {
	// BusAddress is DBUS_SESSION_BUS_ADDRESS of the process's environment, used on
	// systems with a Secret Service. Without it there is no keychain: a bus is
	// never started. It must be the process's own, because the library connects
	// to that one.
	BusAddress string
	// Timeout is the limit of each call; 0 is 3 s.
	Timeout time.Duration
}

// Keychain is the keychain of the user that the process runs as. It is safe for
// concurrent use.
type Keychain struct {
	busAddress string
	timeout    time.Duration
}

// New computes the defaults; nothing is opened before the first call.
func New(o Options) *Keychain {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return &Keychain{busAddress: o.BusAddress, timeout: o.Timeout}
}

// Get returns the secret kept under service and account. Errors: [ErrNotFound],
// *[UnavailableError], *[TimeoutError], that of ctx.
func (k *Keychain) Get(ctx context.Context, service, account string) (secret.Text, error) {
	return k.limited(ctx, func() (string, error) { return keyring.Get(service, account) })
}

// Set keeps the secret, in place of one that is there. It must not be empty,
// and not longer than 2,000 bytes to fit every system. Errors:
// *[UnavailableError]; *[TimeoutError] or that of ctx, after which it may yet have
// been kept.
func (k *Keychain) Set(ctx context.Context, service, account string, value secret.Text) error {
	if value.Empty() {
		return errors.New("keychain: an empty secret is not kept")
	}
	_, err := k.limited(ctx, func() (string, error) { return "", keyring.Set(service, account, value.Reveal()) })
	return err
}

// Delete removes the secret. Errors: [ErrNotFound], *[UnavailableError],
// *[TimeoutError], that of ctx.
func (k *Keychain) Delete(ctx context.Context, service, account string) error {
	_, err := k.limited(ctx, func() (string, error) { return "", keyring.Delete(service, account) })
	return err
}

// limited waits for the call, as long as the limit and ctx. No keychain's interface has
// a way to end a call, so one that hangs keeps its goroutine until it answers or
// the process ends; what it then returns goes nowhere.
func (k *Keychain) limited(ctx context.Context, call func() (string, error)) (secret.Text, error) {
	if err := reachable(k.busAddress); err != nil {
		return secret.Text{}, err
	}
	if err := ctx.Err(); err != nil {
		return secret.Text{}, err
	}
	type answer struct {
		value string
		err   error
	}
	answers := make(chan answer, 1) // the late goroutine does not wait for a reader
	go func() {
		value, err := call()
		answers <- answer{value, err}
	}()
	timer := time.NewTimer(k.timeout)
	defer timer.Stop()
	select {
	case a := <-answers:
		return secret.New(a.value), explain(a.err)
	case <-ctx.Done():
		return secret.Text{}, ctx.Err()
	case <-timer.C:
		return secret.Text{}, &TimeoutError{Limit: k.timeout}
	}
}

// explain gives the library's errors their types.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return &UnavailableError{Why: "there is none on this system", Err: err}
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return &UnavailableError{Why: "the secret is too long for it", Err: err}
	case strings.Contains(err.Error(), "unlock correct collection"):
		// The library has no type for a prompt that was dismissed, or could
		// not be shown.
		return &UnavailableError{Why: "it is locked, and was not unlocked when it asked", Err: err}
	}
	return &UnavailableError{Why: "it answers: " + display.Text(err.Error(), maxWhy), Err: err}
}
