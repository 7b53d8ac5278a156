package session

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/latchkey-aws/latchkey/internal/atomicfile"
	"github.com/latchkey-aws/latchkey/internal/lockfile"
)

// shared is a provider whose credentials all processes of the user share.
type shared struct {
	store *Store
	about About
	inner aws.CredentialsProvider
}

// pauseAfter a failure nobody tries again as long as the old credentials serve.
const pauseAfter = 30 * time.Second

// Retrieve returns the session of the key, fetching it where it must. See
// [Store.Wrap] for its errors.
func (p *shared) Retrieve(ctx context.Context) (aws.Credentials, error) {
	held, state := p.look(ctx)
	switch {
	case state == fresh:
		return held.creds, nil
	case state == advisory, Quiet(ctx):
		return p.optional(ctx, held)
	}
	return p.required(ctx, held)
}

// optional renews if nobody else does, without asking or waiting for anybody.
// held is nil where there is nothing and the renewal is one further down the
// chain.
func (p *shared) optional(ctx context.Context, held *entry) (aws.Credentials, error) {
	if held != nil && (p.about.Prompts || p.paused(p.failure(), false)) {
		return held.creds, nil
	}
	lock, ok, err := lockfile.Try(p.lockFile())
	switch {
	case ok:
		defer func() { _ = lock.Release() }()
	case held != nil:
		return held.creds, nil
	case err != nil:
		p.store.warn(err)
	default:
		return aws.Credentials{}, &BusyError{Profile: p.about.Profile, Holder: lockfile.Holder(p.lockFile())}
	}
	if newer := p.newer(ctx, held); newer != nil {
		return newer.creds, nil
	}
	if held != nil && p.paused(p.failure(), false) {
		return held.creds, nil
	}
	creds, err := p.fetch(Quietly(ctx), held, lock)
	return p.orHeld(Quietly(ctx), held, creds, err)
}

// required fetches, or waits for the process that does.
func (p *shared) required(ctx context.Context, held *entry) (aws.Credentials, error) {
	before := p.failure()
	if held != nil && p.paused(before, true) {
		return held.creds, nil
	}
	if held == nil && before.concerns(nil) && p.age(before) < before.linger {
		return aws.Credentials{}, p.store.shared(before)
	}
	creds, err := p.await(ctx, held, before)
	return p.orHeld(ctx, held, creds, err)
}

// orHeld serves the old credentials where no new ones could be had and the old
// ones are still good.
func (p *shared) orHeld(ctx context.Context, held *entry, creds aws.Credentials, err error) (aws.Credentials, error) {
	switch {
	case err == nil:
		return creds, nil
	case ctx.Err() != nil:
		return aws.Credentials{}, err
	case held == nil || p.store.standing(&held.header) == spent:
		return aws.Credentials{}, err
	}
	var busy *BusyError
	if errors.As(err, &busy) && busy.Waited == 0 {
		return held.creds, nil // somebody is at it: nothing is wrong
	}
	p.store.warn(&RenewalError{Profile: p.about.Profile, Optional: Quiet(ctx), Expires: held.creds.Expires, Err: err})
	return held.creds, nil
}

func (p *shared) await(ctx context.Context, held *entry, before *failure) (aws.Credentials, error) {
	lock, done, err := p.wait(ctx, held, before)
	switch {
	case err != nil:
		return aws.Credentials{}, err
	case done != nil:
		return done.creds, nil
	case lock != nil:
		defer func() { _ = lock.Release() }()
		if newer := p.newer(ctx, held); newer != nil {
			return newer.creds, nil
		}
		if f := p.failure(); f.concerns(before) {
			return aws.Credentials{}, p.store.shared(f)
		}
	}
	return p.fetch(ctx, held, lock)
}

// newer returns the session if another process has fetched it since held was
// read, however long it has left as long as it serves.
func (p *shared) newer(ctx context.Context, held *entry) *entry {
	now, state := p.look(ctx)
	if state == spent || held != nil && now.nonce == held.nonce {
		return nil
	}
	return now
}

// fetch calls the provider, with the lock unless that could not be had, and
// keeps the answer or the failure for the others.
func (p *shared) fetch(ctx context.Context, held *entry, lock *lockfile.Lock) (aws.Credentials, error) {
	if err := ctx.Err(); err != nil {
		return aws.Credentials{}, err
	}
	if lock != nil {
		if p.about.Prompts {
			lock.Sign(lockfile.Asking)
		}
		lock.Live(p.store.limits.Beat) // for those who wait, until the lock is released
	}
	creds, err := p.inner.Retrieve(ctx)
	now, skew := p.store.opts.Now(), time.Duration(0)
	if p.store.opts.Skew != nil {
		skew = p.store.opts.Skew()
	}
	if err == nil && creds.CanExpire {
		creds.Expires = creds.Expires.UTC().Truncate(time.Microsecond) // as it is kept
		if left := creds.Expires.Sub(now.Add(skew)); left < p.store.opts.Windows.minimum() {
			err = &ExpiringError{Expires: creds.Expires, Left: left}
		}
	}
	if err != nil {
		return aws.Credentials{}, p.fail(ctx, held, err)
	}
	// Cancelling the caller must not lose what it was asked for.
	if err := p.keep(context.WithoutCancel(ctx), creds, now, skew); err != nil {
		p.store.warn(&NotKeptError{err})
	}
	return creds, nil
}

// keep writes the session. Long-term credentials are never written.
func (p *shared) keep(ctx context.Context, creds aws.Credentials, now time.Time, skew time.Duration) error {
	s := p.store
	if !creds.CanExpire || creds.SessionToken == "" {
		return nil
	}
	key, err := s.currentKey(ctx, true)
	if err != nil {
		return err
	}
	e := &entry{
		creds: creds, kind: p.about.Kind, profile: p.about.Profile, detail: p.about.Detail,
		header: header{obtained: now, expires: creds.Expires, deadline: creds.Expires.Add(-skew)},
	}
	data, err := e.seal(&key, p.about.Key)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(s.file(p.about.Key), data, 0o600); err != nil {
		return err
	}
	s.skew.Store(int64(skew))
	s.sweep(p.about.Key, now)
	return nil
}

func (p *shared) lockFile() string { return p.store.lockFile(p.about.Key) }
