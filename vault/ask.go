package vault

import (
	"context"
	"errors"

	"github.com/latchkey-aws/latchkey/internal/lockfile"
	"github.com/latchkey-aws/latchkey/secret"
)

// ask gets a passphrase for open. Where that needs a person, of many processes one
// asks; those that waited for it look whether it has left the key in the kernel's
// keyring. Where it needs nobody, nobody is waited for who asks.
func (a *Age) ask(ctx context.Context, s settings, p Prompt, open func(secret.Text) (*identity, error)) (*identity, error) {
	given, ok, err := a.given(ctx, p)
	if err != nil {
		return nil, err
	}
	if ok {
		id, err := a.derive(ctx, s, given, open)
		a.opened(s, id, false, err)
		return id, err
	}
	if a.o.Passphrase == nil {
		return nil, a.nobody()
	}
	lock, err := a.acquire(ctx, unlockFile)
	var busy *BusyError
	switch {
	case err == nil:
		lock.Sign(lockfile.Asking)
		defer lock.Release()
	case ctx.Err() != nil, errors.As(err, &busy):
		return nil, err
	} // else the folder cannot be written to: then each process asks for itself
	if id := a.unlocked(ctx, s); id != nil {
		return id, nil
	}
	for n := 1; ; n++ {
		answer, err := a.asked(ctx, p)
		if err != nil {
			return nil, err
		}
		id, err := a.derive(ctx, s, answer.Passphrase, open)
		var wrong *PassphraseError
		if errors.As(err, &wrong) && answer.Typed && n < tries {
			p.Wrong = true
			continue
		}
		a.opened(s, id, answer.Typed, err)
		return id, err
	}
}

// derive opens the identity. A derivation takes a second and 256 MiB, so that
// processes take turns, but for a lock that cannot be had.
func (a *Age) derive(ctx context.Context, s settings, passphrase secret.Text, open func(secret.Text) (*identity, error)) (*identity, error) {
	if lock, err := a.acquire(ctx, deriveFile); err == nil {
		defer lock.Release()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	id, err := open(passphrase)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return id, err
}

// opened remembers the vault's identity.
func (a *Age) opened(s settings, id *identity, typed bool, err error) {
	if err == nil && (s.recipient == "" || id.recipient == s.recipient) {
		a.remember(id, typed)
	}
}

func (a *Age) nobody() error {
	return a.lockedError("it needs a passphrase, and there is nobody to ask", nil)
}

// passphrase returns the one that is given, or asks once; an empty one is an
// error.
func (a *Age) passphrase(ctx context.Context, p Prompt) (Answer, error) {
	given, ok, err := a.given(ctx, p)
	if ok || err != nil {
		return Answer{Passphrase: given}, err
	}
	return a.asked(ctx, p)
}

func (a *Age) given(ctx context.Context, p Prompt) (secret.Text, bool, error) {
	if a.o.Given == nil {
		return secret.Text{}, false, nil
	}
	text, ok, err := a.o.Given(ctx, p)
	switch {
	case err != nil:
		err = a.lockedError("there is no passphrase", err)
	case ok && text.Empty():
		err = &PassphraseError{Path: p.Path, Empty: true}
	}
	return text, ok, err
}

func (a *Age) asked(ctx context.Context, p Prompt) (Answer, error) {
	if a.o.Passphrase == nil {
		return Answer{}, a.nobody()
	}
	answer, err := a.o.Passphrase(ctx, p)
	if err != nil {
		return Answer{}, a.lockedError("there is no passphrase", err)
	}
	if answer.Passphrase.Empty() {
		return Answer{}, &PassphraseError{Path: p.Path, Empty: true}
	}
	return answer, nil
}
